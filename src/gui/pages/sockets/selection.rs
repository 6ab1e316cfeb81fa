//! Which rows are selected, and where keys start from: by socket, never by place, since rows move.

use std::collections::HashSet;
use std::sync::{Arc, Weak};

use eframe::egui::Modifiers;

use crate::analysis::track::{SocketId, Track};
use crate::model::Socket;
use crate::monitor::{GroupKey, Line, View};

/// What stands in a line, wherever that is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Socket(SocketId),
    Group(GroupKey),
}

/// Which rows are selected, and where keys start from. What is not shown is not selected.
#[derive(Default)]
pub(super) struct Selection {
    chosen: HashSet<SocketId>,
    cursor: Option<Place>,
    /// Where a range that is extended begins.
    anchor: Option<Place>,
    /// The line of the cursor, or where it was last.
    line: usize,
    /// The view that was followed last. Not held: while another page is shown nothing else keeps its table.
    seen: Weak<View>,
}

impl Selection {
    /// Lets go of what a new view does not show.
    pub(super) fn follow(&mut self, view: &Arc<View>) {
        if self.seen.as_ptr() == Arc::as_ptr(view) {
            return;
        }
        self.chosen.retain(|id| view.line_of(*id).is_some());
        self.anchor.take_if(|place| line_of(view, place).is_none());
        match self.cursor.as_ref().map(|place| line_of(view, place)) {
            Some(Some(line)) => self.line = line,
            Some(None) => self.cursor = None,
            None => {}
        }
        self.seen = Arc::downgrade(view);
    }

    /// The socket that keys start from: what there is to tell more about.
    pub(super) fn focused(&self) -> Option<SocketId> {
        match self.cursor {
            Some(Place::Socket(id)) => Some(id),
            Some(Place::Group(_)) | None => None,
        }
    }

    /// That socket in this view, with what tracking knows of it.
    pub(super) fn focused_row<'a>(
        &self,
        view: &'a View,
    ) -> Option<(&'a Socket, Option<&'a Track>)> {
        view.row(view.line_of(self.focused()?)?)
    }

    /// The line that keys start from.
    pub(super) fn cursor(&self) -> Option<usize> {
        self.cursor.as_ref().map(|_| self.line)
    }

    /// The line that a key moves on from, also when what stood there has gone.
    pub(super) fn last_line(&self) -> Option<usize> {
        (self.cursor.is_some() || self.line > 0).then_some(self.line)
    }

    pub(super) fn contains(&self, id: SocketId) -> bool {
        self.chosen.contains(&id)
    }

    /// How many sockets are selected.
    pub(super) fn len(&self) -> usize {
        self.chosen.len()
    }

    /// The lines of what is selected, from top to bottom.
    pub(super) fn lines(&self, view: &View) -> Vec<usize> {
        let mut lines: Vec<usize> = self.chosen.iter().filter_map(|id| view.line_of(*id)).collect();
        lines.sort_unstable();
        lines
    }

    pub(super) fn clear(&mut self) {
        *self = Self { seen: std::mem::take(&mut self.seen), ..Self::default() };
    }

    /// Selects every socket that is shown.
    pub(super) fn all(&mut self, view: &View) {
        self.chosen = view.ids().collect();
        if self.cursor.is_none() {
            self.set_cursor(view, 0);
        }
    }

    /// A line was clicked: alone, with Ctrl added or taken away, with Shift up to it.
    pub(super) fn click(&mut self, view: &View, line: usize, modifiers: Modifiers) {
        if modifiers.shift {
            self.extend(view, line, modifiers.command);
        } else if modifiers.command {
            self.set_cursor(view, line);
            self.anchor.clone_from(&self.cursor);
            if let Some(id) = view.id(line)
                && !self.chosen.remove(&id)
            {
                self.chosen.insert(id);
            }
        } else {
            self.only(view, line);
        }
    }

    /// Moves the cursor to a line, and the selection with it, or up to it.
    pub(super) fn go(&mut self, view: &View, line: usize, extends: bool) {
        if extends {
            self.extend(view, line, false);
        } else {
            self.only(view, line);
        }
    }

    /// Makes a line's row the only one that is selected, unless it is among those that are.
    pub(super) fn point_at(&mut self, view: &View, line: usize) {
        if view.id(line).is_some_and(|id| self.chosen.contains(&id)) {
            self.set_cursor(view, line);
        } else {
            self.only(view, line);
        }
    }

    fn only(&mut self, view: &View, line: usize) {
        self.set_cursor(view, line);
        self.anchor.clone_from(&self.cursor);
        self.chosen = view.id(line).into_iter().collect();
    }

    fn extend(&mut self, view: &View, line: usize, keeps: bool) {
        let anchor = self.anchor.as_ref().or(self.cursor.as_ref());
        let from = anchor.and_then(|place| line_of(view, place)).unwrap_or(line);
        if self.anchor.is_none() {
            self.anchor = place_at(view, from);
        }
        self.set_cursor(view, line);
        if !keeps {
            self.chosen.clear();
        }
        self.chosen.extend((from.min(line)..=from.max(line)).filter_map(|line| view.id(line)));
    }

    fn set_cursor(&mut self, view: &View, line: usize) {
        self.cursor = place_at(view, line);
        self.line = line;
    }
}

fn place_at(view: &View, line: usize) -> Option<Place> {
    match view.lines.get(line)? {
        Line::Group(_) => view.group(line).map(|group| Place::Group(group.key.clone())),
        Line::Socket(_) | Line::Vanished(_) => view.id(line).map(Place::Socket),
    }
}

fn line_of(view: &View, place: &Place) -> Option<usize> {
    match place {
        Place::Socket(id) => view.line_of(*id),
        Place::Group(key) => {
            view.groups.iter().find(|group| group.key == *key).map(|group| group.line)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::monitor::{Frame, ViewSpec};

    #[test]
    fn a_view_that_was_followed_is_let_go_of_with_its_table() {
        let frame = Frame::starting(String::new(), Duration::ZERO, SystemTime::UNIX_EPOCH);
        let frame = Arc::new(frame);
        let view = Arc::new(View::new(Arc::clone(&frame), ViewSpec::default()));
        let mut selection = Selection::default();
        selection.follow(&view);
        drop(view);
        assert_eq!(Arc::strong_count(&frame), 1, "nobody but the test has the table");
    }
}
