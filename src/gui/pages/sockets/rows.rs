//! The rows of the table: what stands in each cell, what is spoken, what is marked.

use std::cell::Cell;
use std::time::SystemTime;

use eframe::egui::{Rect, Ui, pos2};
use egui_material_icons::icons::{
    ICON_ADD, ICON_CLOSE, ICON_HISTORY, ICON_INBOX, ICON_LOCK, ICON_REMOVE, ICON_SWAP_HORIZ,
};

use super::columns::fact_at;
use super::facts::{Fact, Weight, timer_text};
use super::groups;
use super::selection::Selection;
use crate::gui::cx::Cx;
use crate::gui::glyph::{BadgeKind, badge_of};
use crate::gui::table::Rows;
use crate::gui::theme::measure::{motion, size};
use crate::gui::theme::{Color, Theme, TypeStyle};
use crate::gui::widgets::{icon, paint_icon};
use crate::model::Owner;
use crate::monitor::{Column, Health, Mark, View};
use crate::text;
use crate::text::printable;

/// The view's lines, for the table.
pub(super) struct SocketRows<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) view: &'a View,
    pub(super) columns: &'a [Column],
    pub(super) selection: &'a Selection,
    pub(super) theme: &'static Theme,
    /// The look before this table was read, and how many steps ago this one was first drawn.
    pub(super) tint: Option<(SystemTime, u32)>,
    /// Whether a row was drawn whose tint has not faded yet.
    pub(super) fading: Cell<bool>,
}

impl SocketRows<'_> {
    fn fact(&self, row: usize) -> Option<Fact<'_>> {
        let (socket, track) = self.view.row(row)?;
        Some(Fact { view: self.view, socket, track })
    }

    fn owner_cell(&self, ui: &mut Ui, fact: &Fact<'_>, gone: bool) {
        let theme = self.theme;
        let (sign, color) = match &fact.socket.owner {
            Owner::Known(pids) => {
                let processes =
                    self.view.frame.snapshot.as_ref().map(|snapshot| &snapshot.processes);
                let process = processes.and_then(|known| known.get(pids.first()?));
                if let ([pid], Some(process), false) = (&**pids, process, gone) {
                    let name = printable(&process.name);
                    ui.label(TypeStyle::Dense.rich(name).color(theme.text.primary));
                    let pid = TypeStyle::MonoDense.rich(pid.to_string());
                    ui.label(pid.color(theme.text.tertiary));
                    return;
                }
                (None, theme.text.primary)
            }
            Owner::Remembered(_) => (Some(ICON_HISTORY), theme.text.secondary),
            Owner::NoOwner => (Some(ICON_REMOVE), theme.text.tertiary),
            Owner::NotAccepted => (Some(ICON_INBOX), theme.severity.warning.text),
            Owner::Hidden { .. } => (Some(ICON_LOCK), theme.text.secondary),
        };
        let color = if gone { theme.text.tertiary } else { color };
        if let Some(sign) = sign {
            icon(ui, sign, size::ICON - 2.0, color);
        }
        let text = TypeStyle::Dense.rich(self.cx.say(&fact.owner())).color(color);
        ui.label(if gone { text.strikethrough() } else { text });
    }
}

