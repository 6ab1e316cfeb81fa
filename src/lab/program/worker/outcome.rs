//! What became of each connection, and the picture of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Worker;
use crate::lab::observe::Lane;
use crate::lab::program::fate::Descriptor;
use crate::lab::program::judge::parties;
use crate::lab::program::setup::Treatment;
use crate::lab::program::state::{Fate, Phase, ProgramState, Trouble};

impl Worker {
    /// Works out what became of each connection.
    pub(super) fn work_out(&mut self) {
        let seen = self.observer.latest();
        self.look_trouble = seen.failure.clone().map(Trouble::Look);
        let theirs = self.theirs();
        let lanes: HashMap<u64, &Arc<Lane>> =
            seen.lanes.iter().map(|lane| (lane.number, lane)).collect();
        let resets = self.setup.treatment == Treatment::Reset;
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
            if entry.is_over() {
                entry.see(lane, theirs);
            } else {
                entry.work_out(lane, theirs, resets);
                if entry.is_row_gone && ask {
                    let socket = entry.known_socket();
                    let answer =
                        socket.map_or(Ok(None), |(pids, inode)| self.owners.holds(&pids, inode));
                    // After a reset the row goes at once, and after a shutdown both ways soon, whatever the program does.
                    let by_itself = resets || entry.descriptor == Descriptor::Held;
                    entry.descriptor = match answer {
                        Ok(Some(true)) => Descriptor::Held,
                        Ok(Some(false)) => {
                            Descriptor::Closed(by_itself.then(|| self.began.elapsed()))
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
                    entry.work_out(lane, theirs, resets);
                }
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
