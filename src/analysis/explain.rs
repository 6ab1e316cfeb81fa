//! What a socket's present situation means, in plain sentences.
//!
//! Only what the row itself tells: who closed, what is unread, which timer runs. What it should mean for the program,
//! a leak or not, is for rules that see more than one row.

use std::time::Duration;

use crate::model::{Owner, Queues, Socket, State, Timer, TimerKind};
use crate::text;
use crate::text::{Text, age};

/// A situation: one sentence that names it, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The sentence that names it.
    pub headline: Text,
    /// What else there is to say, in order.
    pub details: Vec<Text>,
}

/// What this row means, `elapsed` after its table was read.
pub fn situation(socket: &Socket, elapsed: Duration) -> Situation {
    let row = Row { socket, elapsed };
    match socket.state {
        State::Listen => row.listen(),
        State::SynSent => row.syn_sent(),
        State::SynReceived => Situation {
            headline: text!("explain.syn_received"),
            details: vec![text!("explain.syn_received_many")],
        },
        State::Established => row.established(),
        State::FinWait1 => row.fin_wait_1(),
        State::FinWait2 => row.fin_wait_2(),
        State::CloseWait => row.close_wait(),
        State::Closing => Situation {
            headline: text!("explain.closing"),
            details: vec![text!("explain.closing_short")],
        },
        State::LastAck => row.last_ack(),
        State::TimeWait => row.time_wait(),
        State::Closed => row.closed(),
    }
}

/// How long a timer has left, `elapsed` after its table was read.
pub fn remaining(timer: Timer, elapsed: Duration) -> Duration {
    Duration::from_millis(timer.remaining_ms.into()).saturating_sub(elapsed)
}

struct Row<'a> {
    socket: &'a Socket,
    elapsed: Duration,
}

