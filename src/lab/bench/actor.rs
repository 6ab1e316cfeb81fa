//! The loop that each of the bench's threads runs.

use std::sync::Arc;

use super::command::{Actor, Command};
use super::inbox::{Inbox, Job, Next, Part};
use super::shared::{Session, Shared};
use super::sockets::Rest;
use crate::lab::cancel::Cancel;
use crate::lab::observe::Observer;

/// What a thread does within one session. Dropping it closes its sockets abortively.
pub(super) trait Work {
    /// Does its part of a command, or says why it cannot be done. A call that fails is not a refusal: it is what the user
    /// came to see, and stands in the log.
    fn carry_out(&mut self, job: &Job) -> Part;

    /// Goes on with what goes on by itself. Says whether anything came of it; none when nothing goes on.
    fn step(&mut self) -> Option<bool>;

    /// Somebody else did something: shows what that changed.
    fn look(&mut self);
}

/// Works until the inbox is closed.
pub(super) fn run<W: Work>(
    actor: Actor,
    inbox: &Inbox,
    shared: &Shared,
    observer: &Observer,
    begin: impl Fn(Arc<Session>, &Cancel) -> W,
) {
    let mut work: Option<W> = None;
    let mut rest = Rest::default();
    loop {
        let goes_on = work.as_mut().and_then(Work::step);
        match inbox.next(rest.next(goes_on)) {
            Next::End => return,
            Next::Rested => {}
            Next::Look => {
                rest.wake();
                if let Some(work) = &mut work {
                    work.look();
                }
            }
            Next::Job(job) => {
                rest.wake();
                job.begin();
                shared.begin(actor, &job.command);
                observer.expect_changes();
                let part = if let Some(session) = &job.session {
                    work.get_or_insert_with(|| begin(Arc::clone(session), &inbox.cancel))
                        .carry_out(&job)
                } else {
                    if job.command == Command::Reset {
                        work = None;
                    }
                    Part::Done
                };
                shared.end(actor);
                job.part_done(part);
            }
        }
    }
}
