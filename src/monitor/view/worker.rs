//! The thread that makes views.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::{View, ViewSpec, table_rows};
use crate::analysis::filter::{Choices, Filter};
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

/// What the worker keeps from view to view.
#[derive(Default)]
struct Kept {
    /// The last filter that could be read.
    filter: Arc<Filter>,
    /// What a table offers, by the table's number.
    choices: Option<(u64, Arc<Choices>)>,
}

impl Kept {
    fn view(&mut self, frame: Arc<Frame>, spec: ViewSpec, held: Option<&View>) -> View {
        let mut view = View::holding(Arc::clone(&self.filter), frame, spec, held);
        self.filter = Arc::clone(&view.filter);
        let frame = &view.frame;
        let table = frame.table;
        let (_, choices) = self
            .choices
            .take_if(|(known, _)| *known == table)
            .unwrap_or_else(|| (table, Arc::new(Choices::of(table_rows(frame)))));
        self.choices = Some((table, Arc::clone(&choices)));
        view.shown = if view.rows.len() == choices.rows {
            Arc::clone(&choices)
        } else {
            Arc::new(Choices::of(view.rows.iter().filter_map(|row| view.table_row(*row))))
        };
        view.choices = choices;
        view
    }
}

fn work(shared: &Shared) {
    let mut kept = Kept::default();
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
        let made = catch_unwind(AssertUnwindSafe(|| {
            kept.view(Arc::clone(&frame), spec.clone(), held.as_deref())
        }));
        let view = made.unwrap_or_else(|panic| {
            // Nothing that a panic left half done is used again.
            kept = Kept::default();
            let failure = Some(panic_message(&*panic));
            View { failure, ..View::empty(frame, spec) }
        });
        *lock(&shared.latest) = Some(Arc::new(view));
        (shared.wake)();
    }
}
