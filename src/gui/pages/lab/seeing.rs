//! What this pair of states means, in a sentence; what both ends hold; and what to try next.

mod facts;
mod in_use;
mod listening;
mod next;
mod pair;

use eframe::egui::{Label, Link, Ui, vec2};
use egui_material_icons::icons::ICON_ARROW_FORWARD;

use super::meaning::meaning;
use super::run::{NotMade, Run};
use super::setup::Choices;
use super::track::Sent;
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Card, icon};
use crate::lab::{self, BenchState, ConnectionState, Holding};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::{Text, age};
use listening::NotOpened;
use next::Doing;
use pair::{Side, sentences};

/// Draws the card.
pub(super) fn ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    bench: &BenchState,
    choices: &mut Choices,
    run: &Run,
    height: f32,
) {
    let title = cx.say(&text!("lab_bench_page.seeing"));
    Card::new(&title).height(height).show(
        ui,
        |_| {},
        |ui| {
            let theme = Theme::of(ui);
            let shown = choices.shown(bench);
            let sides = shown.map(|shown| {
                End::ALL.map(|end| Side::of(bench, shown, end, cx.frame.limits.fin_timeout_s))
            });
            let failed = run.failed.as_ref().filter(|_| shown.is_some());
            let not_opened = NotOpened::of(bench, choices);
            let mut said = not_opened.said;
            if said.is_empty()
                && let Some(copies) =
                    shown.zip(sides.as_ref()).and_then(|(it, sides)| copies(it, sides))
            {
                said.push(copies);
            }
            match (failed, &sides) {
                (Some(failed), _) => said.extend(not_made(bench, failed, shown)),
                (None, Some(sides)) if !said.is_empty() => {
                    // That is the news: of the connection one sentence is enough.
                    said.extend(sentences(sides).into_iter().take(1));
                }
                (None, Some(sides)) => {
                    said.extend(sentences(sides));
                    said.extend(shown.and_then(|shown| lost(shown, sides, run)));
                    said.extend(shown.into_iter().flat_map(|shown| closing(bench, shown)));
                    said.extend(run.last_failed.iter().flat_map(last_failed));
                }
                (None, None) => {
                    said.push(text!("lab_bench_page.see.nothing"));
                    said.push(text!("lab_bench_page.see.begin"));
                }
            }
            said_ui(ui, cx, &said);
            // Of a connection that there is not, or not any more, there would be dashes alone.
            let is_over = sides.is_some_and(|sides| sides.iter().all(Side::is_gone));
            if let Some(shown) = shown.filter(|_| failed.is_none() && !is_over) {
                line(ui);
                facts::ui(ui, cx, bench, shown, run);
            }
            let mut next = not_opened.next;
            next.extend(next::suggestions(bench, choices, sides.as_ref(), failed));
            next.truncate(next::MOST);
            if next.is_empty() {
                return;
            }
            line(ui);
            let word = cx.say(&text!("lab_bench_page.try_next"));
            ui.label(TypeStyle::DenseStrong.rich(word).color(theme.text.secondary));
            for (label, doing) in next {
                if suggestion(ui, &cx.say(&label)) {
                    match doing {
                        Doing::Send(commands) => send(cx, commands),
                        Doing::Choose(changed) => *choices = *changed,
                        Doing::Both(changed, commands) => {
                            *choices = *changed;
                            send(cx, commands);
                        }
                    }
                }
            }
        },
    );
}

fn send(cx: &Cx<'_>, commands: Vec<lab::Command>) {
    for command in commands {
        cx.send(Command::Bench(command));
    }
}

/// Why there is no connection, and who has its addresses where that is known.
fn not_made(bench: &BenchState, failed: &NotMade, wants: Option<&ConnectionState>) -> Vec<Text> {
    let (call, errno) = (failed.call.as_str(), failed.errno.as_str());
    let mut said = vec![text!("lab_bench_page.see.not_made", call = call, errno = errno)];
    let told = wants.map(|wants| in_use::told(bench, failed, wants)).unwrap_or_default();
    if told.is_empty() {
        said.push(means(failed));
    } else {
        said.extend(told);
    }
    said
}

