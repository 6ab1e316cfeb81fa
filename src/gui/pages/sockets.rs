//! Sockets: every row, filtered and sorted.

mod actions;
mod columns;
mod details;
mod facts;
mod filter_bar;
mod groups;
mod keys;
mod rows;
mod selection;
mod tools;

use std::cell::Cell;
use std::sync::Arc;
use std::time::SystemTime;

use eframe::egui::{
    Align, Id, Layout, Popup, PopupAnchor, PopupKind, Pos2, Rect, Ui, UiBuilder, vec2,
};
use egui_material_icons::icons::{ICON_FILTER_ALT_OFF, ICON_TABLE_ROWS};

use super::overview::health_banner;
use super::{Page, PageLeaf};
use crate::analysis::track::SocketId;
use crate::gui::cx::{Command, Cx};
use crate::gui::table::TableView;
use crate::gui::theme::measure::{motion, radius, space, stroke};
use crate::gui::theme::{Theme, Tone};
use crate::gui::widgets::{Button, banner, empty};
use crate::monitor::{Health, View, ViewSpec};
use crate::text;
use columns::Columns;
pub(in crate::gui) use columns::sorting;
use details::{Details, Instead, Selected};
use filter_bar::FilterBar;
use rows::SocketRows;
use selection::Selection;

pub(super) const LEAF: PageLeaf = PageLeaf {
    name: "sockets",
    title: || text!("page.sockets"),
    icon: ICON_TABLE_ROWS,
    at_foot: false,
    make: || Box::<Sockets>::default(),
};

/// The page.
#[derive(Default)]
struct Sockets {
    selection: Selection,
    scroll_to: Option<usize>,
    filter: FilterBar,
    /// The menu that is open, and where.
    menu: Option<(Menu, Pos2)>,
    /// Whether rows were asked to stay where they are.
    holding: bool,
    arrival: Option<Arrival>,
    details: Details,
    /// A socket to select as soon as the list has it.
    wanted: Option<SocketId>,
}

/// A menu of the table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Menu {
    /// Of the row that keys start from.
    Row,
    /// Of the header of this column.
    Header(usize),
}

/// When a table was first drawn, so that what it brought can fade.
struct Arrival {
    table: u64,
    /// When the table was read, and the one that was drawn before it.
    at: SystemTime,
    before: SystemTime,
    /// When it was first drawn, in egui's time.
    drawn: f64,
}

impl Page for Sockets {
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ui.spacing_mut().item_spacing.y = space::M;
        health_banner(ui, cx);
        let selected = self.selection.focused().map(|id| {
            let line = cx.view.and_then(|view| view.lines.get(view.line_of(id)?).copied());
            Selected { id, line }
        });
        let (rest, pane) = self.details.divide(ui, cx, selected);
        ui.scope_builder(UiBuilder::new().max_rect(rest), |ui| self.list(ui, cx));
        if let Some(instead) = pane.and_then(|pane| self.details.ui(ui, cx, pane)) {
            self.go_to(cx, instead);
        }
    }
}

impl Sockets {
    /// Shows another socket. A filter that hides it gives way to one that does not.
    fn go_to(&mut self, cx: &Cx<'_>, Instead { id, filter }: Instead) {
        let line = cx.view.and_then(|view| Some((view, view.line_of(id)?)));
        if let Some((view, line)) = line {
            self.selection.go(view, line, false);
            self.scroll_to = Some(line);
        } else {
            self.wanted = Some(id);
            cx.send(Command::ShowSockets(filter));
        }
    }

    /// The filter, and the table over the rest of the space there is.
    fn list(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let columns = Columns::of(cx);
        let row = cx.view.and_then(|view| {
            let line = view.line_of(self.selection.focused()?)?;
            view.table_row(view.lines.get(line)?.row()?)
        });
        if tools::header(ui, cx, |ui| self.filter.ui(ui, cx, row.as_ref())) {
            self.scroll_to = Some(0);
        }
        let Some(view) = cx.view else { return };
        let held = if let Some(failure) = &view.failure {
            let text = cx.say(&text!("sockets.view_failed", cause = failure.as_str()));
            banner(ui, Tone::Critical, "", &text, |_| {});
            false
        } else if view.lines.is_empty() {
            Self::nothing(ui, cx, view);
            false
        } else {
            self.selection.follow(view);
            if let Some(line) = self.wanted.and_then(|id| view.line_of(id)) {
                self.selection.go(view, line, false);
                self.scroll_to = Some(line);
                self.wanted = None;
            }
            tools::selected_bar(ui, cx, view, &self.selection, &columns.shown);
            let inside = self.table(ui, cx, view, &columns);
            self.menus(ui, cx, view, &columns);
            inside || self.menu.is_some()
        };
        if held != self.holding {
            self.holding = held;
            cx.send(Command::HoldOrder(held));
        }
    }
}

impl Sockets {
    fn nothing(ui: &mut Ui, cx: &Cx<'_>, view: &View) {
        let Some(snapshot) = &view.frame.snapshot else {
            if matches!(cx.frame.health, Health::Starting) {
                let title = cx.say(&text!("overview.reading"));
                let text = cx.say(&text!("overview.no_rights_needed"));
                empty(ui, ICON_TABLE_ROWS, &title, &text, |_| {});
            }
            return;
        };
        let there = text!("count.sockets", n = snapshot.sockets.len());
        if view.spec.filter.is_empty() {
            let title = cx.say(&text!("sockets.none"));
            empty(ui, ICON_TABLE_ROWS, &title, &cx.say(&there), |_| {});
            return;
        }
        let title = cx.say(&text!("sockets.no_match"));
        let text = cx.say(&text!("sockets.there", sockets = there));
        empty(ui, ICON_FILTER_ALT_OFF, &title, &text, |ui| {
            if Button::new(&cx.say(&text!("sockets.clear"))).show(ui).clicked() {
                cx.send(Command::SetView(ViewSpec { filter: String::new(), ..cx.spec.clone() }));
            }
        });
    }

