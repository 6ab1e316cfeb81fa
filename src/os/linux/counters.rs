//! What the kernel counts of TCP: to check a table against, and for itself.

use std::io;
use std::path::Path;

use crate::model::{Counters, Family};

/// Everything that is counted, as far as it can be read below `proc`. It costs a fraction of a millisecond,
/// however many sockets there are.
///
/// Source: `net/sockstat`, `net/sockstat6`, `net/snmp` and `net/netstat` (proc(5)), of this network namespace. A
/// file that cannot be read leaves its counters absent.
pub fn read(proc: &Path) -> Counters {
    let file =
        |name: &str| std::fs::read_to_string(proc.join("net").join(name)).unwrap_or_default();
    let [sockstat, sockstat6, snmp, netstat] =
        ["sockstat", "sockstat6", "snmp", "netstat"].map(file);
    let now = |key| value(&sockstat, "TCP:", key);
    let tcp = |key| headed(&snmp, "Tcp:", key);
    let extended = |key| headed(&netstat, "TcpExt:", key);
    Counters {
        // A kernel without IPv6 has no such sockets.
        in_use: now("inuse").map(|v4| v4 + value(&sockstat6, "TCP6:", "inuse").unwrap_or_default()),
        orphans: now("orphan"),
        time_wait: now("tw"),
        memory_pages: now("mem"),
        active_opens: tcp("ActiveOpens"),
        passive_opens: tcp("PassiveOpens"),
        attempt_fails: tcp("AttemptFails"),
        established_resets: tcp("EstabResets"),
        retransmitted_segments: tcp("RetransSegs"),
        resets_sent: tcp("OutRsts"),
        listen_overflows: extended("ListenOverflows"),
        listen_drops: extended("ListenDrops"),
        time_wait_overflows: extended("TCPTimeWaitOverflow"),
        aborts_on_memory: extended("TCPAbortOnMemory"),
    }
}

/// The number below `key`, where one line that begins with `label` names the columns and the next one has the
/// values.
fn headed(text: &str, label: &str, key: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(label));
    let (names, values) = (lines.next()?, lines.next()?);
    let column = names.split_ascii_whitespace().position(|name| name == key)?;
    values.split_ascii_whitespace().nth(column)?.parse().ok()
}

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
    fn columns_are_found_by_their_names() -> io::Result<()> {
        let proc = tempfile::tempdir()?;
        assert_eq!(read(proc.path()), Counters::default());
        std::fs::create_dir(proc.path().join("net"))?;
        std::fs::write(proc.path().join("net/sockstat"), SOCKSTAT)?;
        let snmp = "Ip: A B\nIp: 1 2\nTcp: MaxConn ActiveOpens OutRsts\nTcp: -1 700 9\n";
        std::fs::write(proc.path().join("net/snmp"), snmp)?;
        let netstat = "TcpExt: ListenDrops TCPTimeWaitOverflow\nTcpExt: 5\nIpExt: A\nIpExt: 1\n";
        std::fs::write(proc.path().join("net/netstat"), netstat)?;
        let expected = Counters {
            in_use: Some(14),
            orphans: Some(0),
            time_wait: Some(3),
            memory_pages: Some(1),
            active_opens: Some(700),
            resets_sent: Some(9),
            listen_drops: Some(5),
            // Its column has no value: the line is short.
            time_wait_overflows: None,
            ..Counters::default()
        };
        assert_eq!(read(proc.path()), expected);
        Ok(())
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
