//! The portable source, on netstat2: every system's fallback, and the oracle of its native source.
//!
//! What netstat2 leaves to its caller is done here: addresses are made canonical (IPv4 on a dual-stack
//! socket), each family is asked for by itself so that one may fail, errors of single rows are counted
//! and not fatal, a panic inside is caught, and an empty table is checked against the kernel's own count
//! (on Linux netstat2 takes a refused request for the end of the list).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use netstat2::{AddressFamilyFlags, ProtocolFlags, ProtocolSocketInfo, SocketInfo, TcpState};
use sysinfo::Users;

use super::linux::counters;
use super::{Pair, PairProbe, ProcessInfo, SocketSource};
use crate::model::lab::Resolution;
use crate::model::{
    Family, Gap, Host, Operation, Owner, Pids, PollFailure, Protocol, Snapshot, Socket, State,
};

const NAME: &str = "netstat2";

const FAMILIES: [(Family, AddressFamilyFlags); 2] = [
    (Family::V4, AddressFamilyFlags::IPV4),
    (Family::V6, AddressFamilyFlags::IPV6),
];

/// The socket table as netstat2 reads it, with the owners it finds.
pub struct NetstatSource {
    host: Arc<Host>,
    processes: Box<dyn ProcessInfo>,
    users: HashMap<u32, Arc<str>>,
}

impl NetstatSource {
    /// A source that asks `processes` for the names of owners.
    pub fn new(processes: Box<dyn ProcessInfo>) -> Self {
        Self {
            host: Arc::new(super::host()),
            processes,
            users: HashMap::new(),
        }
    }

    fn user_name(&mut self, uid: u32) -> Arc<str> {
        if let Some(name) = self.users.get(&uid) {
            return Arc::clone(name);
        }
        let number = uid.to_string();
        // A user list that cannot be read leaves the number, which names the user as well.
        let name = Users::new_with_refreshed_list()
            .ok()
            .and_then(|users| {
                users
                    .iter()
                    .find(|user| user.id().to_string() == number)
                    .map(|user| Arc::from(user.name()))
            })
            .unwrap_or_else(|| Arc::from(number));
        self.users.insert(uid, Arc::clone(&name));
        name
    }
}

impl SocketSource for NetstatSource {
    fn name(&self) -> &str {
        NAME
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        let taken_at = SystemTime::now();
        let began = Instant::now();
        let Table { rows, mut gaps } = read_table(Owners::Wanted)?;
        let listening = listening_ports(&rows);

        let mut holders: HashMap<Vec<u32>, Pids> = HashMap::new();
        let mut hidden: BTreeMap<Option<Arc<str>>, usize> = BTreeMap::new();
        let mut sockets = Vec::with_capacity(rows.len());
        for row in rows {
            let owner = match classify(&row, &listening) {
                Holder::Processes => Owner::Known(Arc::clone(
                    holders
                        .entry(row.pids)
                        .or_insert_with_key(|pids| Arc::from(pids.as_slice())),
                )),
                Holder::Kernel => Owner::NoOwner,
                Holder::AcceptQueue => Owner::NotAccepted,
                Holder::Unseen => {
                    let user = row.descriptor.uid.map(|uid| self.user_name(uid));
                    *hidden.entry(user.clone()).or_default() += 1;
                    Owner::Hidden { user }
                }
            };
            sockets.push(Socket {
                protocol: Protocol::Tcp,
                local: row.local,
                remote: row.remote,
                state: row.state,
                owner,
            });
        }
        gaps.extend(
            hidden
                .into_iter()
                .map(|(user, sockets)| Gap::OwnersHidden { user, sockets }),
        );

        let pids: BTreeSet<u32> = holders.keys().flatten().copied().collect();
        let processes = match self.processes.describe(&pids) {
            Ok(found) => found
                .into_iter()
                .map(|process| (process.pid, process))
                .collect(),
            Err(cause) => {
                gaps.push(Gap::NamesUnreadable { cause });
                BTreeMap::new()
            }
        };
        Ok(Some(Snapshot {
            taken_at,
            host: Arc::clone(&self.host),
            source: NAME.to_owned(),
            took: Some(began.elapsed()),
            sockets,
            processes,
            gaps,
        }))
    }
}

/// Finds single connections by reading the whole table without owners.
pub struct TablePairProbe;

impl PairProbe for TablePairProbe {
    fn resolution(&self) -> Resolution {
        Resolution::Table
    }

    fn shows_unowned(&self) -> bool {
        system::SHOWS_UNOWNED
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        let wanted: HashMap<(SocketAddr, SocketAddr), (usize, usize)> = pairs
            .iter()
            .enumerate()
            .flat_map(|(index, pair)| {
                [
                    ((pair.client, pair.peer), (index, 0)),
                    ((pair.peer, pair.client), (index, 1)),
                ]
            })
            .collect();
        let table = read_table(Owners::LeftOut)?;
        let listening = listening_ports(&table.rows);
        let mut found = vec![[None, None]; pairs.len()];
        for row in table.rows {
            let Some((index, end)) = row
                .remote
                .and_then(|remote| wanted.get(&(row.local, remote)).copied())
            else {
                continue;
            };
            let owner = match classify(&row, &listening) {
                Holder::AcceptQueue => Owner::NotAccepted,
                Holder::Kernel => Owner::NoOwner,
                Holder::Processes | Holder::Unseen => Owner::Hidden { user: None },
            };
            found[index][end] = Some(Socket {
                protocol: Protocol::Tcp,
                local: row.local,
                remote: row.remote,
                state: row.state,
                owner,
            });
        }
        Ok(found)
    }
}

