//! The ways to reconnect, side by side: each attempt a square, and what is left of them.
//!
//! "Fails" or "Leaks" is about the habit; "as expected" is about the scenario. Both are shown, and never merged.

use eframe::egui::{
    Align2, CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};
use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{
    ICON_CHECK_CIRCLE, ICON_ERROR, ICON_HELP, ICON_INFO, ICON_PROGRESS_ACTIVITY,
};

use super::phrases;
use super::square::{IN_A_ROW, PITCH, SIDE, paint_attempts, paint_square};
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{Room, radius, size, space, stroke};
use crate::gui::theme::{Color, Theme, Tone, TypeStyle};
use crate::gui::widgets::{cut, paint_icon};
use crate::lab::words::outcome_word;
use crate::lab::{Attempt, Habit, Outcome, Recipe};
use crate::model::lab::Verdict;
use crate::text;
use crate::text::Text;

/// The height of a line with a number.
const FACT: f32 = 19.0;

/// The height of the line at a card's foot.
const FOOT: f32 = 30.0;

/// How far it reaches into the margin of the card.
const FOOT_OVER: f32 = space::XS;

/// The border of what the article proposes and what does not work.
const ALARM: f32 = 2.0;

/// Draws what the squares mean.
pub(super) fn legend(ui: &mut Ui, cx: &Cx<'_>) {
    let theme = Theme::of(ui);
    let failed = Attempt::Failed { call: "", errno: String::new() };
    let signs = [
        (Attempt::CloseWait, text!("lab_scenarios_page.habit.close_wait")),
        (Attempt::Closed, text!("lab_scenarios_page.habit.closed")),
        (failed, text!("lab_scenarios_page.habit.failed")),
        (Attempt::Kept, text!("lab_scenarios_page.habit.kept")),
    ];
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let each = cx.say(&text!("lab_scenarios_page.habit.legend"));
        ui.label(TypeStyle::Dense.rich(each).color(theme.text.tertiary));
        for (attempt, meaning) in signs {
            ui.add_space(space::XS);
            let (rect, _) = ui.allocate_exact_size(vec2(SIDE, SIDE), Sense::hover());
            paint_square(ui.painter(), theme, rect.min, &attempt);
            ui.label(TypeStyle::Dense.rich(cx.say(&meaning)).color(theme.text.secondary));
        }
    });
}

/// Draws all of them: four columns, or two where there is little room.
pub(super) fn grid(ui: &mut Ui, cx: &Cx<'_>, habits: &[Habit]) {
    let room = Room::of(ui.ctx().content_rect().width());
    let columns = if room == Room::Narrow { 2_usize } else { 4 };
    let gap = room.gap();
    let wide = |count: usize| f32::from(u16::try_from(count).unwrap_or(u16::MAX));
    let width = ((ui.available_width() - gap * wide(columns - 1)) / wide(columns)).floor();
    for row in habits.chunks(columns) {
        let rows = row.iter().map(|habit| habit.attempts.len().div_ceil(IN_A_ROW)).max();
        let height = height(wide(rows.unwrap_or(1)));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for habit in row {
                let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
                if ui.is_rect_visible(rect) {
                    paint(ui, cx, rect, habit);
                }
                named(ui, cx, response, habit);
            }
        });
    }
}

/// One whole name for the card, which is its tooltip where there is no room for all of it.
fn named(ui: &Ui, cx: &Cx<'_>, response: Response, habit: &Habit) {
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Group, ui.is_enabled(), cx.say(&name(cx, habit)))
    });
    if habit.server.len() > 1 {
        response.on_hover_ui(|ui| {
            ui.label(TypeStyle::Dense.rich(cx.say(&name(cx, habit))));
        });
    }
}

fn name(cx: &Cx<'_>, habit: &Habit) -> Text {
    let none = || cx.say(&text!("lab_scenarios_page.habit.none"));
    let server = server(habit);
    text!(
        "lab_scenarios_page.habit.name",
        title = habit.title.clone(),
        note = habit.note.clone(),
        outcome = outcome_word(habit.outcome),
        n = habit.connects,
        all = habit.attempts.len(),
        descriptors = habit.descriptors,
        waiting = habit.close_wait,
        server = if server.is_empty() { none() } else { server },
        error = habit.error.clone().unwrap_or_else(none),
        foot = foot(habit)
    )
}

/// How high a card is, with so many rows of squares.
fn height(rows: f32) -> f32 {
    let head = TypeStyle::BodyStrong.line() + TypeStyle::Dense.line();
    let chip = space::S + size::SEVERITY_CHIP + space::M;
    let squares = rows * PITCH + space::XS;
    2.0 * space::L - FOOT_OVER + head + chip + squares + 5.0 * FACT + FOOT
}

