//! Which columns the table has, how wide they are, and how that is changed.

use eframe::egui::containers::menu::menu_style;
use eframe::egui::{Align, Button as Entry, Checkbox, Ui};
use egui_material_icons::icons::{ICON_ARROW_DOWNWARD, ICON_ARROW_UPWARD};

use crate::gui::cx::{Command, Cx};
use crate::gui::table::TableColumn;
use crate::gui::theme::measure::space;
use crate::gui::widgets::{Button, icon_button};
use crate::monitor::{Column, ViewSpec};
use crate::store::{ColumnLayout, Settings, SortLayout, TableLayout};
use crate::text;
use crate::text::Text;

/// The columns that are shown before anybody chose.
const USUAL: [Column; 8] = [
    Column::State,
    Column::Residence,
    Column::Owner,
    Column::Local,
    Column::Remote,
    Column::ReceiveQueue,
    Column::SendQueue,
    Column::Timer,
];

/// The mark and the state stay where they are.
pub(super) const STICKY: usize = 2;

/// The table's columns from left to right; the mark's, which shows no fact, comes before them.
pub(super) struct Columns {
    pub(super) shown: Vec<Column>,
    pub(super) table: Vec<TableColumn>,
    pub(super) widths: Vec<f32>,
}

/// The column that shows the fact of this column of the table; none for the mark's.
pub(super) fn fact_at(shown: &[Column], column: usize) -> Option<Column> {
    shown.get(column.checked_sub(1)?).copied()
}

impl Columns {
    /// As the settings say.
    pub(super) fn of(cx: &Cx<'_>) -> Self {
        let layout = &cx.settings.socket_table;
        let shown = shown(layout);
        let mark = TableColumn {
            id: "mark",
            title: String::new(),
            width: 20.0,
            align: Align::Min,
            sorts: false,
            fills: false,
        };
        let columns = shown.iter().map(|column| table_column(cx, *column));
        let table: Vec<TableColumn> = std::iter::once(mark).chain(columns).collect();
        let asked = |id: &str| layout.columns.iter().find(|known| known.id == id)?.width;
        let width = |column: &TableColumn| {
            asked(column.id).map_or(column.width, |width| width.max(column.width))
        };
        let widths = table.iter().map(width).collect();
        Self { shown, table, widths }
    }

    /// Keeps a width that was given to a column of the table.
    pub(super) fn resize(&self, cx: &Cx<'_>, column: usize, width: f32) {
        let Some(resized) = fact_at(&self.shown, column) else { return };
        keep(cx, &self.shown, |layout| {
            if let Some(known) = layout.iter_mut().find(|known| known.id == resized.id()) {
                known.width = Some(width);
            }
        });
    }

    /// Keeps a new place for a column of the table.
    pub(super) fn shift(&self, cx: &Cx<'_>, from: usize, to: usize) {
        let (Some(from), Some(to)) = (from.checked_sub(1), to.checked_sub(1)) else { return };
        // The state stands first, always.
        if from == 0 || to == 0 || from.max(to) >= self.shown.len() {
            return;
        }
        let mut shown = self.shown.clone();
        let column = shown.remove(from);
        shown.insert(to, column);
        keep(cx, &shown, |_| {});
    }
}

/// What rows are sorted by, as the settings say.
pub(in crate::gui) fn sorting(layout: &TableLayout) -> ViewSpec {
    let known = layout
        .sort
        .as_ref()
        .and_then(|sort| Column::from_id(&sort.column).map(|column| (column, sort.descending)));
    match known {
        Some((sort, descending)) => ViewSpec { sort, descending, ..ViewSpec::default() },
        None => ViewSpec::default(),
    }
}

/// Sorts by a column, or turns the order round if it is sorted by that already, and keeps that.
pub(super) fn sort_by(cx: &Cx<'_>, sort: Column) {
    let descending = sort == cx.spec.sort && !cx.spec.descending;
    cx.send(Command::SetView(ViewSpec { sort, descending, ..cx.spec.clone() }));
    let mut settings = cx.settings.clone();
    settings.socket_table.sort = Some(SortLayout { column: sort.id().to_owned(), descending });
    cx.send(Command::SetSettings(settings));
}

fn shown(layout: &TableLayout) -> Vec<Column> {
    let known: Vec<Column> =
        layout.columns.iter().filter_map(|column| Column::from_id(&column.id)).collect();
    if known.is_empty() {
        return USUAL.to_vec();
    }
    let others = known.into_iter().filter(|column| *column != Column::State);
    std::iter::once(Column::State).chain(others).collect()
}

/// Keeps these columns, with the widths that they have.
fn keep(cx: &Cx<'_>, shown: &[Column], change: impl FnOnce(&mut Vec<ColumnLayout>)) {
    let mut table = cx.settings.socket_table.clone();
    let old = std::mem::take(&mut table.columns);
    let width = |id: &str| old.iter().find(|known| known.id == id).and_then(|known| known.width);
    let layout =
        |column: &Column| ColumnLayout { id: column.id().to_owned(), width: width(column.id()) };
    table.columns = shown.iter().map(layout).collect();
    change(&mut table.columns);
    let foreign = old.into_iter().filter(|column| Column::from_id(&column.id).is_none());
    table.columns.extend(foreign);
    cx.send(Command::SetSettings(Settings { socket_table: table, ..cx.settings.clone() }));
}

