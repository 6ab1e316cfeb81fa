//! What to do to the user's own program, and whether it is done.

use std::time::Duration;

use eframe::egui::{DragValue, Label, ScrollArea, Ui, UiBuilder};
use egui_material_icons::icons::{ICON_PLAY_ARROW, ICON_STOP};

use super::examples;
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Button, Card, field, segmented};
use crate::lab::program::{
    Address, Answer, GRACE, MAX_BYTES, MAX_TIME, MAX_TOTAL, Payload, Phase, ProgramState, Setup,
    Side, Treatment, phase_words, reach_warning,
};
use crate::text;
use crate::text::Text;

/// Which side this program takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Listener,
    Client,
}

/// What a client sends, leaving its size aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sends {
    Nothing,
    Bytes,
    Http,
}

/// What is chosen.
pub(super) struct Choice {
    takes: Takes,
    address: String,
    target: String,
    treatment: Treatment,
    after_s: f64,
    grace_s: u64,
    time_s: u64,
    answer: Answer,
    sends: Sends,
    bytes: usize,
    count: usize,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            takes: Takes::Listener,
            address: "127.0.0.1:0".to_owned(),
            target: String::new(),
            treatment: Treatment::Close,
            after_s: 2.0,
            grace_s: GRACE.as_secs(),
            time_s: 60,
            answer: Answer::DEFAULT,
            sends: Sends::Nothing,
            bytes: 64,
            count: 5,
        }
    }
}

