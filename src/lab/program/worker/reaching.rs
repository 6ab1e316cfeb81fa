//! Whether the connects of a client are done.

use super::Worker;
use crate::lab::errno::CallError;
use crate::lab::program::conn::Reached;
use crate::lab::program::fate::Ending;
use crate::lab::program::setup::{CONNECT, Side};
use crate::lab::program::state::{Fate, Trouble};

impl Worker {
    /// Asks each connect under way how far it is.
    pub(super) fn ask_connects(&mut self) {
        let now = self.now();
        let mut failed = None;
        for entry in self.entries.iter_mut().filter(|entry| entry.connecting()) {
            let Some(conn) = &mut entry.conn else { continue };
            match conn.reached() {
                Reached::Made => {
                    if let Side::Client { payload, target, .. } = &self.setup.side {
                        conn.send(*payload, &target.to_string());
                    }
                    entry.made(now);
                    self.gate.settle();
                }
                Reached::Broken => {
                    entry.conn = None;
                    entry.made(now);
                    entry.heard = Some((now, Ending::Broken));
                    self.gate.settle();
                }
                Reached::NotYet if now.saturating_sub(entry.came) < CONNECT => {}
                Reached::NotYet => {
                    entry.not_made(Fate::NoAnswer { waited: now.saturating_sub(entry.came) });
                    failed = Some(Trouble::NoAnswer);
                }
                Reached::Failed(error) => {
                    let error = CallError::new(&error);
                    entry.not_made(Fate::NotMade(error.clone()));
                    failed = Some(Trouble::Call { call: "connect", error });
                }
            }
        }
        if let Some(trouble) = failed {
            self.not_made(trouble);
        }
    }

    /// Gives up each connect under way: the run is over.
    pub(super) fn give_up_connects(&mut self) {
        let now = self.now();
        for entry in self.entries.iter_mut().filter(|entry| entry.connecting()) {
            entry.not_made(Fate::NoAnswer { waited: now.saturating_sub(entry.came) });
        }
    }

    /// A connect failed: what was the first is made anew with the target's next address, where it has one.
    fn not_made(&mut self, trouble: Trouble) {
        if self.gate.has_moved_on() {
            self.made = 0;
            self.entries.drain(..).for_each(|entry| self.observer.forget(entry.number));
        } else {
            self.trouble = Some(trouble);
            self.gate.shut();
        }
    }
}
