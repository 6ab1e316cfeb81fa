//! What stands above the table: the filter beside the menus for groups and columns, and what is selected.

use std::sync::Arc;

use eframe::egui::{Align, Layout, Popup, PopupCloseBehavior, Response, Ui, vec2};
use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{ICON_ACCOUNT_TREE, ICON_CONTENT_COPY, ICON_VIEW_COLUMN};

use super::actions::{Form, copy_rows, narrow, terms};
use super::selection::Selection;
use super::{columns, groups};
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{Room, size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Button, icon_button};
use crate::model::Socket;
use crate::monitor::{Column, View};
use crate::text;

/// The width of both buttons, where they have their names.
const BUTTONS: f32 = 204.0;

/// The same, where they are icons.
const BUTTONS_NARROW: f32 = 64.0;

/// What filters at the left, and the two menus at the right. Gives what the filter gave.
pub(super) fn header<R>(ui: &mut Ui, cx: &Cx<'_>, filter: impl FnOnce(&mut Ui) -> R) -> R {
    let room = Room::of(ui.ctx().content_rect().width());
    let buttons = if room == Room::Narrow { BUTTONS_NARROW } else { BUTTONS };
    ui.horizontal_top(|ui| {
        let wanted = vec2(ui.available_width() - buttons - space::M, size::CONTROL);
        let given = ui.allocate_ui_with_layout(wanted, Layout::top_down(Align::Min), |ui| {
            ui.set_width(wanted.x);
            filter(ui)
        });
        let layout = Layout::right_to_left(Align::Min);
        ui.with_layout(layout, |ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            let name = cx.say(&text!("sockets.columns"));
            let button = tool(ui, room, ICON_VIEW_COLUMN, &name);
            Popup::from_toggle_button_response(&button)
                .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
                .accessible_name(name)
                .show(|ui| {
                    ui.set_min_width(columns::MENU_WIDTH);
                    columns::chooser(ui, cx);
                });
            let name = cx.say(&text!("sockets.group_by"));
            let button = tool(ui, room, ICON_ACCOUNT_TREE, &name);
            Popup::menu(&button).accessible_name(name).show(|ui| groups::menu(ui, cx));
        });
        given.inner
    })
    .inner
}

fn tool(ui: &mut Ui, room: Room, icon: MaterialIcon, name: &str) -> Response {
    if room == Room::Narrow {
        icon_button(ui, icon, name)
    } else {
        Button::new(name).icon(icon).show(ui)
    }
}

/// What can be done with what is selected; the line stays when nothing is, so that rows do not move.
pub(super) fn selected_bar(
    ui: &mut Ui,
    cx: &Cx<'_>,
    view: &Arc<View>,
    selection: &Selection,
    columns: &[Column],
) {
    let theme = Theme::of(ui);
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL_SMALL);
        ui.spacing_mut().item_spacing.x = space::M;
        let lines = if selection.len() == 1 { selection.lines(view) } else { Vec::new() };
        let only = lines.first().and_then(|line| view.row(*line));
        match (selection.len(), only) {
            (0, _) => {
                let hint = cx.say(&text!("sockets.select"));
                ui.label(TypeStyle::Dense.rich(hint).color(theme.text.tertiary));
            }
            (_, Some((socket, _))) => {
                let ends = four_tuple(cx, socket);
                ui.label(TypeStyle::Mono.rich(ends).color(theme.text.primary));
            }
            (n, None) => {
                let selected = cx.say(&text!("sockets.selected", n = n));
                ui.label(TypeStyle::DenseStrong.rich(selected).color(theme.text.primary));
            }
        }
        if selection.len() > 0 {
            let copy =
                if only.is_some() { text!("sockets.copy") } else { text!("sockets.copy_all") };
            let copy = cx.say(&copy);
            if Button::new(&copy).icon(ICON_CONTENT_COPY).small().show(ui).clicked() {
                copy_rows(cx, view, selection, columns, Form::Text);
            }
        }
        if let Some((socket, _)) = only {
            // The other terms are in the row's menu.
            let nearest = terms(socket)
                .into_iter()
                .filter(|(_, term)| term.starts_with("pid:") || term.starts_with("remote:"));
            for (label, term) in nearest {
                if Button::new(&cx.say(&label)).small().show(ui).clicked() {
                    narrow(cx, &term);
                }
            }
        }
        if view.held {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let held = TypeStyle::Dense.rich(cx.say(&text!("sockets.held")));
                ui.label(held.color(theme.text.tertiary))
                    .on_hover_text(cx.say(&text!("sockets.held_why")));
            });
        }
    });
}

/// Both addresses, for people.
fn four_tuple(cx: &Cx<'_>, socket: &Socket) -> String {
    match socket.remote {
        Some(remote) => format!("{} → {remote}", socket.local),
        None => format!("{} → {}", socket.local, cx.say(&text!("sockets.any"))),
    }
}
