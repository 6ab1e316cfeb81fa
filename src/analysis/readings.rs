//! How much of each limit is used: readings, without a verdict.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use super::load::ProcessLoad;
use super::towards::Role;
use crate::model::{Counters, Limits, Listeners, Owner, Process, Snapshot, State};

/// Of each kind with many members, how many of the fullest are told.
const FULLEST: usize = 3;

/// What is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limited {
    /// The descriptors of a process.
    Descriptors(Process),
    /// The connections that wait to be accepted by the listener at this address; the room is one more than its
    /// backlog.
    AcceptQueue {
        /// Where it listens.
        local: SocketAddr,
        /// Who holds it, where that is known.
        process: Option<Process>,
    },
    /// The local ports from one address to one destination: each 4-tuple is used once.
    LocalPorts {
        /// The address they are of.
        local: IpAddr,
        /// Where they lead.
        remote: SocketAddr,
    },
    /// The rows in TIME_WAIT of this network namespace.
    TimeWaitTable,
    /// The sockets without an owner, of this network namespace, against the limit of the whole system.
    Orphans,
    /// The pages of memory for TCP of the whole system.
    Memory,
    /// The open files of the whole system.
    SystemFiles,
}

/// How much of one limit is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What is limited.
    pub what: Limited,
    /// How much of it is used now.
    pub used: u64,
    /// How much there is.
    pub of: u64,
}

impl Reading {
    /// The share that is used, 1 when all is; a limit of nothing is used whole.
    #[expect(clippy::cast_precision_loss, reason = "a share is shown in percent")]
    pub fn share(&self) -> f32 {
        if self.of == 0 { 1.0 } else { self.used as f32 / self.of as f32 }
    }
}

/// How much of each limit is used, as far as it is known, the fullest first.
pub fn readings(
    snapshot: &Snapshot,
    loads: &[ProcessLoad],
    counters: &Counters,
    limits: &Limits,
) -> Vec<Reading> {
    let whole =
        |what, used: Option<u64>, of: Option<u64>| Some(Reading { what, used: used?, of: of? });
    let system = [
        whole(Limited::TimeWaitTable, counters.time_wait, limits.max_time_wait),
        whole(Limited::Orphans, counters.orphans, limits.max_orphans),
        whole(Limited::Memory, counters.memory_pages, limits.memory_pages),
        whole(Limited::SystemFiles, limits.files_open, limits.files_max),
    ];
    let mut readings: Vec<Reading> = fullest(descriptors(loads))
        .chain(fullest(accept_queues(snapshot)))
        .chain(fullest(local_ports(snapshot, limits)))
        .chain(system.into_iter().flatten())
        .collect();
    sort(&mut readings);
    readings
}

fn sort(readings: &mut [Reading]) {
    readings.sort_by(|one, other| {
        other.share().total_cmp(&one.share()).then_with(|| other.used.cmp(&one.used))
    });
}

fn fullest(mut readings: Vec<Reading>) -> impl Iterator<Item = Reading> {
    sort(&mut readings);
    readings.into_iter().take(FULLEST)
}

fn descriptors(loads: &[ProcessLoad]) -> Vec<Reading> {
    let reading = |load: &ProcessLoad| {
        let (used, of) = (load.descriptors.open?, load.descriptors.limit?);
        Some(Reading { what: Limited::Descriptors(load.process.clone()), used, of })
    };
    loads.iter().filter_map(reading).collect()
}

fn accept_queues(snapshot: &Snapshot) -> Vec<Reading> {
    let listeners = snapshot.sockets.iter().filter(|socket| socket.state == State::Listen);
    listeners
        .filter_map(|socket| {
            let queues = socket.queues?;
            let process = match &socket.owner {
                Owner::Known(pids) => snapshot.processes.get(pids.first()?).cloned(),
                _ => None,
            };
            let what = Limited::AcceptQueue { local: socket.local, process };
            // A queue takes one more than its backlog (listen(2), sk_acceptq_is_full in the kernel).
            Some(Reading { what, used: queues.receive.into(), of: u64::from(queues.send) + 1 })
        })
        .filter(|reading| reading.used > 0)
        .collect()
}

/// Local ports run out for each pair of addresses and port of the destination by itself. Every row counts, in
/// TIME_WAIT as well, but those of servers, whose port is the same for all.
fn local_ports(snapshot: &Snapshot, limits: &Limits) -> Vec<Reading> {
    let Some(range) = &limits.ephemeral_ports else { return Vec::new() };
    let of = u64::from(range.end() - range.start()) + 1;
    let of = of.saturating_sub(limits.reserved_ports.unwrap_or_default());
    let listening = Listeners::among(&snapshot.sockets);
    let mut ports: HashMap<(IpAddr, SocketAddr), HashSet<u16>> = HashMap::new();
    for socket in &snapshot.sockets {
        let port = socket.local.port();
        if let Some(remote) = socket.remote
            && range.contains(&port)
            && Role::of(socket, &listening) == Role::Client
        {
            ports.entry((socket.local.ip(), remote)).or_default().insert(port);
        }
    }
    ports
        .into_iter()
        .map(|((local, remote), ports)| {
            let what = Limited::LocalPorts { local, remote };
            Reading { what, used: ports.len() as u64, of }
        })
        .collect()
}

#[cfg(test)]
mod tests;
