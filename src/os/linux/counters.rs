//! The kernel's own count of sockets, to check a table against.

use std::io;
use std::path::Path;

use crate::model::Family;

/// How many TCP sockets of one family are in use in this network namespace, TIME_WAIT left out.
///
/// Source: `inuse` in `net/sockstat` and `net/sockstat6` under `/proc` (proc(5)). A kernel without IPv6 has no
/// `sockstat6`, and no such sockets.
pub fn tcp_sockets(proc: &Path, family: Family) -> io::Result<u64> {
    let (file, label) = match family {
        Family::V4 => ("net/sockstat", "TCP:"),
        Family::V6 => ("net/sockstat6", "TCP6:"),
    };
    let text = match std::fs::read_to_string(proc.join(file)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && family == Family::V6 => {
            return Ok(0);
        }
        read => read?,
    };
    value(&text, label, "inuse").ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{file} has no count of TCP sockets"))
    })
}

/// The number behind `key` on the line that begins with `label`.
fn value(text: &str, label: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    let mut words = line.split_ascii_whitespace();
    words.find(|word| *word == key)?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOCKSTAT: &str = "sockets: used 205\n\
        TCP: inuse 14 orphan 0 tw 3 alloc 15 mem 1\n\
        UDP: inuse 2 mem 0\n";

    #[test]
    fn values_are_found_by_label_and_key() {
        assert_eq!(value(SOCKSTAT, "TCP:", "inuse"), Some(14));
        assert_eq!(value(SOCKSTAT, "TCP:", "tw"), Some(3));
        assert_eq!(value(SOCKSTAT, "UDP:", "inuse"), Some(2));
        assert_eq!(value(SOCKSTAT, "TCP6:", "inuse"), None);
        assert_eq!(value("TCP: inuse", "TCP:", "inuse"), None);
        assert_eq!(value("TCP: inuse many", "TCP:", "inuse"), None);
    }

    #[test]
    fn each_family_has_its_file_and_ipv6_may_have_none() -> io::Result<()> {
        let proc = tempfile::tempdir()?;
        assert!(tcp_sockets(proc.path(), Family::V4).is_err());
        assert_eq!(tcp_sockets(proc.path(), Family::V6)?, 0);
        std::fs::create_dir(proc.path().join("net"))?;
        std::fs::write(proc.path().join("net/sockstat"), SOCKSTAT)?;
        assert_eq!(tcp_sockets(proc.path(), Family::V4)?, 14);
        std::fs::write(proc.path().join("net/sockstat6"), "TCP6: inuse 5\n")?;
        assert_eq!(tcp_sockets(proc.path(), Family::V6)?, 5);
        std::fs::write(proc.path().join("net/sockstat"), "")?;
        assert!(tcp_sockets(proc.path(), Family::V4).is_err());
        Ok(())
    }
}