/// A check box for each column, with its place.
pub(super) fn chooser(ui: &mut Ui, cx: &Cx<'_>) {
    let shown = shown(&cx.settings.socket_table);
    ui.spacing_mut().item_spacing.y = 0.0;
    let hidden = Column::ALL.into_iter().filter(|column| !shown.contains(column));
    for column in shown.iter().copied().chain(hidden) {
        let place = shown.iter().position(|known| *known == column);
        let name = cx.say(&title(column));
        ui.horizontal(|ui| {
            let mut on = place.is_some();
            let fixed = column == Column::State;
            let boxed = ui.add_enabled(!fixed, Checkbox::new(&mut on, &name));
            if boxed.changed() {
                show(cx, &shown, column, on);
            }
            let Some(place) = place.filter(|_| !fixed) else { return };
            ui.add_space((MENU_WIDTH - boxed.rect.width() - 2.0 * 28.0).max(space::M));
            let up = cx.say(&text!("sockets.move_left", column = name.as_str()));
            let down = cx.say(&text!("sockets.move_right", column = name.as_str()));
            ui.add_enabled_ui(place > 1, |ui| {
                if icon_button(ui, ICON_ARROW_UPWARD, &up).clicked() {
                    Columns::of(cx).shift(cx, place + 1, place);
                }
            });
            ui.add_enabled_ui(place + 1 < shown.len(), |ui| {
                if icon_button(ui, ICON_ARROW_DOWNWARD, &down).clicked() {
                    Columns::of(cx).shift(cx, place + 1, place + 2);
                }
            });
        });
    }
    ui.add_space(space::XS);
    if Button::new(&cx.say(&text!("sockets.usual_columns"))).small().show(ui).clicked() {
        let mut settings = cx.settings.clone();
        settings.socket_table.columns.clear();
        cx.send(Command::SetSettings(settings));
    }
}

/// How wide the list of columns is.
pub(super) const MENU_WIDTH: f32 = 250.0;

/// What can be done with the column whose header this is.
pub(super) fn header_menu(ui: &mut Ui, cx: &Cx<'_>, columns: &Columns, column: usize) {
    let Some(fact) = fact_at(&columns.shown, column) else { return };
    let name = cx.say(&title(fact));
    let movable = column >= STICKY;
    ui.scope(|ui| {
        menu_style(ui.style_mut());
        let mut entry = |enabled: bool, text: Text, act: &dyn Fn()| {
            if ui.add_enabled(enabled, Entry::new(cx.say(&text))).clicked() {
                act();
                ui.close();
            }
        };
        entry(true, text!("sockets.sort_by", column = name.as_str()), &|| sort_by(cx, fact));
        let left = text!("sockets.move_left", column = name.as_str());
        entry(movable && column > STICKY, left, &|| columns.shift(cx, column, column - 1));
        let right = text!("sockets.move_right", column = name.as_str());
        let last = column + 1 == columns.table.len();
        entry(movable && !last, right, &|| columns.shift(cx, column, column + 1));
        let hide = text!("sockets.hide_column", column = name.as_str());
        entry(movable, hide, &|| show(cx, &columns.shown, fact, false));
    });
    ui.separator();
    chooser(ui, cx);
}

fn show(cx: &Cx<'_>, shown: &[Column], column: Column, on: bool) {
    let mut shown: Vec<Column> = shown.iter().copied().filter(|known| *known != column).collect();
    if on {
        shown.push(column);
    }
    keep(cx, &shown, |_| {});
}

/// What stands above a column.
pub(super) fn title(column: Column) -> Text {
    match column {
        Column::State => text!("column.state"),
        Column::Residence => text!("column.residence"),
        Column::Owner => text!("column.owner"),
        Column::Local => text!("column.local"),
        Column::Remote => text!("column.remote"),
        Column::ReceiveQueue => text!("sockets_column.receive_queue"),
        Column::SendQueue => text!("sockets_column.send_queue"),
        Column::Timer => text!("sockets_column.timer"),
        Column::User => text!("sockets_column.user"),
        Column::Cookie => text!("sockets_column.cookie"),
        Column::RoundTrip => text!("sockets_column.rtt"),
        Column::Retransmits => text!("sockets_column.retransmits"),
        Column::BytesSent => text!("sockets_column.bytes_sent"),
        Column::BytesReceived => text!("sockets_column.bytes_received"),
        Column::CongestionWindow => text!("sockets_column.congestion_window"),
        Column::LastReceived => text!("sockets_column.last_received"),
        Column::ControlGroup => text!("sockets_column.control_group"),
    }
}

fn table_column(cx: &Cx<'_>, column: Column) -> TableColumn {
    let (width, align) = match column {
        Column::State => (112.0, Align::Min),
        Column::Owner => (126.0, Align::Min),
        Column::Local | Column::Remote => (138.0, Align::Min),
        Column::Timer => (74.0, Align::Min),
        // As wide as the longest number that is written in them.
        Column::ReceiveQueue | Column::SendQueue => (80.0, Align::Max),
        Column::RoundTrip => (64.0, Align::Max),
        Column::User => (84.0, Align::Min),
        Column::Cookie => (72.0, Align::Max),
        Column::Residence | Column::BytesSent => (84.0, Align::Max),
        Column::Retransmits => (92.0, Align::Max),
        // As wide as what stands above them, with the arrow.
        Column::BytesReceived | Column::CongestionWindow | Column::ControlGroup => {
            (106.0, Align::Max)
        }
        Column::LastReceived => (126.0, Align::Max),
    };
    TableColumn {
        id: column.id(),
        title: cx.say(&title(column)),
        width,
        align,
        sorts: true,
        fills: column == Column::Owner,
    }
}
