//! The thread that makes views.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::{View, ViewSpec};
use crate::monitor::Wake;
use crate::monitor::cell::{lock, panic_message};
use crate::monitor::frame::Frame;

struct Request {
    frame: Arc<Frame>,
    spec: ViewSpec,
    hold: bool,
}

#[derive(Default)]
struct Orders {
    wanted: Option<Request>,
    stop: bool,
}

struct Shared {
    orders: Mutex<Orders>,
    changed: Condvar,
    latest: Mutex<Option<Arc<View>>>,
    wake: Wake,
}

/// A running view worker. Dropping it stops and joins its thread.
pub struct Views {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Views {
    /// Starts the worker. `wake` is called from its thread after each publication.
    pub fn start(wake: Wake) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            orders: Mutex::default(),
            changed: Condvar::new(),
            latest: Mutex::new(None),
            wake,
        });
        let worker = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("view".to_owned()).spawn(move || work(&worker))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Asks for a view; a request that was not begun yet is replaced. With `hold` rows keep the order of the
    /// newest view, if that was ordered by the same.
    pub fn request(&self, frame: Arc<Frame>, spec: ViewSpec, hold: bool) {
        lock(&self.shared.orders).wanted = Some(Request { frame, spec, hold });
        self.shared.changed.notify_all();
    }

    /// The newest view; none before the first.
    pub fn latest(&self) -> Option<Arc<View>> {
        lock(&self.shared.latest).clone()
    }
}

impl Drop for Views {
    fn drop(&mut self) {
        lock(&self.shared.orders).stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the view's thread ended in a panic");
        }
    }
}

fn work(shared: &Shared) {
    loop {
        let Request { frame, spec, hold } = {
            let mut orders = lock(&shared.orders);
            loop {
                if orders.stop {
                    return;
                }
                if let Some(wanted) = orders.wanted.take() {
                    break wanted;
                }
                orders = shared.changed.wait(orders).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let held = if hold { lock(&shared.latest).clone() } else { None };
        // Nothing that a panic leaves half done is used again.
        let made = catch_unwind(AssertUnwindSafe(|| {
            View::holding(Arc::clone(&frame), spec.clone(), held.as_deref())
        }));
        let view = made.unwrap_or_else(|panic| {
            let failure = Some(panic_message(&*panic));
            View { failure, ..View::empty(frame, spec) }
        });
        *lock(&shared.latest) = Some(Arc::new(view));
        (shared.wake)();
    }
}
