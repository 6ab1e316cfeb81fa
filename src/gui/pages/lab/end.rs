//! One end of the bench: its options as asked and as the kernel has them, and its actions; or the built-in peer's listener.

use eframe::egui::{Align, DragValue, Label, Layout, Ui, vec2};

use super::options::{self, Shape, Subject, sized};
use super::setup::Choices;
use super::{actions, listener};
use crate::gui::cx::{Command, Cx};
use crate::gui::glyph::badge;
use crate::gui::theme::measure::{size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Card, segmented, small_field, switch};
use crate::lab::{
    self, Actor, BenchState, Client, ConnectionState, EndState, Holding, On, Seen, Which, other_end,
};
use crate::model::State;
use crate::model::lab::{End, Role};
use crate::text;
use crate::text::{Text, bytes};

/// The height of a card without its options: header, setting up, status, two lines of actions.
const REST: f32 = size::CARD_HEADER
    + size::CONTROL
    + STATUS
    + 2.0 * size::CONTROL_SMALL
    + 3.0 * space::S
    + space::XS
    + space::L
    + 2.0 * stroke::HAIRLINE;

/// The height of the line that tells of the descriptor.
const STATUS: f32 = 20.0;

/// The widths of the fields of a local address and port.
const ADDRESS: f32 = 104.0;
const PORT: f32 = 56.0;

/// Which of the peer's sockets its card shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Accepted,
    Listener,
}

/// What the view of both cards keeps.
#[derive(Default)]
pub(super) struct EndsView {
    part: Part,
    shape: Shape,
}

impl EndsView {
    fn role(&self, end: End) -> Role {
        match (end, self.part) {
            (End::Client, _) => Role::Client,
            (End::Peer, Part::Accepted) => Role::Peer,
            (End::Peer, Part::Listener) => Role::Listener,
        }
    }

    /// How high the cards are, each this wide; `scrolls` is whether the page is longer than the window in any case.
    pub(super) fn height(&mut self, ui: &Ui, width: f32, scrolls: bool) -> f32 {
        self.shape.fit(width - 2.0 * space::L, ui.ctx().content_rect().height(), scrolls);
        let rows = End::ALL.map(|end| self.shape.rows(self.role(end)));
        #[expect(clippy::cast_precision_loss, reason = "a few rows")]
        let rows = rows.into_iter().max().unwrap_or_default() as f32;
        (REST + rows * options::ROW).ceil()
    }

    /// Draws the card of one end.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        bench: &BenchState,
        choices: &mut Choices,
        end: End,
        height: f32,
    ) {
        let shown = choices.shown(bench);
        let note = address(shown, end);
        Card::new(&title(cx, end)).note(&note).height(height).show(
            ui,
            |ui| state(ui, cx, bench, shown, end),
            |ui| {
                match end {
                    End::Client => client_setup(ui, cx, bench, choices),
                    End::Peer => self.peer_parts(ui, cx, bench, choices),
                }
                self.status(ui, cx, bench, choices, end);
                if self.role(end) == Role::Listener {
                    listener::ui(ui, cx, bench, choices, self.shape);
                } else {
                    self.options(ui, cx, bench, choices, end);
                    actions::ui(ui, cx, bench, choices, end);
                }
            },
        );
    }

    fn peer_parts(&mut self, ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, choices: &Choices) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            let accepted = cx.say(&text!("lab_bench_page.accepted"));
            let listener = cx.say(&text!("lab_bench_page.listener"));
            let parts = [(Part::Accepted, accepted.as_str()), (Part::Listener, listener.as_str())];
            segmented(ui, &mut self.part, &parts);
            listener::switch_automatic(ui, cx, bench, choices.server());
        });
    }

    /// What the descriptor tells, and whether all options are to be seen.
    fn status(
        &mut self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        bench: &BenchState,
        choices: &Choices,
        end: End,
    ) {
        let theme = Theme::of(ui);
        let role = self.role(end);
        let (text, warns) = if role == Role::Listener {
            (listener::status(cx, bench, choices.server()), false)
        } else {
            let (text, warns) = choices
                .shown(bench)
                .map_or_else(Default::default, |it| descriptor(cx, bench, it, end));
            match others(bench, choices, end) {
                None => (text, warns),
                Some(whose) => {
                    let acts_on = cx.say(&text!("lab_seen.acts_on", whose = whose));
                    (format!("{acts_on} \u{b7} {text}"), true)
                }
            }
        };
        let wanted = vec2(ui.available_width(), STATUS);
        ui.allocate_ui_with_layout(wanted, Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_size(wanted);
            let hidden = self.shape.hidden(role);
            if hidden > 0 {
                let (label, name) = if self.shape.more {
                    (text!("lab_bench_page.fewer"), text!("lab_bench_page.fewer_options"))
                } else {
                    let hidden = hidden.to_string();
                    let name = text!("lab_bench_page.more_options", count = hidden.as_str());
                    (text!("lab_bench_page.more", count = hidden), name)
                };
                let (label, name) = (cx.say(&label), cx.say(&name));
                let name = text!("lab_bench_page.action", end = title(cx, end), action = name);
                let link = TypeStyle::Dense.rich(label).color(theme.accent.text);
                let link = ui.link(link).accessible_name(cx.say(&name));
                if link.clicked() {
                    self.shape.more = !self.shape.more;
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let color = if warns { theme.severity.warning.text } else { theme.text.secondary };
                let label = Label::new(TypeStyle::Dense.rich(&text).color(color)).truncate();
                ui.add(label).on_hover_text(text);
            });
        });
    }

    fn options(
        &self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        bench: &BenchState,
        choices: &mut Choices,
        end: End,
    ) {
        let nothing = EndState::default();
        let living = living(bench, choices, end).map_or(&nothing, |it| it.end(end));
        let title = title(cx, end);
        let (asked, kernel) = (living.asked, &living.kernel);
        let off =
            (end == End::Peer && is_foreign(bench, choices)).then(|| text!("lab_seen.why_foreign"));
        let subject = Subject { title: &title, role: self.role(end), asked, kernel, off };
        let on = match (end, choices.which(bench)) {
            (End::Client, Which::All | Which::Client(_)) => {
                On { end, of: Which::Client(choices.client) }
            }
            (_, of) => On { end, of },
        };
        let asked = match end {
            End::Client => &mut choices.of_client().options,
            End::Peer => &mut choices.accepted,
        };
        if options::ui(ui, cx, &subject, asked, self.shape) {
            let options = *asked;
            let held = |it: &ConnectionState| {
                it.end(end).holding == Holding::Held && bench.closing(it, end).is_none()
            };
            if bench.connections.iter().any(held) {
                cx.send(Command::Bench(lab::Command::SetOptions { on, options }));
            }
        }
    }
}

