//! The rows of a frame as a face shows them: filtered, sorted, grouped.
//!
//! A worker makes views, so that no frame ever waits for one.

mod group;
mod mark;
mod order;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::column::Column;
use super::frame::Frame;
use crate::analysis::filter::{Choices, Filter, FilterError, Row};
use crate::analysis::track::{SocketId, Track, Vanished};
use crate::model::{Gap, Owner, Snapshot, Socket};

pub use group::{Folds, Group, GroupBy, GroupKey};
pub use mark::Mark;
pub use worker::{Views, ViewsFollower};

/// Which rows, in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewSpec {
    /// The filter as it was typed.
    pub filter: String,
    /// The column to sort by.
    pub sort: Column,
    /// Whether the order is turned round.
    pub descending: bool,
    /// What rows are put together by.
    pub group_by: Option<GroupBy>,
    /// Which groups are collapsed.
    pub folds: Folds,
}

impl ViewSpec {
    /// Whether rows of one frame come in the same order by either.
    fn orders_like(&self, other: &Self) -> bool {
        let order = |spec: &Self| (spec.sort, spec.descending, spec.group_by);
        order(self) == order(other) && self.filter == other.filter
    }
}

impl Default for ViewSpec {
    fn default() -> Self {
        Self {
            filter: String::new(),
            sort: Column::State,
            descending: false,
            group_by: None,
            folds: Folds::default(),
        }
    }
}

/// A line of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// The line of one of the view's groups.
    Group(usize),
    /// A row of the frame's table.
    Socket(usize),
    /// One of the frame's rows that vanished.
    Vanished(usize),
}

/// The rows of one frame that pass a filter, in order.
#[derive(Clone, Debug)]
pub struct View {
    /// What was asked for.
    pub spec: ViewSpec,
    /// The frame whose table the rows are of.
    pub frame: Arc<Frame>,
    /// Indices into the frame's table, in order; of all groups, collapsed or not.
    pub rows: Vec<usize>,
    /// What is shown: those rows but for collapsed groups, the lines of groups, and rows that vanished.
    pub lines: Vec<Line>,
    /// The groups, in order; none when nothing is put together.
    pub groups: Vec<Group>,
    /// Whether the order is that of the view before, not what was asked for.
    pub held: bool,
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
    /// The line of each row that is shown, by the row's id.
    places: Vec<(SocketId, usize)>,
}

impl View {
    /// Makes a view, as a terminal does. Every row passes a filter that cannot be read.
    pub fn new(frame: Arc<Frame>, spec: ViewSpec) -> Self {
        Self::holding(Arc::default(), frame, spec, None)
    }

    /// Makes a view; a filter that cannot be read leaves the one before it in force. Rows stand as they do in
    /// `held`, with what is new behind them; also rows that vanished stay. One that was ordered by something
    /// else is not held.
    fn holding(
        before: Arc<Filter>,
        frame: Arc<Frame>,
        spec: ViewSpec,
        held: Option<&Self>,
    ) -> Self {
        let held = held.filter(|held| held.spec.orders_like(&spec) && held.failure.is_none());
        let mut view = Self::empty(frame, spec);
        (view.filter, view.error) = if before.text() == view.spec.filter {
            (before, None)
        } else {
            match Filter::parse(&view.spec.filter) {
                Ok(filter) => (Arc::new(filter), None),
                Err(error) => (before, Some(error)),
            }
        };
        let Some(snapshot) = view.frame.snapshot.clone() else { return view };
        view.held = held.is_some();

        let filter = Arc::clone(&view.filter);
        let rows = view.frame.rows().enumerate();
        let live = rows.filter(|(_, row)| filter.matches(row)).map(|(row, _)| Line::Socket(row));
        let passes = |gone: &Vanished| {
            let (socket, track) = (&gone.socket, Some(&gone.track));
            filter.matches(&Row::of(&snapshot, socket, track, gone.at))
        };
        let stays = |gone: &Vanished| {
            let shown = held.is_some_and(|held| held.line_of(gone.track.id).is_some());
            (shown || mark::still_shown(gone, view.frame.at)) && passes(gone)
        };
        let vanished = view.frame.vanished.iter().enumerate();
        let gone = vanished.filter(|(_, gone)| stays(gone)).map(|(row, _)| Line::Vanished(row));

        let ordered = order::ordered(live.chain(gone), &view.frame, &snapshot, &view.spec, held);
        (view.rows, view.lines, view.groups) = match view.spec.group_by {
            Some(by) => {
                group::grouped(&ordered, &view.frame, &snapshot, by, &view.spec.folds, held)
            }
            None => (ordered.iter().filter_map(|line| line.row()).collect(), ordered, Vec::new()),
        };
        let lines = view.lines.iter().enumerate();
        view.places =
            lines.filter_map(|(place, line)| view.id_of(*line).map(|id| (id, place))).collect();
        view.places.sort_unstable();
        view
    }

