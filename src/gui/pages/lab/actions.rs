//! What can be done with the open sockets of one end.

use std::net::Shutdown;

use eframe::egui::{DragValue, Popup, PopupCloseBehavior, Response, Ui, vec2};

use super::options::sized;
use super::setup::{Choices, Habit};
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Button, segmented, switch};
use crate::lab::{
    self, BenchState, EndState, Holding, Leave, MAX_SEND, On, RECV_SIZE, Seen, Which,
};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

/// The width of the field that says how much is sent.
const BYTES: f32 = 60.0;

/// The sockets that an action would be for.
struct Addressed<'a> {
    /// Those that are held, and not inside `close()`, each with its state where that is known.
    held: Vec<(&'a EndState, Option<State>)>,
    /// Why there is none.
    none: Option<Text>,
}

/// Draws the buttons of one end.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, choices: &mut Choices, end: End) {
    let title = super::end::title(cx, end);
    let on = choices.on(bench, end);
    let mut addressed = Addressed::new(bench, on);
    if let Some(client) = choices.others(bench) {
        // Otherwise it would seem to be said of the connection that is shown.
        let whose = text!("lab_bench_page.of_client", name = client.name());
        addressed.none =
            addressed.none.map(|why| text!("lab_seen.acts_on_why", whose = whose, why = why));
    }
    small_lines(ui, |ui| {
        let act = |ui: &mut Ui, label: &Text, why: Option<Text>, command: lab::Command| {
            let label = cx.say(label);
            let name = cx.say(&text!(
                "lab_bench_page.action",
                end = title.as_str(),
                action = label.as_str()
            ));
            let harsh = matches!(command, lab::Command::Abort { .. });
            press(ui, cx, &label, &name, harsh, why, vec![command]);
        };
        let bytes = choices.bytes[end as usize];
        act(
            ui,
            &text!("lab_bench_page.send"),
            addressed.sending(),
            lab::Command::Send { on, bytes },
        );
        let field = DragValue::new(&mut choices.bytes[end as usize])
            .range(1..=MAX_SEND)
            .suffix("\u{2009}B")
            .speed(1.0);
        let name = cx.say(&text!("lab_bench_page.send_bytes", end = title.as_str()));
        sized(ui, BYTES, field).accessible_name(name);
        let reads = addressed.reading();
        act(
            ui,
            &text!("lab_bench_page.read"),
            reads.clone(),
            lab::Command::Read { on, bytes: RECV_SIZE },
        );
        act(
            ui,
            &text!("lab_bench_page.read_to_end"),
            reads.clone(),
            lab::Command::ReadToEnd { on },
        );
        let reading = addressed.held.iter().any(|(end, _)| end.reading);
        let label = if reading {
            text!("lab_bench_page.stop_reading")
        } else {
            text!("lab_bench_page.keep_reading")
        };
        act(ui, &label, reads, lab::Command::KeepReading { on, yes: !reading });
        shutdown(ui, cx, &title, &addressed, on);
        let held = addressed.none.clone();
        act(ui, &text!("lab_bench_page.close"), held.clone(), lab::Command::Close { on });
        act(ui, &text!("lab_bench_page.abort"), held.clone(), lab::Command::Abort { on });
        act(ui, &text!("lab_bench_page.leak"), held.clone(), lab::Command::Leak { on });
        act(ui, &text!("lab_bench_page.duplicate"), held, lab::Command::Duplicate { on });
        if end == End::Client {
            reconnect(ui, cx, bench, choices, &title);
        }
    });
}

/// Small controls one after the other, in as many lines as they take.
pub(super) fn small_lines(ui: &mut Ui, controls: impl FnOnce(&mut Ui)) {
    ui.scope(|ui| {
        // A line is never lower than this.
        ui.spacing_mut().interact_size.y = size::CONTROL_SMALL;
        ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
        ui.horizontal_wrapped(controls);
    });
}

