//! One end of the bench: its states, its options as asked and as the kernel has them, and its actions.

use std::collections::BTreeMap;
use std::net::Shutdown;

use eframe::egui::{Align, DragValue, Layout, Ui, vec2};
use egui_material_icons::icons::{ICON_CALL_MADE, ICON_CALL_RECEIVED, ICON_WARNING};

use crate::gui::cx::{Command, Cx};
use crate::gui::glyph::badge;
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Button, Card, icon, segmented, switch};
use crate::lab::{
    self, BenchState, Holding, Linger, OptionName, OptionValue, Seen, SocketOptions, Watch,
};
use crate::model::lab::{End, Resolution};
use crate::text;

/// How much one press sends, in bytes.
const SEND: usize = 64;

/// What the view of one end keeps: the options that are asked for.
pub(super) struct EndView {
    pub(super) options: SocketOptions,
    /// The seconds of SO_LINGER, kept while it is off or 0.
    seconds: u16,
}

impl Default for EndView {
    fn default() -> Self {
        Self { options: SocketOptions::default(), seconds: 5 }
    }
}

impl EndView {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        bench: &BenchState,
        end: End,
        height: f32,
    ) {
        let note = address(bench, end);
        Card::new(&title(cx, end)).note(&note).height(height).show(
            ui,
            |ui| states(ui, cx, bench, end),
            |ui| {
                self.options(ui, cx, bench, end);
                actions(ui, cx, bench, end);
                course(ui, cx, bench, end);
            },
        );
    }

    /// The options: what is asked for, and what the kernel says of the newest open socket.
    fn options(&mut self, ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, end: End) {
        let before = self.options;
        let ends = bench.connections.iter().rev().map(|connection| connection.end(end));
        let newest = ends.into_iter().find(|end| end.holding == Holding::Held);
        let kernel = |name: OptionName| {
            let (_, value) = newest?.kernel.iter().find(|(known, _)| *known == name)?;
            let asked = newest?.asked.get(name);
            Some(match value {
                Ok(value) => (value.to_string(), asked.is_some_and(|asked| asked != *value)),
                Err(error) => (error.errno.clone(), true),
            })
        };
        let mut asked = before;
        let name = title(cx, end);
        let toggle = |ui: &mut Ui, on: &mut bool, option: &str| {
            let switched = text!("lab_page.option", end = name.as_str(), option = option);
            switch(ui, on, &cx.say(&switched));
            ui.label(TypeStyle::Mono.rich(option).color(Theme::of(ui).text.primary));
        };
        let mut reuse = asked.get(OptionName::ReuseAddress) == Some(OptionValue::Switch(true));
        option_row(ui, cx, kernel(OptionName::ReuseAddress), |ui| {
            toggle(ui, &mut reuse, "SO_REUSEADDR");
        });
        let linger = kernel(OptionName::Linger);
        let now = match asked.get(OptionName::Linger) {
            Some(OptionValue::Linger(linger)) => linger,
            _ => Linger::Off,
        };
        let mut on = now != Linger::Off;
        let mut aborts = matches!(now, Linger::Off | Linger::Seconds(0));
        let seconds = &mut self.seconds;
        option_row(ui, cx, linger, |ui| {
            toggle(ui, &mut on, "SO_LINGER");
            if !on {
                return;
            }
            let some = cx.say(&text!("lab_page.n_seconds"));
            segmented(ui, &mut aborts, &[(true, "0 s"), (false, some.as_str())]);
            if !aborts {
                let value = DragValue::new(seconds).range(1..=60).suffix("\u{2009}s").speed(0.05);
                ui.spacing_mut().interact_size.y = size::CONTROL_SMALL;
                let seconds = ui.add_sized([48.0, size::CONTROL_SMALL], value);
                let name = text!("lab_page.seconds", end = name.as_str());
                seconds.accessible_name(cx.say(&name));
            }
        });
        let wanted = match (on, aborts) {
            (false, _) => Linger::Off,
            (true, true) => Linger::Seconds(0),
            (true, false) => Linger::Seconds(*seconds),
        };
        if wanted != now {
            asked = asked.linger(wanted);
        }
        if reuse != (before.get(OptionName::ReuseAddress) == Some(OptionValue::Switch(true))) {
            asked = asked.with(OptionName::ReuseAddress, OptionValue::Switch(reuse));
        }
        if asked != before {
            self.options = asked;
            if bench
                .connections
                .iter()
                .any(|connection| connection.end(end).holding == Holding::Held)
            {
                cx.send(Command::Bench(lab::Command::SetOptions { on: all(end), options: asked }));
            }
        }
    }
}

/// What an end is called.
pub(super) fn title(cx: &Cx<'_>, end: End) -> String {
    cx.say(&match end {
        End::Client => text!("lab_page.client"),
        End::Peer => text!("lab_page.peer"),
    })
}

/// All sockets of an end.
const fn all(end: End) -> lab::On {
    lab::On { end, of: lab::Which::All }
}

