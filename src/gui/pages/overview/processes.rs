//! Which processes hold sockets: those with most CLOSE_WAIT, how that grows, and where their sockets lead.
//!
//! Where no process has any CLOSE_WAIT it lists those with most sockets instead, and says so.

use std::cmp::Reverse;
use std::sync::Arc;

use eframe::egui::{Rect, ScrollArea, Ui, pos2};
use egui_material_icons::icons::ICON_HELP;

use self::columns::Columns;
use crate::analysis::load::ProcessLoad;
use crate::analysis::phrases;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::size;
use crate::gui::widgets::{Card, empty};
use crate::model::{Gap, State};
use crate::text;
use crate::text::Text;

mod columns;
mod row;

/// What the list is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum By {
    /// Processes with CLOSE_WAIT, those with most first.
    #[default]
    CloseWait,
    /// All processes, those with most sockets first: none has CLOSE_WAIT.
    Sockets,
}

/// The list, in its order.
#[derive(Default)]
pub(super) struct Processes {
    loads: Arc<[ProcessLoad]>,
    by: By,
    /// Places in `loads`.
    order: Vec<usize>,
}

impl Processes {
    /// Takes the newest loads, if there are new ones.
    fn update(&mut self, loads: &Arc<[ProcessLoad]>) {
        if Arc::ptr_eq(&self.loads, loads) {
            return;
        }
        self.loads = Arc::clone(loads);
        let waiting = |index: &usize| loads[*index].counts[State::CloseWait] > 0;
        self.order = (0..loads.len()).filter(waiting).collect();
        self.by = By::CloseWait;
        if self.order.is_empty() {
            self.by = By::Sockets;
            self.order = (0..loads.len()).collect();
            self.order.sort_by_key(|index| Reverse(loads[*index].counts.total()));
        }
    }

    /// Draws the card over all the space there is.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        self.update(&cx.frame.loads);
        let (title, number) = match self.by {
            By::CloseWait => {
                let (shown, all) = (self.order.len(), self.loads.len());
                (text!("processes.title"), text!("processes.shown_of", shown = shown, n = all))
            }
            By::Sockets => {
                (text!("processes.title_all"), text!("processes.number", n = self.loads.len()))
            }
        };
        // Without any, the card is of what one looks for here.
        let title = if self.loads.is_empty() { text!("processes.title") } else { title };
        let (title, number) = (cx.say(&title), cx.say(&number));
        let none_waiting = cx.say(&text!("processes.none_waiting"));
        let card = Card::new(&title).flush().height(ui.available_height());
        let fallback = self.by == By::Sockets && !self.loads.is_empty();
        let card = if fallback { card.note(&none_waiting) } else { card };
        let right = |ui: &mut Ui| {
            if !self.loads.is_empty() {
                let theme = crate::gui::theme::Theme::of(ui);
                let style = crate::gui::theme::TypeStyle::Dense;
                ui.label(style.rich(number).color(theme.text.tertiary));
            }
        };
        card.show(ui, right, |ui| self.body(ui, cx));
    }

    fn body(&self, ui: &mut Ui, cx: &Cx<'_>) {
        if self.loads.is_empty() {
            let (title, text) = nobody(cx);
            empty(ui, ICON_HELP, &cx.say(&title), &cx.say(&text), |_| ());
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        let listed = self.order.iter().filter_map(|index| self.loads.get(*index));
        let columns = Columns::fit(ui, self.by, listed);
        columns.header(ui, cx);
        let rows = self.order.len();
        ScrollArea::vertical().auto_shrink(false).show_rows(
            ui,
            size::PROCESS_ROW,
            rows,
            |ui, range| {
                for index in self.order.get(range).unwrap_or_default() {
                    if let Some(load) = self.loads.get(*index) {
                        row::ui(ui, cx, &columns, load);
                    }
                }
            },
        );
    }
}

/// A place in a row that reaches from `left` for `width` points.
fn slot(row: Rect, left: f32, width: f32) -> Rect {
    Rect::from_min_max(pos2(left, row.top()), pos2(left + width, row.bottom()))
}

/// Why no process stands here.
fn nobody(cx: &Cx<'_>) -> (Text, Text) {
    let Some(snapshot) = &cx.frame.snapshot else {
        return (text!("processes.not_told"), text!("processes.not_told_text"));
    };
    if snapshot.sockets.is_empty() {
        return (text!("processes.no_sockets"), text!("processes.no_sockets_text"));
    }
    let about_owners = |gap: &&Gap| {
        matches!(
            gap,
            Gap::OwnersHidden { .. } | Gap::OwnersUnreadable { .. } | Gap::OwnersElsewhere { .. }
        )
    };
    let why = snapshot.gaps.iter().find(about_owners).map(phrases::gap);
    (text!("processes.not_told"), why.unwrap_or_else(|| text!("processes.not_told_text")))
}
