//! The calls of the bench with those that have not returned above them.

use eframe::egui::{Label, Ui};

use super::{AT, CALL, CallRows, RESULT, TOOK, WHO, millis, who};
use crate::gui::table::Rows;
use crate::gui::theme::{Theme, TypeStyle};
use crate::lab::{BenchState, Waiting};
use crate::text;
use crate::text::thousands;

/// Rows of calls that wait, the newest first, then of those that returned.
pub(super) struct BenchRows<'a> {
    pub(super) made: CallRows<'a>,
    pub(super) bench: &'a BenchState,
}

impl BenchRows<'_> {
    /// The call that waits in this row; otherwise the row among those that returned.
    fn row(&self, row: usize) -> Result<&Waiting, usize> {
        let waiting = &self.bench.waiting;
        match waiting.len().checked_sub(row + 1) {
            Some(place) => Ok(&waiting[place]),
            None => Err(row - waiting.len()),
        }
    }

    fn written(&self, call: &Waiting, column: usize) -> String {
        let cx = self.made.cx;
        match column {
            AT => millis(call.at),
            WHO => who(cx, call.who),
            CALL => call.call.clone(),
            RESULT => cx.say(&text!("lab_seen.waits")),
            TOOK => {
                // In whole tenths of a second: it grows while it is read.
                let tenths = self.bench.since(call.at).as_millis() / 100;
                thousands(u64::try_from(tenths * 100).unwrap_or(u64::MAX))
            }
            _ => cx.say(&text!("lab_seen.not_returned")),
        }
    }
}

impl Rows for BenchRows<'_> {
    fn count(&self) -> usize {
        self.bench.waiting.len() + self.made.count()
    }

    fn id(&self, row: usize) -> u64 {
        self.row(row).map_or_else(|row| self.made.id(row), |_| u64::MAX - row as u64)
    }

    fn name(&self, row: usize) -> String {
        match self.row(row) {
            Ok(call) => {
                let [who, made, waits, took] =
                    [WHO, CALL, RESULT, TOOK].map(|column| self.written(call, column));
                format!("{who}, {made}, {waits}, {took} ms")
            }
            Err(row) => self.made.name(row),
        }
    }

    fn cell(&self, ui: &mut Ui, row: usize, column: usize) {
        let call = match self.row(row) {
            Ok(call) => call,
            Err(row) => return self.made.cell(ui, row, column),
        };
        let theme = Theme::of(ui);
        let (style, color) = match column {
            AT | TOOK => (TypeStyle::MonoDense, theme.text.secondary),
            WHO => (TypeStyle::Dense, theme.text.primary),
            CALL => (TypeStyle::MonoDense, theme.text.primary),
            RESULT => (TypeStyle::Dense, theme.severity.warning.text),
            _ => (TypeStyle::Dense, theme.text.secondary),
        };
        ui.add(Label::new(style.rich(self.written(call, column)).color(color)).truncate());
    }
}
