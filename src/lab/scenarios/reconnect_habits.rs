//! Twelve ways to reconnect, side by side, while the server closes each connection.
//!
//! An old article proposes one fixed local port with SO_REUSEADDR, and SO_LINGER with 0 seconds, against a client whose
//! sockets pile up in CLOSE_WAIT. Each part of that is tried here beside what people do instead. Measured on Linux 6.18: what
//! ends the leak is the close and nothing else, in that recipe as well.

mod tried;
mod ways;

use std::time::Duration;

use crate::lab::errno::CallError;
use crate::lab::result::Habit;
use crate::lab::scenario::{Knob, Knobs, Range, Run, Scenario};
use crate::text;
use crate::text::Text;
use tried::Tried;
use ways::WAYS;

/// Eight of the ways keep a descriptor for each attempt, and all of them are held side by side: that many fit below the soft
/// limit of 256 descriptors, which macOS begins with.
const MOST: u64 = 25;

pub(super) struct ReconnectHabits;

impl Scenario for ReconnectHabits {
    fn name(&self) -> &'static str {
        "reconnect-habits"
    }

    fn title(&self) -> Text {
        text!("lab_reuse.habits.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_reuse.habits.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        const {
            &[Knob {
                name: "reconnects",
                title: || text!("lab_reuse.habits.reconnects"),
                range: Range::Number { min: 1, max: MOST, default: 20, unit: "" },
            }]
        }
    }

    fn lasts(&self, knobs: &Knobs) -> Duration {
        // Most of it is to start a process at each attempt.
        Duration::from_millis(50 * knobs.number("reconnects"))
    }

    fn time_limit(&self, knobs: &Knobs) -> Duration {
        Duration::from_secs(30 + 2 * knobs.number("reconnects"))
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let attempts = usize::try_from(run.knobs().number("reconnects")).unwrap_or(usize::MAX);
        let mut all = WAYS
            .iter()
            .map(|way| Tried::new(way, attempts, run))
            .collect::<Result<Vec<Tried>, CallError>>()?;
        run.show_habits(&habits(&all));
        run.step(text!("lab_reuse.habits.reconnect"));
        // One attempt of each after the other, so that they can be compared while they go on.
        for _ in 0..attempts {
            for at in 0..all.len() {
                run.pause(Duration::ZERO)?;
                all[at].attempt(run)?;
                run.show_habits(&habits(&all));
            }
        }
        run.step(text!("lab_reuse.habits.count"));
        for at in 0..all.len() {
            all[at].judge(run)?;
            run.show_habits(&habits(&all));
        }
        Ok(())
    }
}

fn habits(all: &[Tried]) -> Vec<Habit> {
    all.iter().map(|tried| tried.habit.clone()).collect()
}
