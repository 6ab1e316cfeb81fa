//! The keys of the table.

use std::sync::Arc;

use eframe::egui::{
    Event, EventFilter, Id, Key, Modifiers, Popup, Rect, Role, Sense, Ui, WidgetInfo,
};

use super::actions::{Form, copy_rows};
use super::columns::Columns;
use super::{Sockets, groups};
use crate::gui::cx::Cx;
use crate::gui::theme::Theme;
use crate::gui::theme::measure::{radius, size};
use crate::gui::widgets::focus_ring;
use crate::monitor::View;
use crate::text;

/// How many rows a page key moves by.
const PAGE: usize = 20;

/// What has the focus when the table has it.
pub(super) fn table_id() -> Id {
    Id::unique("socket-table")
}

/// Makes the table one stop for the keyboard, and says whether keys are for it: when it has the focus, or nothing
/// has.
pub(super) fn focus(ui: &Ui, cx: &Cx<'_>, rect: Rect) -> bool {
    let id = table_id();
    let response = ui.interact(rect, id, Sense::focusable_noninteractive());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Table, true, cx.say(&text!("sockets.table"))));
    if response.has_focus() {
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, arrows));
        let inner = rect.shrink(3.0).with_min_y(rect.top() + size::TABLE_HEADER);
        focus_ring(ui.painter(), Theme::of(ui), inner, radius::CONTROL);
    }
    let elsewhere = ui.memory(|memory| memory.focused().is_some_and(|focused| focused != id));
    !elsewhere && !cx.asking && !Popup::is_any_open(ui.ctx())
}

impl Sockets {
    /// Moves the cursor, selects, copies, opens and closes groups. Says whether the menu of a row is wanted.
    pub(super) fn keys(
        &mut self,
        ui: &Ui,
        cx: &Cx<'_>,
        view: &Arc<View>,
        columns: &Columns,
    ) -> bool {
        self.fold_keys(ui, cx, view);
        let last = view.lines.len().saturating_sub(1);
        let here = self.selection.last_line();
        let (moved, extends) = ui.input(|input| {
            // With the keys held then: by the end of the frame Shift may have been let go.
            let pressed = input.events.iter().filter_map(|event| match event {
                Event::Key { key, pressed: true, modifiers, .. } => Some((*key, modifiers.shift)),
                _ => None,
            });
            let mut moved = None;
            let mut extends = false;
            for (key, shift) in pressed {
                let from = moved.or(here);
                let line = from.unwrap_or(0);
                let to = match key {
                    Key::Home => 0,
                    Key::End => last,
                    Key::ArrowDown => from.map_or(0, |line| line + 1),
                    Key::ArrowUp => line.saturating_sub(1),
                    Key::PageDown => line + PAGE,
                    Key::PageUp => line.saturating_sub(PAGE),
                    _ => continue,
                };
                moved = Some(to.min(last));
                extends = shift;
            }
            (moved, extends)
        });
        if let Some(line) = moved {
            self.selection.go(view, line, extends);
            self.scroll_to = Some(line);
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
            self.selection.all(view);
        }
        if ui.input(|input| input.key_pressed(Key::Escape)) {
            self.selection.clear();
        }
        let as_command = Modifiers::COMMAND | Modifiers::SHIFT;
        if ui.input_mut(|input| input.consume_key(as_command, Key::C)) {
            copy_rows(cx, view, &self.selection, &columns.shown, Form::Ss);
        } else if ui.input(|input| input.events.contains(&Event::Copy)) {
            copy_rows(cx, view, &self.selection, &columns.shown, Form::Text);
        }
        ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, Key::F10))
    }

    fn fold_keys(&self, ui: &Ui, cx: &Cx<'_>, view: &View) {
        let Some(group) = self.selection.cursor().and_then(|line| view.group(line)) else {
            return;
        };
        let wanted = ui.input(|input| {
            let pressed = |key| input.key_pressed(key);
            match () {
                () if pressed(Key::Enter) || pressed(Key::Space) => Some(!group.collapsed),
                () if pressed(Key::ArrowLeft) => Some(true),
                () if pressed(Key::ArrowRight) => Some(false),
                () => None,
            }
        });
        if let Some(collapsed) = wanted.filter(|wanted| *wanted != group.collapsed) {
            groups::fold(cx, group, collapsed);
        }
    }
}
