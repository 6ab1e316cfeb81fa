//! Buttons.

use eframe::egui::{
    Align2, CornerRadius, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};
use egui_material_icons::MaterialIcon;

use super::paint::{focus_ring, paint_icon, unfaded};
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Color, NONE, Theme, TypeStyle};

/// How much a button asks for the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// The one thing to do here.
    Primary,
    /// One of several.
    Usual,
    /// Loses something that does not come back.
    Harsh,
}

/// A button: a verb, with or without an icon. [`button`] and [`primary_button`] are the usual ones.
#[derive(Clone, Debug)]
#[must_use = "a button is drawn by `show`"]
pub struct Button<'a> {
    label: &'a str,
    name: &'a str,
    icon: Option<MaterialIcon>,
    weight: Weight,
    small: bool,
    dense: bool,
    icon_only: bool,
}

impl<'a> Button<'a> {
    /// A button that says `label`.
    pub fn new(label: &'a str) -> Self {
        Self {
            label,
            name: label,
            icon: None,
            weight: Weight::Usual,
            small: false,
            dense: false,
            icon_only: false,
        }
    }

    /// With another accessible name than its label, where the label alone is not unique.
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    /// With an icon before the label.
    pub fn icon(mut self, icon: impl Into<Option<MaterialIcon>>) -> Self {
        self.icon = icon.into();
        self
    }

    /// The one thing to do here.
    pub fn primary(mut self) -> Self {
        self.weight = Weight::Primary;
        self
    }

    /// Loses something that does not come back: the label is written in the critical colour.
    pub fn harsh(mut self) -> Self {
        self.weight = Weight::Harsh;
        self
    }

    /// 24 points high instead of 28, for rows and banners.
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// As small, and in the type of tables, where many stand in a line.
    pub fn dense(mut self) -> Self {
        self.dense = true;
        self.small()
    }

    /// Draws it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let theme = Theme::of(ui);
        let style = match self.weight {
            Weight::Primary => TypeStyle::BodyStrong,
            _ if self.dense => TypeStyle::Dense,
            _ => TypeStyle::Body,
        };
        let height = if self.small { size::CONTROL_SMALL } else { size::CONTROL };
        let pad = match (self.dense, self.small) {
            (true, _) => space::S,
            (false, true) => space::M,
            (false, false) => 10.0,
        };
        // Laid out with the placeholder colour: which role it wears is known only after the response.
        let label = (!self.icon_only).then(|| {
            let text = self.label.to_owned();
            ui.painter().layout_no_wrap(text, style.font(), Color::PLACEHOLDER)
        });
        let width = match &label {
            None => height,
            Some(label) => {
                let icon = self.icon.map_or(0.0, |_| size::ICON + space::S);
                (pad + icon + label.size().x + pad).ceil()
            }
        };
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());

        if ui.is_rect_visible(rect) {
            let painter = unfaded(ui);
            let look = self.look(theme, &response, ui.is_enabled());
            let corner = if self.small { radius::SMALL_CONTROL } else { radius::CONTROL };
            painter.rect(
                rect,
                CornerRadius::same(corner),
                look.fill,
                Stroke::new(stroke::HAIRLINE, look.frame),
                StrokeKind::Inside,
            );
            if response.has_focus() {
                focus_ring(&painter, theme, rect, corner);
            }
            match label {
                None => {
                    if let Some(icon) = self.icon {
                        paint_icon(&painter, rect.center(), icon, size::ICON, look.icon);
                    }
                }
                Some(label) => {
                    let mut left = rect.left_center() + vec2(pad, 0.0);
                    if let Some(icon) = self.icon {
                        let middle = left + vec2(size::ICON / 2.0, 0.0);
                        paint_icon(&painter, middle, icon, size::ICON, look.icon);
                        left.x += size::ICON + space::S;
                    }
                    let at = Align2::LEFT_CENTER.anchor_size(left, label.size());
                    painter.galley(at.min, label, look.text);
                }
            }
        }

        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), self.name));
        response
    }

    fn look(&self, theme: &Theme, response: &Response, enabled: bool) -> Look {
        let framed = !self.icon_only;
        if !enabled {
            return Look {
                fill: NONE,
                frame: if framed { theme.stroke.subtle } else { NONE },
                text: theme.text.disabled,
                icon: theme.text.disabled,
            };
        }
        let hovered = response.hovered() || response.is_pointer_button_down_on();
        if self.weight == Weight::Primary {
            return Look {
                fill: theme.accent.fill,
                frame: if hovered { theme.accent.on_fill } else { theme.accent.fill },
                text: theme.accent.on_fill,
                icon: theme.accent.on_fill,
            };
        }
        let text = match self.weight {
            Weight::Harsh => theme.severity.critical.text,
            Weight::Primary | Weight::Usual => theme.text.primary,
        };
        Look {
            fill: match (hovered, framed) {
                (true, _) => theme.surface.hover,
                (false, true) => theme.surface.raised,
                (false, false) => NONE,
            },
            frame: match (framed, response.is_pointer_button_down_on()) {
                (false, _) => NONE,
                (true, false) => theme.stroke.normal,
                (true, true) => theme.stroke.control,
            },
            text,
            icon: match self.weight {
                Weight::Usual if hovered => theme.text.primary,
                Weight::Usual => theme.text.secondary,
                _ => text,
            },
        }
    }
}

/// The colours of a button now.
struct Look {
    fill: Color,
    frame: Color,
    text: Color,
    icon: Color,
}

/// A button.
pub fn button(ui: &mut Ui, icon: impl Into<Option<MaterialIcon>>, label: &str) -> Response {
    Button::new(label).icon(icon).show(ui)
}

/// The button for the one thing to do here.
pub fn primary_button(ui: &mut Ui, icon: impl Into<Option<MaterialIcon>>, label: &str) -> Response {
    Button::new(label).icon(icon).primary().show(ui)
}

/// A button that is an icon; `name` is its accessible name and its tooltip.
pub fn icon_button(ui: &mut Ui, icon: MaterialIcon, name: &str) -> Response {
    let button = Button { icon_only: true, small: true, ..Button::new(name).icon(icon) };
    let response = button.show(ui);
    response.clone().on_hover_text(name).on_disabled_hover_text(name)
}
