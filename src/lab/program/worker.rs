//! The thread that has the sockets: it takes what comes, treats what is due, and publishes what became of it.

mod outcome;
mod reaching;
mod stalling;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use super::conn::{Conn, Heard};
use super::entry::Entry;
use super::fate::Ending;
use super::gate::{Came, Gate, canonical};
use super::owners::{Need, Owners, find};
use super::setup::{MAX_HELD, MAX_TOTAL, Setup, Side, Treatment};
use super::state::{Phase, Trouble, Why};
use super::{Cancel, Observer, Shared};
use crate::model::lab::End;
use crate::model::{Snapshot, State};
use crate::os::Pair;

/// The shortest and the longest rest between two rounds.
const RESTS: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(50)];
/// A tenth of a core, as far as the longest rest allows: the rest is so many times the last round.
const REST_PER_COST: u32 = 10;
/// The shortest time between two pictures, and the longest while something lasts.
const PICTURES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

pub(super) struct Worker {
    // Dropped in this order: sockets first.
    entries: Vec<Entry>,
    gate: Gate,
    observer: Observer,
    owners: Owners,
    setup: Setup,
    began: Instant,
    shared: Arc<Shared>,
    cancel: Cancel,
    /// The observer saw something new.
    news: Arc<AtomicBool>,
    published: Option<Instant>,
    refused: usize,
    made: usize,
    trouble: Option<Trouble>,
    queue: Option<u64>,
    look_trouble: Option<Trouble>,
    owner_trouble: Option<Trouble>,
    descriptor_trouble: Option<Trouble>,
}

impl Worker {
    pub(super) fn new(
        setup: Setup,
        began: Instant,
        observer: Observer,
        owners: Owners,
        shared: Arc<Shared>,
        cancel: Cancel,
        news: Arc<AtomicBool>,
    ) -> Self {
        Self {
            entries: Vec::new(),
            gate: Gate::None,
            observer,
            owners,
            setup,
            began,
            shared,
            cancel,
            news,
            published: None,
            refused: 0,
            made: 0,
            trouble: None,
            queue: None,
            look_trouble: None,
            owner_trouble: None,
            descriptor_trouble: None,
        }
    }

