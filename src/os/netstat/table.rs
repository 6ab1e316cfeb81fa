//! Rows as netstat2 gives them, put right.
//!
//! What netstat2 leaves to its caller is done here: addresses are made canonical (IPv4 on a dual-stack
//! socket), a family that cannot be read does not take the other with it, errors of single rows are counted
//! and not fatal, a panic inside is caught, and a family without rows is held against the kernel's own
//! count, because on Linux netstat2 takes a refused request for the end of the list.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use netstat2::{AddressFamilyFlags, ProtocolFlags, ProtocolSocketInfo, SocketInfo, TcpState};

use crate::model::{Family, Gap, Operation, PollFailure, State};
use crate::os::linux::counters;

/// The source's name.
pub(super) const NAME: &str = "netstat2";

/// Where Linux shows its counters.
const PROC: &str = "/proc";

/// After so many errors a list is taken to be broken: netstat2 goes on for ever when the kernel does.
const MOST_ERRORS: usize = 1_000;

/// One row, with what tells who holds it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) local: SocketAddr,
    pub(super) remote: Option<SocketAddr>,
    pub(super) state: State,
    /// Ascending.
    pub(super) pids: Vec<u32>,
    pub(super) descriptor: Descriptor,
}

/// What the row tells of its descriptor, where the system tells anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Descriptor {
    /// 0 when no process has a descriptor of the socket.
    pub(super) inode: Option<u32>,
    pub(super) uid: Option<u32>,
}

pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    pub(super) gaps: Vec<Gap>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owners {
    Wanted,
    LeftOut,
}

/// Reads both families, in one go where that works: netstat2 looks for all owners each time it is asked.
pub(super) fn read_table(owners: Owners) -> Result<Table, PollFailure> {
    let mut table = Table { rows: Vec::new(), gaps: Vec::new() };
    let mut unreadable = Vec::new();
    let both = AddressFamilyFlags::IPV4 | AddressFamilyFlags::IPV6;
    let together = read(both, owners, &mut table);
    if together.is_err() {
        table = Table { rows: Vec::new(), gaps: Vec::new() };
    }
    for family in Family::ALL {
        let seen = together.as_ref().is_ok_and(|counts| counts.of(family) > 0);
        if seen {
            continue;
        }
        let count = counters::tcp_sockets(Path::new(PROC), family).unwrap_or(0);
        if together.is_ok() && count == 0 {
            // Where the kernel has no count of its own there is nothing to hold against the list.
            continue;
        }
        match read(flags(family), owners, &mut table) {
            Ok(counts) if counts.of(family) == 0 && count > 0 => unreadable.push((
                family,
                format!("no row came, and the kernel counts {count} {} sockets", family.name()),
            )),
            Ok(_) => {}
            Err(cause) => unreadable.push((family, cause)),
        }
    }
    if unreadable.len() == Family::ALL.len() {
        let cause = unreadable.swap_remove(0).1;
        let source = NAME.to_owned();
        let operation = Operation::ReadSocketTable;
        return Err(PollFailure { source, operation, cause, number: None });
    }
    let missing =
        unreadable.into_iter().map(|(family, cause)| Gap::FamilyUnreadable { family, cause });
    table.gaps.extend(missing);
    merge_shared(&mut table.rows);
    Ok(table)
}

const fn flags(family: Family) -> AddressFamilyFlags {
    match family {
        Family::V4 => AddressFamilyFlags::IPV4,
        Family::V6 => AddressFamilyFlags::IPV6,
    }
}

/// How many rows each family's list had; IPv4 on a dual-stack socket is in IPv6's list.
#[derive(Clone, Copy, Default)]
struct Counts {
    v4: usize,
    v6: usize,
}

impl Counts {
    const fn of(self, family: Family) -> usize {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }
}

fn read(flags: AddressFamilyFlags, owners: Owners, table: &mut Table) -> Result<Counts, String> {
    catch_unwind(AssertUnwindSafe(|| read_list(flags, owners, table)))
        .unwrap_or_else(|_| Err("netstat2 panicked".to_owned()))
}

fn read_list(
    flags: AddressFamilyFlags,
    owners: Owners,
    table: &mut Table,
) -> Result<Counts, String> {
    let mut counts = Counts::default();
    let mut unknown_states = 0;
    let mut unreadable = 0;
    let mut first_cause = None;
    for item in system::iterate(flags, owners).map_err(|error| describe(&error))? {
        match item {
            Ok(info) => {
                let ProtocolSocketInfo::Tcp(tcp) = &info.protocol_socket_info else {
                    continue;
                };
                match tcp.local_addr {
                    IpAddr::V4(_) => counts.v4 += 1,
                    IpAddr::V6(_) => counts.v6 += 1,
                }
                let state = state(tcp.state).unwrap_or_else(|| {
                    unknown_states += 1;
                    State::Closed
                });
                let remote = address(tcp.remote_addr, tcp.remote_port);
                table.rows.push(Row {
                    local: address(tcp.local_addr, tcp.local_port),
                    remote: Some(remote)
                        .filter(|remote| remote.port() != 0 && state != State::Listen),
                    state,
                    pids: pids(&info),
                    descriptor: system::descriptor(&info),
                });
            }
            Err(error) => {
                unreadable += 1;
                first_cause.get_or_insert_with(|| describe(&error));
                if unreadable == MOST_ERRORS {
                    break;
                }
            }
        }
    }
    if unknown_states > 0 {
        table.gaps.push(Gap::UnknownState { rows: unknown_states });
    }
    if let Some(cause) = first_cause {
        table.gaps.push(Gap::RowsUnreadable { rows: unreadable, cause });
    }
    Ok(counts)
}