/// The connection whose kernel's values stand beside what is asked: the shown one, if it is this client's.
fn living<'a>(bench: &'a BenchState, choices: &Choices, end: End) -> Option<&'a ConnectionState> {
    let shown = choices.shown(bench)?;
    if end == End::Peer || shown.client == choices.client {
        return Some(shown);
    }
    bench.connections.iter().rev().find(|it| it.client == choices.client)
}

/// On whose sockets the buttons of this end act, where that is not the shown connection's.
fn others(bench: &BenchState, choices: &Choices, end: End) -> Option<Text> {
    if let Some(client) = choices.others(bench) {
        return Some(text!("lab_bench_page.of_client", name = client.name()));
    }
    let shown = choices.shown(bench)?;
    let acted_on = actions::acted_on(bench, choices.on(bench, end));
    match acted_on[..] {
        [one] if one.number != shown.number => {
            let name = format!("{}{}", one.client.name(), one.number);
            Some(text!("lab_seen.connection", name = name))
        }
        [_, _, ..] if acted_on.iter().all(|it| it.number != shown.number) => {
            Some(text!("lab_seen.others", n = acted_on.len()))
        }
        _ => None,
    }
}

/// Whether the peer's card is about another program's socket: of the shown connection, and of the next one.
fn is_foreign(bench: &BenchState, choices: &Choices) -> bool {
    let shown = choices.shown(bench);
    choices.is_foreign()
        && shown.is_none_or(|it| matches!(it.target, lab::Target::Typed(_)) && !it.accepted)
}

/// What an end is called.
pub(super) fn title(cx: &Cx<'_>, end: End) -> String {
    cx.say(&match end {
        End::Client => text!("lab_bench_page.client"),
        End::Peer => text!("lab_bench_page.peer"),
    })
}

/// The shown connection's address at this end.
fn address(shown: Option<&ConnectionState>, end: End) -> String {
    let pair = shown.and_then(|connection| connection.pair);
    let address = pair.map(|pair| match end {
        End::Client => pair.client,
        End::Peer => pair.peer,
    });
    address.map_or_else(String::new, |address| address.to_string())
}

/// The state of the shown connection at this end: its badge, or what is known instead.
fn state(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, shown: Option<&ConnectionState>, end: End) {
    let Some(shown) = shown else { return };
    let theme = Theme::of(ui);
    let say = |ui: &mut Ui, text: Text| {
        ui.label(TypeStyle::Dense.rich(cx.say(&text)).color(theme.text.secondary));
    };
    match seen(bench, shown, end) {
        Known::Seen(state) => {
            badge(ui, state);
        }
        Known::Inferred(state) => {
            badge(ui, state);
            say(ui, text!("lab_bench_page.inferred"));
        }
        Known::NoRow => say(ui, text!("lab_bench_page.no_row")),
        Known::Nothing => {}
    }
}

/// What is known of one end's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Seen(State),
    /// The other end tells it.
    Inferred(State),
    NoRow,
    Nothing,
}

