//! A table of any number of rows, of which only those in sight are drawn.
//!
//! With the files under it, the only one that knows the table crate.

mod header;

use std::collections::BTreeSet;

use eframe::egui::{
    self, Align, Id, Layout, Margin, Modifiers, Pos2, Rect, Response, Role, Sense, Ui, UiBuilder,
    WidgetInfo, vec2,
};
use egui_table::{
    AutoSizeMode, CellInfo, HeaderCellInfo, HeaderRow, Table, TableDelegate, TableState,
};

use super::theme::measure::{size, space};
use super::theme::{Color, Theme};

/// A column.
#[derive(Clone, Debug)]
pub struct TableColumn {
    /// Its name, which keeps its width.
    pub id: &'static str,
    /// What stands above it.
    pub title: String,
    /// Its least width: that of its widest kind of value.
    pub width: f32,
    /// On which side its cells stand.
    pub align: Align,
    /// Whether a click on its header sorts.
    pub sorts: bool,
    /// Whether it takes the width that is left over; one column of a table does.
    pub fills: bool,
}

/// What a table shows.
pub trait Rows {
    /// How many rows there are.
    fn count(&self) -> usize;

    /// A number that stays with the row when it moves.
    fn id(&self, row: usize) -> u64;

    /// What a screen reader says of the row: all of it.
    fn name(&self, row: usize) -> String;

    /// Draws one cell.
    fn cell(&self, ui: &mut Ui, row: usize, column: usize);

    /// Whether the row is selected.
    fn is_selected(&self, _row: usize) -> bool {
        false
    }

    /// Whether the row is the one that keys start from; a selected one, unless a table tells the two apart.
    fn has_cursor(&self, row: usize) -> bool {
        self.is_selected(row)
    }

    /// What the row's ground is tinted with.
    fn tint(&self, _row: usize) -> Option<Color> {
        None
    }

    /// Whether other rows belong under this one, and whether they are shown. Such a row has no cells.
    fn is_expanded(&self, _row: usize) -> Option<bool> {
        None
    }

    /// Paints a row without cells; it may be asked to more than once in a frame.
    fn paint(&self, _ui: &Ui, _row: usize, _rect: Rect) {}
}

/// What the user did to a table.
#[derive(Clone, Debug, Default)]
pub struct TableResponse {
    /// The column whose header was clicked.
    pub sorted: Option<usize>,
    /// The row that was clicked, with the keys that were held.
    pub clicked: Option<(usize, Modifiers)>,
    /// The row whose menu is wanted, and where the pointer was.
    pub menu: Option<(usize, Pos2)>,
    /// The column whose menu is wanted, and where.
    pub header_menu: Option<(usize, Pos2)>,
    /// A column was dragged from one place to another.
    pub moved: Option<(usize, usize)>,
    /// A column was made this wide.
    pub resized: Option<(usize, f32)>,
    /// Where the row that keys start from is, when it is in sight.
    pub cursor: Option<Rect>,
}

/// A table, before it is drawn.
pub struct TableView<'a> {
    /// What tells it from other tables.
    pub salt: &'a str,
    /// Its columns.
    pub columns: &'a [TableColumn],
    /// Its rows.
    pub rows: &'a dyn Rows,
    /// The column that the rows are sorted by, and whether downwards.
    pub sorting: Option<(usize, bool)>,
    /// The row to bring into sight.
    pub scroll_to: Option<usize>,
    /// How many columns at the left stay when the others are scrolled. They cannot be moved.
    pub sticky: usize,
    /// Whether headers can be dragged to other places, and have menus.
    pub arranges: bool,
    /// The widths that columns start with; those of what they first show, if none are given.
    pub widths: Option<&'a [f32]>,
}

/// Draws a table over all the space there is.
///
/// `sorting` is the column that the rows are sorted by, and whether downwards; `scroll_to` brings a row
/// into sight.
pub fn table(
    ui: &mut Ui,
    salt: &str,
    columns: &[TableColumn],
    rows: &dyn Rows,
    sorting: Option<(usize, bool)>,
    scroll_to: Option<usize>,
) -> TableResponse {
    let (sticky, arranges, widths) = (0, false, None);
    TableView { salt, columns, rows, sorting, scroll_to, sticky, arranges, widths }.show(ui)
}

