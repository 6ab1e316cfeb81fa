//! The socket table of this machine through `sock_diag`, with owners; netstat2 stands in where it does not work.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::dump::{Diagnostics, Table};
use super::namespaces::Namespaces;
use super::netlink::{Netlink, Wire};
use super::owners::Owners;
use crate::model::lab::Resolution;
use crate::model::{
    Gap, Host, Listeners, Operation, Owner, PollFailure, Process, Snapshot, Socket,
};
use crate::os::unheld::Unheld;
use crate::os::users::Users;
use crate::os::{Pair, PairProbe, ProcessInfo, SocketSource};

/// The source's name.
const NAME: &str = "sock_diag";

/// Where Linux shows processes and counters.
const PROC: &str = "/proc";

/// Opens a wire to the kernel; done anew after a failure.
type Open = Box<dyn Fn() -> io::Result<Box<dyn Wire>> + Send>;

/// The table as the kernel tells it.
pub struct DiagSource {
    host: Arc<Host>,
    open: Open,
    diagnostics: Option<Diagnostics>,
    owners: Owners,
    namespaces: Namespaces,
    processes: Box<dyn ProcessInfo>,
    users: Users,
    fallback: Box<dyn SocketSource>,
    began: Instant,
}

impl DiagSource {
    /// The source of this machine. `processes` tells the names of owners, `fallback` stands in when the kernel
    /// does not answer.
    pub fn new(processes: Box<dyn ProcessInfo>, fallback: Box<dyn SocketSource>) -> Self {
        let open = Box::new(|| Ok(Box::new(Netlink::open()?) as Box<dyn Wire>));
        Self::with(open, Path::new(PROC), processes, fallback)
    }

    fn with(
        open: Open,
        proc: &Path,
        processes: Box<dyn ProcessInfo>,
        fallback: Box<dyn SocketSource>,
    ) -> Self {
        Self {
            host: Arc::new(crate::os::host()),
            open,
            diagnostics: None,
            owners: Owners::new(proc),
            namespaces: Namespaces::new(proc),
            processes,
            users: Users::default(),
            fallback,
            began: Instant::now(),
        }
    }

    fn table(&mut self) -> Result<Table, String> {
        let mut diagnostics = match self.diagnostics.take() {
            Some(diagnostics) => diagnostics,
            None => Diagnostics::new((self.open)().map_err(|error| error.to_string())?),
        };
        let table = diagnostics.table()?;
        self.diagnostics = Some(diagnostics);
        Ok(table)
    }

    /// Another source's table, which says so itself.
    fn fall_back(&mut self, cause: String) -> Result<Option<Snapshot>, PollFailure> {
        let both = |other: PollFailure| PollFailure {
            source: NAME.to_owned(),
            operation: Operation::ReadSocketTable,
            cause: format!("{cause}; {}: {}", other.source, other.cause),
            number: other.number,
        };
        let mut snapshot = self.fallback.poll().map_err(both)?;
        if let Some(snapshot) = &mut snapshot {
            snapshot.gaps.insert(0, Gap::Fallback { source: NAME.to_owned(), cause });
        }
        Ok(snapshot)
    }

    /// Names and start times of all owners.
    fn describe(&mut self, gaps: &mut Vec<Gap>) -> BTreeMap<u32, Process> {
        match self.processes.describe(&self.owners.pids()) {
            Ok(found) => found.into_iter().map(|process| (process.pid, process)).collect(),
            Err(cause) => {
                gaps.push(Gap::NamesUnreadable { cause });
                BTreeMap::new()
            }
        }
    }
}

