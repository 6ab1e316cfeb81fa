//! Several connections: which is shown, and which an action is for.

use eframe::egui::{
    Align, CornerRadius, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use super::end::{Known, seen};
use super::setup::{ActsOn, Choices};
use crate::gui::cx::Cx;
use crate::gui::glyph::{GLYPH, glyph_width, paint_glyph};
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{focus_ring, segmented};
use crate::lab::{BenchState, Client, ConnectionState, Which};
use crate::model::lab::End;
use crate::text;

/// Draws it where there are several.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, choices: &mut Choices) {
    if bench.connections.len() < 2 {
        choices.acts_on = ActsOn::All;
        return;
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let color = Theme::of(ui).text.secondary;
        ui.label(TypeStyle::Dense.rich(cx.say(&text!("lab_bench_page.acts_on"))).color(color));
        let names = [
            (ActsOn::All, text!("lab_bench_page.all", n = bench.connections.len())),
            (ActsOn::Of(Client::A), text!("lab_bench_page.of_client", name = Client::A.name())),
            (ActsOn::Of(Client::B), text!("lab_bench_page.of_client", name = Client::B.name())),
            (ActsOn::Shown, text!("lab_bench_page.the_shown")),
        ]
        .map(|(acts_on, text)| (acts_on, cx.say(&text)));
        let parts = names.each_ref().map(|(acts_on, text)| (*acts_on, text.as_str()));
        segmented(ui, &mut choices.acts_on, &parts);
        ui.label(TypeStyle::Dense.rich(cx.say(&text!("lab_bench_page.shows"))).color(color));
        let shown = choices.shown(bench).map(|shown| shown.number);
        let which = choices.which(bench);
        ScrollArea::horizontal().id_salt("strip").auto_shrink([false, true]).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                for connection in bench.connections.iter().rev() {
                    let acted_on = match which {
                        Which::All => true,
                        Which::Client(client) => connection.client == client,
                        Which::Connection(number) => connection.number == number,
                    };
                    let on = shown == Some(connection.number);
                    if chip(ui, cx, bench, connection, (on, acted_on)) {
                        choices.picked = Some(connection.number);
                        choices.client = connection.client;
                    }
                }
            });
        });
    });
}

/// One connection: its client's letter, its number, and the signs of both ends; weaker where no action is for it.
fn chip(
    ui: &mut Ui,
    cx: &Cx<'_>,
    bench: &BenchState,
    connection: &ConnectionState,
    (on, acted_on): (bool, bool),
) -> bool {
    let theme = Theme::of(ui);
    let ends = End::ALL.map(|end| seen(bench, connection, end));
    let label = format!("{}{}", connection.client.name(), connection.number);
    let color = if acted_on { theme.text.primary } else { theme.text.tertiary };
    let text = ui.painter().layout_no_wrap(label, TypeStyle::Dense.font(), color);
    let sign = |known: Known| match known {
        Known::Seen(state) | Known::Inferred(state) => glyph_width(state, GLYPH),
        Known::NoRow | Known::Nothing => GLYPH,
    };
    let width =
        text.size().x + ends.iter().map(|end| sign(*end) + space::XS).sum::<f32>() + 2.0 * space::S;
    let (rect, response) =
        ui.allocate_exact_size(vec2(width.ceil(), size::CONTROL_SMALL), Sense::click());
    if response.gained_focus() {
        response.scroll_to_me(Some(Align::Center));
    }
    let painter = ui.painter();
    let fill = if on {
        theme.surface.selected
    } else if response.hovered() {
        theme.surface.hover
    } else {
        theme.surface.panel
    };
    let frame =
        Stroke::new(stroke::HAIRLINE, if on { theme.accent.text } else { theme.stroke.normal });
    painter.rect(rect, CornerRadius::same(radius::SMALL_CONTROL), fill, frame, StrokeKind::Inside);
    let mut left = rect.left_center() + vec2(space::S, 0.0);
    let height = text.size().y;
    let wide = text.size().x;
    painter.galley(left - vec2(0.0, height / 2.0), text, color);
    left.x += wide + space::XS;
    for known in ends {
        match known {
            Known::Seen(state) | Known::Inferred(state) => {
                paint_glyph(painter, left, GLYPH, state, theme.state(state).text);
            }
            Known::NoRow | Known::Nothing => {
                let line = Stroke::new(stroke::HAIRLINE, theme.text.tertiary);
                painter.hline(left.x..=left.x + GLYPH, left.y, line);
            }
        }
        left.x += sign(known) + space::XS;
    }
    if response.has_focus() {
        focus_ring(painter, theme, rect, radius::SMALL_CONTROL);
    }
    let words = ends.map(|known| match known {
        Known::Seen(state) | Known::Inferred(state) => state.name().to_owned(),
        Known::NoRow => cx.say(&text!("lab_bench_page.no_row")),
        Known::Nothing => cx.say(&text!("lab_bench_page.not_there")),
    });
    let [client, peer] = words;
    let name = cx.say(&text!(
        "lab_bench_page.chip",
        name = connection.client.name(),
        number = connection.number.to_string(),
        client = client,
        peer = peer
    ));
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, &name));
    response.on_hover_text(name).clicked()
}