    fn empty(frame: Arc<Frame>, spec: ViewSpec) -> Self {
        Self {
            spec,
            frame,
            rows: Vec::new(),
            lines: Vec::new(),
            groups: Vec::new(),
            held: false,
            filter: Arc::default(),
            error: None,
            choices: Arc::default(),
            shown: Arc::default(),
            failure: None,
            places: Vec::new(),
        }
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
        let elsewhere = |gap: &Gap| matches!(gap, Gap::OwnersElsewhere { .. });
        let hidden: Vec<Gap> = if whole.gaps.iter().any(elsewhere) {
            let sockets: usize = hidden.values().sum();
            (sockets > 0).then_some(Gap::OwnersElsewhere { sockets }).into_iter().collect()
        } else {
            let gap = |(user, sockets)| Gap::OwnersHidden { user, sockets };
            hidden.into_iter().map(gap).collect()
        };
        let counted = |gap: &Gap| elsewhere(gap) || matches!(gap, Gap::OwnersHidden { .. });
        let others = whole.gaps.iter().filter(|gap| !counted(gap));
        let filtered = Gap::Filtered { filter: self.filter.text().to_owned() };
        Some(Snapshot {
            taken_at: whole.taken_at,
            host: Arc::clone(&whole.host),
            source: whole.source.clone(),
            took: whole.took,
            sockets,
            processes: whole.processes.clone(),
            users: Arc::clone(&whole.users),
            gaps: hidden.into_iter().chain(others.cloned()).chain([filtered]).collect(),
        })
    }

    /// A row of the whole table, as filters take it.
    pub fn table_row(&self, index: usize) -> Option<Row<'_>> {
        let snapshot = self.frame.snapshot.as_ref()?;
        let socket = snapshot.sockets.get(index)?;
        Some(Row::of(snapshot, socket, self.frame.tracks.get(index), self.frame.at))
    }

    /// The row of a line, the socket and what tracking knows of it; none for the line of a group.
    pub fn row(&self, line: usize) -> Option<(&Socket, Option<&Track>)> {
        order::row_of(&self.frame, self.frame.snapshot.as_ref()?, *self.lines.get(line)?)
    }

    /// The group whose line this is.
    pub fn group(&self, line: usize) -> Option<&Group> {
        match self.lines.get(line)? {
            Line::Group(group) => self.groups.get(*group),
            Line::Socket(_) | Line::Vanished(_) => None,
        }
    }

    /// Which socket stands in a line.
    pub fn id(&self, line: usize) -> Option<SocketId> {
        self.id_of(*self.lines.get(line)?)
    }

    /// In which line a socket stands; none where it is not shown.
    pub fn line_of(&self, id: SocketId) -> Option<usize> {
        let place = self.places.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.places.get(place).map(|(_, line)| *line)
    }

    /// Which sockets are shown, in no order that means anything.
    pub fn ids(&self) -> impl Iterator<Item = SocketId> + '_ {
        self.places.iter().map(|(id, _)| *id)
    }

    fn id_of(&self, line: Line) -> Option<SocketId> {
        match line {
            Line::Socket(row) => self.frame.tracks.get(row).map(|track| track.id),
            Line::Vanished(row) => self.frame.vanished.get(row).map(|gone| gone.track.id),
            Line::Group(_) => None,
        }
    }
}

impl Line {
    /// The row of the frame's table that it shows.
    pub const fn row(self) -> Option<usize> {
        match self {
            Self::Socket(row) => Some(row),
            Self::Group(_) | Self::Vanished(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
