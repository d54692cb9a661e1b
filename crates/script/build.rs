//! Compiles the one C file of the crate: the frames through which errors of the interpreter unwind.

fn main() {
    println!("cargo:rerun-if-changed=src/vm/shim.c");
    cc::Build::new().file("src/vm/shim.c").flag_if_supported("-funwind-tables").compile("anax_script_shim");
}
