//! The filter of the Sockets page: the field, what could be typed next, what would narrow the rows further.
//!
//! A text that cannot be read leaves the rows as they were; its place is underlined, and the line below says
//! what was expected.

mod chips;
mod field;
mod offers;

use std::time::Duration;

use eframe::egui::{Context, Id, Key, Modifiers, Ui};

use crate::analysis::filter::{Completion, Filter, FilterError, Offer, Row, complete, is_begun};
use crate::gui::cx::{Command, Cx};
use crate::monitor::{View, ViewSpec};
use crate::store::Settings;

/// How long a filter stands before it counts as used, in seconds.
const USED: f64 = 5.0;

/// For how long what is only begun is not asked for, in seconds: rows that go and come back while somebody types a
/// key say nothing.
const BEGUN: f64 = 0.8;

/// The bar's own state; the text is what the rows were asked for with, or about to be.
#[derive(Default)]
pub(super) struct FilterBar {
    /// A text that the rows were not asked for with yet.
    draft: Option<Draft>,
    /// Whether the field had the keyboard in the frame before.
    typing: bool,
    /// What was offered in the frame before.
    offered: Option<Offered>,
    /// Whether the filters used before were asked for, by the arrow key in an empty field.
    looks_back: bool,
    /// The offer that the arrow keys are on.
    chosen: Option<usize>,
    /// The text for which nothing more is to be offered.
    dismissed: Option<String>,
    /// The filter that is in force, and since when.
    standing: Option<(String, f64)>,
}

/// A text whose last word is only begun.
struct Draft {
    text: String,
    /// The filter that it was made from; another one from elsewhere replaces the draft.
    from: String,
    since: f64,
}

/// What is offered, and for which text.
struct Offered {
    text: String,
    completion: Completion,
}

/// What a key did to the bar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pressed {
    Nothing,
    /// The offer is taken.
    Accept,
    /// The keyboard leaves the list for the field.
    LeaveList,
    /// The filter is dropped.
    Clear,
}

impl FilterBar {
    /// Draws it. Says whether the filter was changed.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, selected: Option<&Row<'_>>) -> bool {
        let id = Id::unique("sockets filter");
        let draft = self.draft.as_ref().filter(|draft| draft.from == cx.spec.filter);
        let mut text = draft.map_or(&cx.spec.filter, |draft| &draft.text).clone();
        let pressed = self.keys(ui.ctx(), id, &text);
        if pressed == Pressed::Clear {
            text.clear();
        } else if pressed == Pressed::Accept
            && let Some(offered) = self.offered.take_if(|offered| offered.text == text)
        {
            let first = self.chosen.unwrap_or(0);
            if let Some(offer) = offered.completion.offers.get(first) {
                text = accept(ui.ctx(), id, &text, &offered.completion, offer);
            }
            self.chosen = None;
        }

        let error = standing_error(cx, &text);
        let drawn = field::show(
            ui,
            cx,
            &mut text,
            &field::Look {
                id,
                error: error.filter(|error| !is_calm(self, error, &cx.spec.filter)),
                offers: self.offered.is_some(),
                takes_tab: self.takes_tab(),
            },
        );
        match pressed {
            _ if !cx.asking && wants_focus(ui.ctx()) => drawn.response.request_focus(),
            Pressed::Accept | Pressed::LeaveList => drawn.response.request_focus(),
            Pressed::Clear => drawn.response.surrender_focus(),
            Pressed::Nothing => {}
        }
        self.typing = drawn.response.has_focus();
        self.offer(cx, &text, drawn.cursor);
        if let Some(taken) = self.list(ui, cx, id, &drawn, &text) {
            text = taken;
        }

