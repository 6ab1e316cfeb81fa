//! What several controls paint.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    Align2, CornerRadius, FontId, Galley, Painter, Pos2, Rect, Response, Role, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, vec2,
};
use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{ICON_CHECK_CIRCLE, ICON_ERROR, ICON_INFO, ICON_WARNING};

use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Color, Theme, Tone, TypeStyle};

/// The icon of a severity.
pub fn tone_icon(tone: Tone) -> MaterialIcon {
    match tone {
        Tone::Critical => ICON_ERROR,
        Tone::Warning => ICON_WARNING,
        Tone::Note => ICON_INFO,
        Tone::Fine => ICON_CHECK_CIRCLE,
    }
}

/// Paints an icon in the middle of a square of `side` points around `center`.
pub fn paint_icon(painter: &Painter, center: Pos2, icon: MaterialIcon, side: f32, color: Color) {
    let font = FontId::new(side, icon.font_family());
    painter.text(center, Align2::CENTER_CENTER, icon.codepoint, font, color);
}

/// An icon that a text beside it explains; a screen reader passes it by.
pub fn icon(ui: &mut Ui, icon: MaterialIcon, side: f32, color: Color) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    if ui.is_rect_visible(rect) {
        paint_icon(ui.painter(), rect.center(), icon, side, color);
    }
    response
}

/// The ring around what has the keyboard.
pub fn focus_ring(painter: &Painter, theme: &Theme, rect: Rect, corner: u8) {
    // Whole points, so that the corner follows the control's.
    let gap = stroke::FOCUS_GAP;
    painter.rect_stroke(
        rect.expand(gap),
        CornerRadius::same(corner.saturating_add(1)),
        Stroke::new(stroke::FOCUS, theme.accent.focus_ring),
        StrokeKind::Outside,
    );
}

/// The painter of `ui` without the fading that egui gives to what is disabled: here a weaker role says so.
pub fn unfaded(ui: &Ui) -> Painter {
    let mut painter = ui.painter().clone();
    let faded = ui.visuals().disabled_alpha();
    if !ui.is_enabled() && faded > 0.0 {
        painter.set_opacity((painter.opacity() / faded).min(1.0));
    }
    painter
}

/// A verdict on its severity's fill, with the severity's icon or its own.
pub fn chip(ui: &mut Ui, tone: Tone, own: Option<MaterialIcon>, text: &str) -> Response {
    let theme = Theme::of(ui);
    let colors = theme.tone(tone);
    let name =
        ui.painter().layout_no_wrap(text.to_owned(), TypeStyle::DenseStrong.font(), colors.text);
    let side = 14.0;
    let width = space::S + side + space::XS + name.size().x + space::M;
    let wanted = vec2(width.ceil(), size::SEVERITY_CHIP);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        painter.rect_filled(rect, CornerRadius::same(radius::BADGE), colors.fill);
        let middle = rect.left_center() + vec2(space::S + side / 2.0, 0.0);
        let sign = own.unwrap_or_else(|| tone_icon(tone));
        paint_icon(painter, middle, sign, side, colors.text);
        let left = middle + vec2(side / 2.0 + space::XS, 0.0);
        let at = Align2::LEFT_CENTER.anchor_size(left, name.size());
        painter.galley(at.min, name, colors.text);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), text));
    response
}

/// Lays out a text in one line that is cut at its end where it does not fit into `room` points; whether it was is
/// told by the galley.
pub fn cut(ui: &Ui, text: &str, style: TypeStyle, color: Color, room: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), style.font(), color);
    job.wrap = TextWrapping::truncate_at_width(room.max(0.0));
    ui.painter().layout_job(job)
}
