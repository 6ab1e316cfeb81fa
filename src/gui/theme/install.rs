//! Dresses egui's own widgets in the tokens, so that a stock control beside a drawn one looks like kin.

use eframe::egui::style::{WidgetVisuals, Widgets};
use eframe::egui::{
    self, Context, CornerRadius, FontId, Margin, Shadow, Stroke, Style, TextStyle, Visuals, vec2,
};

use super::measure::{radius, size, space, stroke};
use super::{Color, NONE, Theme, TypeStyle};
use crate::gui::fonts;

/// Gives the window its fonts and both its styles; once, before the first frame.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts::definitions());
    for (which, theme) in
        [(egui::Theme::Dark, Theme::pick(true)), (egui::Theme::Light, Theme::pick(false))]
    {
        ctx.style_mut_of(which, |style| dress(style, theme));
    }
}

fn dress(style: &mut Style, theme: &Theme) {
    style.visuals = visuals(theme);
    style.text_styles = TypeStyle::ALL
        .into_iter()
        .map(|style| (style.text_style(), style.font()))
        .chain([(TextStyle::Button, FontId::clone(&TypeStyle::Body.font()))])
        .collect();
    // Nothing moves unless it changed: no fading in, no sliding, no smooth scrolling.
    style.animation_time = 0.0;
    style.scroll_animation = egui::style::ScrollAnimation::none();
    style.spacing.item_spacing = vec2(space::M, space::S);
    style.spacing.button_padding = vec2(10.0, space::XS);
    style.spacing.interact_size = vec2(size::CONTROL_SMALL, size::CONTROL);
    style.spacing.menu_margin = Margin::same(4);
    style.spacing.window_margin = Margin::same(12);
    style.spacing.icon_width = 16.0;
    style.spacing.icon_width_inner = 10.0;
    style.spacing.icon_spacing = space::S;
    style.spacing.tooltip_width = 420.0;
    style.spacing.scroll = egui::style::ScrollStyle {
        bar_width: size::SCROLLBAR,
        ..egui::style::ScrollStyle::floating()
    };
    // A table is for selecting rows; texts that are worth copying say so themselves.
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
}

fn visuals(theme: &Theme) -> Visuals {
    let base = if theme.dark { Visuals::dark() } else { Visuals::light() };
    let shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: theme.shadow };
    let mut visuals = Visuals {
        override_text_color: None,
        weak_text_color: Some(theme.text.tertiary),
        widgets: widgets(theme),
        hyperlink_color: theme.accent.text,
        faint_bg_color: theme.surface.zebra,
        extreme_bg_color: theme.surface.input,
        text_edit_bg_color: Some(theme.surface.input),
        code_bg_color: theme.surface.raised,
        warn_fg_color: theme.severity.warning.text,
        error_fg_color: theme.severity.critical.text,
        window_corner_radius: CornerRadius::same(radius::CARD),
        window_shadow: shadow,
        window_fill: theme.surface.raised,
        window_stroke: hairline(theme.stroke.normal),
        window_highlight_topmost: false,
        menu_corner_radius: CornerRadius::same(radius::CARD),
        panel_fill: theme.surface.panel,
        popup_shadow: shadow,
        indent_has_left_vline: false,
        ..base
    };
    visuals.selection.bg_fill = theme.surface.selected;
    // Also the frame of the field that has the keyboard.
    visuals.selection.stroke = Stroke::new(stroke::FOCUS, theme.accent.focus_ring);
    visuals.text_cursor.stroke = Stroke::new(stroke::LINE, theme.text.primary);
    visuals.text_cursor.blink = false;
    visuals
}

fn widgets(theme: &Theme) -> Widgets {
    let like = |fill: Color, frame: Stroke, text: Color| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: frame,
        corner_radius: CornerRadius::same(radius::CONTROL),
        fg_stroke: hairline(text),
        expansion: 0.0,
    };
    let text = theme.text.primary;
    let mut widgets = Widgets {
        noninteractive: like(
            theme.surface.panel,
            hairline(theme.stroke.subtle),
            theme.text.primary,
        ),
        inactive: like(theme.surface.raised, hairline(theme.stroke.normal), text),
        hovered: like(theme.surface.hover, hairline(theme.stroke.control), text),
        // egui's word for "has the keyboard" too, hence the ring.
        active: like(
            theme.surface.hover,
            Stroke::new(stroke::FOCUS, theme.accent.focus_ring),
            text,
        ),
        open: like(theme.surface.hover, hairline(theme.stroke.control), text),
    };
    widgets.noninteractive.weak_bg_fill = NONE;
    widgets
}

fn hairline(color: Color) -> Stroke {
    Stroke::new(stroke::HAIRLINE, color)
}
