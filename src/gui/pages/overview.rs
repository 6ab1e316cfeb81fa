//! Overview: how many sockets are in which state, and how that changes.

use eframe::egui::{
    Align, Align2, CornerRadius, Layout, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use egui_material_icons::icons::{ICON_MONITORING, ICON_PLAY_ARROW};

use super::{Page, PageLeaf};
use crate::analysis::history::Sample;
use crate::analysis::phrases;
use crate::gui::chart::{Chart, Range, Words};
use crate::gui::cx::{Command, Cx};
use crate::gui::glyph::line_sample;
use crate::gui::theme::measure::{Room, radius, size, space};
use crate::gui::theme::{Theme, Tone, TypeStyle};
use crate::gui::tiles;
use crate::gui::widgets::{Card, banner, button, empty, segmented, spinner};
use crate::model::State;
use crate::monitor::Health;
use crate::text;
use crate::text::{age, clock, thousands};

pub(super) const LEAF: PageLeaf = PageLeaf {
    name: "overview",
    title: || text!("page.overview"),
    icon: ICON_MONITORING,
    at_foot: false,
    make: || Box::<Overview>::default(),
};

/// The page.
#[derive(Default)]
struct Overview {
    chart: Chart,
}

impl Page for Overview {
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let gap = Room::of(ui.ctx().content_rect().width()).gap();
        ui.spacing_mut().item_spacing.y = gap;
        health_banner(ui, cx);
        if cx.frame.snapshot.is_none() {
            waiting(ui, cx);
            return;
        }
        tiles::ui(ui, cx);
        self.chart_card(ui, cx);
    }
}

/// The strip that says why the picture is not of now; nothing when it is.
pub(super) fn health_banner(ui: &mut Ui, cx: &Cx<'_>) {
    if let Health::Failed { since, failure, retries } = &cx.frame.health {
        let strong = cx.say(&text!("overview.no_table_since", time = clock(*since, cx.zone)));
        let text = cx.say(&phrases::poll_failure(failure));
        banner(ui, Tone::Critical, &strong, &text, |ui| {
            let again =
                if *retries { text!("overview.try_now") } else { text!("overview.restart") };
            if button(ui, None, &cx.say(&again)).clicked() {
                cx.send(Command::PollNow);
            }
        });
    }
    if let Some(since) = cx.frame.paused {
        let strong = cx.say(&text!("overview.paused_since", time = clock(since, cx.zone)));
        let text = cx.say(&text!("overview.paused_keeps_gap"));
        banner(ui, Tone::Warning, &strong, &text, |ui| {
            if button(ui, ICON_PLAY_ARROW, &cx.say(&text!("top.resume"))).clicked() {
                cx.send(Command::SetPaused(false));
            }
        });
    }
}

fn waiting(ui: &mut Ui, cx: &Cx<'_>) {
    if !matches!(cx.frame.health, Health::Starting) {
        // The banner says what happened; there is nothing else to show yet.
        return;
    }
    let title = cx.say(&text!("overview.reading"));
    let no_rights = cx.say(&text!("overview.no_rights_needed"));
    empty(ui, ICON_MONITORING, &title, &no_rights, |ui| spinner(ui, &title));
}

impl Overview {
    fn chart_card(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let room = Room::of(ui.ctx().content_rect().width());
        let names = Range::ALL.map(|range| {
            cx.say(&match range {
                Range::Minute => text!("overview.range_minute"),
                Range::FiveMinutes => text!("overview.range_five_minutes"),
                Range::Hour => text!("overview.range_hour"),
            })
        });
        let segments: Vec<(Range, &str)> =
            Range::ALL.into_iter().zip(names.iter().map(String::as_str)).collect();
        let title = cx.say(&text!("overview.chart"));
        let mut range = self.chart.range;
        Card::new(&title).flush().show(
            ui,
            |ui| drop(segmented(ui, &mut range, &segments)),
            |ui| self.chart_and_readout(ui, cx, room),
        );
        self.chart.range = range;
    }

    fn chart_and_readout(&mut self, ui: &mut Ui, cx: &Cx<'_>, room: Room) {
        let width = if room == Room::Wide { size::CHART_READOUT_WIDE } else { size::CHART_READOUT };
        let whole = ui.available_rect_before_wrap();
        let whole = whole.with_max_y(whole.bottom() - space::M);
        let split = whole.right() - width;
        let chart = Rect::from_min_max(whole.min, pos2(split - space::M, whole.bottom()));
        let chart = UiBuilder::new().max_rect(chart.with_min_x(whole.left() + space::S));
        let drawn = ui.scope_builder(chart, |ui| self.draw_chart(ui, cx));
        let sample = drawn.inner;
        drawn.response.widget_info(|| {
            let counts = self.chart.spoken();
            let name = if counts.is_empty() {
                text!("overview.chart_empty")
            } else {
                text!("overview.chart_highest", counts = counts)
            };
            WidgetInfo::labeled(Role::Image, true, cx.say(&name))
        });
        ui.painter().vline(split, whole.y_range(), (1.0, Theme::of(ui).stroke.subtle));
        let beside = Rect::from_min_max(pos2(split + space::L, whole.top()), whole.max);
        let beside = beside.with_max_x(whole.right() - space::L);
        ui.scope_builder(UiBuilder::new().max_rect(beside), |ui| {
            self.readout(ui, cx, sample);
        });
        ui.advance_cursor_after_rect(whole);
    }