/// One row, with what tells who holds it.
#[derive(Debug)]
struct Row {
    local: SocketAddr,
    remote: Option<SocketAddr>,
    state: State,
    /// Ascending.
    pids: Vec<u32>,
    descriptor: Descriptor,
}

/// What the row tells of its descriptor, where the system tells anything.
#[derive(Clone, Copy, Debug)]
struct Descriptor {
    /// 0 when no process has a descriptor of the socket.
    inode: Option<u32>,
    uid: Option<u32>,
}

struct Table {
    rows: Vec<Row>,
    gaps: Vec<Gap>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owners {
    Wanted,
    LeftOut,
}

enum Holder {
    Processes,
    Kernel,
    AcceptQueue,
    Unseen,
}

/// Who holds a row. Pure, so that it is tested on every system.
///
/// A row without a descriptor (inode 0) whose local port has a listener waits to be accepted while it is
/// open or half-closed by the peer; every other such row is the kernel's alone.
fn classify(row: &Row, listening: &HashSet<u16>) -> Holder {
    if !row.pids.is_empty() {
        return Holder::Processes;
    }
    match row.state {
        State::TimeWait => Holder::Kernel,
        State::Established | State::CloseWait
            if row.descriptor.inode == Some(0) && listening.contains(&row.local.port()) =>
        {
            Holder::AcceptQueue
        }
        _ if row.descriptor.inode == Some(0) => Holder::Kernel,
        _ => Holder::Unseen,
    }
}

fn listening_ports(rows: &[Row]) -> HashSet<u16> {
    rows.iter()
        .filter(|row| row.state == State::Listen)
        .map(|row| row.local.port())
        .collect()
}

fn read_table(owners: Owners) -> Result<Table, PollFailure> {
    let mut table = Table {
        rows: Vec::new(),
        gaps: Vec::new(),
    };
    let mut unreadable = Vec::new();
    for (family, flags) in FAMILIES {
        match catch_unwind(AssertUnwindSafe(|| read_family(flags, owners, &mut table))) {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => unreadable.push((family, cause)),
            Err(_) => unreadable.push((family, "netstat2 panicked".to_owned())),
        }
    }
    if unreadable.len() == FAMILIES.len() {
        let cause = unreadable.swap_remove(0).1;
        return Err(failure(Operation::ReadSocketTable, cause));
    }
    let missing = unreadable
        .into_iter()
        .map(|(family, cause)| Gap::FamilyUnreadable { family, cause });
    table.gaps.extend(missing);
    if table.rows.is_empty() {
        // Only an empty table is worth a second question. Where the system has no such count (or the
        // file may not be read) there is nothing to hold against the table, and it stands.
        if let Ok(count @ 1..) = counters::tcp_sockets(Path::new("/proc")) {
            return Err(failure(
                Operation::CheckSocketTable,
                format!("the table came back empty, but the kernel counts {count} TCP sockets"),
            ));
        }
    }
    Ok(table)
}

fn failure(operation: Operation, cause: String) -> PollFailure {
    PollFailure {
        source: NAME.to_owned(),
        operation,
        cause,
    }
}

fn read_family(flags: AddressFamilyFlags, owners: Owners, table: &mut Table) -> Result<(), String> {
    let mut unknown_states = 0;
    let mut unreadable = 0;
    let mut first_cause = None;
    for item in system::iterate(flags, owners).map_err(|error| describe(&error))? {
        match item {
            Ok(info) => {
                let ProtocolSocketInfo::Tcp(tcp) = &info.protocol_socket_info else {
                    continue;
                };
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
            }
        }
    }
    if unknown_states > 0 {
        table.gaps.push(Gap::UnknownState {
            rows: unknown_states,
        });
    }
    if let Some(cause) = first_cause {
        table.gaps.push(Gap::RowsUnreadable {
            rows: unreadable,
            cause,
        });
    }
    Ok(())
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
    let mut pids: Vec<u32> = info
        .associated_pids
        .iter()
        .copied()
        .filter(|pid| *pid != 0)
        .collect();
    pids.sort_unstable();
    pids
}

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
            Owners::LeftOut => Box::new(netstat2::iterate_sockets_info_without_pids(
                flags,
                ProtocolFlags::TCP,
            )?),
        })
    }

    pub(super) fn descriptor(info: &SocketInfo) -> Descriptor {
        Descriptor {
            inode: Some(info.inode),
            uid: Some(info.uid),
        }
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
        Ok(Box::new(netstat2::iterate_sockets_info(
            flags,
            ProtocolFlags::TCP,
        )?))
    }

    pub(super) fn descriptor(_info: &SocketInfo) -> Descriptor {
        Descriptor {
            inode: None,
            uid: None,
        }
    }
}

#[cfg(test)]
mod tests;
