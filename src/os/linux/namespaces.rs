//! Other network namespaces, containers as a rule: their sockets are in tables of their own.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Between two counts so many polls go by: it reads a link of every process.
const POLLS: u32 = 10;

/// Counts the network namespaces beside our own, as far as processes in them can be seen.
pub(super) struct Namespaces {
    proc: PathBuf,
    polls: u32,
    others: usize,
}

impl Namespaces {
    /// Has counted nothing yet. `proc` is where processes are shown.
    pub(super) fn new(proc: &Path) -> Self {
        Self { proc: proc.to_owned(), polls: 0, others: 0 }
    }

    /// How many there are; none when there are none. Without privilege only those of one's own processes can
    /// be told apart.
    pub(super) fn others(&mut self) -> Option<usize> {
        if self.polls.is_multiple_of(POLLS) {
            self.others = count(&self.proc);
        }
        self.polls = self.polls.wrapping_add(1);
        Some(self.others).filter(|others| *others > 0)
    }
}

/// A process that ends meanwhile, or may not be looked into, tells nothing.
fn count(proc: &Path) -> usize {
    let namespace = |process: &Path| std::fs::read_link(process.join("ns/net")).ok();
    let Some(ours) = namespace(&proc.join("self")) else { return 0 };
    let Ok(entries) = std::fs::read_dir(proc) else { return 0 };
    let others: HashSet<OsString> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok()))
        .filter_map(|entry| namespace(&entry.path()))
        .filter(|namespace| *namespace != ours)
        .map(PathBuf::into_os_string)
        .collect();
    others.len()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn each_other_namespace_counts_once() -> std::io::Result<()> {
        let proc = tempfile::tempdir()?;
        let process = |name: &str, namespace: &str| {
            let folder = proc.path().join(name).join("ns");
            std::fs::create_dir_all(&folder)?;
            std::os::unix::fs::symlink(format!("net:[{namespace}]"), folder.join("net"))
        };
        assert_eq!(count(proc.path()), 0);
        process("self", "1")?;
        process("10", "1")?;
        assert_eq!(Namespaces::new(proc.path()).others(), None);
        process("11", "2")?;
        process("12", "2")?;
        process("13", "3")?;
        process("irq", "4")?;
        assert_eq!(Namespaces::new(proc.path()).others(), Some(2));
        Ok(())
    }
}
