//! The other end of the connection: its row where it is on this machine, else what to look for there.

use eframe::egui::{Label, Ui};
use egui_material_icons::icons::ICON_SWAP_HORIZ;

use super::Subject;
use super::parts::title;
use crate::analysis::pair::states_of_other_end;
use crate::analysis::phrases;
use crate::analysis::track::SocketId;
use crate::gui::glyph::badge;
use crate::gui::theme::measure::space;
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::Button;
use crate::model::State;
use crate::text;
use crate::text::Text;

/// Draws the section; gives the other end when the user wants to see it.
pub(super) fn ui(ui: &mut Ui, subject: Subject<'_>) -> Option<SocketId> {
    let Subject { cx, socket, inspection, .. } = subject;
    let theme = Theme::of(ui);
    let remote = socket.remote?;
    title(ui, cx, &text!("details.other_end"), None);
    // Nothing is said before it was looked for.
    let inspection = inspection?;
    let Some((other, track)) = inspection.other_end() else {
        let address = remote.to_string();
        let states = states_of_other_end(socket.state);
        let names: Vec<&str> = states.iter().map(|state| state.name()).collect();
        let sentence = sentence(subject, &address, &names.join(" / "));
        let sentence = TypeStyle::Dense.rich(cx.say(&sentence)).color(theme.text.secondary);
        ui.add(Label::new(sentence).wrap().selectable(true));
        return None;
    };
    let processes = inspection.frame.snapshot.as_ref().map(|snapshot| &snapshot.processes)?;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        badge(ui, other.state);
        let owner = cx.say(&phrases::owner(&other.owner, processes));
        let owner = TypeStyle::Dense.rich(owner).color(theme.text.primary);
        ui.add(Label::new(owner).truncate());
    });
    ui.add_space(space::XXS);
    let label = cx.say(&text!("details.go_to_other_end"));
    let pressed = Button::new(&label).icon(ICON_SWAP_HORIZ).small().show(ui).clicked();
    track.filter(|_| pressed).map(|track| track.id)
}

/// Why there is no such row here, and what to look for.
fn sentence(subject: Subject<'_>, address: &str, states: &str) -> Text {
    let Subject { snapshot, socket, .. } = subject;
    let here = socket
        .remote
        .is_some_and(|remote| remote.ip().is_loopback() || remote.ip() == socket.local.ip());
    if snapshot.is_partial() {
        text!("details.other_end_missing")
    } else if here && socket.state == State::SynSent {
        text!("details.other_end_not_yet")
    } else if here {
        text!("details.other_end_gone")
    } else {
        text!("details.other_end_elsewhere", address = address, states = states)
    }
}
