//! The thread that makes views.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use super::{View, ViewSpec};
use crate::analysis::filter::{Choices, Filter};
use crate::error::panic_message;
use crate::monitor::Wake;
use crate::monitor::cell::lock;
use crate::monitor::frame::Frame;
use crate::monitor::published::Published;

struct Request {
    frame: Arc<Frame>,
    spec: ViewSpec,
    hold: bool,
}

/// After so long a view that was replaced is looked at again, whether anybody holds it still: it holds a table.
const LET_GO: Duration = Duration::from_millis(250);

#[derive(Default)]
struct Orders {
    wanted: Option<Request>,
    /// What is made of every new table; none while nobody looks.
    standing: Option<Standing>,
    stop: bool,
}

/// An order for views of every table.
struct Standing {
    spec: ViewSpec,
    hold: bool,
    /// The table that was asked for last.
    table: u64,
}

struct Shared {
    orders: Mutex<Orders>,
    changed: Condvar,
    latest: Published<View>,
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
            latest: Published::default(),
            wake,
        });
        let worker = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("view".to_owned()).spawn(move || work(&worker))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Asks for a view of this frame, and of each later one that [`ViewsFollower::follow`] brings; none ends that,
    /// and lets go of the newest view. With `hold` rows keep the order of the newest view, if that was ordered
    /// by the same. It may be called as often as one likes: only what differs is done.
    pub fn stand(&self, frame: &Arc<Frame>, wanted: Option<(&ViewSpec, bool)>) {
        let mut orders = lock(&self.shared.orders);
        let Some((spec, hold)) = wanted else {
            if orders.standing.take().is_some() {
                orders.wanted = None;
                self.shared.latest.clear();
                // Freed by the worker, and soon.
                self.shared.changed.notify_all();
            }
            return;
        };
        let same = |known: &Standing| {
            known.table >= frame.table && known.hold == hold && known.spec == *spec
        };
        if !orders.standing.as_ref().is_some_and(same) {
            // A frame that was followed meanwhile may be newer than the one that was drawn.
            let followed = orders.wanted.take().map(|wanted| wanted.frame);
            let newer = followed.filter(|followed| followed.table > frame.table);
            let frame = newer.unwrap_or_else(|| Arc::clone(frame));
            let table = frame.table;
            orders.wanted = Some(Request { frame, spec: spec.clone(), hold });
            orders.standing = Some(Standing { spec: spec.clone(), hold, table });
            self.shared.changed.notify_all();
        }
    }

    /// What brings new frames to the worker from another thread.
    pub fn follower(&self) -> ViewsFollower {
        ViewsFollower(Arc::clone(&self.shared))
    }

    /// The newest view; none before the first.
    pub fn latest(&self) -> Option<Arc<View>> {
        self.shared.latest.latest()
    }
}

/// Brings new frames to a view worker, so that a table and its view are drawn together, once.
#[derive(Clone)]
pub struct ViewsFollower(Arc<Shared>);

impl ViewsFollower {
    /// Asks for a view of this frame when somebody looks at views; says whether one will come.
    pub fn follow(&self, frame: Arc<Frame>) -> bool {
        let mut orders = lock(&self.0.orders);
        let new = |standing: &&mut Standing| standing.table < frame.table;
        let Some(standing) = orders.standing.as_mut().filter(new) else { return false };
        standing.table = frame.table;
        let (spec, hold) = (standing.spec.clone(), standing.hold);
        orders.wanted = Some(Request { frame, spec, hold });
        self.0.changed.notify_all();
        true
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
    /// What was asked for last, and what its rows offer to a filter.
    offers: Option<Offers>,
}

/// What a table offers, and what the rows shown do.
struct Offers {
    spec: ViewSpec,
    /// When the table was read.
    at: SystemTime,
    choices: Arc<Choices>,
    shown: Arc<Choices>,
}

/// For so long what is offered stays, while the same is asked for: it is counted over all rows.
const OFFERED: Duration = Duration::from_secs(5);

impl Kept {
    fn view(&mut self, frame: Arc<Frame>, spec: ViewSpec, held: Option<&View>) -> View {
        let mut view = View::holding(Arc::clone(&self.filter), frame, spec, held);
        self.filter = Arc::clone(&view.filter);
        let at = view.frame.at;
        let stays = |offers: &Offers| {
            offers.spec == view.spec && at.duration_since(offers.at).is_ok_and(|age| age < OFFERED)
        };
        let offers = self.offers.take().filter(stays).unwrap_or_else(|| Offers::of(&view));
        (view.choices, view.shown) = (Arc::clone(&offers.choices), Arc::clone(&offers.shown));
        self.offers = Some(offers);
        view
    }
}

impl Offers {
    fn of(view: &View) -> Self {
        let choices = Arc::new(Choices::of(view.frame.rows()));
        let shown = if view.rows.len() == choices.rows {
            Arc::clone(&choices)
        } else {
            Arc::new(Choices::of(view.rows.iter().filter_map(|row| view.table_row(*row))))
        };
        Self { spec: view.spec.clone(), at: view.frame.at, choices, shown }
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
                orders = if shared.latest.keeps_back() {
                    // By then the face has drawn the newest, and let go of the one before.
                    let (orders, _) = shared
                        .changed
                        .wait_timeout(orders, LET_GO)
                        .unwrap_or_else(PoisonError::into_inner);
                    shared.latest.sweep();
                    orders
                } else {
                    shared.changed.wait(orders).unwrap_or_else(PoisonError::into_inner)
                };
            }
        };
        shared.latest.sweep();
        let held = if hold { shared.latest.latest() } else { None };
        let made = catch_unwind(AssertUnwindSafe(|| {
            kept.view(Arc::clone(&frame), spec.clone(), held.as_deref())
        }));
        let view = made.unwrap_or_else(|panic| {
            // Nothing that a panic left half done is used again.
            kept = Kept::default();
            let failure = Some(panic_message(&*panic));
            View { failure, ..View::empty(frame, spec) }
        });
        shared.latest.publish(view);
        (shared.wake)();
    }
}