impl Row<'_> {
    fn timer(&self, kind: TimerKind) -> Option<Timer> {
        self.socket.timer.filter(|timer| timer.kind == kind)
    }

    /// Whether a timer that is absent does not run. Queues come only from sources that tell of timers too.
    const fn tells_timers(&self) -> bool {
        self.socket.queues.is_some()
    }

    fn left(&self, timer: Timer) -> String {
        age(remaining(timer, self.elapsed))
    }

    /// Whether the kernel alone has the socket.
    const fn is_orphan(&self) -> bool {
        matches!(self.socket.owner, Owner::NoOwner | Owner::Remembered(_))
    }

    fn not_accepted(&self) -> bool {
        self.socket.owner == Owner::NotAccepted
    }

    fn listen(&self) -> Situation {
        let waiting = self.socket.queues.map(|Queues { receive, send }| {
            // One more may wait than the backlog says.
            let room = u64::from(send) + 1;
            match u64::from(receive) {
                0 => text!("explain.queue_empty", n = room),
                waiting if waiting >= room => text!("explain.queue_full", n = waiting),
                waiting => text!("explain.queue_waiting", n = waiting, room = room),
            }
        });
        Situation { headline: text!("explain.listen"), details: waiting.into_iter().collect() }
    }

    fn syn_sent(&self) -> Situation {
        let timer = self.timer(TimerKind::Retransmit).map(|timer| match timer.tries {
            0 => text!("explain.syn_first", time = self.left(timer)),
            tries => text!("explain.syn_again", n = u32::from(tries), time = self.left(timer)),
        });
        let details = timer.into_iter().chain([text!("explain.syn_no_answer")]).collect();
        Situation { headline: text!("explain.syn_sent"), details }
    }

    fn established(&self) -> Situation {
        let queues = self.socket.queues.unwrap_or_default();
        let unread = Some(queues.receive).filter(|unread| *unread > 0);
        let mut details = Vec::new();
        if self.not_accepted() {
            details.push(text!("explain.not_accepted"));
        }
        details.extend(unread.map(|unread| text!("explain.unread", n = unread)));
        details.extend(self.sending(queues.send));
        if let Some(timer) = self.timer(TimerKind::Keepalive) {
            details.push(text!("explain.keepalive", time = self.left(timer)));
        } else if self.tells_timers() && self.socket.timer.is_none() {
            details.push(text!("explain.no_keepalive"));
        }
        let headline = if self.not_accepted() {
            text!("explain.established_not_accepted")
        } else {
            text!("explain.established")
        };
        Situation { headline, details }
    }

    /// What becomes of `bytes` that are to reach the peer.
    fn sending(&self, bytes: u32) -> Vec<Text> {
        let mut sentences = Vec::new();
        if bytes > 0 {
            sentences.push(text!("explain.unacknowledged", n = bytes));
        }
        if self.timer(TimerKind::Persist).is_some() {
            sentences.push(text!("explain.window_closed"));
        }
        let again = self.timer(TimerKind::Retransmit).filter(|timer| timer.tries > 0);
        sentences
            .extend(again.map(|timer| text!("explain.sent_again", n = u32::from(timer.tries))));
        sentences
    }

    /// Bytes that stand before our FIN in the send queue, where it counts as one.
    fn before_fin(&self) -> u32 {
        self.socket.queues.map_or(0, |queues| queues.send.saturating_sub(1))
    }

    fn fin_wait_1(&self) -> Situation {
        let mut details = self.sending(self.before_fin());
        if details.is_empty() {
            details.push(text!("explain.fin_wait_1_short"));
        }
        if self.is_orphan() {
            details.push(text!("explain.kernel_gives_up"));
        }
        Situation { headline: text!("explain.fin_wait_1"), details }
    }

    fn fin_wait_2(&self) -> Situation {
        let detail = match (self.is_orphan(), self.socket.timer) {
            (false, _) => text!("explain.fin_wait_2_held"),
            (true, Some(timer)) if timer.kind == TimerKind::Expiry => {
                text!("explain.fin_wait_2_orphan_timer", time = self.left(timer))
            }
            (true, _) => text!("explain.fin_wait_2_orphan"),
        };
        Situation { headline: text!("explain.fin_wait_2"), details: vec![detail] }
    }

    fn close_wait(&self) -> Situation {
        let mut details = Vec::new();
        let headline = if self.not_accepted() {
            details.push(text!("explain.not_accepted"));
            text!("explain.close_wait_not_accepted")
        } else {
            text!("explain.close_wait")
        };
        if let Some(queues) = self.socket.queues {
            // The kernel counts the FIN as one byte.
            details.push(match queues.receive {
                0 => text!("explain.end_read"),
                1 => text!("explain.end_unread"),
                more => text!("explain.data_unread", n = more - 1),
            });
            details.extend(self.sending(queues.send));
        }
        details.push(match self.timer(TimerKind::Keepalive) {
            Some(timer) => text!("explain.close_wait_keepalive", time = self.left(timer)),
            None if self.not_accepted() => text!("explain.close_wait_until_accepted"),
            None if self.tells_timers() => text!("explain.close_wait_stays"),
            None => text!("explain.close_wait_no_limit"),
        });
        Situation { headline, details }
    }

    fn last_ack(&self) -> Situation {
        let mut details = self.sending(self.before_fin());
        if details.is_empty() {
            details.push(text!("explain.last_ack_short"));
        }
        details.push(text!("explain.kernel_gives_up"));
        Situation { headline: text!("explain.last_ack"), details }
    }

    fn time_wait(&self) -> Situation {
        let left = match self.timer(TimerKind::Expiry) {
            Some(timer) => text!("explain.time_wait_left", time = self.left(timer)),
            None => text!("explain.time_wait_ends"),
        };
        let details = vec![left, text!("explain.time_wait_fixed")];
        Situation { headline: text!("explain.time_wait"), details }
    }

    fn closed(&self) -> Situation {
        if self.socket.remote.is_some() {
            let details = vec![text!("explain.closed_held")];
            return Situation { headline: text!("explain.closed_after"), details };
        }
        let details = vec![text!("explain.closed_port")];
        Situation { headline: text!("explain.closed"), details }
    }
}

#[cfg(test)]
mod tests;