/// A button that sends commands, or says why it cannot; says whether it was pressed.
pub(super) fn press(
    ui: &mut Ui,
    cx: &Cx<'_>,
    label: &str,
    name: &str,
    harsh: bool,
    why: Option<Text>,
    commands: Vec<lab::Command>,
) -> bool {
    let button = Button::new(label).name(name).dense();
    let button = if harsh { button.harsh() } else { button };
    // As a widget, and not in a scope of its own, it goes to the next line where this one is full.
    let response = ui.add_enabled(why.is_none(), |ui: &mut Ui| button.show(ui));
    let pressed = explained(cx, response, why).clicked();
    if pressed {
        for command in commands {
            cx.send(Command::Bench(command));
        }
    }
    pressed
}

/// With the reason why it does not work now, in its tooltip.
fn explained(cx: &Cx<'_>, response: Response, why: Option<Text>) -> Response {
    match why {
        Some(why) => response.on_disabled_hover_text(cx.say(&why)),
        None => response,
    }
}

/// A line of a menu.
pub(super) fn menu_line(ui: &mut Ui, label: &str, name: &str, enabled: bool) -> Response {
    ui.add_enabled(enabled, eframe::egui::Button::new(label)).accessible_name(name)
}

fn shutdown(ui: &mut Ui, cx: &Cx<'_>, title: &str, addressed: &Addressed<'_>, on: On) {
    let label = cx.say(&text!("lab_bench_page.shutdown"));
    let name = cx.say(&text!("lab_bench_page.action", end = title, action = label.as_str()));
    let why = addressed.reading();
    let button = Button::new(&label).name(&name).dense();
    let response = ui.add_enabled(why.is_none(), |ui: &mut Ui| button.show(ui));
    let response = explained(cx, response, why);
    Popup::menu(&response).accessible_name(name).show(|ui| {
        let ways = [
            (Shutdown::Write, text!("lab_bench_page.shutdown_write"), addressed.sending()),
            (Shutdown::Read, text!("lab_bench_page.shutdown_read"), None),
            (Shutdown::Both, text!("lab_bench_page.shutdown_both"), None),
        ];
        for (how, label, why) in ways {
            let label = cx.say(&label);
            let name = text!("lab_bench_page.action", end = title, action = label.as_str());
            let response = menu_line(ui, &label, &cx.say(&name), why.is_none());
            if explained(cx, response, why).clicked() {
                cx.send(Command::Bench(lab::Command::Shutdown { on, how }));
                // By itself the menu closes for the pointer only.
                ui.close();
            }
        }
    });
}

