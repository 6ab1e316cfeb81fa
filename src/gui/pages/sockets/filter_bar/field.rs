//! The field: its terms tinted, the place of an error underlined, the count and the way out inside its frame.

use eframe::egui::text::{CCursor, CCursorRange, CharIndex, LayoutJob};
use eframe::egui::text_edit::TextEditState;
use eframe::egui::{
    Align, Align2, Context, CornerRadius, EventFilter, Frame, Galley, Id, Key, Layout, Pos2, Rect,
    Response, Sense, Shape, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, accesskit, pos2, vec2,
};
use egui_material_icons::icons::{ICON_CLOSE, ICON_FILTER_ALT};
use std::ops::Range;

use crate::analysis::filter::{FilterError, TokenKind, tokens};
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Color, Theme, TypeStyle};
use crate::gui::widgets::{focus_ring, icon, icon_button};
use crate::text;

/// How it is to be drawn.
pub(super) struct Look<'a> {
    pub(super) id: Id,
    /// What is wrong, if that is to be shown.
    pub(super) error: Option<&'a FilterError>,
    /// Whether a list of offers is open below.
    pub(super) offers: bool,
    /// Whether Tab takes an offer.
    pub(super) takes_tab: bool,
}

/// What was drawn.
pub(super) struct Drawn {
    pub(super) response: Response,
    /// The whole frame.
    pub(super) rect: Rect,
    /// Where the cursor stands, in bytes; none without the keyboard.
    pub(super) cursor: Option<usize>,
    /// Whether Enter was pressed in it.
    pub(super) confirmed: bool,
}

/// Draws the field over the width there is.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, text: &mut String, look: &Look<'_>) -> Drawn {
    let theme = Theme::of(ui);
    let wanted = vec2(ui.available_width(), size::CONTROL);
    let (rect, _) = ui.allocate_exact_size(wanted, Sense::hover());
    let frame =
        if look.error.is_some() { theme.severity.critical.stroke } else { theme.stroke.control };
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::CONTROL),
        theme.surface.input,
        Stroke::new(stroke::HAIRLINE, frame),
        StrokeKind::Inside,
    );
    let inner = rect.shrink2(vec2(space::M, 0.0));
    let place = UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center));
    let edited = ui
        .scope_builder(place, |ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            let clear = cx.say(&text!("sockets.clear"));
            if !text.is_empty() && icon_button(ui, ICON_CLOSE, &clear).clicked() {
                text.clear();
            }
            count(ui, cx);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let tint = if look.error.is_some() {
                    theme.severity.critical.text
                } else {
                    theme.accent.text
                };
                icon(ui, ICON_FILTER_ALT, size::ICON, tint);
                edit(ui, cx, text, look)
            })
            .inner
        })
        .inner;
    if edited.response.has_focus() {
        focus_ring(ui.painter(), theme, rect, radius::CONTROL);
    }
    Drawn { rect, ..edited }
}

/// How many rows pass.
fn count(ui: &mut Ui, cx: &Cx<'_>) {
    if let Some(view) = cx.view {
        let all = view.frame.snapshot.as_ref().map_or(0, |snapshot| snapshot.sockets.len());
        let shown = cx.say(&text!("sockets.shown", shown = view.rows.len(), n = all));
        ui.label(TypeStyle::Dense.rich(shown).color(Theme::of(ui).text.secondary));
    }
}