fn paint(ui: &Ui, cx: &Cx<'_>, rect: Rect, habit: &Habit) {
    let theme = Theme::of(ui);
    let painter = ui.painter();
    let bad = matches!(
        habit.outcome,
        Outcome::Leaks | Outcome::LeaksUnseen | Outcome::Fails | Outcome::FailsAndLeaks
    );
    let alarm = bad && habit.recipe == Recipe::Half;
    let frame = if alarm {
        Stroke::new(ALARM, theme.severity.critical.stroke)
    } else {
        Stroke::new(stroke::HAIRLINE, theme.stroke.subtle)
    };
    let corner = CornerRadius::same(radius::CARD);
    painter.rect(rect, corner, theme.surface.panel, frame, StrokeKind::Inside);
    let inside = rect.shrink(space::L);
    let mut y = inside.top();
    let mut line = |text: &str, style: TypeStyle, color: Color| {
        let mut galley = cut(ui, text, style, color, inside.width());
        if galley.elided && style == TypeStyle::BodyStrong {
            // A little smaller, and whole.
            galley = cut(ui, text, TypeStyle::DenseStrong, color, inside.width());
        }
        painter.galley(pos2(inside.left(), y), galley, color);
        y += style.line();
    };
    line(&cx.say(&habit.title), TypeStyle::BodyStrong, theme.text.primary);
    let note = if alarm { theme.severity.critical.text } else { theme.text.secondary };
    line(&cx.say(&habit.note), TypeStyle::Dense, note);
    y += space::S;
    paint_outcome(ui, cx, inside.with_min_y(y), habit);
    y += size::SEVERITY_CHIP + space::M;
    paint_attempts(painter, theme, pos2(inside.left(), y), &habit.attempts);
    // From below, so that cards of one row agree.
    let facts = inside.bottom() + FOOT_OVER - FOOT - 5.0 * FACT;
    paint_facts(ui, cx, inside.with_min_y(facts), habit);
    paint_foot(ui, cx, inside, habit);
}

/// What the habit comes to, as a chip, and in numbers where there is room.
fn paint_outcome(ui: &Ui, cx: &Cx<'_>, place: Rect, habit: &Habit) {
    let theme = Theme::of(ui);
    let painter = ui.painter();
    let (tone, sign) = sign(habit.outcome);
    let colors = theme.tone(tone);
    let words = cx.say(&outcome_word(habit.outcome));
    let words = cut(ui, &words, TypeStyle::DenseStrong, colors.text, place.width());
    let side = 14.0;
    let width = space::S + side + space::XS + words.size().x + space::M;
    let chip = Rect::from_min_size(place.min, vec2(width.ceil(), size::SEVERITY_CHIP));
    painter.rect_filled(chip, CornerRadius::same(radius::BADGE), colors.fill);
    let middle = chip.left_center() + vec2(space::S + side / 2.0, 0.0);
    paint_icon(painter, middle, sign, side, colors.text);
    let left = middle + vec2(side / 2.0 + space::XS, 0.0);
    let at = Align2::LEFT_CENTER.anchor_size(left, words.size());
    painter.galley(at.min, words, colors.text);
    let Some(said) = summary(habit) else { return };
    let said = cut(ui, &cx.say(&said), TypeStyle::Caption, theme.text.tertiary, place.width());
    if chip.width() + space::M + said.size().x <= place.width() {
        let right = pos2(place.right(), chip.center().y);
        let at = Align2::RIGHT_CENTER.anchor_size(right, said.size());
        painter.galley(at.min, said, theme.text.tertiary);
    }
}

fn sign(outcome: Outcome) -> (Tone, MaterialIcon) {
    match outcome {
        Outcome::Running => (Tone::Note, ICON_INFO),
        Outcome::CutShort | Outcome::NotTried => (Tone::Note, ICON_HELP),
        Outcome::Works => (Tone::Fine, ICON_CHECK_CIRCLE),
        Outcome::Leaks | Outcome::LeaksUnseen | Outcome::Fails | Outcome::FailsAndLeaks => {
            (Tone::Critical, ICON_ERROR)
        }
    }
}

fn summary(habit: &Habit) -> Option<Text> {
    let all = habit.attempts.len();
    Some(match habit.outcome {
        Outcome::NotTried => return None,
        Outcome::Running | Outcome::CutShort => {
            text!("lab_scenarios_page.habit.some_of", n = made(habit), all = all)
        }
        Outcome::Works => text!("lab_scenarios_page.habit.nothing_left"),
        Outcome::Leaks => text!("lab_scenarios_page.habit.sockets_left", n = habit.close_wait),
        Outcome::LeaksUnseen => {
            text!("lab_scenarios_page.habit.descriptors_left", n = habit.descriptors)
        }
        Outcome::Fails | Outcome::FailsAndLeaks => {
            text!("lab_scenarios_page.habit.failed_of", n = all - habit.connects, all = all)
        }
    })
}

/// How many attempts were made.
fn made(habit: &Habit) -> usize {
    habit.attempts.iter().filter(|attempt| **attempt != Attempt::Pending).count()
}

