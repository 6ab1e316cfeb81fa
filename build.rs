//! Rebuilds the crate when a sentence changes: rust-i18n reads the catalogue at compile time, which
//! cargo cannot see.

fn main() {
    println!("cargo::rerun-if-changed=assets/languages");
}