    fn draw_chart(&mut self, ui: &mut Ui, cx: &Cx<'_>) -> Option<Sample> {
        let words = Words {
            paused: cx.say(&text!("overview.gap_paused")),
            failed: cx.say(&text!("overview.gap_failed")),
            slept: cx.say(&text!("overview.gap_slept")),
        };
        let frame = cx.frame;
        self.chart.ui(ui, &frame.history, frame.generation, frame.now, cx.zone, &words)
    }

    /// The numbers beside the chart: under the pointer, and now. A click on a line hides it.
    fn readout(&mut self, ui: &mut Ui, cx: &Cx<'_>, sample: Option<Sample>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        readout_header(ui, cx, sample);
        for state in State::SHOWN {
            if self.chart.draws(state) || self.chart.is_hidden(state) || cx.frame.counts[state] > 0
            {
                self.readout_row(ui, cx, state, sample);
            }
        }
        ui.add_space(space::M);
        let oldest = cx.frame.history.since(std::time::UNIX_EPOCH).next();
        let span = oldest.and_then(|oldest| cx.frame.at.duration_since(oldest.at).ok());
        if let Some(span) = span {
            let text = cx.say(&text!("overview.history", time = age(span)));
            ui.label(TypeStyle::Caption.rich(text).color(Theme::of(ui).text.tertiary));
        }
    }

    fn readout_row(&mut self, ui: &mut Ui, cx: &Cx<'_>, state: State, sample: Option<Sample>) {
        let theme = Theme::of(ui);
        let hidden = self.chart.is_hidden(state);
        let wanted = vec2(ui.available_width(), size::TABLE_ROW);
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
        if response.hovered() || response.has_focus() {
            let around = rect.expand2(vec2(space::XS, 0.0));
            let corner = CornerRadius::same(radius::BADGE);
            ui.painter().rect_filled(around, corner, theme.surface.hover);
        }
        let (name, number) = if hidden {
            (theme.text.disabled, theme.text.disabled)
        } else {
            (theme.state(state).text, theme.text.primary)
        };
        if !hidden {
            let place = UiBuilder::new()
                .max_rect(rect.with_max_x(rect.left() + 30.0))
                .layout(Layout::left_to_right(Align::Center));
            ui.scope_builder(place, |ui| line_sample(ui, state));
        }
        let painter = ui.painter();
        let left = pos2(rect.left() + 36.0, rect.center().y);
        let font = TypeStyle::MonoBadge.font();
        painter.text(left, Align2::LEFT_CENTER, state.name(), font, name);
        let now = thousands(cx.frame.counts[state].into());
        let weaker = if sample.is_some() && !hidden { theme.text.secondary } else { number };
        let right = rect.right_center();
        painter.text(right, Align2::RIGHT_CENTER, &now, TypeStyle::Dense.font(), weaker);
        if let Some(sample) = sample {
            let then = thousands(sample.counts[state].into());
            let middle = right - vec2(48.0, 0.0);
            painter.text(middle, Align2::RIGHT_CENTER, then, TypeStyle::DenseStrong.font(), number);
        }
        response.widget_info(|| {
            let name = text!("overview.series", state = state.name(), now = now.as_str());
            WidgetInfo::selected(Role::CheckBox, true, !hidden, cx.say(&name))
        });
        let hint =
            if hidden { text!("overview.show_series") } else { text!("overview.hide_series") };
        if response.on_hover_text(cx.say(&hint)).clicked() {
            self.chart.toggle(state);
        }
    }
}

fn readout_header(ui: &mut Ui, cx: &Cx<'_>, sample: Option<Sample>) {
    let theme = Theme::of(ui);
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), size::TABLE_ROW), Sense::hover());
    let font = TypeStyle::Caption.font();
    let (painter, weak) = (ui.painter(), theme.text.secondary);
    let state = cx.say(&text!("column.state"));
    painter.text(rect.left_center(), Align2::LEFT_CENTER, state, font.clone(), weak);
    let right = rect.right_center();
    let now = cx.say(&text!("overview.now"));
    painter.text(right, Align2::RIGHT_CENTER, now, font.clone(), weak);
    if let Some(sample) = sample {
        let time = clock(sample.at, cx.zone);
        let middle = right - vec2(48.0, 0.0);
        painter.text(middle, Align2::RIGHT_CENTER, time, font, theme.text.primary);
    }
}
