//! A table of any number of rows, of which only those in sight are drawn.
//!
//! The one file that knows the table crate.

use eframe::egui::{
    self, Align, Align2, Id, Layout, Margin, Modifiers, Rect, Response, Role, Sense, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use egui_table::{
    AutoSizeMode, CellInfo, HeaderCellInfo, HeaderRow, Table, TableDelegate, TableState,
};

use super::theme::measure::{size, space};
use super::theme::{Theme, TypeStyle};

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
}

/// What the user did to a table.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableResponse {
    /// The column whose header was clicked.
    pub sorted: Option<usize>,
    /// The row that was clicked, with the keys that were held.
    pub clicked: Option<(usize, Modifiers)>,
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
    let mut delegate = Delegate { columns, rows, sorting, response: TableResponse::default() };
    let mut table = Table::new()
        .id_salt(salt)
        .num_rows(rows.count() as u64)
        .headers([HeaderRow::new(size::TABLE_HEADER)])
        .auto_size_mode(AutoSizeMode::Never);
    let id = table.get_id(ui);
    table = table.columns(widths(ui, id, salt, columns));
    ui.visuals_mut().widgets.noninteractive.bg_stroke = egui::Stroke::NONE;
    if let Some(row) = scroll_to {
        table = table.scroll_to_row(row as u64, None);
    }
    table.show(ui, &mut delegate);
    delegate.response
}

/// The columns with their ranges of width. One that fills is as wide as the others leave room for.
fn widths(ui: &Ui, id: Id, salt: &str, columns: &[TableColumn]) -> Vec<egui_table::Column> {
    let state = TableState::load(ui.ctx(), id).unwrap_or_default();
    let column_id = |column: &TableColumn| Id::unique((salt, column.id));
    let taken: f32 = columns
        .iter()
        .filter(|column| !column.fills)
        .map(|column| state.col_widths.get(&column_id(column)).copied().unwrap_or(column.width))
        .sum();
    let left = ui.available_width() - taken;
    columns
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
                .resizable(!column.fills)
                .id(column_id(column))
        })
        .collect()
}

struct Delegate<'a> {
    columns: &'a [TableColumn],
    rows: &'a dyn Rows,
    sorting: Option<(usize, bool)>,
    response: TableResponse,
}

impl Delegate<'_> {
    fn header(&mut self, ui: &mut Ui, index: usize) {
        let Some(column) = self.columns.get(index) else {
            return;
        };
        let theme = Theme::of(ui);
        let rect = ui.max_rect();
        let sense = if column.sorts { Sense::click() } else { Sense::hover() };
        let response =
            ui.interact(rect.shrink2(vec2(space::XS, 0.0)), ui.scope_id().with(column.id), sense);
        let sorted = self.sorting.filter(|(by, _)| *by == index);
        let color = if sorted.is_some() || response.hovered() && column.sorts {
            theme.text.primary
        } else {
            theme.text.secondary
        };
        let font = TypeStyle::Caption.font();
        let (place, align) = if column.align == Align::Max {
            (rect.right_center() - vec2(space::M, 0.0), Align2::RIGHT_CENTER)
        } else {
            (rect.left_center() + vec2(space::M, 0.0), Align2::LEFT_CENTER)
        };
        let text = ui.painter().text(place, align, &column.title, font, color);
        if let Some((_, descending)) = sorted {
            let tip =
                if column.align == Align::Max { text.left() - 8.0 } else { text.right() + 8.0 };
            paint_arrow(ui, pos2(tip, rect.center().y), descending);
        }
        if response.has_focus() {
            super::widgets::focus_ring(ui.painter(), theme, response.rect.shrink(2.0), 3);
        }
        if column.sorts {
            response.widget_info(|| {
                let mut info = WidgetInfo::labeled(Role::Button, true, &column.title);
                info.current_text_value = sorted.map(|(_, descending)| {
                    if descending { "descending" } else { "ascending" }.to_owned()
                });
                info
            });
            if response.clicked() {
                self.response.sorted = Some(index);
            }
        }
    }

    fn row(&self, ui: &mut Ui, row: usize) -> Response {
        let theme = Theme::of(ui);
        let rect = ui.max_rect();
        let response =
            ui.interact(rect, ui.scope_id().with(("row", self.rows.id(row))), Sense::click());
        let selected = self.rows.is_selected(row);
        let fill = if selected {
            theme.surface.selected
        } else if response.hovered() {
            theme.surface.hover
        } else if row % 2 == 1 {
            theme.surface.zebra
        } else {
            theme.surface.panel
        };
        ui.painter().rect_filled(rect, 0.0, fill);
        if selected || response.has_focus() {
            let bar = Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
            ui.painter().rect_filled(bar, 0.0, theme.accent.text);
        }
        response
            .widget_info(|| WidgetInfo::selected(Role::Row, true, selected, self.rows.name(row)));
        response
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
        let Ok(row) = usize::try_from(row) else {
            return;
        };
        let response = self.row(ui, row);
        if response.clicked() {
            self.response.clicked = Some((row, ui.input(|input| input.modifiers)));
        }
    }

    fn cell_ui(&mut self, ui: &mut Ui, cell: &CellInfo) {
        let Ok(row) = usize::try_from(cell.row_nr) else {
            return;
        };
        let Some(column) = self.columns.get(cell.col_nr) else {
            return;
        };
        let layout = if column.align == Align::Max {
            Layout::right_to_left(Align::Center)
        } else {
            Layout::left_to_right(Align::Center)
        };
        let inner = ui.max_rect() - Margin::symmetric(8, 0);
        ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout), |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            // The crate fits columns to what it sees first; a cell that wraps would be seen too narrow.
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
            self.rows.cell(ui, row, cell.col_nr);
        });
    }

    fn default_row_height(&self) -> f32 {
        size::TABLE_ROW
    }
}

fn paint_arrow(ui: &Ui, center: egui::Pos2, down: bool) {
    let theme = Theme::of(ui);
    let flip = if down { 1.0 } else { -1.0 };
    let points = vec![
        center + vec2(-3.5, -2.0 * flip),
        center + vec2(3.5, -2.0 * flip),
        center + vec2(0.0, 2.5 * flip),
    ];
    let shape = egui::Shape::convex_polygon(points, theme.text.primary, egui::Stroke::NONE);
    ui.painter().add(shape);
}
