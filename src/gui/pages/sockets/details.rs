//! The details of the selected socket, beside the table or over it.
//!
//! ```text
//!  +----------------------------+
//!  | Socket              copy x |
//!  | local -> remote            |
//!  | owner                      |
//!  | the state diagram          |
//!  | what the situation means   |
//!  | transitions                |
//!  | queues and timers          |
//!  | tcp_info                   |
//!  | other end                  |
//!  | process                    |
//!  +----------------------------+
//! ```

mod connection;
mod other_end;
mod parts;
mod process;
mod sight;

use std::time::{Duration, SystemTime};

use eframe::egui::{
    self, Align, Area, Id, Key, Label, Layout, Margin, Modifiers, Order, Popup, Rect, Role,
    ScrollArea, Stroke, Ui, UiBuilder,
};
use egui_material_icons::icons::{ICON_CLOSE, ICON_CONTENT_COPY};

use super::keys;
use crate::analysis::diagram::Walk;
use crate::analysis::explain::situation;
use crate::analysis::filter::state_term;
use crate::analysis::phrases;
use crate::analysis::track::{SocketId, Track};
use crate::gui::cx::{Command, Cx};
use crate::gui::state_diagram::StateDiagram;
use crate::gui::theme::measure::{Room, radius, size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::icon_button;
use crate::model::{Snapshot, Socket, State};
use crate::monitor::{Frame, Health, Inspection, Line};
use crate::text;
use crate::text::clock;
use sight::{Sight, Whereabouts};

/// The pane: whether it is open, which the page keeps.
pub(super) struct Details {
    /// The user wants it where there is room beside the table.
    beside: bool,
    /// The user opened it over the table, where there is none.
    over: bool,
    /// What was last seen of the selected socket.
    sight: Option<Sight>,
}

/// The socket that keys start from, and its line where the view has it.
#[derive(Clone, Copy)]
pub(super) struct Selected {
    pub(super) id: SocketId,
    pub(super) line: Option<Line>,
}

/// A socket that the user wants to see instead, and a filter that shows both.
pub(super) struct Instead {
    pub(super) id: SocketId,
    pub(super) filter: String,
}

impl Default for Details {
    fn default() -> Self {
        Self { beside: true, over: false, sight: None }
    }
}

/// What the pane shows.
#[derive(Clone, Copy)]
struct Subject<'a> {
    cx: &'a Cx<'a>,
    frame: &'a Frame,
    whereabouts: Whereabouts,
    snapshot: &'a Snapshot,
    socket: &'a Socket,
    track: &'a Track,
    /// What the inspector found, once it has looked at this socket.
    inspection: Option<&'a Inspection>,
    /// The time since the table was read; none in a recording, whose time stands still.
    elapsed: Duration,
}

impl Details {
    /// Takes the pane's keys, and divides the page: what is left for the table, and the pane's place while it is open.
    pub(super) fn divide(
        &mut self,
        ui: &Ui,
        cx: &Cx<'_>,
        selected: Option<Selected>,
    ) -> (Rect, Option<Rect>) {
        self.look(ui, cx, selected);
        let shows = self.sight.is_some();
        let room = Room::of(ui.ctx().content_rect().width());
        let narrow = room == Room::Narrow;
        self.over &= narrow && shows;
        if shows && !cx.asking && !Popup::is_any_open(ui.ctx()) {
            self.keys(ui, narrow, selected.is_some());
        }
        let whole = ui.available_rect_before_wrap();
        if !shows || !(if narrow { self.over } else { self.beside }) {
            return (whole, None);
        }
        let width = if room == Room::Wide { size::DETAILS_PANE_WIDE } else { size::DETAILS_PANE };
        let pane = whole.with_min_x(whole.right() - width);
        let rest = if narrow { whole } else { whole.with_max_x(pane.left() - room.gap()) };
        (rest, Some(pane))
    }

    /// Looks at what is selected. What the list does not show any more stays, until Esc or another row.
    fn look(&mut self, ui: &Ui, cx: &Cx<'_>, selected: Option<Selected>) {
        let before = self.sight.take();
        let in_list = |sight: &Sight| cx.view.is_some_and(|view| view.line_of(sight.id).is_some());
        let dropped = !self.over && ui.input(|input| input.key_pressed(Key::Escape));
        self.sight = match (selected, &before) {
            (Some(selected), _) => Sight::of(cx, selected.id, selected.line, before.as_ref()),
            (None, Some(sight)) if !dropped && !in_list(sight) => {
                Sight::of(cx, sight.id, None, before.as_ref())
            }
            (None, _) => None,
        };
    }

    /// Enter on a row opens it; Esc closes it where it lies over the table.
    fn keys(&mut self, ui: &Ui, narrow: bool, on_row: bool) {
        let focused = ui.memory(egui::Memory::focused);
        let for_table = focused.is_none_or(|focused| focused == keys::table_id());
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if for_table && on_row && pressed(Key::Enter) {
            self.open(narrow);
        }
        if self.over && pressed(Key::Escape) {
            self.over = false;
        }
    }

    fn open(&mut self, narrow: bool) {
        if narrow { self.over = true } else { self.beside = true }
    }