impl Choice {
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let running = cx.program.is_some_and(|state| state.is_running());
        let title = cx.say(&text!("lab_program.page.choice"));
        let program = cx.program.filter(|state| !self.is_new_since(state));
        let phase = program.map_or_else(String::new, |state| cx.say(&phase_words(state)));
        let height = ui.available_height();
        let bottom = ui.max_rect().bottom() - space::M;
        // What stops it stands in the header, which is always in sight.
        let setup = self.setup();
        Card::new(&title).note(&phase).height(height).show(
            ui,
            |ui| action(ui, cx, running, setup),
            |ui| {
                let room = ui.available_rect_before_wrap();
                let room = room.with_max_y(room.bottom().min(bottom));
                ui.scope_builder(UiBuilder::new().max_rect(room), |ui| {
                    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                        if let Some(state) = cx.program.filter(|_| running) {
                            examples::ui(ui, cx, state);
                        }
                        ui.add_enabled_ui(!running, |ui| self.choices(ui, cx));
                    });
                });
            },
        );
    }

    fn choices(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let [listener, client] =
            [text!("lab_program.page.listener"), text!("lab_program.page.client")]
                .map(|text| cx.say(&text));
        segmented(
            ui,
            &mut self.takes,
            &[(Takes::Listener, listener.as_str()), (Takes::Client, client.as_str())],
        );
        match self.takes {
            Takes::Listener => {
                let name = caption(ui, cx, &text!("lab_program.page.address"));
                let width = ui.available_width();
                field(ui, &mut self.address, &name, "127.0.0.1:0", width);
                hint(ui, cx, &text!("lab_program.page.address_hint"));
            }
            Takes::Client => {
                let name = caption(ui, cx, &text!("lab_program.page.target"));
                let width = ui.available_width();
                field(ui, &mut self.target, &name, "host:port", width);
                if self.treatment == Treatment::NeverAccept {
                    self.treatment = Treatment::NeverRead;
                }
            }
        }
        match self.setup() {
            Ok(setup) => {
                if let Some(warning) = reach_warning(&setup) {
                    let warning = TypeStyle::Dense.rich(cx.say(&warning));
                    let color = Theme::of(ui).severity.warning.text;
                    ui.add(Label::new(warning.color(color)).wrap());
                }
            }
            Err(problem) if !self.is_blank() => {
                let problem = TypeStyle::Dense.rich(cx.say(&problem));
                let color = Theme::of(ui).severity.critical.text;
                ui.add(Label::new(problem.color(color)).wrap());
            }
            Err(_) => {}
        }
        self.treatments(ui, cx);
        match self.takes {
            Takes::Listener => self.answers(ui, cx),
            Takes::Client => self.payloads(ui, cx),
        }
        self.times(ui, cx);
    }

    fn treatments(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        caption(ui, cx, &text!("lab_program.page.then"));
        let names = [
            (Treatment::Close, text!("lab_program.page.close")),
            (Treatment::HalfClose, text!("lab_program.page.half_close")),
            (Treatment::Reset, text!("lab_program.page.reset")),
            (Treatment::NeverRead, text!("lab_program.page.never_read")),
            (Treatment::NeverAccept, text!("lab_program.page.never_accept")),
        ]
        .map(|(treatment, name)| (treatment, cx.say(&name)));
        let segments: Vec<(Treatment, &str)> =
            names.iter().map(|(treatment, name)| (*treatment, name.as_str())).collect();
        let (later, never) = segments.split_at(3);
        segmented(ui, &mut self.treatment, later);
        let possible = if self.takes == Takes::Listener { 2 } else { 1 };
        segmented(ui, &mut self.treatment, &never[..possible]);
        hint(
            ui,
            cx,
            &match self.treatment {
                Treatment::Close => text!("lab_program.page.close_hint"),
                Treatment::HalfClose => text!("lab_program.page.half_close_hint"),
                Treatment::Reset => text!("lab_program.page.reset_hint"),
                Treatment::NeverRead => text!("lab_program.page.never_read_hint"),
                Treatment::NeverAccept => text!("lab_program.page.never_accept_hint"),
            },
        );
    }

    fn answers(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        if !self.treatment.waits() {
            // Who does not read answers nothing.
            return;
        }
        caption(ui, cx, &text!("lab_program.page.answer"));
        let [nothing, echo, http] = [
            text!("lab_program.page.answer_nothing"),
            text!("lab_program.page.answer_echo"),
            text!("lab_program.page.answer_http"),
        ]
        .map(|text| cx.say(&text));
        let segments = [
            (Answer::Nothing, nothing.as_str()),
            (Answer::Echo, echo.as_str()),
            (Answer::Http, http.as_str()),
        ];
        segmented(ui, &mut self.answer, &segments);
        if self.answer == Answer::Http {
            hint(ui, cx, &text!("lab_program.page.answer_http_hint"));
        }
    }

    fn payloads(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        caption(ui, cx, &text!("lab_program.page.send"));
        let [nothing, bytes, http] = [
            text!("lab_program.page.send_nothing"),
            text!("lab_program.page.send_bytes"),
            text!("lab_program.page.send_http"),
        ]
        .map(|text| cx.say(&text));
        let segments = [
            (Sends::Nothing, nothing.as_str()),
            (Sends::Bytes, bytes.as_str()),
            (Sends::Http, http.as_str()),
        ];
        segmented(ui, &mut self.sends, &segments);
        if self.sends == Sends::Bytes {
            let drag = DragValue::new(&mut self.bytes).range(1..=MAX_BYTES).speed(8.0);
            value(ui, cx, &text!("lab_program.page.bytes"), drag);
        }
        let drag = DragValue::new(&mut self.count).range(1..=MAX_TOTAL).speed(0.1);
        value(ui, cx, &text!("lab_program.page.count"), drag);
    }

    fn times(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let most = MAX_TIME.as_secs();
        if self.treatment.waits() {
            #[expect(clippy::cast_precision_loss, reason = "an hour in seconds")]
            let after = DragValue::new(&mut self.after_s).range(0.0..=most as f64).speed(0.1);
            value(ui, cx, &text!("lab_program.page.after"), after.max_decimals(1).suffix(" s"));
        }
        let grace = DragValue::new(&mut self.grace_s).range(1..=most).suffix(" s").speed(0.1);
        value(ui, cx, &text!("lab_program.page.grace"), grace);
        let time = DragValue::new(&mut self.time_s).range(1..=most).suffix(" s").speed(0.5);
        value(ui, cx, &text!("lab_program.page.time"), time);
    }

    const fn is_blank(&self) -> bool {
        match self.takes {
            Takes::Listener => self.address.is_empty(),
            Takes::Client => self.target.is_empty(),
        }
    }

    /// Whether something else is chosen than what could not start, or than what was tested: what is said of that one does not
    /// hold for this one.
    pub(super) fn is_new_since(&self, state: &ProgramState) -> bool {
        let could_not_begin = matches!(state.phase, Phase::Failed(_)) && state.address.is_none();
        let is_other_side = match state.setup.side {
            Side::Listener { .. } => self.takes != Takes::Listener,
            Side::Client { .. } => self.takes != Takes::Client,
        };
        could_not_begin && self.setup().as_ref() != Ok(&state.setup)
            || is_other_side && !state.is_running()
    }

    /// What is chosen, or what is wrong with it.
    fn setup(&self) -> Result<Setup, Text> {
        let side = match self.takes {
            Takes::Listener => Side::Listener {
                address: Address::read_local(&self.address)
                    .ok_or_else(|| bad(&self.address, text!("lab_program.page.bad_address")))?,
                answer: if self.treatment.waits() { self.answer } else { Answer::Nothing },
                connections: None,
            },
            Takes::Client => Side::Client {
                target: Address::read(&self.target)
                    .ok_or_else(|| bad(&self.target, text!("lab_program.page.bad_target")))?,
                payload: match self.sends {
                    Sends::Nothing => Payload::Nothing,
                    Sends::Bytes => Payload::Bytes(self.bytes),
                    Sends::Http => Payload::Http,
                },
                count: self.count,
            },
        };
        Ok(Setup {
            side,
            treatment: self.treatment,
            after: Duration::from_secs_f64(self.after_s),
            grace: Duration::from_secs(self.grace_s),
            time: Duration::from_secs(self.time_s),
        })
    }
}

