//! Ctrl-C: once for an end with its verdict, twice for an end at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SendError, Sender};
use std::sync::{Mutex, PoisonError};

use super::Exit;
use super::output::Output;

/// What a verb waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// There is something new.
    News,
    /// Ctrl-C was pressed.
    Interrupt,
}

/// Sends [`Event::Interrupt`] at the first Ctrl-C; the second ends the program. A system
/// that does not let Ctrl-C be taken leaves it what it always was, and that is said.
pub fn on_interrupt(events: Sender<Event>, output: &mut Output) {
    let events = Mutex::new(events);
    let before = AtomicBool::new(false);
    let handler = move || {
        let sent: Result<(), SendError<Event>> =
            events.lock().unwrap_or_else(PoisonError::into_inner).send(Event::Interrupt);
        if before.swap(true, Ordering::Relaxed) || sent.is_err() {
            end_at_once();
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
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