impl TableView<'_> {
    /// Draws it over all the space there is.
    pub fn show(self, ui: &mut Ui) -> TableResponse {
        let outer = ui.available_rect_before_wrap();
        let mut table = Table::new()
            .id_salt(self.salt)
            .num_rows(self.rows.count() as u64)
            .num_sticky_cols(self.sticky)
            .headers([HeaderRow::new(size::TABLE_HEADER)])
            .auto_size_mode(AutoSizeMode::Never);
        let id = table.get_id(ui);
        self.start_widths(ui, id);
        table = table.columns(self.columns(ui, id));
        ui.visuals_mut().widgets.noninteractive.bg_stroke = egui::Stroke::NONE;
        if let Some(row) = self.scroll_to {
            table = table.scroll_to_row(row as u64, None);
        }
        let mut delegate = Delegate {
            view: &self,
            id,
            body: outer.with_min_y(outer.top() + size::TABLE_HEADER),
            named: BTreeSet::new(),
            headers: Vec::new(),
            response: TableResponse::default(),
        };
        table.show(ui, &mut delegate);
        delegate.drag_header(ui, outer);
        let mut response = delegate.response;
        response.resized = self.resized(ui, id);
        response
    }

    fn column_id(&self, column: &TableColumn) -> Id {
        Id::unique((self.salt, column.id))
    }

    /// The crate fits columns to what it sees first, unless it knows their widths already.
    fn start_widths(&self, ui: &Ui, id: Id) {
        let Some(widths) = self.widths else { return };
        if TableState::load(ui.ctx(), id).is_none() {
            let columns = self.columns.iter().map(|column| self.column_id(column));
            let col_widths = columns.zip(widths.iter().copied()).collect();
            TableState { col_widths, parent_width: None }.store(ui.ctx(), id);
        }
    }

    /// The column that the user has just given another width.
    fn resized(&self, ui: &Ui, id: Id) -> Option<(usize, f32)> {
        let let_go = |column: &TableColumn| {
            let line = self.resize_line(ui, id, column);
            line.is_some_and(|line| line.drag_stopped() || line.double_clicked())
        };
        let index = self.columns.iter().position(|column| !column.fills && let_go(column))?;
        let state = TableState::load(ui.ctx(), id)?;
        let width = state.col_widths.get(&self.column_id(self.columns.get(index)?))?;
        Some((index, *width))
    }

    /// The line at the right of a column, which the crate lets people drag.
    fn resize_line(&self, ui: &Ui, id: Id, column: &TableColumn) -> Option<Response> {
        ui.ctx().read_response(id.with(self.column_id(column)).with("resize"))
    }

    /// What is left over for the column that fills.
    fn left_over(&self, ui: &Ui, id: Id, taken: f32) -> f32 {
        let kept = id.with("left-over");
        let dragged = |column| self.resize_line(ui, id, column).is_some_and(|line| line.dragged());
        // While a column is made wider nothing else may give way: its edge would never reach the pointer.
        let before = self
            .columns
            .iter()
            .any(dragged)
            .then(|| ui.ctx().data(|data| data.get_temp::<f32>(kept)));
        before.flatten().unwrap_or_else(|| {
            let left = ui.available_width() - taken;
            ui.ctx().data_mut(|data| data.insert_temp(kept, left));
            left
        })
    }

    /// The columns with their ranges of width. One that fills is as wide as the others leave room for.
    fn columns(&self, ui: &Ui, id: Id) -> Vec<egui_table::Column> {
        let state = TableState::load(ui.ctx(), id).unwrap_or_default();
        let known = |column: &TableColumn| state.col_widths.get(&self.column_id(column)).copied();
        let taken: f32 = self
            .columns
            .iter()
            .filter(|column| !column.fills)
            .map(|column| known(column).unwrap_or(column.width))
            .sum();
        let left = self.left_over(ui, id, taken);
        self.columns
            .iter()
            .map(|column| {
                let range = if column.fills {
                    let width = column.width.max(left);
                    width..=width
                } else {
                    column.width..=column.width * 4.0
                };
                egui_table::Column::new(*range.start())
                    .range(range)
                    .resizable(!column.fills && !column.title.is_empty())
                    .id(self.column_id(column))
            })
            .collect()
    }
}

