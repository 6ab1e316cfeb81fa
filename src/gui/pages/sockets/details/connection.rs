//! What the row itself tells: its transitions, queues, timer, and tcp_info.

use std::time::Duration;

use eframe::egui::{Align, Layout, Ui, vec2};

use super::Subject;
use super::parts::{UNKNOWN, bar, row, title};
use super::sight::Whereabouts;
use crate::analysis::explain::remaining;
use crate::analysis::residence::Residence;
use crate::analysis::track::Transition;
use crate::gui::glyph::badge;
use crate::gui::theme::measure::space;
use crate::gui::theme::{Theme, TypeStyle};
use crate::model::{Queues, State, TcpInfo, Timer, TimerKind};
use crate::monitor::Health;
use crate::text;
use crate::text::{Text, age, bytes, clock, thousands};

/// A queue this full, in bytes, fills its bar; Linux lets a receive buffer grow to 6 MiB (tcp(7), `tcp_rmem`).
const FULL_QUEUE: f32 = 6.0 * 1_048_576.0;

/// How often a countdown is drawn anew.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// The states that the socket was seen in.
pub(super) fn transitions(ui: &mut Ui, Subject { cx, frame, socket, track, .. }: Subject<'_>) {
    let theme = Theme::of(ui);
    let legend = text!("details.transitions_note");
    title(ui, cx, &text!("details.transitions"), Some(&legend));
    let alone = [Transition { state: socket.state, since: track.since }];
    let path = track.path.as_deref().unwrap_or(&alone);
    for (index, transition) in path.iter().enumerate() {
        let (residence, color) = match path.get(index + 1) {
            Some(next) => (Residence::between(transition, next), theme.text.secondary),
            None => (Residence::until(&transition.since, frame.at), theme.text.primary),
        };
        let began = clock(transition.since.latest, cx.zone);
        let began = match transition.since.earliest {
            Some(_) => text!("details.began", time = began),
            None => text!("details.began_before", time = began),
        };
        let wanted = vec2(ui.available_width(), 20.0);
        ui.allocate_ui_with_layout(wanted, Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            ui.label(TypeStyle::MonoDense.rich(cx.say(&began)).color(theme.text.tertiary));
            badge(ui, transition.state);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(TypeStyle::Dense.rich(cx.say(&residence.text())).color(color));
            });
        });
    }
}

/// Both queues and the timer that runs.
pub(super) fn queues_and_timer(ui: &mut Ui, subject: Subject<'_>) {
    let Subject { cx, socket, .. } = subject;
    let theme = Theme::of(ui);
    title(ui, cx, &text!("details.queues"), None);
    if socket.state == State::Listen {
        let name = cx.say(&text!("details.accept_queue"));
        match socket.queues {
            Some(queues) => accept_queue(ui, subject, &name, queues),
            None => row(ui, &name, UNKNOWN, theme.text.tertiary),
        }
        return;
    }
    let names = [text!("details.receive_queue"), text!("details.send_queue")];
    let [receive, send] = names.map(|name| cx.say(&name));
    if let Some(queues) = socket.queues {
        let ended = socket.state == State::CloseWait && queues.receive > 0;
        let value = match queues.receive {
            1 if ended => cx.say(&text!("details.the_end")),
            bytes => thousands(bytes.into()),
        };
        bar(ui, &receive, share(queues.receive), &value, theme.text.primary);
        let value = thousands(queues.send.into());
        bar(ui, &send, share(queues.send), &value, theme.text.primary);
    } else {
        row(ui, &receive, UNKNOWN, theme.text.tertiary);
        row(ui, &send, UNKNOWN, theme.text.tertiary);
    }
    timer(ui, subject);
}

/// The room is one more than the backlog.
fn accept_queue(ui: &mut Ui, Subject { cx, .. }: Subject<'_>, name: &str, queues: Queues) {
    let theme = Theme::of(ui);
    let room = u64::from(queues.send) + 1;
    let full = u64::from(queues.receive) >= room;
    let color = if full { theme.severity.warning.text } else { theme.text.primary };
    #[expect(clippy::cast_precision_loss, reason = "the length of a bar")]
    let share = queues.receive as f32 / room as f32;
    let value = text!("details.waiting", n = queues.receive, room = room);
    bar(ui, name, share, &cx.say(&value), color);
}

/// How full a queue's bar is: logarithmic, so that a few bytes and a few megabytes can both be seen.
#[expect(clippy::cast_precision_loss, reason = "the length of a bar")]
fn share(bytes: u32) -> f32 {
    (bytes as f32).ln_1p() / FULL_QUEUE.ln_1p()
}

fn timer(ui: &mut Ui, Subject { cx, whereabouts, socket, elapsed, .. }: Subject<'_>) {
    let theme = Theme::of(ui);
    let name = cx.say(&text!("details.timer"));
    let Some(timer) = socket.timer else {
        // Queues come only from sources that tell of timers too.
        let (value, color) = match (socket.queues, socket.state) {
            (None, _) => (UNKNOWN.to_owned(), theme.text.tertiary),
            (Some(_), State::CloseWait) => {
                (cx.say(&text!("details.no_timer_stays")), theme.text.primary)
            }
            (Some(_), _) => (cx.say(&text!("details.no_timer")), theme.text.primary),
        };
        row(ui, &name, &value, color);
        return;
    };
    let left = remaining(timer, elapsed);
    row(ui, &name, &cx.say(&timer_text(timer, left)), theme.text.primary);
    let runs = !left.is_zero() && !matches!(whereabouts, Whereabouts::Gone(_));
    if runs && !matches!(cx.frame.health, Health::Recorded) {
        ui.ctx().request_repaint_after(COUNT_EVERY);
    }
}

