//! Asks before snapshots that are in no file are lost with the window.

use eframe::egui::{Align, Context, Frame, Id, Layout, Modal};

use super::cx::Cx;
use super::theme::measure::space;
use super::theme::{Theme, TypeStyle};
use super::widgets::{Button, primary_button};
use crate::text;

const WIDTH: f32 = 420.0;

/// What the user says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    None,
    /// The window stays open.
    Stay,
    /// It closes, and the snapshots are lost.
    Close,
}

/// Draws the question.
pub fn ui(ctx: &Context, cx: &Cx<'_>) -> Answer {
    let frame = Frame::popup(&ctx.global_style()).inner_margin(space::XL);
    let mut answer = Answer::None;
    let modal = Modal::new(Id::unique("closing")).frame(frame).show(ctx, |ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = space::M;
        let theme = Theme::of(ui);
        let title = cx.say(&text!("closing.title", n = cx.shelf.unsaved()));
        ui.label(TypeStyle::Title.rich(title).color(theme.text.primary));
        let text = cx.say(&text!("closing.text"));
        ui.label(TypeStyle::Body.rich(text).color(theme.text.secondary));
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            if primary_button(ui, None, &cx.say(&text!("closing.stay"))).clicked() {
                answer = Answer::Stay;
            }
            if Button::new(&cx.say(&text!("closing.close"))).harsh().show(ui).clicked() {
                answer = Answer::Close;
            }
        });
    });
    if modal.should_close() && answer == Answer::None { Answer::Stay } else { answer }
}
