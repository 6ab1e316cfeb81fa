//! Sockets as text for a clipboard: tables, and commands of other programs that show the same sockets.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use crate::model::{Socket, State};
use crate::text::printable;

/// So many sockets a command names at most: a shell's line has an end, and so has a reader's patience.
pub const MOST_IN_COMMAND: usize = 200;

/// Rows with a header, the values of a column below each other.
pub fn aligned(header: &[String], rows: &[Vec<String>]) -> String {
    let all = || std::iter::once(header).chain(rows.iter().map(Vec::as_slice));
    let width = |column: usize| {
        all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..header.len()).filter_map(width).collect();
    let mut out = String::new();
    for row in all() {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let padding = width.saturating_sub(cell.chars().count()) + 2;
            line.push_str(&printable(cell));
            line.extend(std::iter::repeat_n(' ', padding));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Rows with a header and tabs between the values, for spreadsheets.
pub fn tabbed(header: &[String], rows: &[Vec<String>]) -> String {
    let all = std::iter::once(header).chain(rows.iter().map(Vec::as_slice));
    let line = |row: &[String]| {
        // A tab inside a name would start another column.
        let cells: Vec<String> = row.iter().map(|cell| printable(cell)).collect();
        format!("{}\n", cells.join("\t"))
    };
    all.map(line).collect()
}

/// `192.168.7.21:49812->10.0.0.9:443` a line, as lsof(8) writes it; a listener's address alone.
pub fn four_tuples<'a>(sockets: impl Iterator<Item = &'a Socket>) -> String {
    let lines: Vec<String> = sockets
        .map(|socket| match socket.remote {
            Some(remote) => format!("{}->{remote}", socket.local),
            None => socket.local.to_string(),
        })
        .collect();
    lines.join("\n")
}

/// The command of ss(8) that shows these sockets; none without any or with more than
/// [`MOST_IN_COMMAND`].
pub fn ss(sockets: &[&Socket]) -> Option<String> {
    let terms = each(sockets, |socket| {
        let remote = socket.remote.unwrap_or_else(|| nowhere(socket.local));
        format!("src = {} and dst = {remote}", socket.local)
    })?;
    Some(match terms.as_slice() {
        [term] => format!("ss -tanpo '{term}'"),
        terms => format!("ss -tanpo '( {} )'", terms.join(" ) or ( ")),
    })
}

/// The command of netstat(8) that shows these sockets, on Linux and on macOS; none without any or with more
/// than [`MOST_IN_COMMAND`].
pub fn netstat(sockets: &[&Socket]) -> Option<String> {
    let terms = each(sockets, |socket| {
        let remote = socket.remote.map_or_else(|| r"[^ ]*[.:]\*".to_owned(), netstat_end);
        format!("{} +{remote} ", netstat_end(socket.local))
    })?;
    // On macOS -p asks for a protocol's name, so the owner is left out.
    Some(format!("netstat -anW | grep -E '^tcp.*[ :]({})'", terms.join("|")))
}

/// An address as either netstat writes it: the port after a colon or a dot, a listener's wildcard as itself or
/// as `*`.
fn netstat_end(end: SocketAddr) -> String {
    let ip = end.ip().to_string().replace('.', r"\.");
    let ip = if end.ip().is_unspecified() { format!(r"({ip}|\*)") } else { ip };
    format!("{ip}[.:]{}", end.port())
}

/// The command of PowerShell that shows these sockets; none without any or with more than
/// [`MOST_IN_COMMAND`].
pub fn powershell(sockets: &[&Socket]) -> Option<String> {
    let commands = each(sockets, |socket| {
        let local = socket.local;
        let mut command = format!(
            "Get-NetTCPConnection -LocalAddress '{}' -LocalPort {}",
            local.ip(),
            local.port()
        );
        // Writing to a String cannot fail.
        let _ = match socket.remote {
            Some(remote) => {
                write!(command, " -RemoteAddress '{}' -RemotePort {}", remote.ip(), remote.port())
            }
            None if socket.state == State::Listen => write!(command, " -State Listen"),
            None => write!(command, " -State Bound"),
        };
        command
    })?;
    Some(commands.join("; "))
}

fn each(sockets: &[&Socket], term: impl Fn(&Socket) -> String) -> Option<Vec<String>> {
    let some = (1..=MOST_IN_COMMAND).contains(&sockets.len());
    some.then(|| sockets.iter().map(|socket| term(socket)).collect())
}

/// The other end of a socket without one, as the kernel holds it.
fn nowhere(local: SocketAddr) -> SocketAddr {
    let ip = match local.ip() {
        IpAddr::V4(_) => IpAddr::from([0_u8; 4]),
        IpAddr::V6(_) => IpAddr::from([0_u16; 8]),
    };
    SocketAddr::new(ip, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Owner;

    fn socket(local: &str, remote: Option<&str>, state: State) -> Socket {
        let address = |text: &str| text.parse().expect("an address");
        Socket::new(address(local), remote.map(address), state, Owner::NoOwner)
    }

    fn connection() -> Socket {
        socket("192.168.7.21:49812", Some("10.0.0.9:443"), State::CloseWait)
    }

    #[test]
    fn a_command_names_both_ends() {
        let one = connection();
        assert_eq!(
            ss(&[&one]).as_deref(),
            Some("ss -tanpo 'src = 192.168.7.21:49812 and dst = 10.0.0.9:443'")
        );
        assert_eq!(
            netstat(&[&one]).as_deref(),
            Some(
                r"netstat -anW | grep -E '^tcp.*[ :](192\.168\.7\.21[.:]49812 +10\.0\.0\.9[.:]443 )'"
            )
        );
        assert_eq!(
            powershell(&[&one]).as_deref(),
            Some(
                "Get-NetTCPConnection -LocalAddress '192.168.7.21' -LocalPort 49812 -RemoteAddress '10.0.0.9' -RemotePort 443"
            )
        );
    }

    #[test]
    fn several_sockets_and_listeners_are_one_command() {
        let listener = socket("[::]:8080", None, State::Listen);
        let both = [&connection(), &listener];
        assert_eq!(
            ss(&both).as_deref(),
            Some(
                "ss -tanpo '( src = 192.168.7.21:49812 and dst = 10.0.0.9:443 ) or ( src = [::]:8080 and dst = [::]:0 )'"
            )
        );
        assert!(
            netstat(&both).is_some_and(|text| text.ends_with(r"|(::|\*)[.:]8080 +[^ ]*[.:]\* )'"))
        );
        assert!(powershell(&both).is_some_and(|text| text.ends_with("8080 -State Listen")));
    }

    #[test]
    fn a_command_that_would_be_endless_is_none() {
        let one = connection();
        assert!(ss(&vec![&one; MOST_IN_COMMAND]).is_some());
        assert!(ss(&vec![&one; MOST_IN_COMMAND + 1]).is_none());
        assert!(powershell(&[]).is_none());
    }

    #[test]
    fn a_table_keeps_its_columns_whatever_a_name_holds() {
        let header = ["Owner".to_owned(), "Recv-Q".to_owned()];
        let rows = [vec!["a\tb".to_owned(), "1".to_owned()], vec!["c".to_owned(), "20".to_owned()]];
        assert_eq!(tabbed(&header, &rows), "Owner\tRecv-Q\na\u{fffd}b\t1\nc\t20\n");
        assert_eq!(aligned(&header, &rows), "Owner  Recv-Q\na\u{fffd}b    1\nc      20\n");
    }

    #[test]
    fn a_four_tuple_is_written_as_lsof_does() {
        let listener = socket("[::]:8080", None, State::Listen);
        let text = four_tuples([&connection(), &listener].into_iter());
        assert_eq!(text, "192.168.7.21:49812->10.0.0.9:443\n[::]:8080");
    }
}
