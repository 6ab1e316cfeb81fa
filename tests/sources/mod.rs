//! The crate's own sources, for the tests that read them.

use std::fs;
use std::path::Path;

/// One file under `src`.
pub struct Source {
    /// From the package's folder, with `/` on every system: `src/model/state.rs`.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// Every Rust file under `src`, sorted by path.
pub fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below: Vec<_> = path.strip_prefix(root).unwrap().iter().collect();
                sources.push(Source {
                    path: below.join("/".as_ref()).into_string().unwrap(),
                    text: fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}
