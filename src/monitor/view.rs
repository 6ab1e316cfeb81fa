//! The thread that sorts and filters, so that no frame ever waits for it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::Wake;
use super::cell::{lock, panic_message};
use super::frame::Frame;
use crate::analysis::filter::{Choices, Filter, FilterError, Row};
use crate::analysis::track::Track;
use crate::model::{Gap, Owner, Snapshot, Socket};

/// A column by which rows can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The state, in the order in which people are shown states.
    State,
    /// How long it has been in that state.
    Residence,
    /// Who holds it, by name.
    Owner,
    /// The address of this end.
    Local,
    /// The address of the other end.
    Remote,
}

impl Column {
    /// Every column, from left to right.
    pub const ALL: [Self; 5] =
        [Self::State, Self::Residence, Self::Owner, Self::Local, Self::Remote];
}

/// Which rows, in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewSpec {
    /// The filter as it was typed.
    pub filter: String,
    /// The column to sort by.
    pub sort: Column,
    /// Whether the order is turned round.
    pub descending: bool,
}

impl Default for ViewSpec {
    fn default() -> Self {
        Self { filter: String::new(), sort: Column::State, descending: false }
    }
}

/// The rows of one frame that pass a filter, in order.
#[derive(Clone, Debug)]
pub struct View {
    /// What was asked for.
    pub spec: ViewSpec,
    /// The frame whose table the rows are of.
    pub frame: Arc<Frame>,
    /// Indices into the frame's table.
    pub rows: Vec<usize>,
    /// The filter that they passed: the last one that could be read, where the one asked for cannot.
    pub filter: Arc<Filter>,
    /// What is wrong with the filter that was asked for.
    pub error: Option<FilterError>,
    /// What the whole table offers to a filter; nothing unless the worker made the view.
    pub choices: Arc<Choices>,
    /// What the view's own rows offer; nothing unless the worker made the view.
    pub shown: Arc<Choices>,
    /// What the worker's panic said, when it could not make the view; there are no rows then.
    pub failure: Option<String>,
}

impl View {
    /// Makes a view, as a terminal does. Every row passes a filter that cannot be read.
    pub fn new(frame: Arc<Frame>, spec: ViewSpec) -> Self {
        Self::after(Arc::default(), frame, spec)
    }

    /// Makes a view; a filter that cannot be read leaves the one before it in force.
    fn after(before: Arc<Filter>, frame: Arc<Frame>, spec: ViewSpec) -> Self {
        let (filter, error) = if before.text() == spec.filter {
            (before, None)
        } else {
            match Filter::parse(&spec.filter) {
                Ok(filter) => (Arc::new(filter), None),
                Err(error) => (before, Some(error)),
            }
        };
        let rows = frame.snapshot.as_ref().map_or_else(Vec::new, |snapshot| {
            let mut rows: Vec<usize> = table_rows(&frame)
                .enumerate()
                .filter(|(_, row)| filter.matches(row))
                .map(|(index, _)| index)
                .collect();
            sort(&mut rows, snapshot, &frame.tracks, &spec);
            rows
        });
        let (choices, shown) = (Arc::default(), Arc::default());
        Self { spec, frame, rows, filter, error, choices, shown, failure: None }
    }

    /// The view's rows as a table of their own, in the order of the whole one. A filter is noted as a gap, and
    /// owners that are hidden are counted anew.
    pub fn to_snapshot(&self) -> Option<Snapshot> {
        let whole = self.frame.snapshot.as_ref()?;
        if self.filter.is_empty() {
            return Some(Snapshot::clone(whole));
        }
        let mut rows = self.rows.clone();
        rows.sort_unstable();
        let sockets: Vec<Socket> = rows.iter().map(|row| whole.sockets[*row].clone()).collect();
        let mut hidden: BTreeMap<Option<Arc<str>>, usize> = BTreeMap::new();
        for socket in &sockets {
            if let Owner::Hidden { user } = &socket.owner {
                *hidden.entry(user.clone()).or_default() += 1;
            }
        }
        let hidden = hidden.into_iter().map(|(user, sockets)| Gap::OwnersHidden { user, sockets });
        let others = whole.gaps.iter().filter(|gap| !matches!(gap, Gap::OwnersHidden { .. }));
        let filtered = Gap::Filtered { filter: self.filter.text().to_owned() };
        Some(Snapshot {
            taken_at: whole.taken_at,
            host: Arc::clone(&whole.host),
            source: whole.source.clone(),
            took: whole.took,
            sockets,
            processes: whole.processes.clone(),
            gaps: hidden.chain(others.cloned()).chain([filtered]).collect(),
        })
    }