    pub(super) fn run(mut self) {
        if let Err(error) = self.owners.begin() {
            self.descriptor_trouble = Some(Trouble::Descriptors(error));
        }
        // The first table costs most, and nobody waits yet.
        let table = self.read_table();
        match Gate::open(&self.setup, table.as_ref(), &self.cancel) {
            Ok(Some(gate)) => {
                self.queue = gate.short_queue();
                self.gate = gate;
            }
            Ok(None) => return self.publish(Phase::Ended(Why::Stopped)),
            Err(failure) => return self.publish(Phase::Failed(*failure)),
        }
        self.publish(Phase::Running);
        let why = loop {
            let round = Instant::now();
            self.round();
            if let Some(why) = self.is_over() {
                break why;
            }
            let rest = (round.elapsed() * REST_PER_COST).clamp(RESTS[0], RESTS[1]);
            thread::sleep(rest);
        };
        self.give_up_connects();
        // The verdict is on what was, before our own end of it goes.
        self.publish(Phase::Running);
        self.entries.iter_mut().for_each(|entry| entry.conn = None);
        self.gate.shut();
        self.publish(Phase::Ended(why));
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    const fn theirs(&self) -> End {
        match self.setup.side {
            Side::Listener { .. } => End::Client,
            Side::Client { .. } => End::Peer,
        }
    }

    fn is_over(&self) -> Option<Why> {
        if self.cancel.is_wished() {
            return Some(Why::Stopped);
        }
        if self.now() >= self.setup.time {
            return Some(Why::TimeUp);
        }
        let wanted = match self.setup.side {
            Side::Listener { connections, .. } => connections?,
            Side::Client { count, .. } if self.trouble.is_none() => count,
            Side::Client { .. } => self.made,
        };
        let (now, all) = (self.now(), self.made >= wanted);
        let judged = |entry: &Entry| entry.is_settled || entry.is_kept(now, &self.setup);
        if !all || !self.entries.iter().all(judged) {
            None
        } else if !self.entries.iter().all(|entry| entry.is_settled) {
            Some(Why::AllJudged)
        } else if !self.entries.is_empty() && self.entries.iter().all(Entry::was_not_made) {
            Some(Why::NoneMade)
        } else {
            Some(Why::AllClosed)
        }
    }

    fn round(&mut self) {
        self.let_in();
        // Before a table is read, which takes so long that what was made may be broken again.
        self.ask_connects();
        // Whoever gets an answer may be gone at once, so it is looked for first.
        self.look_for_owners();
        self.serve();
        self.treat();
        self.show();
    }

    /// Reads the table when it is time.
    fn look_for_owners(&mut self) {
        let need = if self.entries.iter().any(Entry::is_looked_for) {
            Need::Soon
        } else if self.setup.treatment == Treatment::NeverAccept {
            Need::Often
        } else if self.entries.iter().any(|entry| !entry.is_over()) {
            Need::Usual
        } else {
            return;
        };
        if self.owners.is_due(need)
            && let Some(table) = self.read_table()
        {
            self.take_owners(&table);
            self.take_waiting(&table);
        }
    }

    /// How many connections are held.
    fn held(&self) -> usize {
        self.entries.iter().filter(|entry| entry.conn.is_some()).count()
    }

    /// Takes new connections in, or makes them.
    fn let_in(&mut self) {
        let most = match self.setup.side {
            Side::Listener { connections, .. } => connections.unwrap_or(MAX_TOTAL),
            Side::Client { count, .. } => count,
        };
        let (mut held, room) = (self.held(), self.setup.side.most_held());
        // All that wait, since a queue that is full drops whoever comes; and no more, since those that are there are served.
        for _ in 0..MAX_HELD {
            if self.made >= most || self.cancel.is_wished() {
                break;
            }
            if !self.entries.is_empty() && self.entries.iter().all(Entry::connecting) {
                // If the first connect fails, the others would for the same reason.
                break;
            }
            let is_full = held >= room;
            if is_full && matches!(self.setup.side, Side::Client { .. }) {
                // There will be room once one of them is over.
                break;
            }
            match self.gate.next(&self.setup) {
                Ok(None) => {
                    if !self.gate.rests() {
                        self.trouble.take_if(|trouble| trouble.is_of("accept"));
                    }
                    break;
                }
                Ok(Some(Came { conn, pair })) => {
                    self.trouble = None;
                    if is_full {
                        conn.reset();
                        self.refused += 1;
                        continue;
                    }
                    self.made += 1;
                    held += 1;
                    self.meet(pair, Some(conn));
                }
                Err((call, error)) => {
                    if let (Side::Client { .. }, Some(target)) =
                        (&self.setup.side, self.gate.address())
                    {
                        self.made += 1;
                        let number = self.entries.len() as u64 + 1;
                        self.entries.push(Entry::refused(number, target, self.now(), &error));
                    }
                    self.trouble = Some(Trouble::Call { call, error });
                    break;
                }
            }
        }
        if self.made >= most && self.setup.treatment != Treatment::NeverAccept {
            // Who comes now is refused by the system, and not kept waiting.
            self.gate.shut();
        }
    }

    /// A connection that was not known.
    fn meet(&mut self, pair: Pair, conn: Option<Conn>) {
        let number = self.entries.len() as u64 + 1;
        self.observer.watch(number, pair);
        let connecting = matches!(self.setup.side, Side::Client { .. });
        let entry = Entry::new(number, pair, conn, self.now(), connecting);
        self.entries.push(entry);
    }

    /// Has each socket answer, and hear what ends it.
    fn serve(&mut self) {
        let now = self.began.elapsed();
        for entry in &mut self.entries {
            let is_left = entry.connecting() || entry.is_left(now);
            let Some(conn) = entry.conn.as_mut().filter(|_| !is_left) else { continue };
            if self.setup.treatment == Treatment::NeverRead {
                conn.send_only();
                if entry.is_over() {
                    entry.conn = None;
                }
                continue;
            }
            let ending = match conn.serve() {
                Heard::Nothing => continue,
                Heard::End => Ending::Fin,
                Heard::Broken => Ending::Broken,
            };
            entry.heard.get_or_insert((now, ending));
            entry.fresh = true;
            // As servers and clients do when there is nothing more to come.
            if let Some(conn) = entry.conn.take() {
                conn.close();
            }
        }
    }

    /// Does to each connection what is due.
    fn treat(&mut self) {
        if self.setup.treatment == Treatment::NeverRead {
            return self.find_stalled();
        }
        let now = self.began.elapsed();
        // Where the look-up shows nothing, or nothing of what no process holds, only our own socket hears whether the other
        // end closes.
        let seen = self.observer.latest();
        let listens_on = match self.setup.treatment {
            Treatment::HalfClose => true,
            Treatment::Close => !seen.shows_unowned || seen.failure.is_some(),
            _ => false,
        };
        let mut any = false;
        for entry in &mut self.entries {
            if entry.connecting() || entry.treated.is_some() {
                continue;
            }
            if !self.setup.treatment.waits() {
                entry.treated = Some(entry.came);
                continue;
            }
            // Whoever hears of the end may be gone at once, so its owner is looked for first.
            let due = now.saturating_sub(entry.came) >= self.setup.after && !entry.is_left(now);
            let Some(mut conn) = entry.conn.take_if(|_| due) else { continue };
            entry.treated = Some(now);
            entry.fresh = true;
            any = true;
            match self.setup.treatment {
                _ if listens_on => match conn.half_close() {
                    Ok(()) => entry.conn = Some(conn),
                    // The connection is gone already, and reading it would say so.
                    Err(_) => entry.left = conn.close(),
                },
                Treatment::Reset => conn.reset(),
                _ => entry.left = conn.close(),
            }
        }
        if any {
            self.observer.expect_changes();
        }
    }

    fn read_table(&mut self) -> Option<Snapshot> {
        match self.owners.table() {
            Ok(table) => {
                self.owner_trouble = None;
                table
            }
            Err(failure) => {
                self.owner_trouble = Some(Trouble::Owners(failure));
                None
            }
        }
    }

    fn take_owners(&mut self, table: &Snapshot) {
        let theirs = self.theirs();
        let living = self.entries.iter_mut().filter(|entry| !entry.is_over());
        let mut wanted: HashMap<(SocketAddr, SocketAddr), &mut Entry> =
            living.map(|entry| (entry.addresses(theirs), entry)).collect();
        let keys: BTreeSet<_> = wanted.keys().copied().collect();
        let found = find(table, &keys);
        for (key, entry) in &mut wanted {
            entry.learn(found.get(key));
        }
    }

    /// Connections that nobody accepts are found in the table, and there alone.
    fn take_waiting(&mut self, table: &Snapshot) {
        if self.setup.treatment != Treatment::NeverAccept {
            return;
        }
        // The last of those with the same addresses.
        let known: BTreeMap<Pair2, &Entry> =
            self.entries.iter().map(|entry| (key(entry.pair), entry)).collect();
        let mut fresh = BTreeSet::new();
        for socket in &table.sockets {
            let Some(pair) = self.gate.pair_of(socket).map(key) else { continue };
            let opens = matches!(socket.state, State::Established | State::SynSent);
            let waits = matches!(socket.state, State::CloseWait | State::SynReceived);
            let is_new = match known.get(&pair) {
                None => opens || waits,
                // Our end of one that is over stays in the queue; only a client's own row opens it again.
                Some(entry) => {
                    let is_another = entry.inode.zip(socket.inode).is_some_and(|(a, b)| a != b);
                    opens && socket.local == pair.0 && (entry.is_over() || is_another)
                }
            };
            if is_new {
                fresh.insert(pair);
            }
        }
        for (client, peer) in &fresh {
            if self.entries.len() < MAX_TOTAL {
                self.made += 1;
                self.meet(Pair { client: *client, peer: *peer }, None);
            }
        }
        self.take_owners(table);
    }
}

/// A pair that can be ordered.
type Pair2 = (SocketAddr, SocketAddr);

fn key(pair: Pair) -> Pair2 {
    (canonical(pair.client), canonical(pair.peer))
}