    /// Draws the pane at its place.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, pane: Rect) -> Option<Instead> {
        let sight = self.sight.clone()?;
        let (socket, track) = sight.socket()?;
        let snapshot = sight.frame.snapshot.as_deref()?;
        cx.inspect.set(Some(track.id));
        // The frame that has the row may be from before the recording was known to be at its end.
        let recorded = matches!(cx.frame.health, Health::Recorded);
        let since = |read: SystemTime| SystemTime::now().duration_since(read).unwrap_or_default();
        let subject = Subject {
            cx,
            frame: &sight.frame,
            whereabouts: sight.whereabouts,
            snapshot,
            socket,
            track,
            inspection: sight.inspection.as_deref(),
            elapsed: if recorded { Duration::ZERO } else { since(snapshot.taken_at) },
        };
        if self.over {
            // Above the table, whose rows would take the pointer otherwise.
            let area = Area::new(Id::unique("socket-details")).order(Order::Middle);
            let area = area.fixed_pos(pane.min).constrain(false);
            area.show(ui.ctx(), |ui| self.pane(ui, pane, subject)).inner
        } else {
            self.pane(ui, pane, subject)
        }
    }

    fn pane(&mut self, ui: &mut Ui, pane: Rect, subject: Subject<'_>) -> Option<Instead> {
        let theme = Theme::of(ui);
        let name = subject.cx.say(&text!("details.name"));
        let named = UiBuilder::new()
            .max_rect(pane)
            .accessibility_role(Role::Group)
            .accessibility_label(&name);
        ui.scope_builder(named, |ui| {
            egui::Frame::new()
                .fill(theme.surface.panel)
                .stroke(Stroke::new(stroke::HAIRLINE, theme.stroke.subtle))
                .corner_radius(radius::CARD)
                .show(ui, |ui| {
                    ui.set_min_size(pane.size() - 2.0 * egui::Vec2::splat(stroke::HAIRLINE));
                    ui.spacing_mut().item_spacing.y = space::XS;
                    self.header(ui, subject);
                    let body = egui::Frame::new().inner_margin(Margin {
                        left: 12,
                        right: 12,
                        top: 0,
                        bottom: 12,
                    });
                    let scroll = ScrollArea::vertical().auto_shrink(false);
                    scroll.show(ui, |ui| body.show(ui, |ui| contents(ui, subject)).inner).inner
                })
                .inner
        })
        .inner
    }

    fn header(&mut self, ui: &mut Ui, Subject { cx, socket, .. }: Subject<'_>) {
        let theme = Theme::of(ui);
        let wanted = egui::vec2(ui.available_width(), size::CARD_HEADER);
        ui.allocate_ui_with_layout(wanted, Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_height(size::CARD_HEADER);
            ui.add_space(space::XS);
            if icon_button(ui, ICON_CLOSE, &cx.say(&text!("details.close"))).clicked() {
                self.beside &= self.over;
                self.over = false;
            }
            if icon_button(ui, ICON_CONTENT_COPY, &cx.say(&text!("details.copy"))).clicked() {
                cx.send(Command::Copy(addresses(cx, socket, " ")));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(space::L);
                let title = TypeStyle::BodyStrong.rich(cx.say(&text!("details.title")));
                ui.label(title.color(theme.text.primary));
            });
        });
    }
}

/// Both addresses; the clipboard takes them with a space between, as filters and other tools read them.
fn addresses(cx: &Cx<'_>, socket: &Socket, between: &str) -> String {
    let remote = match socket.remote {
        Some(remote) => remote.to_string(),
        None => cx.say(&text!("sockets.any")),
    };
    format!("{}{between}{remote}", socket.local)
}

/// Everything below the header.
fn contents(ui: &mut Ui, subject: Subject<'_>) -> Option<Instead> {
    let Subject { cx, frame, snapshot, socket, track, inspection, elapsed, .. } = subject;
    let theme = Theme::of(ui);
    ui.set_width(ui.available_width());
    // A row is as high as its text: most of them are only read.
    ui.spacing_mut().interact_size.y = TypeStyle::Dense.line();
    let both = TypeStyle::Mono.rich(addresses(cx, socket, " ⇄ ")).color(theme.text.primary);
    ui.add(Label::new(both).wrap().selectable(true));
    let owner = cx.say(&phrases::owner(&socket.owner, &snapshot.processes));
    let owner = TypeStyle::Dense.rich(owner).color(theme.text.secondary);
    ui.add(Label::new(owner).wrap().selectable(true));
    ui.add_space(space::XS);

    whereabouts(ui, subject);
    let opening = inspection.and_then(|found| found.opening);
    let walk = Walk::new(&states(track, socket.state), opening);
    let diagram = StateDiagram::new(&frame.counts).walk(&walk);
    if let Some(state) = diagram.show(ui, cx) {
        cx.send(Command::ShowSockets(state_term(state)));
    }
    ui.add_space(space::M);
    parts::note(ui, cx, socket.state, &situation(socket, elapsed));
    connection::transitions(ui, subject);
    connection::queues_and_timer(ui, subject);
    connection::tcp_info(ui, subject);
    let other = other_end::ui(ui, subject);
    process::ui(ui, subject);
    other.map(|id| Instead { id, filter: addresses(cx, socket, " ") })
}

/// Why the row is not in the list, when it is not.
fn whereabouts(ui: &mut Ui, Subject { cx, whereabouts, .. }: Subject<'_>) {
    let theme = Theme::of(ui);
    let (sentence, color) = match whereabouts {
        Whereabouts::Listed => return,
        Whereabouts::FilteredOut => (text!("details.filtered_out"), theme.text.secondary),
        Whereabouts::Gone(at) => {
            (text!("details.gone", time = clock(at, cx.zone)), theme.severity.note.text)
        }
    };
    ui.add(Label::new(TypeStyle::Dense.rich(cx.say(&sentence)).color(color)).wrap());
}

/// The states that a socket was seen in, the present one last.
fn states(track: &Track, present: State) -> Vec<State> {
    match &track.path {
        Some(path) => path.iter().map(|transition| transition.state).collect(),
        None => vec![present],
    }
}
