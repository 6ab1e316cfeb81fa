//! The sockets that are not simply the same in both snapshots.

use eframe::egui::{Align, Ui};
use egui_material_icons::icons::{
    ICON_ADD, ICON_ARROW_FORWARD, ICON_LOCK, ICON_REMOVE, ICON_SYNC_ALT,
};

use crate::analysis::diff::{Comparison, Fate};
use crate::analysis::phrases;
use crate::gui::cx::Cx;
use crate::gui::glyph::badge;
use crate::gui::table::{Rows, TableColumn};
use crate::gui::theme::measure::size;
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::icon;
use crate::model::State;
use crate::text;

/// Some of a comparison's sockets, by their place in it.
pub(super) struct ChangeRows<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) comparison: &'a Comparison,
    pub(super) rows: &'a [usize],
}

/// The columns of [`ChangeRows`].
pub(super) fn change_columns(cx: &Cx<'_>) -> Vec<TableColumn> {
    let column = |id, title, width| TableColumn {
        id,
        title: cx.say(&title),
        width,
        align: Align::Min,
        sorts: false,
        fills: id == "owner",
    };
    vec![
        column("fate", text!("column.fate"), 90.0),
        column("a", text!("column.state_a"), 132.0),
        column("b", text!("column.state_b"), 150.0),
        column("owner", text!("column.owner"), 180.0),
        column("local", text!("column.local"), 168.0),
        column("remote", text!("column.remote"), 168.0),
    ]
}

impl Rows for ChangeRows<'_> {
    fn count(&self) -> usize {
        self.rows.len()
    }

    fn id(&self, row: usize) -> u64 {
        self.rows.get(row).map_or(0, |index| *index as u64)
    }

    fn name(&self, row: usize) -> String {
        let Some(change) = self.rows.get(row).map(|index| &self.comparison.sockets[*index]) else {
            return String::new();
        };
        let Some((snapshot, socket)) = self.comparison.socket(change) else {
            return String::new();
        };
        let (a, b) = self.comparison.states(change);
        let state = |state: Option<State>| state.map_or("–", State::name).to_owned();
        [
            self.cx.say(&phrases::fate(change.fate)),
            state(a),
            state(b),
            self.cx.say(&phrases::owner(&socket.owner, &snapshot.processes)),
            socket.local.to_string(),
            socket.remote.map(|remote| remote.to_string()).unwrap_or_default(),
        ]
        .join(", ")
    }

    fn cell(&self, ui: &mut Ui, row: usize, column: usize) {
        let Some(change) = self.rows.get(row).map(|index| &self.comparison.sockets[*index]) else {
            return;
        };
        let Some((snapshot, socket)) = self.comparison.socket(change) else {
            return;
        };
        let theme = Theme::of(ui);
        let (a, b) = self.comparison.states(change);
        match column {
            0 => {
                let (sign, color) = match change.fate {
                    Fate::Stuck => (ICON_LOCK, theme.severity.warning.text),
                    Fate::Changed => (ICON_SYNC_ALT, theme.severity.note.text),
                    Fate::New => (ICON_ADD, theme.severity.fine.text),
                    Fate::Gone => (ICON_REMOVE, theme.text.secondary),
                };
                icon(ui, sign, size::ICON - 2.0, color);
                let word = self.cx.say(&phrases::fate(change.fate));
                ui.label(TypeStyle::Dense.rich(word).color(color));
            }
            1 => self.state(ui, a),
            2 => {
                icon(ui, ICON_ARROW_FORWARD, size::ICON - 2.0, theme.text.tertiary);
                self.state(ui, b);
            }
            3 => {
                let owner = self.cx.say(&phrases::owner(&socket.owner, &snapshot.processes));
                ui.label(TypeStyle::Dense.rich(owner).color(theme.text.primary));
            }
            4 => {
                let local = TypeStyle::MonoDense.rich(socket.local.to_string());
                ui.label(local.color(theme.text.primary));
            }
            _ => {
                let remote =
                    socket.remote.map_or_else(|| "–".to_owned(), |remote| remote.to_string());
                ui.label(TypeStyle::MonoDense.rich(remote).color(theme.text.primary));
            }
        }
    }
}

impl ChangeRows<'_> {
    fn state(&self, ui: &mut Ui, state: Option<State>) {
        if let Some(state) = state {
            badge(ui, state);
        } else {
            let text = self.cx.say(&text!("snapshots.not_there"));
            ui.label(TypeStyle::Dense.rich(text).color(Theme::of(ui).text.tertiary));
        }
    }
}