    /// A row of the whole table, as filters take it.
    pub fn table_row(&self, index: usize) -> Option<Row<'_>> {
        let snapshot = self.frame.snapshot.as_ref()?;
        Some(Row {
            socket: snapshot.sockets.get(index)?,
            processes: &snapshot.processes,
            track: self.frame.tracks.get(index),
            now: self.frame.at,
        })
    }

    /// A row of the view: the socket and what tracking knows of it.
    pub fn row(&self, row: usize) -> Option<(&Socket, Option<&Track>)> {
        let index = *self.rows.get(row)?;
        let socket = self.frame.snapshot.as_ref()?.sockets.get(index)?;
        Some((socket, self.frame.tracks.get(index)))
    }
}

/// The rows of a frame's table, as filters take them.
fn table_rows(frame: &Frame) -> impl Iterator<Item = Row<'_>> {
    let (tracks, now) = (&frame.tracks, frame.at);
    frame.snapshot.iter().flat_map(move |snapshot| {
        let processes = &snapshot.processes;
        let rows = snapshot.sockets.iter().enumerate();
        rows.map(move |(index, socket)| Row { socket, processes, track: tracks.get(index), now })
    })
}

fn sort(rows: &mut [usize], snapshot: &Snapshot, tracks: &[Track], spec: &ViewSpec) {
    let socket = |row: &usize| &snapshot.sockets[*row];
    let place = |row: &usize| (socket(row).local, socket(row).remote);
    let compare = |a: &usize, b: &usize| -> Ordering {
        match spec.sort {
            Column::State => {
                let position = |row: &usize| socket(row).state.shown_position();
                position(a).cmp(&position(b))
            }
            // The longest residence is the earliest beginning.
            Column::Residence => {
                let since = |row: &usize| tracks.get(*row).map(|track| track.since.latest);
                since(b).cmp(&since(a))
            }
            Column::Owner => {
                owner_order(socket(a), snapshot).cmp(&owner_order(socket(b), snapshot))
            }
            Column::Local => socket(a).local.cmp(&socket(b).local),
            Column::Remote => socket(a).remote.cmp(&socket(b).remote),
        }
    };
    // Rows that are equal in the column keep one order through all frames: that of their addresses.
    rows.sort_unstable_by(|a, b| {
        let by_column = if spec.descending { compare(b, a) } else { compare(a, b) };
        by_column.then_with(|| place(a).cmp(&place(b))).then_with(|| a.cmp(b))
    });
}

/// Known owners by name and pid, then remembered ones, then those without a process.
fn owner_order<'a>(socket: &'a Socket, snapshot: &'a Snapshot) -> (u8, &'a str, u32) {
    match &socket.owner {
        Owner::Known(pids) => {
            let pid = pids.first().copied().unwrap_or_default();
            let name = snapshot.processes.get(&pid).map_or("", |process| process.name.as_str());
            (0, name, pid)
        }
        Owner::Remembered(was) => {
            was.first().map_or((1, "", 0), |process| (1, process.name.as_str(), process.pid))
        }
        Owner::Hidden { user } => (2, user.as_deref().unwrap_or_default(), 0),
        Owner::NotAccepted => (3, "", 0),
        Owner::NoOwner => (4, "", 0),
    }
}

#[derive(Default)]
struct Orders {
    wanted: Option<(Arc<Frame>, ViewSpec)>,
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

    /// Asks for a view; a request that was not begun yet is replaced.
    pub fn request(&self, frame: Arc<Frame>, spec: ViewSpec) {
        lock(&self.shared.orders).wanted = Some((frame, spec));
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
    fn view(&mut self, frame: Arc<Frame>, spec: ViewSpec) -> View {
        let mut view = View::after(Arc::clone(&self.filter), frame, spec);
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
        let (frame, spec) = {
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
        let made = catch_unwind(AssertUnwindSafe(|| kept.view(Arc::clone(&frame), spec.clone())));
        let view = made.unwrap_or_else(|panic| {
            kept = Kept::default();
            let failure = Some(panic_message(&*panic));
            let (filter, choices, shown) = Default::default();
            View { spec, frame, rows: Vec::new(), filter, error: None, choices, shown, failure }
        });
        *lock(&shared.latest) = Some(Arc::new(view));
        (shared.wake)();
    }
}
