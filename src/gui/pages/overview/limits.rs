//! How much of each limit is used: readings, without a verdict.

use eframe::egui::{Align2, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_material_icons::icons::ICON_HELP;

use crate::analysis::phrases;
use crate::analysis::readings::Reading;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Card, cut, empty, paint_gauge};
use crate::text;
use crate::text::{percent, thousands};

/// The height of a reading: its line, its gauge, and the space to the next.
const ROW: f32 = 36.0;

/// Draws the card over all the space there is.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>) {
    let title = cx.say(&text!("limits.title"));
    let readings = &cx.frame.readings;
    let number = cx.say(&text!("limits.number", n = readings.len()));
    let card = Card::new(&title).flush().height(ui.available_height());
    let card = if readings.is_empty() { card } else { card.note(&number) };
    card.show(
        ui,
        |_| (),
        |ui| {
            if readings.is_empty() {
                let title = cx.say(&text!("limits.not_told"));
                let text = cx.say(&text!("limits.not_told_text"));
                empty(ui, ICON_HELP, &title, &text, |_| ());
                return;
            }
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::vertical().auto_shrink(false).show_rows(
                ui,
                ROW,
                readings.len(),
                |ui, range| {
                    for reading in readings.get(range).unwrap_or_default() {
                        row(ui, cx, reading);
                    }
                },
            );
        },
    );
}

fn row(ui: &mut Ui, cx: &Cx<'_>, reading: &Reading) {
    let theme = Theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let inner = rect.shrink2(vec2(space::L, 0.0));
    let line = inner.top() + TypeStyle::Dense.line() / 2.0 + space::XXS;
    let painter = ui.painter();
    let share = percent(reading.share());
    let full = cx.settings.thresholds.is_full(reading.used, reading.of);
    let style = if full { TypeStyle::DenseStrong } else { TypeStyle::Dense };
    painter.text(
        pos2(inner.right(), line),
        Align2::RIGHT_CENTER,
        &share,
        style.font(),
        theme.text.primary,
    );
    let (used, of) = (thousands(reading.used), thousands(reading.of));
    let numbers = painter.text(
        pos2(inner.right() - 48.0, line),
        Align2::RIGHT_CENTER,
        format!("{used} / {of}"),
        TypeStyle::Dense.font(),
        theme.text.secondary,
    );
    let what = cx.say(&phrases::limited(&reading.what));
    let room = (numbers.left() - space::M - inner.left()).max(0.0);
    let name = cut(ui, &what, style, theme.text.primary, room);
    let cut = name.elided;
    ui.painter().galley(pos2(inner.left(), line - name.size().y / 2.0), name, theme.text.primary);
    let top = inner.top() + TypeStyle::Dense.line() + space::S;
    let gauge = Rect::from_min_size(pos2(inner.left(), top), vec2(inner.width(), size::GAUGE));
    paint_gauge(ui.painter(), theme, gauge, reading.share(), theme.text.tertiary);
    response.widget_info(|| {
        let name = text!(
            "limits.row",
            what = what.as_str(),
            used = used.as_str(),
            of = of.as_str(),
            percent = share.as_str()
        );
        WidgetInfo::labeled(Role::ProgressIndicator, true, cx.say(&name))
    });
    if cut {
        response.on_hover_text(what);
    }
}
