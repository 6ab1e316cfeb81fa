//! Ctrl-C, and SIGTERM where there is one: once for an end with its verdict, twice for an end at once.

use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Exit;
use super::output::Output;
use crate::lab::on_terminate;

/// What a verb waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// There is something new.
    News,
    /// Ctrl-C was pressed, or SIGTERM came.
    Interrupt,
}

/// Two signals so close together are one: timeout(1) sends SIGTERM to the process and then to its group as well.
const ONE: Duration = Duration::from_millis(100);

/// Sends [`Event::Interrupt`] at the first Ctrl-C, or SIGTERM; the second ends the program. To be called before threads are
/// started that SIGTERM should not end. A system that does not let them be taken leaves them what they always were, and that
/// is said.
pub fn on_interrupt(events: Sender<Event>, output: &mut Output) {
    let first = Mutex::new(None);
    let handle = Arc::new(move || {
        let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
        match *first {
            None => {
                *first = Some(Instant::now());
                if events.send(Event::Interrupt).is_err() {
                    end_at_once();
                }
            }
            Some(before) if before.elapsed() < ONE => {}
            Some(_) => end_at_once(),
        }
    });
    let terminate = {
        let handle = Arc::clone(&handle);
        on_terminate(move || handle())
    };
    if let Err(error) = terminate {
        output.note(&crate::text!("lab_judged.no_sigterm", cause = error.to_string()).plain());
    }
    if let Err(error) = ctrlc::set_handler(move || handle()) {
        output.note(&crate::text!("lab_terminal.no_ctrl_c", cause = error.to_string()).plain());
    }
}

/// The next event; when nobody sends any more, an interrupt.
pub fn next(events: &Receiver<Event>) -> Event {
    events.recv().unwrap_or(Event::Interrupt)
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever presses Ctrl-C twice waits for no destructor; the kernel closes every socket"
)]
fn end_at_once() {
    std::process::exit(Exit::CouldNotRun as i32);
}