fn timer_text(timer: Timer, left: Duration) -> Text {
    let kind = match timer.kind {
        TimerKind::Retransmit => text!("timer.retransmit"),
        TimerKind::Keepalive => text!("timer.keepalive"),
        TimerKind::Expiry => text!("timer.expiry"),
        TimerKind::Persist => text!("timer.persist"),
    };
    match (left.is_zero(), timer.tries) {
        (true, _) => text!("timer.due", kind = kind),
        (false, 0) => text!("timer.left", kind = kind, time = age(left)),
        (false, tries) => {
            text!("timer.left_again", n = u32::from(tries), kind = kind, time = age(left))
        }
    }
}

/// What the kernel tells of the connection; nothing where there is no connection to tell of.
pub(super) fn tcp_info(ui: &mut Ui, Subject { cx, snapshot, socket, .. }: Subject<'_>) {
    let theme = Theme::of(ui);
    if matches!(socket.state, State::Listen | State::TimeWait | State::Closed) {
        return;
    }
    title(ui, cx, &text!("details.tcp_info"), None);
    let Some(info) = &socket.tcp_info else {
        let none = text!("details.not_told", source = snapshot.source.as_str());
        ui.label(TypeStyle::Dense.rich(cx.say(&none)).color(theme.text.tertiary));
        return;
    };
    for [left, right] in facts(info, socket.state) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            let half = (ui.available_width() - space::L) / 2.0;
            for (name, value) in [left, right] {
                let wanted = vec2(half, TypeStyle::Dense.line());
                ui.allocate_ui_with_layout(wanted, Layout::left_to_right(Align::Center), |ui| {
                    ui.set_min_width(half);
                    let name = TypeStyle::Dense.rich(cx.say(&name));
                    ui.label(name.color(theme.text.secondary));
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        ui.label(TypeStyle::Dense.rich(value).color(theme.text.primary));
                    });
                });
            }
        });
    }
}

type Fact = (Text, String);

/// What is measured, as text. Before the handshake is done Linux gives no times but those since it was started.
fn facts(info: &TcpInfo, state: State) -> [[Fact; 2]; 5] {
    let open = !matches!(state, State::SynSent | State::SynReceived);
    let told = |value: String, known: bool| if known { value } else { UNKNOWN.to_owned() };
    let ago = |ms: u32| told(age(Duration::from_millis(ms.into())), open);
    // No round trip takes no time: there was none to measure.
    let rtt = told(millis(info.rtt_us), info.rtt_us > 0);
    let variation = told(millis(info.rtt_variation_us), info.rtt_us > 0);
    let window = format!(
        "{}\u{2009}×\u{2009}{}",
        thousands(info.congestion_window.into()),
        thousands(info.send_mss.into())
    );
    [
        [(text!("tcp_info.rtt"), rtt), (text!("tcp_info.cwnd"), window)],
        [
            (text!("tcp_info.rto"), millis(info.rto_us)),
            (text!("tcp_info.retransmits"), thousands(info.retransmits.into())),
        ],
        [
            (text!("tcp_info.sent"), bytes(info.bytes_acknowledged)),
            (text!("tcp_info.received"), bytes(info.bytes_received)),
        ],
        [
            (text!("tcp_info.last_sent"), ago(info.last_data_sent_ms)),
            (text!("tcp_info.last_received"), ago(info.last_data_received_ms)),
        ],
        [
            (text!("tcp_info.last_ack"), ago(info.last_ack_received_ms)),
            (text!("tcp_info.rtt_variation"), variation),
        ],
    ]
}

/// `18.2 ms`, from microseconds.
fn millis(us: u32) -> String {
    let tenths = u64::from(us).div_ceil(100);
    format!("{}.{}\u{2009}ms", thousands(tenths / 10), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_is_unknown_and_not_zero() {
        let info = TcpInfo { last_ack_received_ms: 13_000_000, ..TcpInfo::default() };
        let value = |state, id: &str| {
            let facts = facts(&info, state);
            let found = facts.iter().flatten().find(|(name, _)| name.id() == id);
            found.expect("it is listed").1.replace('\u{2009}', " ")
        };
        assert_eq!(value(State::SynSent, "tcp_info.last_ack"), UNKNOWN);
        assert_eq!(value(State::SynSent, "tcp_info.rtt"), UNKNOWN);
        assert_eq!(value(State::SynSent, "tcp_info.rtt_variation"), UNKNOWN);
        assert_eq!(value(State::Established, "tcp_info.last_ack"), "3 h 36 m");
        assert_eq!(value(State::Established, "tcp_info.retransmits"), "0");
        assert_eq!(millis(18_200), "18.2\u{2009}ms");
        assert_eq!(millis(1), "0.1\u{2009}ms", "what is measured is never nothing");
    }

    #[test]
    fn a_bar_is_full_at_the_largest_buffer_and_empty_at_none() {
        assert!(share(0).abs() < f32::EPSILON);
        assert!(share(1) > 0.0 && share(1) < 0.1);
        assert!((share(6 * 1_048_576) - 1.0).abs() < 0.001);
    }
}