/// What is known of the state of a connection's end.
pub(super) fn seen(bench: &BenchState, shown: &ConnectionState, end: End) -> Known {
    let Some(lane) = bench.lane(shown) else { return Known::Nothing };
    let other = end.other();
    match lane.seen(end) {
        Seen::State(state) => Known::Seen(state),
        Seen::Unknown => Known::Nothing,
        Seen::NoRow if !lane.was_found(end) && lane.was_found(other) => match lane.seen(other) {
            Seen::State(state) => other_end(state).map_or(Known::Nothing, Known::Inferred),
            Seen::Unknown | Seen::NoRow => Known::Nothing,
        },
        Seen::NoRow => Known::NoRow,
    }
}

/// What is known of the descriptor, and whether that is worth a look.
fn descriptor(
    cx: &Cx<'_>,
    bench: &BenchState,
    shown: &ConnectionState,
    end: End,
) -> (String, bool) {
    let side = shown.end(end);
    let gone = seen(bench, shown, end) == Known::NoRow;
    let closing = bench.closing(shown, end);
    let (head, warns) = match side.holding {
        Holding::Held if closing.is_some() => (text!("lab_seen.closing"), false),
        Holding::Never if end == End::Client => (text!("lab_bench_page.descriptor.none"), false),
        Holding::Never if shown.accepted || matches!(shown.target, lab::Target::Typed(_)) => {
            (text!("lab_bench_page.descriptor.elsewhere"), false)
        }
        Holding::Never if !shown.is_open() => (text!("lab_bench_page.descriptor.none"), false),
        Holding::Never => (text!("lab_bench_page.descriptor.not_accepted"), false),
        Holding::Held if gone => match side.descriptor {
            Some(state) => (text!("lab_bench_page.descriptor.left", state = state.name()), true),
            None => (text!("lab_bench_page.descriptor.left_unknown"), true),
        },
        Holding::Held => (text!("lab_bench_page.descriptor.held"), false),
        Holding::Leaked => (text!("lab_bench_page.descriptor.leaked"), true),
        Holding::Closed => (text!("lab_bench_page.descriptor.closed"), false),
    };
    let mut parts = vec![cx.say(&head)];
    if side.copies > 0 {
        parts.push(cx.say(&text!("lab_bench_page.descriptor.copies", n = side.copies)));
    }
    if side.sent > 0 {
        parts.push(cx.say(&text!("lab_bench_page.descriptor.sent", bytes = bytes(side.sent))));
    }
    if side.received > 0 {
        let received = bytes(side.received);
        parts.push(cx.say(&text!("lab_bench_page.descriptor.received", bytes = received)));
    }
    if side.at_end {
        parts.push(cx.say(&text!("lab_bench_page.descriptor.at_end")));
    }
    let actor = match end {
        End::Client => Actor::Client(shown.client),
        End::Peer => Actor::Peer,
    };
    if bench.is_busy(actor) && closing.is_none() {
        parts.push(cx.say(&text!("lab_bench_page.descriptor.busy")));
    }
    if side.reading {
        parts.push(cx.say(&text!("lab_bench_page.descriptor.reading")));
    }
    (parts.join(" \u{b7} "), warns)
}

/// Which client, from where, and whether its calls wait.
fn client_setup(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, choices: &mut Choices) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let names = Client::ALL.map(|client| {
            (client, cx.say(&text!("lab_bench_page.client_named", name = client.name())))
        });
        let parts = names.each_ref().map(|(client, _)| (*client, client.name()));
        let chosen = segmented(ui, &mut choices.client, &parts);
        if chosen.changed() {
            // The newest of this client is what its settings are about.
            let client = choices.client;
            let newest = bench.connections.iter().rev().find(|it| it.client == client);
            choices.picked = newest.map(|it| it.number);
        }
        chosen.on_hover_text(cx.say(&text!("lab_bench_page.about.clients")));
        let setup = choices.of_client();
        let name = cx.say(&text!("lab_bench_page.local_address"));
        let hint = cx.say(&text!("lab_bench_page.any_address"));
        small_field(ui, &mut setup.address, &name, &hint, ADDRESS).on_hover_text(name);
        let name = cx.say(&text!("lab_bench_page.local_port"));
        let hint = cx.say(&text!("lab_bench_page.any_port"));
        small_field(ui, &mut setup.port, &name, &hint, PORT).on_hover_text(name);
        let name = cx.say(&text!("lab_bench_page.client_blocking"));
        switch(ui, &mut setup.blocking, &name);
        let word = cx.say(&text!("lab_bench_page.blocking"));
        let word = TypeStyle::Dense.rich(word).color(Theme::of(ui).text.primary);
        ui.add(Label::new(word).truncate())
            .on_hover_text(cx.say(&text!("lab_bench_page.about.blocking")));
    });
}

/// A number with its name before it.
pub(super) fn number(ui: &mut Ui, name: &str, value: &mut u32, most: u32, width: f32) -> bool {
    let field = DragValue::new(value).range(0..=most).speed(0.2);
    sized(ui, width, field).accessible_name(name).changed()
}
