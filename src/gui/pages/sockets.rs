//! Sockets: every row, filtered and sorted.

mod filter_bar;
mod rows;

use std::sync::Arc;

use eframe::egui::{Key, Rect, Ui, UiBuilder, vec2};
use egui_material_icons::icons::{ICON_CONTENT_COPY, ICON_FILTER_ALT_OFF, ICON_TABLE_ROWS};

use super::overview::health_banner;
use super::{Page, PageLeaf};
use crate::analysis::track::SocketId;
use crate::gui::cx::{Command, Cx};
use crate::gui::table::table;
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Theme, Tone, TypeStyle};
use crate::gui::widgets::{Button, banner, empty};
use crate::monitor::{Column, Health, View, ViewSpec};
use crate::text;
use filter_bar::{FilterBar, narrowed};
use rows::{SocketRows, columns, copy_row, four_tuple};

pub(super) const LEAF: PageLeaf = PageLeaf {
    name: "sockets",
    title: || text!("page.sockets"),
    icon: ICON_TABLE_ROWS,
    at_foot: false,
    make: || Box::<Sockets>::default(),
};

/// How many rows a page key moves by.
const PAGE: usize = 20;

/// The page.
#[derive(Default)]
struct Sockets {
    selected: Option<SocketId>,
    /// Where the selected row stands in a view; looked for once a view, not once a frame.
    located: Option<Located>,
    scroll_to: Option<usize>,
    filter: FilterBar,
}

struct Located {
    view: Arc<View>,
    id: SocketId,
    row: Option<usize>,
}

impl Page for Sockets {
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ui.spacing_mut().item_spacing.y = space::M;
        health_banner(ui, cx);
        let selected =
            cx.view.and_then(|view| view.table_row(*view.rows.get(self.position(view)?)?));
        if self.filter.ui(ui, cx, selected.as_ref()) {
            self.scroll_to = Some(0);
        }
        let Some(view) = cx.view else { return };
        if let Some(failure) = &view.failure {
            let text = cx.say(&text!("sockets.view_failed", cause = failure.as_str()));
            banner(ui, Tone::Critical, "", &text, |_| {});
            return;
        }
        if view.rows.is_empty() {
            Self::nothing(ui, cx, view);
            return;
        }
        let position = self.position(view);
        self.keys(ui, cx, view, position);
        Self::selected_bar(ui, cx, view, position);
        self.table(ui, cx, view);
    }
}

/// Narrows what is shown by one more term.
fn narrow(cx: &Cx<'_>, term: &str) {
    let filter = narrowed(cx, term);
    cx.send(Command::SetView(ViewSpec { filter, ..cx.spec.clone() }));
}

impl Sockets {
    /// The row that is selected, in this view.
    fn position(&mut self, view: &Arc<View>) -> Option<usize> {
        let id = self.selected?;
        let current = |known: &Located| known.id == id && Arc::ptr_eq(&known.view, view);
        if !self.located.as_ref().is_some_and(current) {
            let tracks = &view.frame.tracks;
            let row =
                view.rows.iter().position(|row| tracks.get(*row).is_some_and(|it| it.id == id));
            self.located = Some(Located { view: Arc::clone(view), id, row });
        }
        self.located.as_ref()?.row
    }

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

    /// Moves the selection, when no text is being typed.
    fn keys(&mut self, ui: &Ui, cx: &Cx<'_>, view: &View, position: Option<usize>) {
        if ui.ctx().text_edit_focused() || cx.asking {
            return;
        }
        let last = view.rows.len().saturating_sub(1);
        let here = position.unwrap_or(0);
        let moved = ui.input(|input| {
            let pressed = |key| input.key_pressed(key);
            match position {
                _ if pressed(Key::Home) => Some(0),
                _ if pressed(Key::End) => Some(last),
                None if pressed(Key::ArrowDown) => Some(0),
                _ if pressed(Key::ArrowDown) => Some(here + 1),
                _ if pressed(Key::ArrowUp) => Some(here.saturating_sub(1)),
                _ if pressed(Key::PageDown) => Some(here + PAGE),
                _ if pressed(Key::PageUp) => Some(here.saturating_sub(PAGE)),
                _ => None,
            }
        });
        if let Some(row) = moved.map(|row| row.min(last)) {
            self.selected = view.row(row).and_then(|(_, track)| track.map(|track| track.id));
            self.scroll_to = Some(row);
        }
        if ui.input(|input| input.key_pressed(Key::Escape)) {
            self.selected = None;
        }
        let copy = ui.input(|input| {
            input.events.iter().any(|event| matches!(event, eframe::egui::Event::Copy))
        });
        if let Some(row) = position.filter(|_| copy) {
            copy_row(cx, view, row);
        }
    }

    /// What can be done with the selected row; the line stays when there is none, so that rows do not move.
    fn selected_bar(ui: &mut Ui, cx: &Cx<'_>, view: &View, position: Option<usize>) {
        let theme = Theme::of(ui);
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL_SMALL);
            ui.spacing_mut().item_spacing.x = space::M;
            let Some((row, (socket, _))) = position.and_then(|row| Some((row, view.row(row)?)))
            else {
                let hint = cx.say(&text!("sockets.select"));
                ui.label(TypeStyle::Dense.rich(hint).color(theme.text.tertiary));
                return;
            };
            ui.label(TypeStyle::Mono.rich(four_tuple(cx, socket)).color(theme.text.primary));
            let copy = cx.say(&text!("sockets.copy"));
            if Button::new(&copy).icon(ICON_CONTENT_COPY).small().show(ui).clicked() {
                copy_row(cx, view, row);
            }
            if let Some(pid) = socket.owner.pids().first() {
                let label = cx.say(&text!("sockets.this_process"));
                if Button::new(&label).small().show(ui).clicked() {
                    narrow(cx, &format!("pid:{pid}"));
                }
            }
            if let Some(remote) = socket.remote {
                let label = cx.say(&text!("sockets.this_remote"));
                if Button::new(&label).small().show(ui).clicked() {
                    narrow(cx, &format!("remote:{remote}"));
                }
            }
        });
    }

    fn table(&mut self, ui: &mut Ui, cx: &Cx<'_>, view: &View) {
        let theme = Theme::of(ui);
        let whole = ui.available_rect_before_wrap();
        ui.painter().rect(
            whole,
            radius::CARD,
            theme.surface.panel,
            (stroke::HAIRLINE, theme.stroke.subtle),
            eframe::egui::StrokeKind::Inside,
        );
        let rows = SocketRows { cx, view, selected: self.selected };
        let inner = Rect::from_min_max(whole.min + vec2(1.0, 1.0), whole.max - vec2(1.0, 1.0));
        let sorting = Column::ALL.iter().position(|column| *column == cx.spec.sort);
        let response = ui
            .scope_builder(UiBuilder::new().max_rect(inner), |ui| {
                table(
                    ui,
                    "sockets",
                    &columns(cx),
                    &rows,
                    sorting.map(|index| (index, cx.spec.descending)),
                    self.scroll_to.take(),
                )
            })
            .inner;
        if let Some(sort) = response.sorted.and_then(|index| Column::ALL.get(index).copied()) {
            let descending = sort == cx.spec.sort && !cx.spec.descending;
            cx.send(Command::SetView(ViewSpec { sort, descending, ..cx.spec.clone() }));
        }
        if let Some((row, _)) = response.clicked {
            self.selected = view.row(row).and_then(|(_, track)| track.map(|track| track.id));
        }
    }
}