/// The newest connection's address at this end.
fn address(bench: &BenchState, end: End) -> String {
    let pair = bench.connections.last().and_then(|connection| connection.pair);
    let address = pair.map(|pair| match end {
        End::Client => pair.client,
        End::Peer => pair.peer,
    });
    address.map_or_else(String::new, |address| address.to_string())
}

/// The states of all connections at this end, as badges with their numbers, from the right.
fn states(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, end: End) {
    let theme = Theme::of(ui);
    let mut counts = BTreeMap::new();
    let mut gone = 0_usize;
    for connection in &bench.connections {
        match bench.seen(connection, end) {
            Seen::State(state) => *counts.entry(state).or_insert(0_usize) += 1,
            Seen::NoRow => gone += 1,
            Seen::Unknown => {}
        }
    }
    let several = bench.connections.len() > 1;
    if gone > 0 {
        let text = if several {
            cx.say(&text!("lab_page.rows_gone", n = gone))
        } else {
            cx.say(&text!("lab_page.no_row"))
        };
        ui.label(TypeStyle::Dense.rich(text).color(theme.text.secondary));
    }
    for (state, count) in counts.into_iter().rev() {
        if several {
            let count = TypeStyle::DenseStrong.rich(format!("× {count}"));
            ui.label(count.color(theme.text.primary));
        }
        badge(ui, state);
    }
}

/// One option: what is asked for, and at the right the kernel's value, which is marked when it differs.
fn option_row(
    ui: &mut Ui,
    cx: &Cx<'_>,
    kernel: Option<(String, bool)>,
    asked: impl FnOnce(&mut Ui),
) {
    let theme = Theme::of(ui);
    let wanted = vec2(ui.available_width(), size::SEGMENTED);
    ui.allocate_ui_with_layout(wanted, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(size::SEGMENTED);
        ui.spacing_mut().item_spacing.x = space::M;
        asked(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let Some((value, differs)) = kernel else {
                return;
            };
            let color = if differs { theme.severity.warning.text } else { theme.text.primary };
            if differs {
                icon(ui, ICON_WARNING, size::ICON - 2.0, color);
            }
            ui.label(TypeStyle::Mono.rich(value).color(color));
            let kernel = cx.say(&text!("lab_page.kernel"));
            ui.label(TypeStyle::Dense.rich(kernel).color(theme.text.tertiary));
        });
    });
}

/// What can be done with the open sockets of this end.
fn actions(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, end: End) {
    let open =
        bench.connections.iter().any(|connection| connection.end(end).holding == Holding::Held);
    let ready = bench.failure.is_none() && bench.running.is_empty();
    let title = title(cx, end);
    let why = cx.say(&if open {
        text!("lab_page.busy")
    } else {
        text!("lab_page.not_open", end = title.as_str())
    });
    let actions = [
        (text!("lab_page.send", n = SEND), lab::Command::Send { on: all(end), bytes: SEND }),
        (text!("lab_page.read"), lab::Command::Read { on: all(end), bytes: lab::RECV_SIZE }),
        (text!("lab_page.shutdown"), lab::Command::Shutdown { on: all(end), how: Shutdown::Write }),
        (text!("lab_page.close"), lab::Command::Close { on: all(end) }),
        (text!("lab_page.abort"), lab::Command::Abort { on: all(end) }),
    ];
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        ui.add_enabled_ui(open && ready, |ui| {
            for (label, command) in actions {
                let label = cx.say(&label);
                let name = format!("{title} {label}");
                let button = Button::new(&label).name(&name);
                let button = match command {
                    lab::Command::Send { .. } => button.icon(ICON_CALL_MADE),
                    lab::Command::Read { .. } => button.icon(ICON_CALL_RECEIVED),
                    lab::Command::Abort { .. } => button.harsh(),
                    _ => button,
                };
                if button.show(ui).on_disabled_hover_text(&why).clicked() {
                    cx.send(Command::Bench(command));
                }
            }
        });
    });
}

/// The states that the newest connection has passed at this end.
fn course(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, end: End) {
    let theme = Theme::of(ui);
    let lane = bench.connections.last().and_then(|connection| bench.lane(connection));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
        ui.set_min_height(size::BADGE);
        let Some(lane) = lane else { return };
        let every = format!("{}\u{2009}ms", bench.observation.interval.as_millis());
        let seen = cx.say(&text!("lab_page.seen", time = every));
        let how = cx.say(&match bench.observation.resolution {
            Resolution::Exact => text!("lab_page.looked_up"),
            Resolution::Table => text!("lab_page.looked_up_in_table"),
        });
        ui.label(TypeStyle::Dense.rich(seen).color(theme.text.tertiary)).on_hover_text(how);
        if lane.watch == Watch::GivenUp {
            let given_up = cx.say(&text!("lab_page.given_up"));
            ui.label(TypeStyle::Dense.rich(given_up).color(theme.severity.warning.text));
        }
        for change in lane.changes.iter().filter(|change| change.end == end) {
            if let Some(state) = change.state {
                badge(ui, state);
            } else {
                let gone = cx.say(&text!("lab_page.no_row"));
                ui.label(TypeStyle::Dense.rich(gone).color(theme.text.secondary));
            }
        }
    });
}
