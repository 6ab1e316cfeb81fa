//! The commands that wait for one of the bench's threads.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::command::Command;
use super::shared::{Session, Shared};
use crate::lab::cancel::Cancel;
use crate::text;
use crate::text::Text;

/// How many commands wait behind the running one at most.
pub(super) const MAX_QUEUED: usize = 16;

/// A command on its way to those who have a part in it.
pub(super) struct Job {
    pub(super) command: Command,
    /// What it belongs to; none for a reset, which ends what was there.
    pub(super) session: Option<Arc<Session>>,
    /// What has to be done before; somebody else does it.
    after: Option<Arc<Job>>,
    shared: Arc<Shared>,
    progress: Mutex<Progress>,
}

struct Progress {
    /// How many parts are not done.
    left: usize,
    /// Whether anybody began with it.
    begun: bool,
    outcome: Part,
}

/// What came of one actor's part of a command. Of several parts the greatest counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// There was nothing it could have acted on, for this reason.
    Nothing(Text),
    /// It did what it could; what came of that is in the log. Or it was told to stop.
    Done,
    /// It did not begin, or not go on, for this reason.
    Refused(Text),
}

impl Part {
    fn and(self, other: Self) -> Self {
        let weight = |part: &Self| match part {
            Self::Nothing(_) => 0,
            Self::Done => 1,
            Self::Refused(_) => 2,
        };
        if weight(&other) > weight(&self) { other } else { self }
    }
}

impl Job {
    pub(super) fn new(
        command: Command,
        session: Option<Arc<Session>>,
        after: Option<Arc<Self>>,
        shared: &Arc<Shared>,
        parts: usize,
    ) -> Self {
        let outcome = Part::Nothing(text!("lab.refused.stopped"));
        let progress = Mutex::new(Progress { left: parts, begun: false, outcome });
        Self { command, session, after, shared: Arc::clone(shared), progress }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody begins with a part of it.
    pub(super) fn begin(&self) {
        self.progress().begun = true;
    }

    /// Whether it ended without a beginning: it was swept away, or there was no room for it.
    pub(super) fn was_dropped(&self) -> bool {
        let progress = self.progress();
        progress.left == 0 && !progress.begun
    }

    /// One of its parts is done. The last one makes the command count as finished.
    pub(super) fn part_done(&self, part: Part) {
        let outcome = {
            let mut progress = self.progress();
            let before = std::mem::replace(&mut progress.outcome, Part::Done);
            // Of two that had nothing the later reason stands: it is an actor's own.
            progress.outcome = part.and(before);
            progress.left -= 1;
            (progress.left == 0).then(|| progress.outcome.clone())
        };
        match outcome {
            None => {}
            Some(Part::Done) => self.shared.finish(&self.command, None),
            Some(Part::Nothing(why) | Part::Refused(why)) => {
                self.shared.finish(&self.command, Some(why));
            }
        }
    }

    /// Waits for what has to be done before, or the wish to stop.
    pub(super) fn wait_for_turn(&self, cancel: &Cancel) {
        while let Some(before) = &self.after
            && before.progress().left > 0
            && !cancel.is_cancelled()
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// What the thread does next.
pub(super) enum Next {
    /// Its part of this.
    Job(Arc<Job>),
    /// Somebody else did something: it looks at its sockets.
    Look,
    /// Its rest is over.
    Rested,
    /// It ends.
    End,
}

/// The commands that wait for one thread.
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    /// The wish that whatever runs stops.
    pub(super) cancel: Cancel,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Arc<Job>>,
    look: bool,
    closed: bool,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self { waiting: Mutex::default(), arrived: Condvar::new(), cancel: Cancel::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job in, and gives back what it swept away; the error is why it was not taken.
    pub(super) fn push(&self, job: Arc<Job>) -> Result<Vec<Arc<Job>>, Text> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(text!("lab.refused.stopped"));
        }
        let mut swept = Vec::new();
        if interrupts(&job.command) {
            swept.extend(waiting.jobs.drain(..));
            self.cancel.cancel();
        } else if waiting.jobs.len() >= MAX_QUEUED {
            return Err(text!("lab.refused.queue", n = MAX_QUEUED));
        }
        waiting.jobs.push_back(job);
        self.arrived.notify_one();
        Ok(swept)
    }

    /// Has the thread look at its sockets.
    pub(super) fn poke(&self) {
        self.lock().look = true;
        self.arrived.notify_one();
    }

    /// Waits for something to do, at most for `rest`.
    pub(super) fn next(&self, rest: Option<Duration>) -> Next {
        let until = rest.map(|rest| Instant::now() + rest);
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return Next::End;
            }
            if let Some(job) = waiting.jobs.pop_front() {
                if interrupts(&job.command) {
                    // What it was to interrupt has ended; the wish must not reach what comes next.
                    self.cancel.withdraw();
                }
                return Next::Job(job);
            }
            if std::mem::take(&mut waiting.look) {
                return Next::Look;
            }
            waiting = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return Next::Rested,
                Some(rest) => match self.arrived.wait_timeout(waiting, rest) {
                    Ok((waiting, _)) => waiting,
                    Err(poisoned) => poisoned.into_inner().0,
                },
            };
        }
    }

    /// Interrupts what runs and takes nothing more in; gives back what was waiting.
    pub(super) fn close(&self) -> Vec<Arc<Job>> {
        let mut waiting = self.lock();
        waiting.closed = true;
        self.cancel.cancel();
        self.arrived.notify_one();
        waiting.jobs.drain(..).collect()
    }
}

const fn interrupts(command: &Command) -> bool {
    matches!(command, Command::Stop | Command::Reset)
}
