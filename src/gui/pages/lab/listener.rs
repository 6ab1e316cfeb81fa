//! The built-in peer's listener: its options, where it listens, and who waits there.

use eframe::egui::Ui;

use super::actions::{press, small_lines};
use super::end::number;
use super::options::{self, Shape, Subject};
use super::setup::Choices;
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{small_field, switch};
use crate::lab::{self, BenchState, Server};
use crate::model::lab::{CallOutcome, Role};
use crate::text;

/// The widths of its fields.
const PORT: f32 = 60.0;
const BACKLOG: f32 = 52.0;

/// The longest backlog; Linux holds it to `net.core.somaxconn` in silence.
const MAX_BACKLOG: u32 = 65_535;

/// How many calls back a failure is looked for.
const NEWS: usize = 50;

/// Where it listens, and who waits there.
pub(super) fn status(cx: &Cx<'_>, bench: &BenchState, server: Server) -> String {
    let listener = bench.listener(server);
    let Some(address) = listener.address else {
        let closed = cx.say(&match listener.last_address {
            Some(last) => text!("lab_bench_page.listener_closed", address = last.to_string()),
            None => text!("lab_bench_page.listener_none"),
        });
        return match last_failure(bench, server) {
            Some((call, errno)) => format!("{call}: {errno} \u{b7} {closed}"),
            None => closed,
        };
    };
    let place = cx.say(&text!("lab_bench_page.listens", address = address.to_string()));
    match listener.queue {
        None => place,
        Some((waiting, backlog)) => {
            // One more may wait than the backlog says.
            let room = u64::from(backlog) + 1;
            let waiting = text!("lab_bench_page.waiting", n = waiting, room = room);
            format!("{place} \u{b7} {}", cx.say(&waiting))
        }
    }
}

/// The call with which opening it failed, if that is the last that was made on it. The newest calls are enough: an older
/// failure is no news.
pub(super) fn last_failure(bench: &BenchState, server: Server) -> Option<(&str, &str)> {
    let last = bench.calls.iter().rev().take(NEWS).find(|call| {
        call.who.role == Role::Listener
            && call.who.number == server.number()
            && !call.call.starts_with("close")
    })?;
    match &last.outcome {
        CallOutcome::Failed { errno, .. } => Some((&last.call, errno)),
        CallOutcome::Returned(_) => None,
    }
}

/// Whether it accepts by itself.
pub(super) fn switch_automatic(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, server: Server) {
    let listener = bench.listener(server);
    ui.add_enabled_ui(listener.address.is_some(), |ui| {
        let mut yes = listener.automatic;
        let name = cx.say(&text!("lab_bench_page.accepts"));
        let response = switch(ui, &mut yes, &name);
        let changed = response.changed();
        response.on_disabled_hover_text(cx.say(&text!("lab_bench_page.why.no_listener")));
        if changed {
            cx.send(Command::Bench(lab::Command::AcceptAutomatically { server, yes }));
        }
        let word = TypeStyle::Dense.rich(name).color(Theme::of(ui).text.primary);
        ui.label(word).on_hover_text(cx.say(&text!("lab_bench_page.about.accepts")));
    });
}

/// Draws its options and what can be done with it.
pub(super) fn ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    bench: &BenchState,
    choices: &mut Choices,
    shape: Shape,
) {
    let server = choices.server();
    let listener = bench.listener(server);
    let title = cx.say(&text!("lab_bench_page.listener"));
    let (asked, kernel) = (listener.asked, &listener.kernel);
    let subject = Subject { title: &title, role: Role::Listener, asked, kernel, off: None };
    let setup = &mut choices.listeners[server as usize];
    let mut changed = options::ui(ui, cx, &subject, &mut setup.options, shape);
    small_lines(ui, |ui| {
        let color = Theme::of(ui).text.secondary;
        let setup = &mut choices.listeners[server as usize];
        let backlog = cx.say(&text!("lab_bench_page.backlog"));
        let word = ui.label(TypeStyle::Dense.rich(&backlog).color(color));
        word.on_hover_text(cx.say(&text!("lab_bench_page.about.backlog")));
        let name = cx.say(&text!("lab_bench_page.option", end = title.as_str(), option = backlog));
        changed |= number(ui, &name, &mut setup.backlog, MAX_BACKLOG, BACKLOG);
        let name = cx.say(&text!("lab_bench_page.listener_port"));
        let hint = match listener.last_address {
            Some(last) => last.port().to_string(),
            None => cx.say(&text!("lab_bench_page.any_port")),
        };
        ui.label(TypeStyle::Dense.rich(cx.say(&text!("lab_bench_page.port"))).color(color));
        small_field(ui, &mut setup.port, &name, &hint, PORT).on_hover_text(name);
        if changed && listener.address.is_some() {
            let (options, backlog) = (setup.options, setup.backlog);
            cx.send(Command::Bench(lab::Command::SetListener { server, options, backlog }));
        }
        buttons(ui, cx, bench, choices, &title);
    });
}

fn buttons(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, choices: &Choices, title: &str) {
    let server = choices.server();
    let listener = bench.listener(server);
    let open = listener.address.is_some();
    let closed = || (!open).then(|| text!("lab_bench_page.why.no_listener"));
    let mut act = |label: text::Text, why: Option<text::Text>, commands: Vec<lab::Command>| {
        let label = cx.say(&label);
        let name = cx.say(&text!("lab_bench_page.action", end = title, action = label.as_str()));
        press(ui, cx, &label, &name, false, why, commands);
    };
    let last = listener.last_address;
    let wanted = choices.place.built_in().map(|(_, address)| address);
    let address =
        last.map(|last| last.ip()).or(wanted).unwrap_or(std::net::Ipv4Addr::LOCALHOST.into());
    let (why, commands) = match choices.open(server, address, last.map(|last| last.port())) {
        Ok(command) => (open.then(|| text!("lab_bench_page.why.listening")), vec![command]),
        Err(why) => (Some(why), Vec::new()),
    };
    let label = if last.is_some() && !open {
        text!("lab_bench_page.reopen")
    } else {
        text!("lab_bench_page.open")
    };
    act(label, why, commands);
    act(text!("lab_bench_page.close"), closed(), vec![lab::Command::CloseListener { server }]);
    let why =
        closed().or_else(|| listener.automatic.then(|| text!("lab_bench_page.why.automatic")));
    act(text!("lab_bench_page.accept"), why, vec![lab::Command::Accept { server }]);
}
