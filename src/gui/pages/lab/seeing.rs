//! What this pair of states means, in a sentence; what both ends hold; and what to try next.

mod next;
mod pair;

use std::net::SocketAddr;

use eframe::egui::{Align, Label, Layout, Link, Ui, vec2};
use egui_material_icons::icons::ICON_ARROW_FORWARD;

use super::end;
use super::run::{NotMade, Run};
use super::setup::Choices;
use crate::analysis::explain::remaining;
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Card, icon};
use crate::lab::{self, Actor, BenchState, ConnectionState, Holding, On, Seen, Which};
use crate::model::lab::{End, Role};
use crate::model::{Socket, TimerKind};
use crate::text;
use crate::text::{Text, age, thousands};
use next::Doing;
use pair::{Side, sentences};

/// The width of an end's column.
const COLUMN: f32 = 104.0;

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
            let sides = shown.map(|shown| End::ALL.map(|end| Side::of(bench, shown, end)));
            let failed = run.failed.as_ref().filter(|_| shown.is_some());
            let said = match (failed, &sides) {
                (Some(failed), _) => not_made(failed, shown.and_then(|it| holder(bench, it))),
                (None, Some(sides)) => {
                    let mut said = sentences(sides);
                    said.extend(shown.and_then(|shown| closing(bench, shown)));
                    said
                }
                (None, None) => {
                    vec![text!("lab_bench_page.see.nothing"), text!("lab_bench_page.see.begin")]
                }
            };
            said_ui(ui, cx, &said);
            if let Some(shown) = shown {
                line(ui);
                facts(ui, cx, bench, shown);
            }
            let next = next::suggestions(
                bench,
                choices,
                sides.as_ref(),
                failed.map(|it| it.errno.as_str()),
            );
            if next.is_empty() {
                return;
            }
            line(ui);
            let word = cx.say(&text!("lab_bench_page.try_next"));
            ui.label(TypeStyle::DenseStrong.rich(word).color(theme.text.secondary));
            for (label, doing) in next {
                if suggestion(ui, &cx.say(&label)) {
                    match doing {
                        Doing::Send(commands) => {
                            for command in commands {
                                cx.send(Command::Bench(command));
                            }
                        }
                        Doing::Choose(changed) => *choices = *changed,
                    }
                }
            }
        },
    );
}

/// Why there is no connection, and who has its addresses where that is known.
fn not_made(failed: &NotMade, holder: Option<Text>) -> Vec<Text> {
    let (call, errno) = (failed.call.as_str(), failed.errno.as_str());
    let headline = text!("lab_bench_page.see.not_made", call = call, errno = errno);
    let meaning = lab::meaning(errno).unwrap_or_else(|| {
        text!("lab_bench_page.see.as_it_says", answer = failed.meaning.as_str())
    });
    [Some(headline), holder.or(Some(meaning))].into_iter().flatten().collect()
}

/// Which connection of the bench has the addresses that this one wants.
fn holder(bench: &BenchState, wants: &ConnectionState) -> Option<Text> {
    let last = |name: &str| {
        let of_ours = bench
            .calls
            .iter()
            .rev()
            .filter(|call| call.who.role == Role::Client && call.who.number == wants.number);
        let mut arguments = of_ours.filter_map(|call| call.call.strip_prefix(name));
        arguments.next()?.strip_suffix(')')?.parse::<SocketAddr>().ok()
    };
    let (local, remote) = (last("bind(")?, last("connect(")?);
    let older = bench.connections.iter().rev().filter(|it| it.number != wants.number);
    let (number, state) = older
        .filter(|it| it.pair.is_some_and(|pair| pair.client == local && pair.peer == remote))
        .find_map(|it| match bench.seen(it, End::Client) {
            Seen::State(state) => Some((it.number, state)),
            Seen::NoRow | Seen::Unknown => None,
        })?;
    Some(text!(
        "lab_bench_page.see.held_by",
        number = number.to_string(),
        state = state.name(),
        local = local.to_string(),
        remote = remote.to_string()
    ))
}

