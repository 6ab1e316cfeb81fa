//! What the worker keeps of one connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::conn::{Conn, Left};
use super::fate::{Descriptor, Ending, Evidence, Row, Sent, fate, row, their_state};
use super::gate::canonical;
use super::judge::is_late;
use super::owners::Found;
use super::setup::{Setup, Treatment};
use super::state::{Connection, Fate, Holder, Obstacle};
use crate::lab::errno::CallError;
use crate::lab::observe::{Lane, Seen};
use crate::model::lab::End;
use crate::model::{Process, State};
use crate::os::Pair;

/// So many tables are read for an owner that was not in the first.
const LOOKED_FOR: u8 = 3;
/// How long a connection waits for its first answer, or its end, at most until its owner was looked for.
const UNANSWERED: Duration = Duration::from_millis(250);
/// How long the rows of one that is over may take to come to rest: what is left of its closing is on its way.
const SETTLING: Duration = Duration::from_secs(1);

pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) pair: Pair,
    /// Our end; none once it is closed, or where it was never accepted.
    pub(super) conn: Option<Conn>,
    pub(super) came: Duration,
    /// When our FIN or reset was sent, or it began to wait for us.
    pub(super) treated: Option<Duration>,
    /// How many bytes wait to be read, and since when that stays so while the other end has more to send.
    pub(super) stalled: Option<(usize, Duration)>,
    /// What our close left unread.
    pub(super) left: Left,
    /// What our socket heard that ends it, and when.
    pub(super) heard: Option<(Duration, Ending)>,
    pub(super) holder: Option<Holder>,
    pub(super) inode: Option<u32>,
    pub(super) descriptor: Descriptor,
    /// When the descriptor was last found held.
    pub(super) held: Option<Duration>,
    /// Which processes had it then.
    heirs: Vec<u32>,
    /// In how many tables its owner was looked for.
    pub(super) looked_for: u8,
    pub(super) fate: Fate,
    /// Who closed the other end, once it is closed.
    pub(super) closer: Closer,
    /// Whether the row of the other end is gone, and its descriptor is in question.
    pub(super) is_row_gone: bool,
    /// Whether something happened that the last picture does not show.
    pub(super) fresh: bool,
    /// Since when it is over.
    over: Option<Duration>,
    /// Whether it is over and its rows are not looked up any more.
    pub(super) is_settled: bool,
    seen: Ends,
    picture: Option<Arc<Connection>>,
}

/// Who closed an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closer {
    /// Its program, as far as is known.
    Program,
    /// Its program, or the system: the process had ended when the close was seen.
    Either,
}

/// What was last seen of both ends.
#[derive(Default)]
struct Ends {
    /// Whether the other end ever had a row here.
    was_found: bool,
    their_state: Option<State>,
    inferred: bool,
    our_state: Option<State>,
    send_queue: Option<u32>,
}

impl Entry {
    pub(super) fn new(
        number: u64,
        pair: Pair,
        conn: Option<Conn>,
        came: Duration,
        connecting: bool,
    ) -> Self {
        Self {
            number,
            pair,
            conn,
            came,
            treated: None,
            stalled: None,
            left: Left::Nothing,
            heard: None,
            holder: None,
            inode: None,
            descriptor: Descriptor::NotAsked,
            held: None,
            heirs: Vec::new(),
            looked_for: 0,
            fate: if connecting { Fate::Connecting } else { Fate::Open },
            closer: Closer::Program,
            is_row_gone: false,
            fresh: true,
            over: None,
            is_settled: false,
            seen: Ends::default(),
            picture: None,
        }
    }