/// Makes one row of a connection that several processes hold, where the system gives a row for each
/// (macOS); with an inode the rows are one already.
fn merge_shared(rows: &mut Vec<Row>) {
    let mut first_of = HashMap::new();
    let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows.drain(..) {
        let place = row.remote.filter(|_| row.descriptor.inode.is_none());
        let Some(remote) = place else {
            kept.push(row);
            continue;
        };
        if let Some(index) = first_of.get(&(row.local, remote, row.state)) {
            let shared: &mut Row = &mut kept[*index];
            shared.pids.extend(row.pids);
            shared.pids.sort_unstable();
            shared.pids.dedup();
        } else {
            first_of.insert((row.local, remote, row.state), kept.len());
            kept.push(row);
        }
    }
    *rows = kept;
}

/// The error with its causes: netstat2 keeps the system's answer one level down.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn address(ip: IpAddr, port: u16) -> SocketAddr {
    SocketAddr::new(ip.to_canonical(), port)
}

fn state(state: TcpState) -> Option<State> {
    Some(match state {
        TcpState::Closed | TcpState::DeleteTcb => State::Closed,
        TcpState::Listen => State::Listen,
        TcpState::SynSent => State::SynSent,
        TcpState::SynReceived => State::SynReceived,
        TcpState::Established => State::Established,
        TcpState::FinWait1 => State::FinWait1,
        TcpState::FinWait2 => State::FinWait2,
        TcpState::CloseWait => State::CloseWait,
        TcpState::Closing => State::Closing,
        TcpState::LastAck => State::LastAck,
        TcpState::TimeWait => State::TimeWait,
        TcpState::Unknown => return None,
    })
}

/// The owning pids, ascending. Windows gives TIME_WAIT rows the pid 0, which is no process's.
fn pids(info: &SocketInfo) -> Vec<u32> {
    let mut pids: Vec<u32> = info.associated_pids.iter().copied().filter(|pid| *pid != 0).collect();
    pids.sort_unstable();
    pids
}

/// Whether rows that no process holds are seen, TIME_WAIT among them.
pub(super) const SHOWS_UNOWNED: bool = system::SHOWS_UNOWNED;

type Rows = Box<dyn Iterator<Item = Result<SocketInfo, netstat2::error::Error>>>;

/// What netstat2 gives differently on each system.
#[cfg(target_os = "linux")]
mod system {
    use super::{AddressFamilyFlags, Descriptor, Owners, ProtocolFlags, Rows, SocketInfo};

    pub(super) const SHOWS_UNOWNED: bool = true;

    pub(super) fn iterate(
        flags: AddressFamilyFlags,
        owners: Owners,
    ) -> Result<Rows, netstat2::error::Error> {
        Ok(match owners {
            Owners::Wanted => Box::new(netstat2::iterate_sockets_info(flags, ProtocolFlags::TCP)?),
            Owners::LeftOut => {
                Box::new(netstat2::iterate_sockets_info_without_pids(flags, ProtocolFlags::TCP)?)
            }
        })
    }

    pub(super) fn descriptor(info: &SocketInfo) -> Descriptor {
        Descriptor { inode: Some(info.inode), uid: Some(info.uid) }
    }
}

/// What netstat2 gives differently on each system: elsewhere the owner comes with the row, so leaving it
/// out saves nothing, and there are no inodes.
#[cfg(not(target_os = "linux"))]
mod system {
    use super::{AddressFamilyFlags, Descriptor, Owners, ProtocolFlags, Rows, SocketInfo};

    /// On macOS netstat2 walks the descriptors of processes, and finds nothing that has none.
    pub(super) const SHOWS_UNOWNED: bool = !cfg!(target_os = "macos");

    pub(super) fn iterate(
        flags: AddressFamilyFlags,
        _owners: Owners,
    ) -> Result<Rows, netstat2::error::Error> {
        Ok(Box::new(netstat2::iterate_sockets_info(flags, ProtocolFlags::TCP)?))
    }

    pub(super) fn descriptor(_info: &SocketInfo) -> Descriptor {
        Descriptor { inode: None, uid: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(local: &str, pids: &[u32], inode: Option<u32>) -> Row {
        Row {
            local: local.parse().expect("an address"),
            remote: Some("10.0.0.9:443".parse().expect("an address")),
            state: State::Established,
            pids: pids.to_vec(),
            descriptor: Descriptor { inode, uid: None },
        }
    }

    #[test]
    fn a_connection_that_several_processes_hold_is_one_row() {
        let mut rows = vec![
            row("10.0.0.1:1", &[9], None),
            row("10.0.0.1:2", &[7], None),
            row("10.0.0.1:1", &[8], None),
            row("10.0.0.1:1", &[9], None),
        ];
        merge_shared(&mut rows);
        let pids: Vec<&[u32]> = rows.iter().map(|row| row.pids.as_slice()).collect();
        assert_eq!(pids, [&[8, 9][..], &[7]]);
    }

    #[test]
    fn rows_with_an_inode_are_left_alone() {
        let mut rows = vec![row("10.0.0.1:1", &[9], Some(5)), row("10.0.0.1:1", &[8], Some(6))];
        merge_shared(&mut rows);
        assert_eq!(rows.len(), 2);
    }
}