/// What an address lacks, or else what is wanted.
fn bad(typed: &str, wanted: Text) -> Text {
    Address::lacks(typed).unwrap_or(wanted)
}

/// Start, or Stop.
fn action(ui: &mut Ui, cx: &Cx<'_>, running: bool, setup: Result<Setup, Text>) {
    if running {
        let stop = cx.say(&text!("lab_program.page.stop"));
        if Button::new(&stop).icon(ICON_STOP).small().show(ui).clicked() {
            cx.send(Command::StopProgram);
        }
        return;
    }
    ui.add_enabled_ui(setup.is_ok(), |ui| {
        let start = cx.say(&text!("lab_program.page.start"));
        let button = Button::new(&start).icon(ICON_PLAY_ARROW).primary().small().show(ui);
        match setup {
            Ok(setup) if button.clicked() => cx.send(Command::StartProgram(Box::new(setup))),
            Ok(_) => {}
            Err(why) => {
                button.on_disabled_hover_text(cx.say(&why));
            }
        }
    });
}

/// A small title over a choice; gives it as the name of what follows.
fn caption(ui: &mut Ui, cx: &Cx<'_>, text: &Text) -> String {
    ui.add_space(space::S);
    let name = cx.say(text);
    ui.label(TypeStyle::Caption.rich(&name).color(Theme::of(ui).text.secondary));
    name
}

fn hint(ui: &mut Ui, cx: &Cx<'_>, text: &Text) {
    let hint = TypeStyle::Dense.rich(cx.say(text)).color(Theme::of(ui).text.secondary);
    ui.add(Label::new(hint).wrap());
}

/// A number behind its name.
fn value(ui: &mut Ui, cx: &Cx<'_>, name: &Text, drag: DragValue<'_>) {
    let name = cx.say(name);
    ui.horizontal(|ui| {
        let label = TypeStyle::Body.rich(&name).color(Theme::of(ui).text.primary);
        let wanted = eframe::egui::vec2(LABEL, size::CONTROL_SMALL);
        let layout = eframe::egui::Layout::left_to_right(eframe::egui::Align::Center);
        let label = ui.allocate_ui_with_layout(wanted, layout, |ui| {
            ui.set_min_width(LABEL);
            ui.label(label)
        });
        ui.spacing_mut().interact_size.y = size::CONTROL_SMALL;
        let drag = ui.add_sized([72.0, size::CONTROL_SMALL], drag);
        drag.labelled_by(label.inner.id);
    });
}

/// The width of the names of numbers.
const LABEL: f32 = 176.0;