        let proposed = match error.filter(|_| text == cx.spec.filter) {
            Some(error) => chips::wrong(ui, cx, &text, error, is_calm(self, error, &text)),
            None => chips::proposed(ui, cx, selected),
        };
        if let Some(proposed) = proposed {
            text = proposed;
        }
        self.remember(ui.ctx(), cx, drawn.confirmed);
        let begun = drawn.cursor.is_some_and(|cursor| is_begun(&text, cursor));
        let changed = text != cx.spec.filter;
        if !changed {
            self.draft = None;
        } else if begun && self.holds(ui.ctx(), cx, &text) {
            return false;
        } else {
            self.draft = None;
            cx.send(Command::SetView(ViewSpec { filter: text, ..cx.spec.clone() }));
        }
        changed
    }

    /// Holds a text back that is only begun, for a moment.
    fn holds(&mut self, ctx: &Context, cx: &Cx<'_>, text: &str) -> bool {
        let now = ctx.input(|input| input.time);
        let draft = self.draft.take_if(|draft| draft.text == text);
        let since = draft.map_or(now, |draft| draft.since);
        let rest = BEGUN - (now - since);
        self.draft = Some(Draft { text: text.to_owned(), from: cx.spec.filter.clone(), since });
        if rest > 0.0 {
            ctx.request_repaint_after(Duration::from_secs_f64(rest));
        }
        rest > 0.0
    }

    /// Takes the keys that the list and the bar want before the field sees them.
    fn keys(&mut self, ctx: &Context, id: Id, text: &str) -> Pressed {
        // egui may have taken the focus away before this frame could see that the field had it.
        if !self.typing && !ctx.memory(|memory| memory.has_focus(id)) {
            return Pressed::Nothing;
        }
        let count = self.offered.as_ref().map_or(0, |offered| offered.completion.offers.len());
        let takes_tab = self.takes_tab();
        ctx.input_mut(|input| {
            let mut take = |key| input.consume_key(Modifiers::NONE, key);
            if count > 0 {
                if take(Key::ArrowDown) {
                    self.chosen = Some(self.chosen.map_or(0, |chosen| (chosen + 1) % count));
                }
                if take(Key::ArrowUp) {
                    self.chosen = Some((self.chosen.unwrap_or(0) + count - 1) % count);
                }
                if takes_tab && take(Key::Tab) || self.chosen.is_some() && take(Key::Enter) {
                    return Pressed::Accept;
                }
            }
            if count == 0 && text.trim().is_empty() && take(Key::ArrowDown) {
                self.looks_back = true;
            }
            if !take(Key::Escape) {
                return Pressed::Nothing;
            }
            // The innermost thing is left first.
            self.dismissed = Some(text.to_owned());
            if self.chosen.take().is_some() { Pressed::LeaveList } else { Pressed::Clear }
        })
    }

    /// Whether Tab takes an offer: only where something is begun, so that the keyboard is never caught in the field.
    fn takes_tab(&self) -> bool {
        self.chosen.is_some()
            || self.offered.as_ref().is_some_and(|offered| !offered.completion.span.is_empty())
    }

    /// Looks for what could be typed at the cursor.
    fn offer(&mut self, cx: &Cx<'_>, text: &str, cursor: Option<usize>) {
        let known = self.offered.as_ref().is_some_and(|offered| offered.text == text);
        let blank = text.trim().is_empty();
        self.looks_back &= blank && cursor.is_some();
        if !known {
            self.chosen = self.looks_back.then_some(0);
        }
        if self.dismissed.as_deref().is_some_and(|dismissed| dismissed != text) {
            self.dismissed = None;
        }
        // Where the pointer takes an offer, the field has lost the keyboard already.
        let Some(cursor) = cursor else { return };
        let completion = match cx.view {
            _ if self.dismissed.is_some() => None,
            _ if blank => recent(cx.settings, text).filter(|_| self.looks_back),
            Some(view) => complete(text, cursor, &view.choices),
            None => None,
        };
        self.offered = completion.map(|completion| Offered { text: text.to_owned(), completion });
        let count = self.offered.as_ref().map_or(0, |offered| offered.completion.offers.len());
        self.chosen = self.chosen.filter(|chosen| *chosen < count);
    }

    /// Draws the list of offers; a click on one gives the text with it.
    fn list(
        &mut self,
        ui: &Ui,
        cx: &Cx<'_>,
        id: Id,
        drawn: &field::Drawn,
        text: &str,
    ) -> Option<String> {
        let offered = self.offered.as_ref()?;
        let tab = self.takes_tab().then(|| self.chosen.unwrap_or(0));
        let list = offers::show(ui, cx, drawn, &offered.completion, self.chosen, tab);
        if !list.open {
            self.offered = None;
            self.chosen = None;
            return None;
        }
        let completion = &offered.completion;
        let offer = completion.offers.get(list.clicked?)?;
        let taken = accept(ui.ctx(), id, text, completion, offer);
        drawn.response.request_focus();
        self.chosen = None;
        Some(taken)
    }

    /// Keeps a filter among the recent ones when it was confirmed, or stood for a while.
    fn remember(&mut self, ctx: &Context, cx: &Cx<'_>, confirmed: bool) {
        let now = ctx.input(|input| input.time);
        let filter = in_force(cx).filter(|view| !view.filter.is_empty()).map(|view| &view.filter);
        let Some(text) = filter.map(|filter| filter.text()) else {
            self.standing = None;
            return;
        };
        if self.standing.as_ref().is_none_or(|(known, _)| known != text) {
            self.standing = Some((text.to_owned(), now));
        }
        let since = self.standing.as_ref().map_or(now, |(_, since)| *since);
        if cx.settings.recent_filters.first().is_some_and(|newest| newest == text.trim()) {
            return;
        }
        if confirmed || now - since >= USED {
            let mut settings = Settings::clone(cx.settings);
            if settings.remember_filter(text) {
                cx.send(Command::SetSettings(settings));
            }
        } else {
            ctx.request_repaint_after(Duration::from_secs_f64((USED - (now - since)).max(0.0)));
        }
    }
}

