//! The look, as data: colours by role, measures, type styles, and how egui's own widgets wear them.
//!
//! Colours are grey but for two meanings, a TCP state and a severity; one blue accent marks focus,
//! selection, links, switches and progress, and never appears in a chart. A drawing function asks for a
//! role (`theme.text.secondary`), never for a colour; only `tokens` knows which one that is. A weaker
//! text is another role, not a faded one: fading would undo the contrasts that the tests hold.

mod install;
mod line;
pub mod measure;
mod tokens;
mod type_style;

use eframe::egui;

pub use install::install;
pub use line::{LineKind, LineStyle, line_style, paint_line};
pub use tokens::{Color, NONE};
pub use type_style::{TypeStyle, mono_medium, semibold};

use crate::model::State;

/// One theme: every role and its colour.
#[derive(Debug)]
pub struct Theme {
    /// Whether this is the dark one.
    pub dark: bool,
    /// What things stand on.
    pub surface: Surfaces,
    /// What parts and frames things.
    pub stroke: Strokes,
    /// What is written.
    pub text: Texts,
    /// Focus, selection, links, switches, progress.
    pub accent: Accent,
    /// Critical, warning, note, fine.
    pub severity: Severities,
    /// The TCP state diagram.
    pub diagram: Diagram,
    /// How much of a colour its area, its gap or its forecast keeps.
    pub alpha: Alphas,
    /// Under menus, popups and dialogs.
    pub shadow: Color,
    states: [StateColors; State::COUNT],
}

/// What things stand on.
#[derive(Debug)]
pub struct Surfaces {
    /// Behind the cards.
    pub window: Color,
    /// Top bar, rail and coverage line.
    pub bar: Color,
    /// Cards, tables, charts.
    pub panel: Color,
    /// Buttons, diagram nodes, menus.
    pub raised: Color,
    /// A row or a button under the pointer.
    pub hover: Color,
    /// A selected row.
    pub selected: Color,
    /// Fields to type in.
    pub input: Color,
    /// The segment that is on.
    pub segment_on: Color,
    /// Every other row.
    pub zebra: Color,
    /// What a gauge runs in.
    pub track: Color,
}

/// What parts and frames things.
#[derive(Debug)]
pub struct Strokes {
    /// Cards, and lines inside them.
    pub subtle: Color,
    /// Buttons and menus.
    pub normal: Color,
    /// Fields and switches: at least 3 to 1, since the frame is the control.
    pub control: Color,
}

/// What is written.
#[derive(Debug)]
pub struct Texts {
    /// What one reads.
    pub primary: Color,
    /// What explains it.
    pub secondary: Color,
    /// Captions, units, zeros; still at least 4.5 to 1.
    pub tertiary: Color,
    /// What does not work now.
    pub disabled: Color,
}

/// Focus, selection, links, switches, progress.
#[derive(Debug)]
pub struct Accent {
    /// Links, progress.
    pub text: Color,
    /// The ring around what has the keyboard.
    pub focus_ring: Color,
    /// The primary button, a switch that is on.
    pub fill: Color,
    /// What is written on `fill`.
    pub on_fill: Color,
}

/// Critical, warning, note, fine.
#[derive(Debug)]
pub struct Severities {
    /// Something breaks, or will soon.
    pub critical: SeverityColors,
    /// Something should be looked at.
    pub warning: SeverityColors,
    /// Something worth knowing.
    pub note: SeverityColors,
    /// Looked at, and well.
    pub fine: SeverityColors,
}

/// The colours of a severity.
#[derive(Debug)]
pub struct SeverityColors {
    /// On panel and on `fill`.
    pub text: Color,
    /// Behind a banner or a chip.
    pub fill: Color,
    /// Around them, and a gauge's bar.
    pub stroke: Color,
}

/// The TCP state diagram's own colours; its nodes wear their states'.
#[derive(Debug)]
pub struct Diagram {
    /// A transition.
    pub edge: Color,
    /// A transition that was seen.
    pub edge_taken: Color,
    /// A node that is not lit.
    pub node_fill: Color,
    /// Around it.
    pub node_stroke: Color,
}

/// The colours of a TCP state.
#[derive(Debug)]
pub struct StateColors {
    /// Line, bar, dot, lit node; for `surface.panel` only.
    pub mark: Color,
    /// Behind a badge.
    pub fill: Color,
    /// On `fill`, and on the panel.
    pub text: Color,
    /// Around `fill`.
    pub edge: Color,
}

