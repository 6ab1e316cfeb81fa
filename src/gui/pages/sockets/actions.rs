//! What can be done with selected rows: copy them, and narrow the list to what they have in common.

use eframe::egui::{Button as Entry, Key, KeyboardShortcut, Modifiers, Ui};

use std::sync::Arc;

use eframe::egui::containers::menu::menu_style;

use super::columns::title;
use super::facts::Fact;
use super::filter_bar::narrowed;
use super::selection::Selection;
use crate::analysis::copy;
use crate::analysis::filter::state_term;
use crate::gui::cx::{Command, Cx};
use crate::model::Socket;
use crate::monitor::{Column, View, ViewSpec};
use crate::text;
use crate::text::Text;

/// A way to copy rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Tabs,
    FourTuples,
    Ss,
    Netstat,
    PowerShell,
}

impl Form {
    const ALL: [Self; 6] =
        [Self::Text, Self::Tabs, Self::FourTuples, Self::Ss, Self::Netstat, Self::PowerShell];

    fn label(self) -> Text {
        match self {
            Self::Text => text!("sockets.copy_text"),
            Self::Tabs => text!("sockets.copy_tabs"),
            Self::FourTuples => text!("sockets.copy_tuples"),
            Self::Ss => text!("sockets.copy_as", program = "ss"),
            Self::Netstat => text!("sockets.copy_as", program = "netstat"),
            Self::PowerShell => text!("sockets.copy_as", program = "PowerShell"),
        }
    }

    /// Whether this many rows can be copied so.
    fn takes(self, rows: usize) -> bool {
        match self {
            Self::Text | Self::Tabs | Self::FourTuples => rows > 0,
            Self::Ss | Self::Netstat | Self::PowerShell => {
                (1..=copy::MOST_IN_COMMAND).contains(&rows)
            }
        }
    }
}

/// Copies what is selected, the columns as they are shown.
pub(super) fn copy_rows(
    cx: &Cx<'_>,
    view: &Arc<View>,
    selection: &Selection,
    columns: &[Column],
    form: Form,
) {
    if !form.takes(selection.len()) {
        if selection.len() > 0 {
            // The clipboard keeps what it had, which must not be taken for these rows.
            cx.send(Command::Warn(text!("sockets.too_many", n = copy::MOST_IN_COMMAND)));
        }
        return;
    }
    let (view, lines) = (Arc::clone(view), selection.lines(view));
    let columns = columns.to_vec();
    cx.send(Command::CopyComposed(Box::new(move || compose(&view, &lines, &columns, form))));
}

fn compose(view: &View, lines: &[usize], columns: &[Column], form: Form) -> String {
    let sockets: Vec<&Socket> =
        lines.iter().filter_map(|line| view.row(*line)).map(|(socket, _)| socket).collect();
    let table = |write: fn(&[String], &[Vec<String>]) -> String| {
        let header: Vec<String> = columns.iter().map(|column| title(*column).plain()).collect();
        let row = |line: &usize| {
            let (socket, track) = view.row(*line)?;
            let fact = Fact { view, socket, track };
            Some(columns.iter().map(|column| fact.plain(*column)).collect())
        };
        let rows: Vec<Vec<String>> = lines.iter().filter_map(row).collect();
        write(&header, &rows)
    };
    match form {
        Form::Text => table(copy::aligned),
        Form::Tabs => table(copy::tabbed),
        Form::FourTuples => copy::four_tuples(sockets.iter().copied()),
        Form::Ss => copy::ss(&sockets).unwrap_or_default(),
        Form::Netstat => copy::netstat(&sockets).unwrap_or_default(),
        Form::PowerShell => copy::powershell(&sockets).unwrap_or_default(),
    }
}

/// Narrows what is shown by one more term.
pub(super) fn narrow(cx: &Cx<'_>, term: &str) {
    let filter = narrowed(cx, term);
    cx.send(Command::SetView(ViewSpec { filter, ..cx.spec.clone() }));
}

/// The terms that a row suggests, with what they are called.
pub(super) fn terms(socket: &Socket) -> Vec<(Text, String)> {
    let mut terms = Vec::new();
    if let Some(pid) = socket.owner.pids().first() {
        terms.push((text!("sockets.this_process"), format!("pid:{pid}")));
    }
    if let Some(remote) = socket.remote {
        terms.push((text!("sockets.this_remote"), format!("remote:{}", remote.ip())));
        terms.push((text!("sockets.this_remote_port"), format!("rport:{}", remote.port())));
    }
    terms.push((text!("sockets.this_local_port"), format!("lport:{}", socket.local.port())));
    terms.push((text!("sockets.this_state"), state_term(socket.state)));
    terms
}

/// The menu of the selected rows; what it narrows to is said by the one that keys start from.
pub(super) fn menu(
    ui: &mut Ui,
    cx: &Cx<'_>,
    view: &Arc<View>,
    selection: &Selection,
    columns: &[Column],
) {
    menu_style(ui.style_mut());
    if let Some((socket, _)) = selection.focused_row(view) {
        for (label, term) in terms(socket) {
            let entry = Entry::new(cx.say(&label)).shortcut_text(&term);
            if ui.add(entry).clicked() {
                narrow(cx, &term);
                ui.close();
            }
        }
        ui.separator();
    }
    for form in Form::ALL {
        let enabled = form.takes(selection.len());
        let label = cx.say(&form.label());
        let written =
            |modifiers| ui.ctx().format_shortcut(&KeyboardShortcut::new(modifiers, Key::C));
        let keys = match form {
            Form::Text => written(Modifiers::COMMAND),
            Form::Ss => written(Modifiers::COMMAND | Modifiers::SHIFT),
            _ => String::new(),
        };
        let entry = ui.add_enabled(enabled, Entry::new(label).shortcut_text(keys));
        if entry.clicked() {
            copy_rows(cx, view, selection, columns, form);
            ui.close();
        }
        if !enabled {
            let most = text!("sockets.too_many", n = copy::MOST_IN_COMMAND);
            entry.on_disabled_hover_text(cx.say(&most));
        }
    }
}
