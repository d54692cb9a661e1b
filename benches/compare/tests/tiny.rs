//! Runs every suite in tiny sizes on the real server, so that none of them rots.

use std::path::{Path, PathBuf};

use bench_compare::suite::{SUITES, run_tiny};

/// The server's program: `ANAX_BIN`, or the one that was built next to this package's own programs.
fn anax() -> Option<PathBuf> {
    let built = Path::new(env!("CARGO_BIN_EXE_compare")).with_file_name("anax");
    std::env::var_os("ANAX_BIN").map(PathBuf::from).or_else(|| built.exists().then_some(built))
}

#[test]
fn every_suite_runs() {
    let Some(anax) = anax() else {
        eprintln!("skipped: no server to run against; build the package `server` first or set ANAX_BIN");
        return;
    };
    let reports = run_tiny(&anax).unwrap();
    assert_eq!(reports.len(), SUITES.len());
    for report in reports {
        let text = report.markdown();
        assert!(!report.tables.is_empty() && text.contains("Anax"), "{text}");
    }
}
