//! The list of commands: type a few letters, press Enter. What is no command is a filter for sockets.

mod entries;
mod matching;

use eframe::egui::{
    Align2, Context, CornerRadius, Frame, Id, Key, Modal, Modifiers, Pos2, Rect, Response, Role,
    ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, vec2,
};

use super::cx::{Command, Cx};
use super::theme::measure::{radius, size, space, stroke};
use super::theme::{Color, Theme, TypeStyle};
use super::widgets::{field, paint_icon};
use crate::text;
use entries::{Entry, entries};

const WIDTH: f32 = 560.0;

/// How far below the window's upper edge it stands.
const TOP: f32 = 72.0;

/// The height of a line, and of all lines that are in sight at once.
const LINE: f32 = 30.0;
const LIST: f32 = 11.0 * LINE;

/// The list while it is open.
pub struct Palette {
    typed: String,
    /// The line that Enter carries out.
    chosen: usize,
    fresh: bool,
}

/// What became of it in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stays open.
    Open,
    /// It is done with.
    Closed,
}

impl Palette {
    /// Nothing is typed yet.
    pub const fn new() -> Self {
        Self { typed: String::new(), chosen: 0, fresh: true }
    }

    /// Draws it; what is carried out is sent.
    pub fn ui(&mut self, ctx: &Context, cx: &Cx<'_>) -> Outcome {
        let again = ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::K));
        let id = Id::unique("palette");
        let area = Modal::default_area(id).anchor(Align2::CENTER_TOP, vec2(0.0, TOP));
        let frame = Frame::popup(&ctx.global_style()).inner_margin(space::M);
        let modal = Modal::new(id).area(area).frame(frame).show(ctx, |ui| {
            ui.set_width(WIDTH.min(ctx.content_rect().width() - space::XXL * 2.0));
            ui.spacing_mut().item_spacing.y = space::M;
            self.contents(ui, cx)
        });
        if let Some(run) = modal.inner {
            cx.send(run);
            return Outcome::Closed;
        }
        if again || modal.should_close() { Outcome::Closed } else { Outcome::Open }
    }

    fn contents(&mut self, ui: &mut Ui, cx: &Cx<'_>) -> Option<Command> {
        // Taken before the field can have them.
        let [up, down, enter] = [Key::ArrowUp, Key::ArrowDown, Key::Enter]
            .map(|key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)));
        let hint = cx.say(&text!("palette.hint"));
        let before = self.typed.clone();
        let typed = field(ui, &mut self.typed, &hint, &hint, ui.available_width());
        if std::mem::take(&mut self.fresh) {
            typed.request_focus();
        }
        let found = found(cx, ui.ctx(), &self.typed);
        if self.typed != before {
            self.chosen = 0;
        }
        let last = found.len().saturating_sub(1);
        // At either end the next line is the one at the other.
        self.chosen = match (up, down) {
            (true, _) => self.chosen.checked_sub(1).unwrap_or(last),
            (_, true) if self.chosen >= last => 0,
            (_, true) => self.chosen + 1,
            _ => self.chosen.min(last),
        };
        let mut run = enter.then_some(self.chosen);
        let name = cx.say(&text!("palette.commands"));
        let named = UiBuilder::new().accessibility_role(Role::ListBox).accessibility_label(&name);
        ui.scope_builder(named, |ui| {
            // As high as its lines whatever it was before: the window around it remembers its last size.
            let scroll = ScrollArea::vertical().max_height(LIST).min_scrolled_height(LIST);
            scroll.auto_shrink([false, true]).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for (index, entry) in found.iter().enumerate() {
                    let response = line(ui, entry, index == self.chosen);
                    if index == self.chosen && (up || down) {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() {
                        run = Some(index);
                    }
                }
            });
        });
        let chosen = run?;
        found.into_iter().nth(chosen).map(|entry| entry.run)
    }
}

/// The commands that match, best first, with the filter for sockets where it belongs.
fn found(cx: &Cx<'_>, ctx: &Context, typed: &str) -> Vec<Entry> {
    let typed = typed.trim();
    let mut found: Vec<(u32, Entry)> = entries(cx, ctx)
        .into_iter()
        .filter_map(|entry| Some((matching::score(typed, &entry.title)?, entry)))
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let mut found: Vec<Entry> = found.into_iter().map(|(_, entry)| entry).collect();
    if !typed.is_empty() {
        let at = if matching::is_filter(typed) { 0 } else { found.len() };
        found.insert(at, Entry::filter(cx, typed));
    }
    found
}

/// A line: what it does, and its keys.
fn line(ui: &mut Ui, entry: &Entry, chosen: bool) -> Response {
    let theme = Theme::of(ui);
    // The focus stays in the field.
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::CLICK);
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        let fill = if chosen {
            theme.surface.selected
        } else if response.hovered() {
            theme.surface.hover
        } else {
            super::theme::NONE
        };
        painter.rect_filled(rect, CornerRadius::same(radius::CONTROL), fill);
        let middle = rect.left_center() + vec2(space::M + size::ICON / 2.0, 0.0);
        paint_icon(painter, middle, entry.icon, size::ICON, theme.text.secondary);
        let left = middle + vec2(size::ICON / 2.0 + space::M, 0.0);
        let font = TypeStyle::Body.font();
        let title = painter.with_clip_rect(rect.with_max_x(rect.right() - space::M));
        title.text(left, Align2::LEFT_CENTER, &entry.title, font, theme.text.primary);
        if let Some(keys) = &entry.keys {
            keycap(ui, rect.right_center() - vec2(space::M, 0.0), keys, theme.text.secondary);
        }
    }
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, &entry.title));
    response
}

/// Paints keys in a frame, with its right edge and its middle at `right`; gives the frame.
pub fn keycap(ui: &Ui, right: Pos2, keys: &str, color: Color) -> Rect {
    let theme = Theme::of(ui);
    let painter = ui.painter();
    let text = painter.layout_no_wrap(keys.to_owned(), TypeStyle::MonoBadge.font(), color);
    let wanted = vec2(text.size().x + 2.0 * space::S, size::BADGE);
    let place = Align2::RIGHT_CENTER.anchor_size(right, wanted);
    painter.rect(
        place,
        CornerRadius::same(radius::BADGE),
        theme.surface.raised,
        Stroke::new(stroke::HAIRLINE, theme.stroke.normal),
        StrokeKind::Inside,
    );
    let at = Align2::CENTER_CENTER.anchor_size(place.center(), text.size());
    painter.galley(at.min, text, color);
    place
}
