//! The portable source, on netstat2: every system's fallback, and the oracle of its native source.
//!
//! Here owners are joined to rows; `table` reads the rows.

mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::unheld::Unheld;
use super::users::Users;
use super::{Pair, PairProbe, ProcessInfo, SocketSource};
use crate::model::lab::Resolution;
use crate::model::{
    Family, Gap, Host, Listeners, Operation, Owner, Pids, PollFailure, Snapshot, Socket, State,
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
        let listening = listeners(&rows);
        let is_listening = |local: SocketAddr| listening.take(local);

        let mut holders: HashMap<Vec<u32>, Pids> = HashMap::new();
        let mut hidden: BTreeMap<Option<Arc<str>>, usize> = BTreeMap::new();
        let mut sockets = Vec::with_capacity(rows.len());
        for row in rows {
            let owner = if row.pids.is_empty() {
                match why_unheld(&row, is_listening) {
                    Unheld::Kernel => Owner::NoOwner,
                    Unheld::AcceptQueue => Owner::NotAccepted,
                    Unheld::Hidden => {
                        let user = row.descriptor.uid.map(|uid| self.users.name(uid));
                        *hidden.entry(user.clone()).or_default() += 1;
                        Owner::Hidden { user }
                    }
                }
            } else {
                let pids = holders.entry(row.pids);
                Owner::Known(Arc::clone(pids.or_insert_with_key(|pids| Arc::from(pids.as_slice()))))
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
                number: None,
            });
        }
        let listening = listeners(&table.rows);
        let is_listening = |local: SocketAddr| listening.take(local);
        let mut found = vec![[None, None]; pairs.len()];
        for row in table.rows {
            let Some((index, end)) =
                row.remote.and_then(|remote| wanted.get(&(row.local, remote)).copied())
            else {
                continue;
            };
            // Owners were left out, so that one who holds it is not known.
            let owner = match why_unheld(&row, is_listening) {
                Unheld::Kernel => Owner::NoOwner,
                Unheld::AcceptQueue => Owner::NotAccepted,
                Unheld::Hidden => Owner::Hidden { user: None },
            };
            found[index][end] = Some(Socket::new(row.local, row.remote, row.state, owner));
        }
        Ok(found)
    }

    fn listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, PollFailure> {
        let rows = read_table(Owners::LeftOut)?.rows;
        let found = rows.into_iter().find(|row| row.state == State::Listen && row.local == local);
        Ok(found
            .map(|row| Socket::new(row.local, row.remote, row.state, Owner::Hidden { user: None })))
    }
}

/// Why no process is known to hold a row.
fn why_unheld(row: &Row, is_listening: impl Fn(SocketAddr) -> bool) -> Unheld {
    let has_descriptor = row.descriptor.inode.map(|inode| inode != 0);
    Unheld::of(row.state, row.local, has_descriptor, is_listening)
}

fn listeners(rows: &[Row]) -> Listeners {
    let listening = rows.iter().filter(|row| row.state == State::Listen);
    Listeners::at(listening.map(|row| row.local))
}
