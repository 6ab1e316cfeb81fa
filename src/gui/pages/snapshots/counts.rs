//! Two columns of numbers and their difference: by state, and by who holds the sockets.

use eframe::egui::{
    Align, Align2, Label, Layout, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2,
};
use egui_material_icons::icons::ICON_LOCK;

use crate::analysis::diff::{Comparison, HolderChange};
use crate::analysis::phrases;
use crate::gui::cx::Cx;
use crate::gui::glyph::badge;
use crate::gui::shelf::Side;
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Color, Theme, TypeStyle};
use crate::gui::widgets::icon;
use crate::model::{State, StateCounts};
use crate::text;
use crate::text::{signed, thousands};

/// How far the columns of numbers are apart.
const COLUMN: f32 = 72.0;

/// A number of a line, with its colour and weight.
type Cell = (String, Color, TypeStyle);

/// The counts by state; what does not fit above `bottom` scrolls.
pub(super) fn by_state(ui: &mut Ui, cx: &Cx<'_>, comparison: &Comparison, bottom: f32) {
    let (a, b) = (comparison.counts_a, comparison.counts_b);
    let titles = [text!("column.a"), text!("column.b"), text!("column.change")];
    ui.spacing_mut().item_spacing.y = 0.0;
    header(ui, &cx.say(&text!("column.state")), &titles.map(|title| cx.say(&title)));
    scroll(ui, bottom, "by-state").show(ui, |ui| {
        for state in State::SHOWN {
            let cells = before_and_after(Theme::of(ui), a[state], b[state]);
            line(ui, &cells, |ui| {
                badge(ui, state);
            });
        }
        let cells = before_and_after(Theme::of(ui), a.total(), b.total());
        line(ui, &cells, |ui| {
            let all = TypeStyle::DenseStrong.rich(cx.say(&text!("report.all")));
            ui.label(all.color(Theme::of(ui).text.primary));
        });
    });
}

/// CLOSE_WAIT by who holds it; what does not fit above `bottom` scrolls.
pub(super) fn by_holder(ui: &mut Ui, cx: &Cx<'_>, comparison: &Comparison, bottom: f32) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let titles = [
        text!("snapshots.close_wait_in_a"),
        text!("column.close_wait_b"),
        text!("column.change"),
        text!("column.all_states"),
    ];
    header(ui, &cx.say(&text!("column.process")), &titles.map(|title| cx.say(&title)));
    let hidden = [&comparison.a, &comparison.b].map(|side| phrases::hidden_owners(side));
    let note = hidden.into_iter().zip(Side::ALL).filter_map(|(hidden, side)| {
        hidden.map(|hidden| format!("{}: {}", side.letter(), cx.say(&hidden)))
    });
    let note: Vec<String> = note.collect();
    let foot = if note.is_empty() { 0.0 } else { size::TABLE_ROW };
    let holders = &comparison.holders;
    scroll(ui, bottom - foot, "by-holder").show_rows(
        ui,
        size::TABLE_ROW,
        holders.len(),
        |ui, rows| {
            for change in holders.get(rows).unwrap_or_default() {
                holder_line(ui, cx, change);
            }
        },
    );
    if !note.is_empty() {
        let theme = Theme::of(ui);
        ui.horizontal(|ui| {
            ui.add_space(space::L);
            icon(ui, ICON_LOCK, size::ICON - 2.0, theme.severity.warning.text);
            let note = TypeStyle::Dense.rich(note.join(" · ")).color(theme.text.secondary);
            ui.add(Label::new(note).truncate());
        });
    }
}

/// Scrolls what does not fit above `bottom`.
fn scroll(ui: &Ui, bottom: f32, salt: &str) -> ScrollArea {
    let room = (bottom - ui.cursor().top() - space::S).max(size::TABLE_ROW);
    ScrollArea::vertical()
        .id_salt(salt)
        .max_height(room)
        .min_scrolled_height(room)
        .auto_shrink([false, true])
}

fn holder_line(ui: &mut Ui, cx: &Cx<'_>, holder: &HolderChange) {
    let theme = Theme::of(ui);
    let close_wait = |counts: StateCounts| counts[State::CloseWait];
    let [a, b, changed] = before_and_after(theme, close_wait(holder.a), close_wait(holder.b));
    let all = change(theme, holder.a.total(), holder.b.total());
    line(ui, &[a, b, changed, all], |ui| {
        let name = cx.say(&phrases::holder(&holder.holder));
        let name = TypeStyle::Dense.rich(name).color(theme.text.primary);
        ui.add(Label::new(name).truncate());
        if holder.holder.was_restarted() {
            let text = cx.say(&text!("report.restarted"));
            ui.label(TypeStyle::Dense.rich(text).color(theme.severity.warning.text));
        }
    });
}

fn before_and_after(theme: &Theme, a: u32, b: u32) -> [Cell; 3] {
    let count = |number: u32| {
        let color = if number == 0 { theme.text.tertiary } else { theme.text.primary };
        (thousands(number.into()), color, TypeStyle::Dense)
    };
    [count(a), count(b), change(theme, a, b)]
}

fn change(theme: &Theme, a: u32, b: u32) -> Cell {
    match i64::from(b) - i64::from(a) {
        0 => (signed(0), theme.text.tertiary, TypeStyle::Dense),
        change => (signed(change), theme.text.primary, TypeStyle::DenseStrong),
    }
}

fn header(ui: &mut Ui, name: &str, titles: &[String]) {
    let theme = Theme::of(ui);
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), size::TABLE_HEADER), Sense::hover());
    let painter = ui.painter();
    let font = TypeStyle::Caption.font();
    let color = theme.text.secondary;
    let left = rect.left_center() + vec2(space::L, 0.0);
    painter.text(left, Align2::LEFT_CENTER, name, font.clone(), color);
    for (title, right) in titles.iter().rev().zip(rights(rect)) {
        let place = pos2(right, rect.center().y);
        painter.text(place, Align2::RIGHT_CENTER, title, font.clone(), color);
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, (1.0, theme.stroke.subtle));
}

fn line(ui: &mut Ui, cells: &[Cell], name: impl FnOnce(&mut Ui)) {
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), size::TABLE_ROW), Sense::hover());
    let mut split = rect.right();
    for ((text, color, style), right) in cells.iter().rev().zip(rights(rect)) {
        let place = pos2(right, rect.center().y);
        ui.painter().text(place, Align2::RIGHT_CENTER, text, style.font(), *color);
        split = right - COLUMN;
    }
    let place =
        Rect::from_min_max(rect.min + vec2(space::L, 0.0), pos2(split + space::XL, rect.bottom()));
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(place).layout(layout), name);
}

/// The right edges of columns, the last one first.
fn rights(rect: Rect) -> impl Iterator<Item = f32> {
    let last = rect.right() - space::XL;
    std::iter::successors(Some(last), |right| Some(right - COLUMN))
}