impl Rows for SocketRows<'_> {
    fn count(&self) -> usize {
        self.view.lines.len()
    }

    fn id(&self, row: usize) -> u64 {
        match (self.view.id(row), self.view.group(row)) {
            (Some(id), _) => id.number(),
            // Far from what a program's life gives to sockets.
            (None, Some(group)) => u64::MAX - group.line as u64,
            (None, None) => row as u64,
        }
    }

    fn name(&self, row: usize) -> String {
        if let Some(group) = self.view.group(row) {
            return self.cx.say(&groups::summary(group));
        }
        let Some(fact) = self.fact(row) else {
            return String::new();
        };
        let socket = fact.socket;
        let mark = self.view.mark(row).map(|mark| match mark {
            Mark::New => text!("sockets.new"),
            Mark::Changed => text!("sockets.changed"),
            Mark::Vanished => text!("sockets.vanished"),
        });
        let parts = [
            Some(socket.state.name().to_owned()),
            Some(self.cx.say(&fact.owner())),
            Some(socket.local.to_string()),
            socket.remote.map(|remote| remote.to_string()),
            Some(fact.residence(self.cx)),
            mark.map(|mark| self.cx.say(&mark)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn cell(&self, ui: &mut Ui, row: usize, column: usize) {
        let Some(fact) = self.fact(row) else {
            return;
        };
        let theme = self.theme;
        let mark = self.view.mark(row);
        let gone = mark == Some(Mark::Vanished);
        let Some(column) = fact_at(self.columns, column) else {
            mark_cell(ui, theme, mark);
            return;
        };
        match column {
            Column::State => {
                let old = gone || matches!(self.cx.frame.health, Health::Failed { .. });
                let kind = if old { BadgeKind::Old } else { BadgeKind::Present };
                badge_of(ui, fact.socket.state, kind);
            }
            Column::Owner => self.owner_cell(ui, &fact, gone),
            _ => {
                let (text, weight) = fact.shown(self.cx, column);
                let style = match column {
                    Column::Local | Column::Remote => TypeStyle::MonoDense,
                    _ if weight == Weight::Look => TypeStyle::DenseStrong,
                    _ => TypeStyle::Dense,
                };
                let color = match weight {
                    _ if gone => theme.text.tertiary,
                    Weight::Absent | Weight::Zero => theme.text.tertiary,
                    Weight::Plain => theme.text.primary,
                    Weight::Look => theme.severity.warning.text,
                };
                let text = style.rich(text).color(color);
                let text = if gone { text.strikethrough() } else { text };
                let label = ui.label(text);
                if let (Column::Timer, Some(timer)) = (column, fact.socket.timer) {
                    label.on_hover_text(self.cx.say(&timer_text(timer)));
                }
            }
        }
    }

    fn is_selected(&self, row: usize) -> bool {
        self.view.id(row).is_some_and(|id| self.selection.contains(id))
    }

    fn has_cursor(&self, row: usize) -> bool {
        self.selection.cursor() == Some(row)
    }

    fn tint(&self, row: usize) -> Option<Color> {
        let (before, step) = self.tint?;
        if step >= motion::ROW_TINT_STEPS || !self.view.is_fresh(row, before) {
            return None;
        }
        self.fading.set(true);
        let theme = self.theme;
        let tint = match self.view.mark(row)? {
            Mark::New => theme.severity.fine.fill,
            Mark::Changed => theme.severity.note.fill,
            Mark::Vanished => theme.surface.raised,
        };
        #[expect(clippy::cast_precision_loss, reason = "a few steps")]
        let faded = step as f32 / motion::ROW_TINT_STEPS as f32;
        Some(tint.lerp_to_gamma(theme.surface.panel, faded))
    }

    fn is_expanded(&self, row: usize) -> Option<bool> {
        self.view.group(row).map(|group| !group.collapsed)
    }

    fn paint(&self, ui: &Ui, row: usize, rect: Rect) {
        if let Some(group) = self.view.group(row) {
            groups::paint(ui, self.cx, group, rect);
        }
    }
}

/// What has just happened to the row. Its name says it as well.
fn mark_cell(ui: &Ui, theme: &Theme, mark: Option<Mark>) {
    let (sign, color) = match mark {
        None => return,
        Some(Mark::New) => (ICON_ADD, theme.severity.fine.text),
        Some(Mark::Changed) => (ICON_SWAP_HORIZ, theme.severity.note.text),
        Some(Mark::Vanished) => (ICON_CLOSE, theme.text.tertiary),
    };
    let rect = ui.max_rect();
    paint_icon(ui.painter(), pos2(rect.center().x, rect.center().y), sign, 14.0, color);
}