fn reconnect(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, choices: &mut Choices, title: &str) {
    let label = cx.say(&text!("lab_bench_page.reconnect"));
    let name = cx.say(&text!("lab_bench_page.action", end = title, action = label.as_str()));
    // The whole word would take a third line.
    let short = cx.say(&text!("lab_bench_page.reconnect_short"));
    let button = Button::new(&short).name(&name).dense().show(ui).on_hover_text(&label);
    Popup::from_toggle_button_response(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name(name)
        .show(|ui| {
            habit(ui, cx, &mut choices.habit);
            let commands = choices.reconnect(bench);
            let label = cx.say(&text!("lab_bench_page.reconnect_now"));
            let (why, commands) = match commands {
                Ok(commands) => (bench.failure.clone(), commands),
                Err(why) => (Some(why), Vec::new()),
            };
            if press(ui, cx, &label, &label, false, why, commands) {
                choices.picked = None;
                ui.close();
            }
        });
}

/// How often, how long, and what is left behind.
fn habit(ui: &mut Ui, cx: &Cx<'_>, habit: &mut Habit) {
    let theme = Theme::of(ui);
    let label = |ui: &mut Ui, text: &Text| {
        ui.label(TypeStyle::Body.rich(cx.say(text)).color(theme.text.secondary))
    };
    ui.spacing_mut().item_spacing = vec2(space::M, space::S);
    ui.horizontal(|ui| {
        let named = label(ui, &text!("lab_bench_page.times"));
        let field = DragValue::new(&mut habit.times).range(1..=1_000).speed(0.2);
        sized(ui, 64.0, field).labelled_by(named.id);
        let named = label(ui, &text!("lab_bench_page.each_for"));
        let field = DragValue::new(&mut habit.pause_ms).range(0..=60_000).suffix("\u{2009}ms");
        sized(ui, 84.0, field).labelled_by(named.id);
    });
    label(ui, &text!("lab_bench_page.leave"));
    let ways = [
        (Leave::Leak, text!("lab_bench_page.leave_leak")),
        (Leave::Close, text!("lab_bench_page.leave_close")),
        (Leave::Abort, text!("lab_bench_page.leave_abort")),
        (Leave::ReadToEndAndClose, text!("lab_bench_page.leave_read")),
        (Leave::ShutDownAndClose, text!("lab_bench_page.leave_shut_close")),
        (Leave::ShutDown, text!("lab_bench_page.leave_shut")),
    ]
    .map(|(leave, text)| (leave, cx.say(&text)));
    // In two lines, which together are one choice.
    for line in ways.chunks(4) {
        let line: Vec<_> = line.iter().map(|(leave, text)| (*leave, text.as_str())).collect();
        segmented(ui, &mut habit.leave, &line);
    }
    ui.horizontal(|ui| {
        let text = cx.say(&text!("lab_bench_page.peer_closes"));
        switch(ui, &mut habit.peer_closes, &text);
        ui.label(TypeStyle::Body.rich(text).color(theme.text.primary));
    });
}

/// The connections that an action is meant for.
fn meant(bench: &BenchState, on: On) -> impl Iterator<Item = &lab::ConnectionState> {
    bench.connections.iter().filter(move |connection| match on.of {
        Which::All => true,
        Which::Client(client) => connection.client == client,
        Which::Connection(number) => connection.number == number,
    })
}

/// Those of them that it can do something with.
pub(super) fn acted_on(bench: &BenchState, on: On) -> Vec<&lab::ConnectionState> {
    let can = |it: &&lab::ConnectionState| {
        it.end(on.end).holding == Holding::Held && bench.closing(it, on.end).is_none()
    };
    meant(bench, on).filter(can).collect()
}

impl<'a> Addressed<'a> {
    fn new(bench: &'a BenchState, on: On) -> Self {
        let addressed = || meant(bench, on);
        let foreign = addressed().next().is_some()
            && addressed().all(|it| matches!(it.target, lab::Target::Typed(_)) && !it.accepted);
        let ends: Vec<_> = addressed()
            .map(|connection| {
                let end = connection.end(on.end);
                let state = end.descriptor.or(match bench.seen(connection, on.end) {
                    Seen::State(state) => Some(state),
                    Seen::Unknown | Seen::NoRow => None,
                });
                (end, state, bench.closing(connection, on.end).is_some())
            })
            .collect();
        let is = |holding: Holding| ends.iter().any(|(end, ..)| end.holding == holding);
        let can_act = |(end, _, closing): &(&EndState, Option<State>, bool)| {
            end.holding == Holding::Held && !closing
        };
        let none = if let Some(failure) = &bench.failure {
            Some(failure.clone())
        } else if ends.iter().any(can_act) {
            None
        } else if is(Holding::Held) {
            Some(text!("lab_seen.why_closing"))
        } else if is(Holding::Leaked) {
            Some(text!("lab_bench_page.why.leaked"))
        } else if is(Holding::Closed) {
            Some(text!("lab_bench_page.why.closed"))
        } else if on.end == End::Peer && foreign {
            Some(text!("lab_seen.why_foreign"))
        } else if on.end == End::Peer && !ends.is_empty() {
            Some(text!("lab_bench_page.why.not_accepted"))
        } else {
            Some(text!("lab_bench_page.why.not_connected"))
        };
        Self {
            held: ends.into_iter().filter(can_act).map(|(end, state, _)| (end, state)).collect(),
            none,
        }
    }

    fn all_are(&self, states: &[State]) -> bool {
        self.held.iter().all(|(_, state)| state.is_some_and(|state| states.contains(&state)))
    }

    /// Why nothing can be sent.
    fn sending(&self) -> Option<Text> {
        use State::{Closing, FinWait1, FinWait2, LastAck, TimeWait};
        self.reading().or_else(|| {
            let shut = self.all_are(&[FinWait1, FinWait2, Closing, LastAck, TimeWait]);
            shut.then(|| text!("lab_bench_page.why.shut_down"))
        })
    }

    /// Why nothing can be read.
    fn reading(&self) -> Option<Text> {
        self.none.clone().or_else(|| {
            self.all_are(&[State::SynSent]).then(|| text!("lab_bench_page.why.connecting"))
        })
    }
}