/// The rows' view, if it is of the text that is in the field and that could be read.
fn in_force<'a>(cx: &Cx<'a>) -> Option<&'a View> {
    cx.view
        .map(AsRef::as_ref)
        .filter(|view| view.spec.filter == cx.spec.filter && view.error.is_none())
}

/// What is wrong with the text, as far as the view's worker has read it.
fn standing_error<'a>(cx: &Cx<'a>, text: &str) -> Option<&'a FilterError> {
    let view = cx.view.filter(|view| view.spec.filter == text)?;
    view.error.as_ref()
}

/// Whether an error is only that somebody is still typing.
fn is_calm(bar: &FilterBar, error: &FilterError, text: &str) -> bool {
    let completed = bar.offered.as_ref().is_some_and(|offered| offered.text == text);
    bar.typing && (completed || error.is_unfinished(text))
}

/// The filters that were used last, for an empty field.
fn recent(settings: &Settings, text: &str) -> Option<Completion> {
    let filters = settings.recent_filters.iter().take(8);
    let offers: Vec<Offer> =
        filters.map(|filter| Offer { insert: filter.clone(), about: None }).collect();
    (!offers.is_empty()).then_some(Completion { span: text.len()..text.len(), offers })
}

/// The text with an offer taken; the cursor goes behind it.
fn accept(ctx: &Context, id: Id, text: &str, completion: &Completion, offer: &Offer) -> String {
    let (text, cursor) = completion.applied(text, offer);
    field::set_cursor(ctx, id, &text, cursor);
    text
}

/// Whether the keys ask for the field: Ctrl F anywhere, `/` where nothing is typed.
fn wants_focus(ctx: &Context) -> bool {
    let typing = ctx.text_edit_focused();
    ctx.input_mut(|input| {
        input.consume_key(Modifiers::COMMAND, Key::F)
            || !typing && input.consume_key(Modifiers::NONE, Key::Slash)
    })
}

/// The text of a filter that takes, of the rows that are shown, only those that a term takes as well.
pub(super) fn narrowed(cx: &Cx<'_>, term: &str) -> String {
    // A filter that cannot be read is not in force, so it is the one before that is narrowed.
    match Filter::parse(&cx.spec.filter) {
        Ok(filter) => filter.narrowed(term),
        Err(_) => cx.view.map_or_else(|| term.to_owned(), |view| view.filter.narrowed(term)),
    }
}