fn means(failed: &NotMade) -> Text {
    meaning(&failed.call, &failed.errno)
        .unwrap_or_else(|| text!("lab_bench_page.see.as_it_says", answer = failed.meaning.as_str()))
}

/// The newest call, where it failed: what it means has more room here than in its row.
fn last_failed(failed: &NotMade) -> [Text; 2] {
    let (call, errno) = (failed.call.as_str(), failed.errno.as_str());
    [text!("lab_seen.gave", call = call, errno = errno), means(failed)]
}

/// That a `close()` closed one of several descriptors, and so nothing.
fn copies(shown: &ConnectionState, sides: &[Side; 2]) -> Option<Text> {
    sides.iter().find_map(|side| {
        let end = shown.end(side.end);
        let open = matches!(side.state(), Some(State::Established | State::CloseWait));
        (open && end.copies_closed > 0 && end.holding == Holding::Held)
            .then(|| text!("lab_seen.copies", n = end.copies + 1, end = side.word()))
    })
}

/// What a reset threw away: the Send-Q of its sender, as it was before.
fn lost(shown: &ConnectionState, sides: &[Side; 2], run: &Run) -> Option<Text> {
    let reset = run.track.transfers.iter().find(|it| it.what == Sent::Reset)?;
    let [from, to] = [reset.from, reset.from.other()].map(|end| &sides[end as usize]);
    let bytes = shown.end(reset.from).unsent_at_close.filter(|bytes| *bytes > 0)?;
    Some(text!("lab_seen.lost", n = bytes, this = from.word(), other = to.word()))
}

/// That an end is inside `close()`, which SO_LINGER holds up, and for how long it has been.
fn closing(bench: &BenchState, shown: &ConnectionState) -> Vec<Text> {
    let inside = End::ALL.into_iter().find_map(|end| Some((end, bench.closing(shown, end)?)));
    let Some((end, closing)) = inside else { return Vec::new() };
    let lasts = text!("lab_seen.close_waits", time = age(bench.since(closing.at)));
    match end {
        End::Client => vec![text!("lab_bench_page.see.client_closing"), lasts],
        End::Peer => vec![text!("lab_bench_page.see.peer_closing"), lasts],
    }
}

/// The sentence that names the situation, and what follows from it, in one flow.
fn said_ui(ui: &mut Ui, cx: &Cx<'_>, said: &[Text]) {
    let theme = Theme::of(ui);
    let mut job = eframe::egui::text::LayoutJob::default();
    for (index, text) in said.iter().enumerate() {
        let (style, color) = if index == 0 {
            (TypeStyle::BodyStrong, theme.text.primary)
        } else {
            job.append(" ", 0.0, TypeStyle::Body.format(theme.text.secondary));
            (TypeStyle::Body, theme.text.secondary)
        };
        job.append(&cx.say(text), 0.0, style.format(color));
    }
    ui.add(Label::new(job).wrap());
}

fn line(ui: &mut Ui) {
    let (rect, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), space::M), eframe::egui::Sense::hover());
    let color = Theme::of(ui).stroke.subtle;
    let y = ui.painter().round_to_pixel_center(rect.center().y);
    ui.painter().hline(rect.x_range(), y, (stroke::HAIRLINE, color));
}

fn suggestion(ui: &mut Ui, label: &str) -> bool {
    let theme = Theme::of(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        icon(ui, ICON_ARROW_FORWARD, size::ICON, theme.accent.text);
        let text = TypeStyle::Body.rich(label).color(theme.accent.text);
        ui.scope(|ui| {
            ui.style_mut().wrap_mode = Some(eframe::egui::TextWrapMode::Wrap);
            ui.add(Link::new(text)).clicked()
        })
        .inner
    })
    .inner
}