impl SocketSource for DiagSource {
    fn name(&self) -> &str {
        NAME
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        let taken_at = SystemTime::now();
        let began = Instant::now();
        let Table { mut sockets, mut gaps } = match self.table() {
            Ok(table) => table,
            Err(cause) => return self.fall_back(cause),
        };
        let unseen = self.owners.update(&mut sockets, self.began.elapsed()).err();
        let mut processes = self.describe(&mut gaps);
        let started =
            processes.values().filter_map(|process| Some((process.pid, process.started_s?)));
        if self.owners.confirm(started, &mut sockets) {
            processes = self.describe(&mut gaps);
        }
        let hidden = explain_unheld(&mut sockets, &mut self.users);
        gaps.extend(owners_gaps(hidden, unseen.as_ref(), &self.owners));
        gaps.extend(self.namespaces.others().map(|namespaces| Gap::OtherNamespaces { namespaces }));
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

/// Why owners are missing: no process could be seen, some could not be listed, nobody holds them, or they are hidden.
fn owners_gaps(
    hidden: BTreeMap<Option<Arc<str>>, usize>,
    unseen: Option<&io::Error>,
    owners: &Owners,
) -> Vec<Gap> {
    let sockets: usize = hidden.values().sum();
    if let Some(error) = unseen {
        return vec![Gap::OwnersUnreadable { sockets, cause: error.to_string() }];
    }
    if sockets == 0 {
        return Vec::new();
    }
    if let Some(cause) = owners.failure() {
        return vec![Gap::OwnersUnreadable { sockets, cause: cause.to_owned() }];
    }
    if owners.sees_all() {
        return vec![Gap::OwnersElsewhere { sockets }];
    }
    hidden.into_iter().map(|(user, sockets)| Gap::OwnersHidden { user, sockets }).collect()
}

/// Says of each row that no process is known to hold why that is; gives how many owners are hidden, by user.
fn explain_unheld(sockets: &mut [Socket], users: &mut Users) -> BTreeMap<Option<Arc<str>>, usize> {
    let listening = Listeners::among(&*sockets);
    let mut hidden: BTreeMap<Option<Arc<str>>, usize> = BTreeMap::new();
    let is_listening = |local: SocketAddr| listening.take(local);
    for socket in sockets.iter_mut().filter(|socket| socket.owner == Owner::NoOwner) {
        let has_descriptor = Some(socket.inode.is_some());
        match Unheld::of(socket.state, socket.local, has_descriptor, is_listening) {
            Unheld::Kernel => {}
            Unheld::AcceptQueue => socket.owner = Owner::NotAccepted,
            Unheld::Hidden => {
                let user = socket.uid.map(|uid| users.name(uid));
                *hidden.entry(user.clone()).or_default() += 1;
                socket.owner = Owner::Hidden { user };
            }
        }
    }
    hidden
}

/// Asks the kernel for exactly the rows that are watched.
#[derive(Default)]
pub struct ExactPairProbe {
    diagnostics: Option<Diagnostics>,
}

impl ExactPairProbe {
    /// Asks over the wire that is open, or a new one after a failure.
    fn ask<T>(
        &mut self,
        what: impl FnOnce(&mut Diagnostics) -> Result<T, String>,
    ) -> Result<T, PollFailure> {
        let failed = |cause, number| PollFailure {
            source: NAME.to_owned(),
            operation: Operation::ReadSocketTable,
            cause,
            number,
        };
        let mut diagnostics = if let Some(diagnostics) = self.diagnostics.take() {
            diagnostics
        } else {
            let opened = Netlink::open();
            let wire = opened.map_err(|error| failed(error.to_string(), error.raw_os_error()))?;
            Diagnostics::new(Box::new(wire))
        };
        let found = what(&mut diagnostics).map_err(|cause| failed(cause, None))?;
        self.diagnostics = Some(diagnostics);
        Ok(found)
    }
}

impl PairProbe for ExactPairProbe {
    fn resolution(&self) -> Resolution {
        Resolution::Exact
    }

    fn shows_unowned(&self) -> bool {
        true
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        self.ask(|diagnostics| {
            let mut find = |pair: &Pair| {
                Ok([
                    diagnostics.find(pair.client, pair.peer)?,
                    diagnostics.find(pair.peer, pair.client)?,
                ])
            };
            pairs.iter().map(&mut find).collect()
        })
    }

    fn listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, PollFailure> {
        self.ask(|diagnostics| diagnostics.find_listener(local))
    }
}

#[cfg(test)]
mod tests;
