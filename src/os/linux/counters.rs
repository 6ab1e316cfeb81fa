//! The kernel's own count of sockets, to check a table against.

use std::io;
use std::path::Path;

/// How many TCP sockets of both families are in use in this network namespace.
///
/// Source: `net/sockstat` and `net/sockstat6` under `/proc` (proc(5)); `inuse` leaves out TIME_WAIT, and
/// `tw` counts it for both families. A kernel without IPv6 has no `sockstat6`.
pub fn tcp_sockets(proc: &Path) -> io::Result<u64> {
    let v4 = std::fs::read_to_string(proc.join("net/sockstat"))?;
    let v6 = match std::fs::read_to_string(proc.join("net/sockstat6")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let v4_count = value(&v4, "TCP:", "inuse").ok_or_else(|| malformed("net/sockstat"))?;
    let time_wait = value(&v4, "TCP:", "tw").unwrap_or(0);
    Ok(v4_count + time_wait + value(&v6, "TCP6:", "inuse").unwrap_or(0))
}

fn malformed(file: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("{file} has no count of TCP sockets"),
    )
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
    fn both_families_add_up_and_ipv6_may_be_absent() -> io::Result<()> {
        let proc = tempfile::tempdir()?;
        assert!(tcp_sockets(proc.path()).is_err());
        std::fs::create_dir(proc.path().join("net"))?;
        std::fs::write(proc.path().join("net/sockstat"), SOCKSTAT)?;
        assert_eq!(tcp_sockets(proc.path())?, 17);
        std::fs::write(proc.path().join("net/sockstat6"), "TCP6: inuse 5\n")?;
        assert_eq!(tcp_sockets(proc.path())?, 22);
        std::fs::write(proc.path().join("net/sockstat"), "")?;
        assert!(tcp_sockets(proc.path()).is_err());
        Ok(())
    }
}