/// That an end is inside `close()`, which SO_LINGER holds up.
fn closing(bench: &BenchState, shown: &ConnectionState) -> Option<Text> {
    // Of several that one command closes, the first that is still open is the one that is inside.
    let is_inside = |on: On| {
        let wanted = |it: &&ConnectionState| {
            it.end(on.end).holding == Holding::Held
                && match on.of {
                    Which::All => on.end == End::Peer || it.client == shown.client,
                    Which::Client(client) => it.client == client,
                    Which::Connection(number) => it.number == number,
                }
        };
        let first = bench.connections.iter().find(wanted);
        first.is_some_and(|first| first.number == shown.number)
    };
    let actors = [(End::Client, Actor::Client(shown.client)), (End::Peer, Actor::Peer)];
    let closes = |(end, actor): &(End, Actor)| {
        bench.running.iter().any(|running| {
            running.actor == *actor
                && matches!(running.command, lab::Command::Close { on } if on.end == *end && is_inside(on))
        })
    };
    actors.into_iter().find(closes).map(|(end, _)| match end {
        End::Client => text!("lab_bench_page.see.client_closing"),
        End::Peer => text!("lab_bench_page.see.peer_closing"),
    })
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

/// Queues, timers and owners of both ends, side by side.
fn facts(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, shown: &ConnectionState) {
    let rows = End::ALL.map(|end| bench.lane(shown).and_then(|lane| lane.row(end)));
    let unknown = || "\u{2013}".to_owned();
    let queue = |of: fn(&Socket) -> Option<u32>| {
        rows.map(|row| row.and_then(of).map_or_else(unknown, |bytes| thousands(bytes.into())))
    };
    let titles = End::ALL.map(|end| end::title(cx, end));
    fact(ui, "", &titles, TypeStyle::Caption);
    let receive = queue(|row| row.queues.map(|queues| queues.receive));
    fact(ui, &cx.say(&text!("lab_bench_page.recv_q")), &receive, TypeStyle::Dense);
    let send = queue(|row| row.queues.map(|queues| queues.send));
    fact(ui, &cx.say(&text!("lab_bench_page.send_q")), &send, TypeStyle::Dense);
    let timers = rows.map(|row| row.map_or_else(unknown, |row| timer(cx, row)));
    fact(ui, &cx.say(&text!("lab_bench_page.timer")), &timers, TypeStyle::Dense);
    let owners = End::ALL.map(|end| {
        let has_row = rows[end as usize].is_some();
        owner(cx, shown, end, has_row).unwrap_or_else(unknown)
    });
    fact(ui, &cx.say(&text!("lab_bench_page.owner")), &owners, TypeStyle::Dense);
}

/// One line: a name, and a value for each end.
fn fact(ui: &mut Ui, name: &str, values: &[String; 2], style: TypeStyle) {
    let theme = Theme::of(ui);
    let wanted = vec2(ui.available_width(), style.line() + space::XS);
    ui.allocate_ui_with_layout(wanted, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_size(wanted);
        ui.spacing_mut().item_spacing.x = 0.0;
        for value in values.iter().rev() {
            let cell = vec2(COLUMN, wanted.y);
            ui.allocate_ui_with_layout(cell, Layout::right_to_left(Align::Center), |ui| {
                ui.set_min_size(cell);
                let weak = style == TypeStyle::Caption || value == "0";
                let color = if weak { theme.text.tertiary } else { theme.text.primary };
                let label = Label::new(style.rich(value).color(color)).truncate();
                ui.add(label).on_hover_text(value);
            });
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.label(TypeStyle::Dense.rich(name).color(theme.text.secondary));
        });
    });
}

fn timer(cx: &Cx<'_>, row: &Socket) -> String {
    let Some(timer) = row.timer else {
        // Queues come only from sources that tell of timers too.
        return if row.queues.is_some() {
            cx.say(&text!("lab_bench_page.no_timer"))
        } else {
            "\u{2013}".to_owned()
        };
    };
    let left = age(remaining(timer, std::time::Duration::ZERO));
    match timer.kind {
        TimerKind::Retransmit => cx.say(&text!("lab_bench_page.timer_rto", time = left)),
        TimerKind::Keepalive => cx.say(&text!("lab_bench_page.timer_keep", time = left)),
        TimerKind::Expiry => cx.say(&text!("lab_bench_page.timer_ends", time = left)),
        TimerKind::Persist => cx.say(&text!("lab_bench_page.timer_probe", time = left)),
    }
}

/// Who holds the socket; none where nobody here knows.
fn owner(cx: &Cx<'_>, shown: &ConnectionState, end: End, has_row: bool) -> Option<String> {
    let text = match shown.end(end).holding {
        Holding::Held => text!("lab_bench_page.owner_lab"),
        Holding::Leaked => text!("lab_bench_page.owner_leaked"),
        Holding::Closed if has_row => text!("lab_bench_page.owner_kernel"),
        Holding::Never if has_row && end == End::Peer && !shown.accepted => {
            text!("lab_bench_page.owner_queue")
        }
        Holding::Closed | Holding::Never => return None,
    };
    Some(cx.say(&text))
}