fn edit(ui: &mut Ui, cx: &Cx<'_>, text: &mut String, look: &Look<'_>) -> Drawn {
    let theme = Theme::of(ui);
    let clip = ui.available_rect_before_wrap().expand2(vec2(space::XS, 0.0));
    // The tints lie behind the text, and where they lie is known only behind it.
    let painter = ui.painter().with_clip_rect(clip);
    let behind = painter.add(Shape::Noop);
    let mut layouter = |ui: &Ui, text: &dyn eframe::egui::TextBuffer, _width: f32| {
        ui.fonts_mut(|fonts| fonts.layout_job(tinted(theme, text.as_str())))
    };
    let hint = cx.say(&text!("sockets.filter_hint"));
    let output = TextEdit::singleline(text)
        .id(look.id)
        .font(TypeStyle::Mono.font())
        .layouter(&mut layouter)
        .hint_text(TypeStyle::Body.rich(hint).color(theme.text.tertiary))
        .frame(Frame::NONE)
        .align(Align2::LEFT_CENTER)
        .desired_width(ui.available_width())
        .min_size(vec2(0.0, size::CONTROL))
        .event_filter(EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            tab: look.takes_tab,
            escape: true,
        })
        .show(ui);
    let (galley, at) = (&output.galley, output.galley_pos);
    painter.set(behind, Shape::Vec(pills(theme, text, galley, at)));
    if let Some(error) = look.error {
        painter.add(squiggle(theme, text, &error.span, galley, at));
    }
    let name = cx.say(&text!("sockets.filter"));
    let response = output.response.response.accessible_name(name);
    ui.ctx().accesskit_node_builder(look.id, |node| {
        node.set_expanded(look.offers);
        if look.error.is_some() {
            node.set_invalid(accesskit::Invalid::True);
        }
    });
    let confirmed = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let cursor = output.cursor_range.filter(|_| response.has_focus());
    let cursor = cursor.map(|range| byte_at(text, range.primary.index.0));
    Drawn { rect: response.rect, response, cursor, confirmed }
}

/// Puts the cursor of the field at a byte of its text.
pub(super) fn set_cursor(ctx: &Context, id: Id, text: &str, byte: usize) {
    let mut state = TextEditState::load(ctx, id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(cursor_at(text, byte))));
    state.store(ctx, id);
}

fn byte_at(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte)
}

fn cursor_at(text: &str, byte: usize) -> CCursor {
    CCursor::new(CharIndex(text.get(..byte).unwrap_or(text).chars().count()))
}

/// The text with keys, signs and values in their colours.
fn tinted(theme: &Theme, text: &str) -> LayoutJob {
    let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
    job.keep_trailing_whitespace = true;
    let mut written = 0;
    let mut write = |to: usize, color: Color| {
        if let Some(piece) = text.get(written..to).filter(|piece| !piece.is_empty()) {
            job.append(piece, 0.0, TypeStyle::Mono.format(color));
            written = to;
        }
    };
    for token in tokens(text) {
        write(token.span.start, theme.text.primary);
        match token.kind {
            TokenKind::Term(term) => {
                write(term.key.end, theme.accent.text);
                write(term.op_span.end, theme.text.secondary);
            }
            TokenKind::And
            | TokenKind::Or
            | TokenKind::Not
            | TokenKind::Open
            | TokenKind::Close => write(token.span.end, theme.text.secondary),
            TokenKind::Word(_) | TokenKind::Stray | TokenKind::Unclosed => {}
        }
        write(token.span.end, theme.text.primary);
    }
    write(text.len(), theme.text.primary);
    if text.is_empty() {
        // Without a section there is no line, and the cursor would have no height.
        job.append("", 0.0, TypeStyle::Mono.format(theme.text.primary));
    }
    job
}

/// A tint behind each term that has a key.
fn pills(theme: &Theme, text: &str, galley: &Galley, at: Pos2) -> Vec<Shape> {
    let terms = tokens(text).into_iter().filter(|token| matches!(token.kind, TokenKind::Term(_)));
    terms
        .map(|token| {
            let place = place(text, &token.span, galley, at).expand2(vec2(3.0, 2.0));
            Shape::rect_filled(place, CornerRadius::same(radius::BADGE), theme.surface.selected)
        })
        .collect()
}

/// Where a part of the text is drawn.
fn place(text: &str, span: &Range<usize>, galley: &Galley, at: Pos2) -> Rect {
    let edge = |byte| galley.pos_from_cursor(cursor_at(text, byte)).translate(at.to_vec2());
    edge(span.start).union(edge(span.end))
}

/// A wave below the place of an error, also where nothing stands.
fn squiggle(theme: &Theme, text: &str, span: &Range<usize>, galley: &Galley, at: Pos2) -> Shape {
    const STEP: f32 = 2.0;
    let place = place(text, span, galley, at);
    let right = place.right().max(place.left() + 4.0 * STEP);
    let mut points = Vec::new();
    let (mut x, mut low) = (place.left(), false);
    while x <= right {
        points.push(pos2(x, place.bottom() + if low { STEP } else { 0.0 }));
        (x, low) = (x + STEP, !low);
    }
    Shape::line(points, Stroke::new(stroke::HAIRLINE, theme.severity.critical.text))
}