    /// A connect that the system did not even begin, for want of a route, say: it has no address of ours.
    pub(super) fn refused(
        number: u64,
        target: SocketAddr,
        now: Duration,
        error: &CallError,
    ) -> Self {
        let nowhere: IpAddr = match target {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let pair = Pair { client: (nowhere, 0).into(), peer: canonical(target) };
        let mut entry = Self::new(number, pair, None, now, true);
        entry.not_made(Fate::NotMade(error.clone()));
        entry
    }

    /// Whether its connect failed.
    pub(super) const fn was_not_made(&self) -> bool {
        matches!(self.fate, Fate::NotMade(_) | Fate::NoAnswer { .. })
    }

    /// Whether the other end was kept for longer than the grace, which counts whatever becomes of it.
    pub(super) fn is_kept(&self, now: Duration, setup: &Setup) -> bool {
        match self.fate {
            Fate::Waiting { since } | Fate::Unseen { since } => {
                is_late(now.saturating_sub(since), setup)
            }
            _ => false,
        }
    }

    /// Whether nothing more can become of it.
    pub(super) const fn is_over(&self) -> bool {
        self.fate.is_final()
    }

    /// Whether the other end is closed, and was certainly open for so long after our FIN or reset.
    pub(super) fn is_closed_after(&self, moment: Duration) -> bool {
        matches!(self.fate, Fate::Closed { took: Some(_), kept, .. } if kept >= moment)
    }

    /// Whether our connect is not done yet.
    pub(super) const fn connecting(&self) -> bool {
        matches!(self.fate, Fate::Connecting)
    }

    /// Whether its owner is worth another table soon.
    pub(super) const fn is_looked_for(&self) -> bool {
        let known = matches!(self.holder, Some(Holder::Processes(_)));
        !self.is_over() && !known && self.looked_for < LOOKED_FOR
    }

    /// Whether it is left alone yet, until its owner was looked for.
    pub(super) fn is_left(&self, now: Duration) -> bool {
        self.looked_for == 0 && now.saturating_sub(self.came) < UNANSWERED
    }

    /// (The address of the other end, the address of ours).
    pub(super) const fn addresses(&self, theirs: End) -> (SocketAddr, SocketAddr) {
        match theirs {
            End::Client => (self.pair.client, self.pair.peer),
            End::Peer => (self.pair.peer, self.pair.client),
        }
    }

    /// The processes that have the other end, and its inode; none where either is not known.
    pub(super) fn known_socket(&self) -> Option<(Vec<u32>, u32)> {
        match &self.holder {
            Some(Holder::Processes(processes)) => {
                Some((processes.iter().map(|it| it.pid).collect(), self.inode?))
            }
            _ => None,
        }
    }

    /// Whether no row tells when it closes, or perhaps none: it is worth a look at descriptors.
    pub(super) const fn is_in_question(&self, resets: bool) -> bool {
        let row_goes = self.treated.is_some() && (resets || self.seen.their_state.is_none());
        !self.is_over() && (self.is_row_gone || row_goes)
    }

    /// The connect is done.
    pub(super) fn made(&mut self, now: Duration) {
        self.came = now;
        self.fate = Fate::Open;
        self.fresh = true;
    }

    /// The connect failed.
    pub(super) fn not_made(&mut self, fate: Fate) {
        self.conn = None;
        self.fate = fate;
        if matches!(self.fate, Fate::Unreached { obstacle: Obstacle::NoOtherEnd, .. }) {
            // No process has an end that is not there, and should it go without ever having been, that stays so.
            self.holder.get_or_insert(Holder::NotAccepted);
        }
        self.fresh = true;
    }

    /// Whether these have it that it was not known of, and had it at the last look as well: every child has copies of all
    /// descriptors for a moment, between `fork` and `exec`.
    pub(super) fn is_inherited(&mut self, known: &[u32], holders: &[u32]) -> bool {
        let is_known = holders.iter().any(|it| known.contains(it));
        let again = self.heirs == holders;
        self.heirs = holders.to_vec();
        !is_known && again
    }

    /// Its processes have closed it, and these have it.
    pub(super) fn passed_on(&mut self, processes: Vec<Process>) {
        self.holder = Some(Holder::Processes(processes));
        self.fresh = true;
    }

    /// Takes in what a table tells; none where it has no row of the other end. Once a process is known it stays known:
    /// later the kernel has the row alone.
    pub(super) fn learn(&mut self, found: Option<&Found>) {
        self.looked_for = self.looked_for.saturating_add(1);
        let Some(Found { holder, inode }) = found else { return };
        // Another socket at its addresses: a newer connection's.
        if self.inode.zip(*inode).is_some_and(|(known, found)| known != found) {
            return;
        }
        let is_known = matches!(self.holder, Some(Holder::Processes(_)));
        let is_better = matches!(holder, Some(Holder::Processes(_))) || !is_known;
        if is_better && holder.is_some() && self.holder != *holder {
            self.holder.clone_from(holder);
            self.fresh = true;
        }
        self.inode = inode.or(self.inode);
    }

    /// Whether it comes to rest now: it is over, and its rows are gone, in TIME_WAIT, or had their time.
    pub(super) fn settles(&mut self, now: Duration) -> bool {
        if !self.is_over() {
            return false;
        }
        let over = *self.over.get_or_insert(now);
        let rests = |state: Option<State>| state.is_none_or(|state| state == State::TimeWait);
        self.is_settled = rests(self.seen.their_state) && rests(self.seen.our_state)
            || now.saturating_sub(over) >= SETTLING;
        self.is_settled
    }

    /// Takes in what the rows of both ends tell.
    pub(super) fn see(&mut self, lane: Option<&Lane>, theirs: End) {
        if let Some(lane) = lane {
            self.seen.was_found |= lane.was_found(theirs);
            let row = lane.row(theirs);
            self.inode = self.inode.or(row.and_then(|row| row.inode));
            self.seen.send_queue = row.and_then(|row| row.queues).map(|queues| queues.send);
            self.seen.our_state = match lane.seen(theirs.other()) {
                Seen::State(state) => Some(state),
                Seen::NoRow | Seen::Unknown => None,
            };
        }
        (self.seen.their_state, self.seen.inferred) = their_state(lane, theirs);
    }

    /// Works out what became of it; `blind` when looks fail now.
    pub(super) fn work_out(
        &mut self,
        lane: Option<&Lane>,
        theirs: End,
        setup: &Setup,
        blind: bool,
    ) {
        let treatment = setup.treatment;
        self.see(lane, theirs);
        if self.connecting() {
            return;
        }
        let evidence = Evidence {
            lane,
            theirs,
            treated: self.treated,
            sent: match treatment {
                _ if self.treated.is_none() => Sent::Nothing,
                Treatment::Close | Treatment::HalfClose => Sent::Fin,
                Treatment::Reset => Sent::Reset,
                Treatment::NeverRead | Treatment::NeverAccept => Sent::Nothing,
            },
            heard: self.heard,
            descriptor: self.descriptor,
            held: self.held,
            blind,
            // Where nothing is read, what was sent lies before the end.
            hears: self.conn.is_some() && treatment != Treatment::NeverRead,
            grace: setup.grace,
        };
        self.is_row_gone = matches!(row(&evidence), Row::Over(_));
        let fate = fate(&evidence);
        self.fresh |= fate != self.fate;
        self.fate = fate;
        if let Fate::Closed { at, .. } = self.fate {
            // The table may have shown the end of it before our socket said that it was made.
            self.came = self.came.min(at);
        }
    }

    /// It as it is shown.
    pub(super) fn picture(&mut self, theirs: End) -> Arc<Connection> {
        self.fresh = false;
        let (their_address, our_address) = self.addresses(theirs);
        let picture = Connection {
            number: self.number,
            ours: our_address,
            theirs: their_address,
            holder: self.shown_holder(their_address),
            came: self.came,
            fate: self.fate.clone(),
            with_process: self.closer == Closer::Either,
            unread: self.left == Left::Something,
            our_state: self.seen.our_state,
            their_state: self.seen.their_state,
            inferred: self.seen.inferred,
            send_queue: self.seen.send_queue,
        };
        match &self.picture {
            Some(last) if **last == picture => Arc::clone(last),
            _ => Arc::clone(self.picture.insert(Arc::new(picture))),
        }
    }

    fn shown_holder(&self, theirs: SocketAddr) -> Holder {
        let here = self.seen.was_found || theirs.ip().to_canonical().is_loopback();
        match &self.holder {
            // It was accepted after the last look, or nobody would have closed it.
            Some(Holder::NotAccepted) if matches!(self.fate, Fate::Closed { .. }) => {
                Holder::NotSeen
            }
            Some(holder) => holder.clone(),
            None if matches!(
                self.fate,
                Fate::Connecting | Fate::NotMade(_) | Fate::NoAnswer { .. }
            ) =>
            {
                Holder::NotReached
            }
            None if here => Holder::NotSeen,
            None => Holder::Elsewhere(theirs.ip()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_it_is_learned_once_and_looked_for_as_long_as_it_lasts() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let pair = Pair { client: address(1), peer: address(2) };
        let mut entry = Entry::new(1, pair, None, Duration::ZERO, false);
        assert!(entry.is_looked_for());
        // An hour at one table a second.
        for _ in 0..3_600 {
            entry.learn(None);
        }
        assert!(!entry.is_looked_for(), "not for ever");
        let process = Process { pid: 812, name: "curl".to_owned(), started_s: None };
        let curl = Holder::Processes(vec![process]);
        for (holder, inode) in [
            (Some(Holder::NotAccepted), None),
            (Some(curl.clone()), Some(7)),
            (Some(Holder::NotAccepted), None),
            (None, None),
        ] {
            entry.learn(Some(&Found { holder, inode }));
        }
        assert_eq!((entry.holder.as_ref(), entry.inode), (Some(&curl), Some(7)));
        assert_eq!(entry.known_socket(), Some((vec![812], 7)));
    }
}