/// `20 FIN_WAIT_2`; empty where there is none.
fn server(habit: &Habit) -> String {
    let rows = habit.server.iter().filter(|(_, rows)| **rows > 0);
    rows.map(|(state, rows)| format!("{rows} {state}")).collect::<Vec<_>>().join(", ")
}

/// The numbers, one a line: its name at the left, and at the right what counts.
fn paint_facts(ui: &Ui, cx: &Cx<'_>, place: Rect, habit: &Habit) {
    let theme = Theme::of(ui);
    let alarm = theme.severity.critical.text;
    let left_over = |count: usize| match (count, habit.outcome) {
        (0, _) | (_, Outcome::Running | Outcome::CutShort) => theme.text.primary,
        _ => alarm,
    };
    let mut y = place.top() + FACT / 2.0;
    let mut fact = |name: &str, value: &str, style: TypeStyle, color: Color| {
        let drawn = cut(ui, name, TypeStyle::Dense, theme.text.secondary, place.width());
        let room = place.width() - drawn.size().x - space::M;
        let at = Align2::LEFT_CENTER.anchor_size(pos2(place.left(), y), drawn.size());
        ui.painter().galley(at.min, drawn, theme.text.secondary);
        let value = cut(ui, value, style, color, room);
        let at = Align2::RIGHT_CENTER.anchor_size(pos2(place.right(), y), value.size());
        ui.painter().galley(at.min, value, color);
        y += FACT;
    };
    let strong = TypeStyle::DenseStrong;
    let made = made(habit);
    let connects =
        cx.say(&text!("lab_scenarios_page.habit.some_of", n = habit.connects, all = made));
    let color = if habit.connects < made { alarm } else { theme.text.primary };
    fact(&cx.say(&text!("lab_scenarios_page.habit.connects")), &connects, strong, color);
    let kept = cx.say(&text!("lab_scenarios_page.habit.descriptors"));
    fact(&kept, &habit.descriptors.to_string(), strong, left_over(habit.descriptors));
    let waiting = cx.say(&text!("lab_scenarios_page.habit.waiting"));
    fact(&waiting, &habit.close_wait.to_string(), strong, left_over(habit.close_wait));
    let name = cx.say(&text!("lab_scenarios_page.habit.server"));
    let none = cx.say(&text!("lab_scenarios_page.habit.none"));
    // There is room for one state; the others are named by the card's name.
    match habit.server.iter().filter(|(_, rows)| **rows > 0).max_by_key(|(_, rows)| **rows) {
        None => fact(&name, "0", strong, theme.text.primary),
        Some((state, rows)) => {
            let others = habit.server.values().sum::<usize>() - rows;
            let more = if others > 0 { format!(" +{others}") } else { String::new() };
            let said = format!("{rows} {state}{more}");
            fact(&name, &said, TypeStyle::MonoBadge, theme.state(*state).text);
        }
    }
    let name = cx.say(&text!("lab_scenarios_page.habit.error"));
    // There is no room for the word, the call and its errno in one line.
    match habit.error.as_ref().map(|error| error.split_once(": ").unwrap_or((&name, error))) {
        None => fact(&name, &none, TypeStyle::Dense, theme.text.tertiary),
        Some((call, errno)) => fact(call, errno, TypeStyle::MonoBadge, alarm),
    }
}

/// What the scenario says of it.
fn foot(habit: &Habit) -> Text {
    match habit.verdict {
        None => {
            let (n, all) = (made(habit), habit.attempts.len());
            text!("lab_scenarios_page.habit.attempt", n = n, all = all)
        }
        Some(verdict) => phrases::on_this_system(verdict),
    }
}

fn paint_foot(ui: &Ui, cx: &Cx<'_>, inside: Rect, habit: &Habit) {
    let theme = Theme::of(ui);
    let painter = ui.painter();
    let bottom = inside.bottom() + FOOT_OVER;
    let place = inside.with_min_y(bottom - FOOT);
    let line = Stroke::new(stroke::HAIRLINE, theme.stroke.subtle);
    painter.hline(place.x_range(), painter.round_to_pixel_center(place.top() + space::S), line);
    let (sign, color) = match habit.verdict {
        None => (ICON_PROGRESS_ACTIVITY, theme.accent.text),
        Some(verdict) => (phrases::sign(verdict), phrases::color(theme, verdict)),
    };
    let side = 14.0;
    let middle = pos2(place.left() + side / 2.0, bottom - side / 2.0);
    paint_icon(painter, middle, sign, side, color);
    let quiet = habit.verdict == Some(Verdict::AsExpected);
    let color = if quiet { theme.text.secondary } else { color };
    let left = middle + vec2(side / 2.0 + space::S, 0.0);
    let words = cut(ui, &cx.say(&foot(habit)), TypeStyle::Caption, color, place.right() - left.x);
    let at = Align2::LEFT_CENTER.anchor_size(left, words.size());
    painter.galley(at.min, words, color);
}
