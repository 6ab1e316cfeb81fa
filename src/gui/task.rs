//! One piece of work on a thread of its own, whose result is taken when it is there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use crate::error::{Error, panic_message};
use crate::monitor::Wake;
use crate::text;
use crate::text::Text;

/// Work that runs, or ran and was not asked for its result yet.
pub struct Task<T> {
    /// None when the system gave no thread; the result says so.
    thread: Option<JoinHandle<()>>,
    result: mpsc::Receiver<Result<T, Lost>>,
}

/// Why there is no result.
pub enum Lost {
    /// The system gave no thread.
    NoThread(std::io::Error),
    /// The work panicked, with this message.
    Panicked(String),
}

impl Lost {
    /// The sentence for people.
    pub fn text(self) -> Text {
        match self {
            Self::NoThread(error) => Error::Thread(error).text(),
            Self::Panicked(message) => text!("job.panicked", cause = message),
        }
    }
}

impl<T: Send + 'static> Task<T> {
    /// Starts the work. `wake` is called when there is a result, of whatever kind.
    pub fn start(name: &str, wake: &Wake, work: impl FnOnce() -> T + Send + 'static) -> Self {
        let (send, result) = mpsc::channel();
        let report = send.clone();
        let wake = Arc::clone(wake);
        let started = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let done = catch_unwind(AssertUnwindSafe(work));
            // The window may be gone by now.
            let _ = report.send(done.map_err(|panic| Lost::Panicked(panic_message(&*panic))));
            wake();
        });
        let thread = started.map_err(|error| send.send(Err(Lost::NoThread(error)))).ok();
        Self { thread, result }
    }

    /// The result, once it is there; then the task is done with.
    pub fn take(&mut self) -> Option<Result<T, Lost>> {
        let result = self.result.try_recv().ok()?;
        self.join();
        Some(result)
    }
}

impl<T> Task<T> {
    /// Waits for the work to end.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a task's wake-up panicked");
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.join();
    }
}