/// How much of a colour stays, from 0 to 1.
#[derive(Debug)]
pub struct Alphas {
    /// Under CLOSE_WAIT's line in the chart.
    pub area_alarm: f32,
    /// Of a state in a stack.
    pub area_stack: f32,
    /// Under a sparkline.
    pub area_spark: f32,
    /// A span of time without samples.
    pub gap_span: f32,
    /// A span of time to come.
    pub forecast_span: f32,
    /// How far a forecast may be off.
    pub forecast_wedge: f32,
}

/// What a colour that is no state's means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something breaks, or will soon.
    Critical,
    /// Something should be looked at.
    Warning,
    /// Something worth knowing.
    Note,
    /// Looked at, and well.
    Fine,
}

impl Theme {
    /// The theme that `ui` is drawn in.
    pub fn of(ui: &egui::Ui) -> &'static Self {
        Self::pick(ui.visuals().dark_mode)
    }

    /// The theme that the window is drawn in.
    pub fn of_ctx(ctx: &egui::Context) -> &'static Self {
        Self::pick(ctx.theme() == egui::Theme::Dark)
    }

    /// The dark or the light theme.
    pub fn pick(dark: bool) -> &'static Self {
        if dark { &tokens::DARK } else { &tokens::LIGHT }
    }

    /// The colours of a TCP state.
    pub fn state(&self, state: State) -> &StateColors {
        &self.states[state.index()]
    }

    /// The colours of a severity.
    pub fn tone(&self, tone: Tone) -> &SeverityColors {
        match tone {
            Tone::Critical => &self.severity.critical,
            Tone::Warning => &self.severity.warning,
            Tone::Note => &self.severity.note,
            Tone::Fine => &self.severity.fine,
        }
    }

    /// What to write on a state's mark with: black or white, whichever contrasts more.
    pub fn text_on(&self, mark: Color) -> Color {
        if contrast(tokens::PAPER, mark) >= contrast(tokens::INK, mark) {
            tokens::PAPER
        } else {
            tokens::INK
        }
    }
}

/// How two opaque colours contrast, from 1 to 21 (WCAG 2.2, "contrast ratio").
pub fn contrast(one: Color, other: Color) -> f32 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Relative luminance, from 0 to 1 (WCAG 2.2).
fn luminance(color: Color) -> f32 {
    let [red, green, blue, _] = egui::Rgba::from(color).to_array();
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn themes() -> [&'static Theme; 2] {
        [Theme::pick(true), Theme::pick(false)]
    }

    #[test]
    fn the_scale_of_contrast_is_the_known_one() {
        assert!((contrast(Color::WHITE, Color::BLACK) - 21.0).abs() < 0.01);
        assert!((contrast(Color::WHITE, Color::from_rgb(0x76, 0x76, 0x76)) - 4.54).abs() < 0.01);
    }

    #[test]
    fn text_can_be_read_on_every_surface_it_stands_on() {
        for theme in themes() {
            let surface = &theme.surface;
            for background in [
                surface.window,
                surface.bar,
                surface.panel,
                surface.raised,
                surface.selected,
                surface.input,
                surface.zebra,
            ] {
                assert!(contrast(theme.text.primary, background) >= 11.0);
                assert!(contrast(theme.text.secondary, background) >= 6.0);
                assert!(contrast(theme.text.tertiary, background) >= 4.5);
                assert!(contrast(theme.accent.focus_ring, background) >= 3.0);
            }
            assert!(contrast(theme.accent.on_fill, theme.accent.fill) >= 5.4);
            assert!(contrast(theme.stroke.control, surface.panel) >= 3.0);
        }
    }

    #[test]
    fn a_severity_can_be_read_on_its_fill_and_seen_on_the_panel() {
        for theme in themes() {
            for tone in [Tone::Critical, Tone::Warning, Tone::Note, Tone::Fine] {
                let colors = theme.tone(tone);
                assert!(contrast(colors.text, colors.fill) >= 5.95, "{tone:?}");
                assert!(contrast(colors.stroke, theme.surface.panel) >= 4.3, "{tone:?}");
            }
        }
    }

    #[test]
    fn a_state_can_be_read_on_its_badge_and_seen_in_the_chart() {
        for theme in themes() {
            for state in State::ALL {
                let colors = theme.state(state);
                assert!(contrast(colors.text, colors.fill) >= 4.5, "{state}");
                assert!(contrast(colors.text, theme.surface.panel) >= 4.5, "{state}");
                assert!(contrast(colors.mark, theme.surface.panel) >= 3.0, "{state}");
                assert!(contrast(theme.text_on(colors.mark), colors.mark) >= 4.5, "{state}");
            }
        }
    }
}