struct Delegate<'a> {
    view: &'a TableView<'a>,
    id: Id,
    /// Where rows are drawn.
    body: Rect,
    /// The rows that have said their names in this frame: the crate draws a row once left and once right of
    /// the line between sticky columns and others.
    named: BTreeSet<usize>,
    headers: Vec<(usize, Rect)>,
    response: TableResponse,
}

impl Delegate<'_> {
    fn row(&mut self, ui: &mut Ui, row: usize) {
        let theme = Theme::of(ui);
        let rows = self.view.rows;
        // One widget, wherever the columns are scrolled to.
        let whole = Rect::from_x_y_ranges(self.body.x_range(), ui.max_rect().y_range());
        let mut over_all = ui.new_child(UiBuilder::new().max_rect(whole));
        over_all.set_clip_rect(self.body);
        // The table has the keyboard, not each of its rows.
        let response = over_all.interact(whole, self.id.with(("row", rows.id(row))), Sense::CLICK);
        let selected = rows.is_selected(row);
        let fill = if selected {
            theme.surface.selected
        } else if response.hovered() {
            theme.surface.hover
        } else if let Some(tint) = rows.tint(row) {
            tint
        } else if row % 2 == 1 {
            theme.surface.zebra
        } else {
            theme.surface.panel
        };
        ui.painter().rect_filled(whole, 0.0, fill);
        if rows.has_cursor(row) {
            let bar = Rect::from_min_size(whole.min, vec2(2.0, whole.height()));
            ui.painter().rect_filled(bar, 0.0, theme.accent.text);
            self.response.cursor = Some(whole);
        }
        if rows.is_expanded(row).is_some() {
            rows.paint(ui, row, whole);
        }
        if self.named.insert(row) {
            self.say(ui, row, &response, selected);
        }
    }

    fn say(&mut self, ui: &Ui, row: usize, response: &Response, selected: bool) {
        let rows = self.view.rows;
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, selected, rows.name(row)));
        let expanded = rows.is_expanded(row);
        // egui tells that a row is toggled, which rows are not.
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.clear_toggled();
            node.set_selected(selected);
            if let Some(expanded) = expanded {
                node.set_expanded(expanded);
            }
        });
        let (modifiers, pointer) =
            ui.input(|input| (input.modifiers, input.pointer.interact_pos()));
        if response.clicked() {
            self.response.clicked = Some((row, modifiers));
        }
        if response.secondary_clicked() {
            self.response.menu = Some((row, pointer.unwrap_or(response.rect.center())));
        }
    }
}

impl TableDelegate for Delegate<'_> {
    fn header_cell_ui(&mut self, ui: &mut Ui, cell: &HeaderCellInfo) {
        self.header(ui, cell.col_range.start);
        let theme = Theme::of(ui);
        let rect = ui.max_rect();
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, (1.0, theme.stroke.subtle));
    }

    fn row_ui(&mut self, ui: &mut Ui, row: u64) {
        if let Ok(row) = usize::try_from(row) {
            self.row(ui, row);
        }
    }

    fn cell_ui(&mut self, ui: &mut Ui, cell: &CellInfo) {
        let Ok(row) = usize::try_from(cell.row_nr) else {
            return;
        };
        let Some(column) = self.view.columns.get(cell.col_nr) else {
            return;
        };
        if self.view.rows.is_expanded(row).is_some() {
            return;
        }
        let layout = if column.align == Align::Max {
            Layout::right_to_left(Align::Center)
        } else {
            Layout::left_to_right(Align::Center)
        };
        let inner =
            ui.max_rect() - Margin::symmetric(if column.title.is_empty() { 2 } else { 8 }, 0);
        ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout), |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            // The crate fits columns to what it sees first; a cell that wraps would be seen too narrow.
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
            self.view.rows.cell(ui, row, cell.col_nr);
        });
    }

    fn default_row_height(&self) -> f32 {
        size::TABLE_ROW
    }
}
