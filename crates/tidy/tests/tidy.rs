//! The rules of the source tree.

use std::collections::BTreeMap;
use std::path::Path;

use tidy::{cargo, root, sources};

/// The layer of each crate: it may use crates of lower layers only.
const LAYERS: &[(&str, u8)] = &[
    ("base", 0),
    ("resp", 1),
    ("bus", 1),
    ("ds", 1),
    ("sys", 1),
    ("rdb", 1),
    ("store", 2),
    ("reactor", 2),
    ("persist", 3),
    ("storage", 4),
    ("script", 3),
    ("commands", 4),
    ("frontend", 5),
    ("server", 6),
];

/// Development crates: they may use any crate but those named, and no crate of the table above may use them.
const DEVELOPMENT: &[(&str, &[&str])] = &[
    ("sim", &["sys", "reactor"]),
    ("tidy", &[]),
    ("xtask", &["sys", "reactor"]),
    ("bench-micro", &[]),
    ("bench-compare", &[]),
];

/// Crates in which single modules may allow unsafe code.
const UNSAFE_CRATES: &[&str] = &["sys", "bus", "ds", "script"];

/// Most lines of a source file without its tests; a data structure may have more.
const LINES_MAX: usize = 600;
/// Files that may be longer, and how long: the ratchet. A file that gets shorter gets a lower number here.
const LONGER: &[(&str, usize)] = &[
    ("crates/commands/src/docs/", 900),
    ("crates/commands/src/meta/", 900),
    ("crates/ds/src/", 900),
    ("crates/sys/src/uring/mod.rs", 650),
];

fn metadata() -> serde_json::Value {
    serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps"]))
        .expect("cargo metadata is JSON")
}

#[test]
fn crates_use_lower_layers_only() {
    let layers: BTreeMap<&str, u8> = LAYERS.iter().copied().collect();
    let development: BTreeMap<&str, &[&str]> = DEVELOPMENT.iter().copied().collect();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() >= 10, "the workspace was found");
    for package in packages {
        let name = package["name"].as_str().expect("name");
        let ours = |dependency: &serde_json::Value| dependency["path"].is_string();
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        for dependency in dependencies.iter().filter(|dependency| ours(dependency)) {
            let used = dependency["name"].as_str().expect("name");
            if let Some(forbidden) = development.get(name) {
                assert!(!forbidden.contains(&used), "{name} must not use {used}");
                continue;
            }
            let layer =
                layers.get(name).unwrap_or_else(|| panic!("{name} has no layer: add it to the table"));
            if dependency["kind"] == "dev" {
                continue;
            }
            let below = layers.get(used).unwrap_or_else(|| panic!("{name} uses {used}, which has no layer"));
            assert!(below < layer, "{name} (layer {layer}) must not use {used} (layer {below})");
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for path in sources(&root()) {
        let text = std::fs::read_to_string(&path).expect("readable");
        let first = text.lines().find(|line| !line.starts_with("#!") && !line.trim().is_empty());
        let is_fuzz_target = path.components().any(|part| part.as_os_str() == "fuzz_targets");
        assert!(
            is_fuzz_target || first.is_some_and(|line| line.starts_with("//!")),
            "{} does not open with //!",
            path.display()
        );
    }
}

#[test]
fn files_are_not_too_long() {
    let root = root();
    for path in sources(&root) {
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        if name.contains("tests") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("readable");
        let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
        let max =
            LONGER.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or(LINES_MAX, |&(_, max)| max);
        assert!(lines <= max, "{name} has {lines} lines, {max} are allowed: split it by topic");
    }
}

#[test]
fn unsafe_code_is_where_it_may_be() {
    let root = root();
    for path in sources(&root.join("crates")) {
        let text = std::fs::read_to_string(&path).expect("readable");
        if text.contains("allow(unsafe_code") {
            let name = path.strip_prefix(root.join("crates")).unwrap_or(&path);
            let of = name.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
            let allowed = of.is_some_and(|of| UNSAFE_CRATES.contains(&of.as_str()));
            // Tests may need it to count allocations and the like.
            assert!(
                allowed || name.components().any(|part| part.as_os_str() == "tests") || is_example(name),
                "{} allows unsafe code",
                name.display()
            );
        }
    }
}

fn is_example(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "examples")
}

#[test]
fn the_released_binary_has_no_faults_built_in() {
    let tree = cargo(&["tree", "-p", "server", "-e", "features,normal,build", "--locked"]);
    assert!(tree.contains("frontend"), "the tree was printed");
    assert!(!tree.contains("sim-faults"), "the server is built with sim-faults");
}
