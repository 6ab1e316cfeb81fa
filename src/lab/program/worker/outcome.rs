//! What became of each connection, and the picture of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{PICTURES, Worker};
use crate::lab::observe::Lane;
use crate::lab::program::entry::Closer;
use crate::lab::program::fate::Descriptor;
use crate::lab::program::judge::parties;
use crate::lab::program::setup::Treatment;
use crate::lab::program::state::{Fate, Holder, Phase, ProgramState, Trouble};

/// A program that ends so soon after our FIN or reset ended because of that, as nc and curl do within milliseconds, and
/// closed its end so. One that ends later may never have closed it: the system closes all that a process leaves.
const MOMENT: Duration = Duration::from_millis(250);

impl Worker {
    /// Looks at descriptors and makes a picture, where it is time for that.
    pub(super) fn show(&mut self) {
        let resets = self.setup.treatment == Treatment::Reset;
        // Only a look at descriptors tells when an end without a row is closed.
        if self.owners.may_ask() && self.entries.iter().any(|it| it.is_in_question(resets)) {
            self.work_out();
        }
        let news = self.news.swap(false, Ordering::Relaxed);
        let since = self.published.map_or(PICTURES[1], |it| it.elapsed());
        if since >= PICTURES[1]
            || (since >= PICTURES[0] && (news || self.entries.iter().any(|it| it.fresh)))
        {
            self.publish(Phase::Running);
        } else if news {
            // It is told with the next picture.
            self.news.store(true, Ordering::Relaxed);
        }
    }

    /// Works out what became of each connection.
    fn work_out(&mut self) {
        let seen = self.observer.latest();
        self.look_trouble = seen.failure.clone().map(Trouble::Look);
        let theirs = self.theirs();
        let lanes: HashMap<u64, &Arc<Lane>> =
            seen.lanes.iter().map(|lane| (lane.number, lane)).collect();
        let resets = self.setup.treatment == Treatment::Reset;
        let blind = seen.failure.is_some();
        let ask = self.owners.may_ask();
        if ask {
            self.owners.ask_anew();
            self.descriptor_trouble = None;
        }
        // Whoever is found to hold something now held it then.
        let now = self.now();
        for entry in &mut self.entries {
            if entry.is_settled {
                continue;
            }
            let lane = lanes.get(&entry.number).map(AsRef::as_ref);
            let was_over = entry.is_over();
            if was_over {
                entry.see(lane, theirs);
            } else {
                entry.work_out(lane, theirs, &self.setup, blind);
                if entry.is_row_gone && ask {
                    let socket = entry.known_socket();
                    let (known, inode) = socket.unzip();
                    let known = known.unwrap_or_default();
                    let answer = inode.map_or(Ok(None), |it| self.owners.holders(&known, it));
                    // After a reset the row goes at once, and after a shutdown both ways soon, whatever the program does.
                    let by_itself = resets || entry.descriptor == Descriptor::Held;
                    entry.descriptor = match answer {
                        Ok(Some(holders)) if holders.is_empty() => {
                            Descriptor::Closed(by_itself.then(|| self.began.elapsed()))
                        }
                        Ok(Some(holders)) => {
                            if entry.is_inherited(&known, &holders) {
                                entry.passed_on(self.owners.describe(&holders));
                            }
                            Descriptor::Held
                        }
                        Ok(None) => Descriptor::CannotTell,
                        // That says nothing of the program: it is asked again.
                        Err(error) => {
                            self.descriptor_trouble = Some(Trouble::Descriptors(error));
                            continue;
                        }
                    };
                    if entry.descriptor == Descriptor::Held {
                        entry.held = Some(now);
                    }
                    entry.work_out(lane, theirs, &self.setup, blind);
                }
            }
            if !was_over
                && entry.is_closed_after(MOMENT)
                && let Some(Holder::Processes(processes)) = &entry.holder
                && self.owners.have_ended(processes)
            {
                entry.closer = Closer::Either;
            }
            if entry.settles(now) {
                self.observer.forget(entry.number);
            }
        }
    }

    pub(super) fn publish(&mut self, phase: Phase) {
        // What is over was judged before our ends went.
        if phase == Phase::Running {
            self.work_out();
        }
        let theirs = self.theirs();
        let elapsed = self.now();
        let connections: Vec<_> =
            self.entries.iter_mut().map(|entry| entry.picture(theirs)).collect();
        let parties = parties(&connections, &self.setup, elapsed);
        let seen = self.observer.latest();
        let troubles =
            [&self.trouble, &self.look_trouble, &self.owner_trouble, &self.descriptor_trouble];
        let state = ProgramState {
            setup: self.setup.clone(),
            phase,
            address: self.gate.address(),
            elapsed,
            judged: parties.iter().map(|party| party.judged).max(),
            parties,
            connections,
            held: self.held(),
            refused: self.refused,
            queue: self.queue,
            resolution: seen.resolution,
            interval: self.resolution(seen.interval),
            trouble: troubles.into_iter().find_map(Clone::clone),
        };
        self.published = Some(Instant::now());
        self.shared.publish(state);
    }

    /// How sharp times of closing are: where no row tells them, by as much as passed between two looks at descriptors.
    fn resolution(&self, look: Duration) -> Duration {
        let errors = self.entries.iter().filter_map(|entry| match entry.fate {
            Fate::Closed { took: Some(took), kept, .. } => took.checked_sub(kept),
            _ => None,
        });
        errors.max().unwrap_or_default().max(look)
    }
}
