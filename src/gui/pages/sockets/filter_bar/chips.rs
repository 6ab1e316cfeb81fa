//! The line below the field: terms that would narrow the rows, the filter used last, or what is wrong.

use eframe::egui::{
    Align, Align2, CornerRadius, Label, Layout, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, accesskit, vec2,
};
use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{ICON_ADD, ICON_ERROR, ICON_HISTORY};

use super::narrowed;
use crate::analysis::filter::{FilterError, Row, proposals, tokens};
use crate::analysis::phrases;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Color, Theme, TypeStyle};
use crate::gui::widgets::{focus_ring, icon, paint_icon};
use crate::text;
use crate::text::Text;

/// How wide the icon of a chip is.
const ICON: f32 = 14.0;

/// The longest filter that stands on a chip, in characters; a list has the whole.
const LONGEST: usize = 40;

fn line<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let wanted = vec2(ui.available_width(), size::CONTROL_SMALL);
    ui.allocate_ui_with_layout(wanted, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(wanted);
        ui.spacing_mut().item_spacing.x = space::S;
        content(ui)
    })
    .inner
}

/// Says what is wrong, calmly while somebody is still typing, and offers what would mend it. Gives the text with
/// what was chosen.
pub(super) fn wrong(
    ui: &mut Ui,
    cx: &Cx<'_>,
    text: &str,
    error: &FilterError,
    calm: bool,
) -> Option<String> {
    let theme = Theme::of(ui);
    let color = if calm { theme.text.secondary } else { theme.severity.critical.text };
    line(ui, |ui| {
        if !calm {
            icon(ui, ICON_ERROR, ICON, color);
        }
        let sentence = cx.say(&phrases::filter_error(text, error));
        let label = Label::new(TypeStyle::Dense.rich(&sentence).color(color)).truncate();
        let response = ui.add(label);
        if !calm {
            ui.ctx().accesskit_node_builder(response.id, |node| {
                node.set_live(accesskit::Live::Polite);
            });
        }
        response.on_hover_text(sentence);
        if calm {
            return None;
        }
        let mends = error.mends(text);
        if !mends.is_empty() {
            caption(ui, cx, &text!("sockets.try"));
        }
        let mut mended = None;
        for mend in mends {
            let whole = error.mended(text, &mend);
            let name = cx.say(&text!("sockets.try_filter", filter = whole.as_str()));
            if chip(ui, None, around(&whole, error.span.start), &name)
                .is_some_and(|chip| chip.clicked())
            {
                mended = Some(whole);
            }
        }
        mended
    })
}

/// The term at a place of a text.
fn around(text: &str, at: usize) -> &str {
    let term = tokens(text).into_iter().rfind(|token| token.span.start <= at);
    term.and_then(|term| text.get(term.span)).unwrap_or(text)
}

/// Terms to add, and at the right the filter that was used last. Gives the text with what was chosen.
pub(super) fn proposed(ui: &mut Ui, cx: &Cx<'_>, selected: Option<&Row<'_>>) -> Option<String> {
    line(ui, |ui| {
        let terms =
            cx.view.map(|view| proposals(&view.filter, &view.shown, selected)).unwrap_or_default();
        let mut chosen = None;
        let recent = cx.settings.recent_filters.iter();
        let mut recent = recent.filter(|filter| filter.as_str() != cx.spec.filter.trim());
        let recent = recent.next().filter(|filter| filter.chars().count() <= LONGEST);
        // The rest is what is left between the two ends.
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some(filter) = recent {
                let name = cx.say(&text!("sockets.recent_filter", filter = filter.as_str()));
                if let Some(chip) = chip(ui, Some(ICON_HISTORY), filter, &name) {
                    if chip.clicked() {
                        chosen = Some(filter.clone());
                    }
                    caption(ui, cx, &text!("sockets.recent"));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if !terms.is_empty() {
                    caption(ui, cx, &text!("sockets.add"));
                }
                for term in &terms {
                    let name = cx.say(&text!("sockets.add_term", term = term.as_str()));
                    let Some(chip) = chip(ui, Some(ICON_ADD), term, &name) else { break };
                    if chip.clicked() {
                        chosen = Some(narrowed(cx, term));
                    }
                }
            });
        });
        chosen
    })
}

fn caption(ui: &mut Ui, cx: &Cx<'_>, text: &Text) {
    let text = TypeStyle::Caption.rich(cx.say(text)).color(Theme::of(ui).text.tertiary);
    ui.add(Label::new(text).extend());
}

/// A small button that says a piece of a filter; none where there is no room for it.
fn chip(ui: &mut Ui, sign: Option<MaterialIcon>, label: &str, name: &str) -> Option<Response> {
    let theme = Theme::of(ui);
    let galley = ui.painter().layout_no_wrap(
        label.to_owned(),
        TypeStyle::MonoDense.font(),
        Color::PLACEHOLDER,
    );
    let before = sign.map_or(0.0, |_| ICON + space::XS);
    let wanted = vec2((space::M + before + galley.size().x + space::M).ceil(), size::CONTROL_SMALL);
    if wanted.x > ui.available_width() {
        return None;
    }
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    let painter = ui.painter();
    let fill = if response.hovered() { theme.surface.hover } else { theme.surface.raised };
    let frame = Stroke::new(stroke::HAIRLINE, theme.stroke.normal);
    let corner = CornerRadius::same(radius::SMALL_CONTROL);
    painter.rect(rect.shrink(1.0), corner, fill, frame, StrokeKind::Inside);
    if response.has_focus() {
        focus_ring(painter, theme, rect.shrink(1.0), radius::SMALL_CONTROL);
    }
    let left = rect.left_center() + vec2(space::M, 0.0);
    if let Some(sign) = sign {
        let middle = left + vec2(ICON / 2.0, 0.0);
        paint_icon(painter, middle, sign, ICON, theme.text.secondary);
    }
    let text_at = Align2::LEFT_CENTER.anchor_size(left + vec2(before, 0.0), galley.size());
    painter.galley(text_at.min, galley, theme.text.primary);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    Some(response.on_hover_text(name))
}
