//! The rows of the table: what stands in each cell, what is spoken, what is copied.

use std::time::Duration;

use eframe::egui::{Align, Ui};
use egui_material_icons::icons::{ICON_HISTORY, ICON_INBOX, ICON_LOCK, ICON_REMOVE};

use crate::analysis::phrases;
use crate::analysis::track::{SocketId, Track};
use crate::gui::cx::{Command, Cx};
use crate::gui::glyph::{BadgeKind, badge_of};
use crate::gui::table::{Rows, TableColumn};
use crate::gui::theme::measure::size;
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::icon;
use crate::model::{Owner, Socket, State};
use crate::monitor::{Column, Health, View};
use crate::text;
use crate::text::{age, plain_age, printable};

/// What two looks may lie further apart than the interval before a beginning between them is not sharp.
const SHARP: Duration = Duration::from_secs(2);

/// The table's columns.
pub(super) fn columns(cx: &Cx<'_>) -> Vec<TableColumn> {
    Column::ALL
        .into_iter()
        .map(|column| {
            let (id, title, width, align) = match column {
                Column::State => ("state", text!("column.state"), 128.0, Align::Min),
                Column::Residence => ("residence", text!("column.residence"), 84.0, Align::Max),
                Column::Owner => ("owner", text!("column.owner"), 200.0, Align::Min),
                Column::Local => ("local", text!("column.local"), 172.0, Align::Min),
                Column::Remote => ("remote", text!("column.remote"), 172.0, Align::Min),
            };
            TableColumn {
                id,
                title: cx.say(&title),
                width,
                align,
                sorts: true,
                fills: column == Column::Owner,
            }
        })
        .collect()
}

/// The view's rows, for the table.
pub(super) struct SocketRows<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) view: &'a View,
    pub(super) selected: Option<SocketId>,
}

impl Rows for SocketRows<'_> {
    fn count(&self) -> usize {
        self.view.rows.len()
    }

    fn id(&self, row: usize) -> u64 {
        let track = self.view.row(row).and_then(|(_, track)| track);
        track.map_or(row as u64, |track| track.id.number())
    }

    fn name(&self, row: usize) -> String {
        let Some((socket, track)) = self.view.row(row) else {
            return String::new();
        };
        let remote = socket.remote.map(|remote| remote.to_string());
        let owner = owner_text(self.cx, self.view, socket);
        let age = residence_text(self.cx, self.view, track);
        let local = socket.local.to_string();
        [socket.state.name().to_owned(), owner, local, remote.unwrap_or_default(), age].join(", ")
    }

    fn cell(&self, ui: &mut Ui, row: usize, column: usize) {
        let Some((socket, track)) = self.view.row(row) else {
            return;
        };
        let theme = Theme::of(ui);
        match Column::ALL.get(column) {
            Some(Column::State) => {
                let old = matches!(self.cx.frame.health, Health::Failed { .. });
                let kind = if old { BadgeKind::Old } else { BadgeKind::Present };
                badge_of(ui, socket.state, kind);
            }
            Some(Column::Residence) => {
                let age = residence_text(self.cx, self.view, track);
                ui.label(TypeStyle::Dense.rich(age).color(theme.text.primary));
            }
            Some(Column::Owner) => owner_cell(ui, self.cx, self.view, socket),
            Some(Column::Local) => {
                let local = TypeStyle::MonoDense.rich(socket.local.to_string());
                ui.label(local.color(theme.text.primary));
            }
            Some(Column::Remote) => {
                let (text, color) = match socket.remote {
                    Some(remote) => (remote.to_string(), theme.text.primary),
                    None if socket.state == State::Listen => {
                        (self.cx.say(&text!("sockets.any")), theme.text.tertiary)
                    }
                    None => ("–".to_owned(), theme.text.tertiary),
                };
                ui.label(TypeStyle::MonoDense.rich(text).color(color));
            }
            None => {}
        }
    }

    fn is_selected(&self, row: usize) -> bool {
        let track = self.view.row(row).and_then(|(_, track)| track);
        self.selected.is_some() && track.map(|track| track.id) == self.selected
    }
}

fn owner_cell(ui: &mut Ui, cx: &Cx<'_>, view: &View, socket: &Socket) {
    let theme = Theme::of(ui);
    let (sign, color) = match &socket.owner {
        Owner::Known(pids) => {
            let processes = view.frame.snapshot.as_ref().map(|snapshot| &snapshot.processes);
            let process = processes.and_then(|known| known.get(pids.first()?));
            if let ([pid], Some(process)) = (&**pids, process) {
                ui.label(TypeStyle::Dense.rich(printable(&process.name)).color(theme.text.primary));
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
    if let Some(sign) = sign {
        icon(ui, sign, size::ICON - 2.0, color);
    }
    ui.label(TypeStyle::Dense.rich(owner_text(cx, view, socket)).color(color));
}

fn owner_text(cx: &Cx<'_>, view: &View, socket: &Socket) -> String {
    let owner = view
        .frame
        .snapshot
        .as_ref()
        .map(|snapshot| phrases::owner(&socket.owner, &snapshot.processes));
    owner.map_or_else(String::new, |owner| cx.say(&owner))
}

/// How long the socket has been in its state at the least, and whether that is also the most, but for the time
/// between two looks.
fn residence(view: &View, track: &Track) -> (Duration, bool) {
    let least = track.since.at_least(view.frame.at);
    let sharp = track
        .since
        .at_most(view.frame.at)
        .is_some_and(|most| most.saturating_sub(least) <= view.frame.interval.actual * 2 + SHARP);
    (least, sharp)
}

fn residence_text(cx: &Cx<'_>, view: &View, track: Option<&Track>) -> String {
    match track.map(|track| residence(view, track)) {
        None => "–".to_owned(),
        Some((time, true)) => age(time),
        Some((time, false)) => cx.say(&text!("sockets.at_least", age = age(time))),
    }
}

/// Both addresses, for people.
pub(super) fn four_tuple(cx: &Cx<'_>, socket: &Socket) -> String {
    match socket.remote {
        Some(remote) => format!("{} → {remote}", socket.local),
        None => format!("{} → {}", socket.local, cx.say(&text!("sockets.any"))),
    }
}

/// Copies a row with tabs between its values and no typography, for spreadsheets and scripts.
pub(super) fn copy_row(cx: &Cx<'_>, view: &View, row: usize) {
    let Some((socket, track)) = view.row(row) else {
        return;
    };
    let Some(snapshot) = &view.frame.snapshot else {
        return;
    };
    let age = match track.map(|track| residence(view, track)) {
        None => String::new(),
        Some((time, true)) => plain_age(time),
        Some((time, false)) => format!(">= {}", plain_age(time)),
    };
    let values = [
        socket.state.name().to_owned(),
        age,
        phrases::owner(&socket.owner, &snapshot.processes).plain(),
        socket.local.to_string(),
        socket.remote.map(|remote| remote.to_string()).unwrap_or_default(),
    ];
    cx.send(Command::Copy(values.join("\t")));
}
