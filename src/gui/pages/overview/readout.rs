//! The chart's numbers: at the cursor, and now. A click on a state hides it.

use eframe::egui::{
    Align, Align2, CornerRadius, Layout, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::gui::chart::{Chart, Under, gap_text};
use crate::gui::cx::Cx;
use crate::gui::glyph::paint_line_sample;
use crate::gui::theme::measure::{radius, size, space};
use crate::gui::theme::{Color, NONE, Theme, TypeStyle};
use crate::model::State;
use crate::text;
use crate::text::{age, clock, thousands};

/// The room of a number.
const NUMBER: f32 = 48.0;

/// Draws the numbers as a column beside the chart.
pub(super) fn column(ui: &mut Ui, cx: &Cx<'_>, chart: &mut Chart, under: Option<Under>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    header(ui, cx, under);
    // So much is kept for the last line.
    let foot = space::M + TypeStyle::Caption.line();
    for state in listed(cx, chart) {
        if ui.available_height() >= size::TABLE_ROW + foot {
            row(ui, cx, chart, state, under);
        }
    }
    ui.add_space(space::M);
    let oldest = cx.frame.history.first();
    let span = oldest.and_then(|oldest| cx.frame.at.duration_since(oldest.at).ok());
    if let Some(span) = span {
        let text = cx.say(&text!("chart.history", time = age(span)));
        ui.label(TypeStyle::Caption.rich(text).color(Theme::of(ui).text.tertiary));
    }
}

/// Draws the numbers as a line above the chart, as many as there is room for.
pub(super) fn legend(ui: &mut Ui, cx: &Cx<'_>, chart: &mut Chart, under: Option<Under>) {
    let theme = Theme::of(ui);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        let at = match under {
            Some(Under::Sample(sample)) => clock(sample.at, cx.zone),
            Some(Under::Break(gap)) => cx.say(&gap_text(&gap, cx.frame.now)),
            None => cx.say(&text!("chart.now")),
        };
        ui.label(TypeStyle::Caption.rich(at).color(theme.text.secondary));
        for state in listed(cx, chart) {
            let count = match under {
                Some(Under::Sample(sample)) => Some(sample.counts[state]),
                Some(Under::Break(_)) => None,
                None => Some(cx.frame.counts[state]),
            };
            let count = count.map_or_else(|| "–".to_owned(), |count| thousands(count.into()));
            let (name, number) = colors(theme, state, chart.is_hidden(state));
            let lay = |text: String, style: TypeStyle, color| {
                ui.painter().layout_no_wrap(text, style.font(), color)
            };
            let name = lay(state.name().to_owned(), TypeStyle::MonoBadge, name);
            let count = lay(count, TypeStyle::DenseStrong, number);
            let line = 26.0 + space::S;
            let width = line + name.size().x + space::S + count.size().x;
            if ui.available_width() < width {
                break;
            }
            let wanted = vec2(width, size::TABLE_ROW);
            let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
            hover(ui, &response);
            if !chart.is_hidden(state) {
                paint_line_sample(ui, state, rect.left_center());
            }
            let mut left = rect.left() + line;
            for galley in [name, count] {
                let top = rect.center().y - galley.size().y / 2.0;
                let width = galley.size().x;
                ui.painter().galley(pos2(left, top), galley, NONE);
                left += width + space::S;
            }
            toggle(cx, chart, state, response);
        }
    });
}

/// The states that are worth a line, in their fixed order.
fn listed(cx: &Cx<'_>, chart: &Chart) -> Vec<State> {
    let worth = |state: &State| {
        chart.draws(*state) || chart.is_hidden(*state) || cx.frame.counts[*state] > 0
    };
    State::SHOWN.into_iter().filter(worth).collect()
}

fn header(ui: &mut Ui, cx: &Cx<'_>, under: Option<Under>) {
    let theme = Theme::of(ui);
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), size::TABLE_ROW), Sense::hover());
    let font = TypeStyle::Caption.font();
    let (painter, weak) = (ui.painter(), theme.text.secondary);
    let right = rect.right_center();
    let now = cx.say(&text!("chart.now"));
    painter.text(right, Align2::RIGHT_CENTER, now, font.clone(), weak);
    let state = match under {
        Some(Under::Break(gap)) => cx.say(&gap_text(&gap, cx.frame.now)),
        _ => cx.say(&text!("column.state")),
    };
    painter.text(rect.left_center(), Align2::LEFT_CENTER, state, font.clone(), weak);
    if let Some(Under::Sample(sample)) = under {
        let time = clock(sample.at, cx.zone);
        let middle = right - vec2(NUMBER, 0.0);
        painter.text(middle, Align2::RIGHT_CENTER, time, font, theme.text.primary);
    }
}

fn row(ui: &mut Ui, cx: &Cx<'_>, chart: &mut Chart, state: State, under: Option<Under>) {
    let theme = Theme::of(ui);
    let hidden = chart.is_hidden(state);
    let wanted = vec2(ui.available_width(), size::TABLE_ROW);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    hover(ui, &response);
    let (name, number) = colors(theme, state, hidden);
    if !hidden {
        paint_line_sample(ui, state, rect.left_center());
    }
    let painter = ui.painter();
    let left = pos2(rect.left() + 36.0, rect.center().y);
    let font = TypeStyle::MonoBadge.font();
    painter.text(left, Align2::LEFT_CENTER, state.name(), font, name);
    let now = thousands(cx.frame.counts[state].into());
    let weaker = if under.is_some() && !hidden { theme.text.secondary } else { number };
    let right = rect.right_center();
    painter.text(right, Align2::RIGHT_CENTER, &now, TypeStyle::Dense.font(), weaker);
    let then = match under {
        Some(Under::Sample(sample)) => Some(thousands(sample.counts[state].into())),
        Some(Under::Break(_)) => Some("–".to_owned()),
        None => None,
    };
    if let Some(then) = then {
        let middle = right - vec2(NUMBER, 0.0);
        painter.text(middle, Align2::RIGHT_CENTER, then, TypeStyle::DenseStrong.font(), number);
    }
    toggle(cx, chart, state, response);
}

/// The colours of a state's name and of its number.
fn colors(theme: &Theme, state: State, hidden: bool) -> (Color, Color) {
    if hidden {
        (theme.text.disabled, theme.text.disabled)
    } else {
        (theme.state(state).text, theme.text.primary)
    }
}

fn hover(ui: &Ui, response: &Response) {
    if response.hovered() || response.has_focus() {
        let around = response.rect.expand2(vec2(space::XS, 0.0));
        let corner = CornerRadius::same(radius::BADGE);
        ui.painter().rect_filled(around, corner, Theme::of(ui).surface.hover);
    }
}

/// A click hides the state or shows it again.
fn toggle(cx: &Cx<'_>, chart: &mut Chart, state: State, response: Response) {
    let hidden = chart.is_hidden(state);
    response.widget_info(|| {
        let now = thousands(cx.frame.counts[state].into());
        let name = text!("chart.series", state = state.name(), now = now);
        WidgetInfo::selected(Role::CheckBox, true, !hidden, cx.say(&name))
    });
    let hint = if hidden { text!("chart.show_series") } else { text!("chart.hide_series") };
    if response.on_hover_text(cx.say(&hint)).clicked() {
        chart.toggle(state);
    }
}