    /// The table. Says whether the pointer is over it.
    fn table(&mut self, ui: &mut Ui, cx: &Cx<'_>, view: &Arc<View>, columns: &Columns) -> bool {
        let theme = Theme::of(ui);
        let whole = ui.available_rect_before_wrap();
        ui.painter().rect(
            whole,
            radius::CARD,
            theme.surface.panel,
            (stroke::HAIRLINE, theme.stroke.subtle),
            eframe::egui::StrokeKind::Inside,
        );
        let inner = Rect::from_min_max(whole.min + vec2(1.0, 1.0), whole.max - vec2(1.0, 1.0));
        let has_keys = keys::focus(ui, cx, inner);
        let menu_wanted = has_keys && self.menu.is_none() && self.keys(ui, cx, view, columns);
        let (tint, rest) = self.fade(ui, view);
        let rows = SocketRows {
            cx,
            view,
            columns: &columns.shown,
            selection: &self.selection,
            theme,
            tint: tint.filter(|_| !cx.calm),
            fading: Cell::new(false),
        };
        let sorting = columns.shown.iter().position(|column| *column == cx.spec.sort);
        let table = TableView {
            salt: "sockets",
            columns: &columns.table,
            rows: &rows,
            sorting: sorting.map(|index| (index + 1, cx.spec.descending)),
            scroll_to: self.scroll_to.take(),
            sticky: columns::STICKY,
            arranges: true,
            widths: Some(&columns.widths),
        };
        let area = UiBuilder::new().max_rect(inner);
        let response = ui.scope_builder(area, |ui| table.show(ui)).inner;
        if rows.fading.get() {
            ui.ctx().request_repaint_after(rest);
        }
        if let Some(column) = response.sorted.and_then(|at| columns::fact_at(&columns.shown, at)) {
            columns::sort_by(cx, column);
        }
        if let Some((from, to)) = response.moved {
            columns.shift(cx, from, to);
        }
        if let Some((column, width)) = response.resized {
            columns.resize(cx, column, width);
        }
        if let Some((line, modifiers)) = response.clicked {
            match view.group(line) {
                Some(group) => {
                    self.selection.go(view, line, false);
                    groups::fold(cx, group, !group.collapsed);
                }
                None => self.selection.click(view, line, modifiers),
            }
        }
        if let Some((line, place)) = response.menu {
            self.selection.point_at(view, line);
            self.menu = Some((Menu::Row, place));
        }
        if let Some((column, place)) = response.header_menu {
            self.menu = Some((Menu::Header(column), place));
        }
        if menu_wanted && self.selection.cursor().is_some() {
            let place = response.cursor.unwrap_or(inner);
            self.menu = Some((Menu::Row, place.left_bottom() + vec2(space::XXL, 0.0)));
        }
        ui.rect_contains_pointer(inner)
    }

    /// How far what this table brought has faded, and how long until the next step.
    fn fade(&mut self, ui: &Ui, view: &View) -> (Option<(SystemTime, u32)>, std::time::Duration) {
        let now = ui.input(|input| input.time);
        let (table, at) = (view.frame.table, view.frame.at);
        if self.arrival.as_ref().is_none_or(|arrival| arrival.table != table) {
            let before = self.arrival.as_ref().map_or(at, |arrival| arrival.at);
            self.arrival = Some(Arrival { table, at, before, drawn: now });
        }
        let step = motion::ROW_TINT_STEP;
        let Some(arrival) = &self.arrival else { return (None, step) };
        let since = std::time::Duration::from_secs_f64((now - arrival.drawn).max(0.0));
        let steps = u32::try_from(since.as_millis() / step.as_millis()).unwrap_or(u32::MAX);
        let rest = step.saturating_mul(steps.saturating_add(1)).saturating_sub(since);
        (Some((arrival.before, steps)), rest)
    }

    fn menus(&mut self, ui: &Ui, cx: &Cx<'_>, view: &Arc<View>, columns: &Columns) {
        let Some((menu, place)) = self.menu else { return };
        let name = match menu {
            Menu::Row => text!("sockets.row_menu"),
            Menu::Header(_) => text!("sockets.column_menu"),
        };
        let mut open = true;
        let id = Id::unique("socket-menu");
        let anchor = PopupAnchor::Position(place);
        Popup::new(id, ui.ctx().clone(), anchor, ui.layer_id())
            .kind(PopupKind::Menu)
            .layout(Layout::top_down_justified(Align::Min))
            .accessible_name(cx.say(&name))
            .close_behavior(eframe::egui::PopupCloseBehavior::CloseOnClickOutside)
            .open_bool(&mut open)
            .show(|ui| {
                ui.set_min_width(columns::MENU_WIDTH);
                ui.spacing_mut().item_spacing.y = 0.0;
                match menu {
                    Menu::Row => actions::menu(ui, cx, view, &self.selection, &columns.shown),
                    Menu::Header(column) => columns::header_menu(ui, cx, columns, column),
                }
            });
        if !open {
            self.menu = None;
        }
    }
}
