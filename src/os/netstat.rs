//! The portable source, on netstat2: every system's fallback, and the oracle of its native source.
//!
//! Here owners are joined to rows; `table` reads the rows.

mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::users::Users;
use super::{Pair, PairProbe, ProcessInfo, SocketSource};
use crate::model::lab::Resolution;
use crate::model::{
    Family, Gap, Host, Operation, Owner, Pids, PollFailure, Snapshot, Socket, State,
};
use table::{NAME, Owners, Row, SHOWS_UNOWNED, Table, read_table};

/// The socket table as netstat2 reads it, with the owners it finds.
pub struct NetstatSource {
    host: Arc<Host>,
    processes: Box<dyn ProcessInfo>,
    users: Users,
}

impl NetstatSource {
    /// A source that asks `processes` for the names of owners.
    pub fn new(processes: Box<dyn ProcessInfo>) -> Self {
        Self { host: Arc::new(super::host()), processes, users: Users::default() }
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
                    holders.entry(row.pids).or_insert_with_key(|pids| Arc::from(pids.as_slice())),
                )),
                Holder::Kernel => Owner::NoOwner,
                Holder::AcceptQueue => Owner::NotAccepted,
                Holder::Unseen => {
                    let user = row.descriptor.uid.map(|uid| self.users.name(uid));
                    *hidden.entry(user.clone()).or_default() += 1;
                    Owner::Hidden { user }
                }
            };
            let uid = row.descriptor.uid;
            sockets.push(Socket { uid, ..Socket::new(row.local, row.remote, row.state, owner) });
        }
        gaps.extend(hidden.into_iter().map(|(user, sockets)| Gap::OwnersHidden { user, sockets }));

        let pids: BTreeSet<u32> = holders.keys().flatten().copied().collect();
        let processes = match self.processes.describe(&pids) {
            Ok(found) => found.into_iter().map(|process| (process.pid, process)).collect(),
            Err(cause) => {
                gaps.push(Gap::NamesUnreadable { cause });
                BTreeMap::new()
            }
        };
        Ok(Some(Snapshot {
            taken_at,
            host: Arc::clone(&self.host),
            source: NAME.to_owned(),
            users: self.users.of(&sockets),
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
        SHOWS_UNOWNED
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        let wanted: HashMap<(SocketAddr, SocketAddr), (usize, usize)> = pairs
            .iter()
            .enumerate()
            .flat_map(|(index, pair)| {
                [((pair.client, pair.peer), (index, 0)), ((pair.peer, pair.client), (index, 1))]
            })
            .collect();
        let table = read_table(Owners::LeftOut)?;
        // What could not be read says nothing of its rows, and must not look like "no row".
        let concerns = |gap: &&Gap| match gap {
            Gap::FamilyUnreadable { family, .. } => {
                pairs.iter().any(|pair| pair.client.is_ipv6() == (*family == Family::V6))
            }
            gap => gap.loses_rows(),
        };
        if let Some(Gap::FamilyUnreadable { cause, .. } | Gap::RowsUnreadable { cause, .. }) =
            table.gaps.iter().find(concerns)
        {
            return Err(PollFailure {
                source: NAME.to_owned(),
                operation: Operation::ReadSocketTable,
                cause: cause.clone(),
            });
        }
        let listening = listening_ports(&table.rows);
        let mut found = vec![[None, None]; pairs.len()];
        for row in table.rows {
            let Some((index, end)) =
                row.remote.and_then(|remote| wanted.get(&(row.local, remote)).copied())
            else {
                continue;
            };
            let owner = match classify(&row, &listening) {
                Holder::AcceptQueue => Owner::NotAccepted,
                Holder::Kernel => Owner::NoOwner,
                Holder::Processes | Holder::Unseen => Owner::Hidden { user: None },
            };
            found[index][end] = Some(Socket::new(row.local, row.remote, row.state, owner));
        }
        Ok(found)
    }
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
    rows.iter().filter(|row| row.state == State::Listen).map(|row| row.local.port()).collect()
}
