//! What was last seen of the selected socket. The pane keeps showing it when a filter hides the row, and when the row is
//! gone: that is often the moment one has waited for.

use std::sync::Arc;
use std::time::SystemTime;

use crate::analysis::track::{SocketId, Track};
use crate::gui::cx::Cx;
use crate::model::Socket;
use crate::monitor::{Frame, Inspection, Line};

/// Where the row is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    /// In the list.
    Listed,
    /// In the table, but not in the list.
    FilteredOut,
    /// In the table no more, since this look.
    Gone(SystemTime),
}

/// A row as it was last seen.
#[derive(Clone)]
pub(super) struct Sight {
    /// Which socket it is of.
    pub(super) id: SocketId,
    /// The frame that has the row.
    pub(super) frame: Arc<Frame>,
    /// Where the row is now.
    pub(super) whereabouts: Whereabouts,
    /// What was found about it when it was last looked at closely, which may be earlier.
    pub(super) inspection: Option<Arc<Inspection>>,
    /// Where the row stands in the frame.
    line: Line,
}

impl Sight {
    /// The row, with what tracking knows of it.
    pub(super) fn socket(&self) -> Option<(&Socket, &Track)> {
        match self.line {
            Line::Socket(row) => {
                let socket = self.frame.snapshot.as_ref()?.sockets.get(row)?;
                Some((socket, self.frame.tracks.get(row)?))
            }
            Line::Vanished(row) => {
                self.frame.vanished.get(row).map(|gone| (&gone.socket, &gone.track))
            }
            Line::Group(_) => None,
        }
    }

    /// What is seen of a socket now, `before` being what was seen of whichever socket last. `listed` is its line in
    /// the view, where the view has it.
    pub(super) fn of(
        cx: &Cx<'_>,
        id: SocketId,
        listed: Option<Line>,
        before: Option<&Self>,
    ) -> Option<Self> {
        let before = before.filter(|before| before.id == id);
        let looked = cx.inspection.filter(|found| found.id == id);
        let found = looked.filter(|found| found.row.is_some()).cloned();
        let inspection = found.or_else(|| before.and_then(|before| before.inspection.clone()));
        if let (Some(view), Some(line)) = (cx.view, listed) {
            let frame = Arc::clone(&view.frame);
            let whereabouts = match line {
                Line::Vanished(row) => Whereabouts::Gone(frame.vanished.get(row)?.at),
                Line::Socket(_) | Line::Group(_) => Whereabouts::Listed,
            };
            return Some(Self { id, frame, whereabouts, inspection, line });
        }
        // An inspection of an older table than the one that was seen says nothing new.
        let newer = looked
            .filter(|found| before.is_none_or(|before| found.frame.table >= before.frame.table));
        match (newer.map(|found| (found, found.row)), before) {
            (Some((found, Some(row))), _) => {
                let frame = Arc::clone(&found.frame);
                let (whereabouts, line) = (Whereabouts::FilteredOut, Line::Socket(row));
                Some(Self { id, frame, whereabouts, inspection, line })
            }
            (Some((found, None)), Some(before)) => {
                let whereabouts = match before.whereabouts {
                    gone @ Whereabouts::Gone(_) => gone,
                    _ => Whereabouts::Gone(found.frame.at),
                };
                Some(Self { whereabouts, ..before.clone() })
            }
            (_, before) => before.cloned(),
        }
    }
}
