//! A titled panel.

use eframe::egui::{
    Align, Frame, InnerResponse, Label, Layout, Margin, Role, Stroke, Ui, UiBuilder, vec2,
};

use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};

/// A panel with a title. [`card`] is the usual one.
#[derive(Clone, Debug)]
#[must_use = "a card is drawn by `show`"]
pub struct Card<'a> {
    title: &'a str,
    note: Option<&'a str>,
    flush: bool,
    height: f32,
}

impl<'a> Card<'a> {
    /// A card with this title, which is also its accessible name.
    pub fn new(title: &'a str) -> Self {
        Self { title, note: None, flush: false, height: 0.0 }
    }

    /// With a weaker text behind the title.
    pub fn note(mut self, note: &'a str) -> Self {
        self.note = Some(note);
        self
    }

    /// With a body that reaches the frame, as charts and tables do.
    pub fn flush(mut self) -> Self {
        self.flush = true;
        self
    }

    /// At least `height` points high.
    pub fn height(mut self, height: f32) -> Self {
        self.height = height;
        self
    }

    /// Draws it over the whole width there is. `right` fills the header from its right end.
    pub fn show<R>(
        self,
        ui: &mut Ui,
        right: impl FnOnce(&mut Ui),
        body: impl FnOnce(&mut Ui) -> R,
    ) -> InnerResponse<R> {
        let theme = Theme::of(ui);
        let named =
            UiBuilder::new().accessibility_role(Role::Group).accessibility_label(self.title);
        ui.scope_builder(named, |ui| {
            Frame::new()
                .fill(theme.surface.panel)
                .stroke(Stroke::new(stroke::HAIRLINE, theme.stroke.subtle))
                .corner_radius(radius::CARD)
                .show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.set_min_height((self.height - 2.0 * stroke::HAIRLINE).max(0.0));
                    ui.spacing_mut().item_spacing.y = 0.0;
                    self.header(ui, theme, right);
                    ui.spacing_mut().item_spacing.y = space::S;
                    if self.flush {
                        body(ui)
                    } else {
                        let margin = Margin { left: 12, right: 12, top: 0, bottom: 12 };
                        Frame::new()
                            .inner_margin(margin)
                            .show(ui, |ui| {
                                ui.set_width(ui.available_width());
                                body(ui)
                            })
                            .inner
                    }
                })
                .inner
        })
    }

    fn header(&self, ui: &mut Ui, theme: &Theme, right: impl FnOnce(&mut Ui)) {
        let wanted = vec2(ui.available_width(), size::CARD_HEADER);
        // The right end first: what belongs there is whole, and the note takes the room that is left.
        ui.allocate_ui_with_layout(wanted, Layout::right_to_left(Align::Center), |ui| {
            ui.set_min_height(size::CARD_HEADER);
            // egui puts its spacing between; the rest makes the margin of the body.
            ui.add_space(space::L);
            right(ui);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(space::L);
                let title = TypeStyle::BodyStrong.rich(self.title).color(theme.text.primary);
                ui.add(Label::new(title));
                if let Some(note) = self.note {
                    let note = TypeStyle::Dense.rich(note).color(theme.text.tertiary);
                    ui.add(Label::new(note).truncate());
                }
            });
        });
    }
}

/// A panel with a title: `right` fills the header from its right end, `body` the rest.
pub fn card<R>(
    ui: &mut Ui,
    title: &str,
    right: impl FnOnce(&mut Ui),
    body: impl FnOnce(&mut Ui) -> R,
) -> InnerResponse<R> {
    Card::new(title).show(ui, right, body)
}
