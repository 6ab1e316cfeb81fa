//! Who has the other ends, and every connection.

use eframe::egui::{Align, Label, Ui, UiBuilder, vec2};

use crate::gui::cx::Cx;
use crate::gui::glyph::badge;
use crate::gui::table::{Rows, TableColumn, table};
use crate::gui::theme::measure::size;
use crate::gui::theme::{Theme, Tone, TypeStyle};
use crate::gui::widgets::{Card, chip};
use crate::lab::program::{
    Connection, Judged, Party, ProgramState, brief, fate_words, holder_words, party_sentence,
    verdict_word,
};
use crate::text;
use crate::text::Text;

/// So many processes are seen without scrolling.
const PARTIES: usize = 5;

/// Both tables, over all the space there is.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, state: &ProgramState) {
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let rows = state.parties.len().min(PARTIES) as f32;
    let height = size::CARD_HEADER + size::TABLE_HEADER + rows * size::TABLE_ROW + 10.0;
    let title = cx.say(&text!("lab_program.page.processes"));
    framed(ui, &title, "", height, |ui| {
        let rows = Parties { cx, state };
        table(ui, "parties", &party_columns(cx), &rows, None, None);
    });
    let title = cx.say(&text!("lab_program.page.connections"));
    let note = cx.say(&text!("lab_program.page.newest_first", n = state.connections.len()));
    let height = ui.available_height();
    framed(ui, &title, &note, height, |ui| {
        let rows = Connections { cx, state };
        table(ui, "tested", &connection_columns(cx), &rows, None, None);
    });
}
fn framed(ui: &mut Ui, title: &str, note: &str, height: f32, body: impl FnOnce(&mut Ui)) {
    let room = eframe::egui::Rect::from_min_size(
        ui.cursor().min,
        vec2(ui.available_width(), height.max(120.0)),
    );
    ui.scope_builder(UiBuilder::new().max_rect(room).id_salt(title), |ui| {
        Card::new(title).note(note).flush().height(room.height()).show(
            ui,
            |_| {},
            |ui| {
                let mut whole = ui.available_rect_before_wrap().shrink2(vec2(1.0, 0.0));
                whole.max.y = whole.max.y.min(room.bottom() - 2.0);
                ui.scope_builder(UiBuilder::new().max_rect(whole), body);
                ui.advance_cursor_after_rect(whole);
            },
        );
    });
}

fn column(cx: &Cx<'_>, id: &'static str, title: &Text, width: f32, align: Align) -> TableColumn {
    TableColumn { id, title: cx.say(title), width, align, sorts: false, fills: false }
}

fn party_columns(cx: &Cx<'_>) -> Vec<TableColumn> {
    let column = |id, title, width, align| column(cx, id, &title, width, align);
    let mut columns = vec![
        column("process", text!("lab_program.page.process"), 150.0, Align::Min),
        column("verdict", text!("lab_program.page.verdict"), 124.0, Align::Min),
        column("all", text!("lab_program.page.all"), 92.0, Align::Max),
        column("kept", text!("lab_program.page.kept"), 56.0, Align::Max),
        column("closed", text!("lab_program.page.closed"), 62.0, Align::Max),
        column("longest", text!("lab_program.page.longest"), 76.0, Align::Max),
        column("again", text!("lab_program.page.reconnects"), 88.0, Align::Max),
    ];
    columns[0].fills = true;
    columns
}

struct Parties<'a> {
    cx: &'a Cx<'a>,
    state: &'a ProgramState,
}

impl Rows for Parties<'_> {
    fn count(&self) -> usize {
        self.state.parties.len()
    }

    fn id(&self, row: usize) -> u64 {
        row as u64
    }

    fn name(&self, row: usize) -> String {
        let Some(party) = self.state.parties.get(row) else { return String::new() };
        let verdict = self.cx.say(&verdict_word(party.judged));
        let [numbers, follows] = party_sentence(party, self.state).map(|text| self.cx.say(&text));
        format!("{verdict}: {numbers} {follows}")
    }

    fn cell(&self, ui: &mut Ui, row: usize, column: usize) {
        let Some(party) = self.state.parties.get(row) else { return };
        let theme = Theme::of(ui);
        match column {
            0 => {
                let name = self.cx.say(&holder_words(&party.holder));
                ui.add(
                    Label::new(TypeStyle::Dense.rich(name).color(theme.text.primary)).truncate(),
                );
            }
            1 => {
                let word = self.cx.say(&verdict_word(party.judged));
                chip(ui, judged_tone(party.judged), None, &word);
            }
            5 => {
                let time = party.took.map(|[_, _, most]| self.cx.say(&brief(most)));
                let time = time.unwrap_or_else(|| "–".to_owned());
                ui.label(TypeStyle::Dense.rich(time).color(theme.text.secondary));
            }
            _ => number(ui, counts(party, column), column == 3),
        }
    }
}

fn counts(party: &Party, column: usize) -> usize {
    match column {
        2 => party.connections,
        // As it is judged: what was closed late was kept first.
        3 => party.kept + party.unseen + party.gone + party.late,
        4 => party.closed - party.late + party.closed_first,
        _ => party.reconnects,
    }
}

fn number(ui: &mut Ui, number: usize, counts: bool) {
    let theme = Theme::of(ui);
    let color = match number {
        0 => theme.text.tertiary,
        _ if counts => theme.severity.warning.text,
        _ => theme.text.primary,
    };
    let number = text::thousands(number as u64);
    ui.label(TypeStyle::Dense.rich(number).color(color));
}

pub(super) const fn judged_tone(judged: Judged) -> Tone {
    match judged {
        Judged::Leaks => Tone::Critical,
        Judged::Keeps => Tone::Warning,
        Judged::Closes => Tone::Fine,
        Judged::NotTried | Judged::TooEarly(_) | Judged::CouldNotTell => Tone::Note,
    }
}

fn connection_columns(cx: &Cx<'_>) -> Vec<TableColumn> {
    let column = |id, title, width, align| column(cx, id, &title, width, align);
    let mut columns = vec![
        column("number", text!("lab_program.page.number"), 40.0, Align::Max),
        column("theirs", text!("lab_program.page.their_state"), 110.0, Align::Min),
        column("fate", text!("lab_program.page.fate"), 162.0, Align::Min),
        column("process", text!("lab_program.page.process"), 134.0, Align::Min),
        column("remote", text!("lab_program.page.their_address"), 120.0, Align::Min),
        column("ours", text!("lab_program.page.our_state"), 110.0, Align::Min),
        column("queue", text!("lab_program.page.send_queue"), 70.0, Align::Max),
    ];
    columns[2].fills = true;
    columns
}

struct Connections<'a> {
    cx: &'a Cx<'a>,
    state: &'a ProgramState,
}

impl Connections<'_> {
    /// The newest first.
    fn at(&self, row: usize) -> Option<&Connection> {
        let all = &self.state.connections;
        all.get(all.len().checked_sub(row + 1)?).map(AsRef::as_ref)
    }

    /// What became of it, and for how long by now.
    fn fate(&self, connection: &Connection) -> String {
        let fate = self.cx.say(&fate_words(connection, &self.state.setup));
        match connection.since() {
            Some(since) => {
                let time = brief(self.state.elapsed.saturating_sub(since));
                let fate = fate.as_str();
                self.cx.say(&text!("lab_program.page.by_now", fate = fate, time = time))
            }
            None => fate,
        }
    }
}

impl Rows for Connections<'_> {
    fn count(&self) -> usize {
        self.state.connections.len()
    }

    fn id(&self, row: usize) -> u64 {
        self.at(row).map_or(0, |connection| connection.number)
    }

    fn name(&self, row: usize) -> String {
        let Some(connection) = self.at(row) else { return String::new() };
        let state = connection.their_state.map_or("", |state| state.name());
        let fate = self.fate(connection);
        let (number, theirs) = (connection.number, connection.theirs);
        format!("{number}, {theirs}, {state}, {fate}")
    }

    fn cell(&self, ui: &mut Ui, row: usize, column: usize) {
        let Some(connection) = self.at(row) else { return };
        let theme = Theme::of(ui);
        match column {
            0 => {
                let number = connection.number.to_string();
                ui.label(TypeStyle::Dense.rich(number).color(theme.text.secondary));
            }
            1 | 5 => {
                let state = if column == 1 { connection.their_state } else { connection.our_state };
                match state {
                    Some(state) => {
                        let badge = badge(ui, state);
                        if column == 1 && connection.inferred {
                            badge.on_hover_text(self.cx.say(&text!("lab_program.page.inferred")));
                            ui.label(TypeStyle::Dense.rich("?").color(theme.text.tertiary));
                        }
                    }
                    None => {
                        ui.label(TypeStyle::Dense.rich("–").color(theme.text.tertiary));
                    }
                }
            }
            2 => {
                let fate = self.fate(connection);
                ui.add(
                    Label::new(TypeStyle::Dense.rich(fate).color(theme.text.primary)).truncate(),
                );
            }
            3 => {
                let holder = self.cx.say(&holder_words(&connection.holder));
                let holder = TypeStyle::Dense.rich(holder).color(theme.text.secondary);
                ui.add(Label::new(holder).truncate());
            }
            4 => {
                let address = connection.theirs.to_string();
                ui.label(TypeStyle::MonoDense.rich(address).color(theme.text.primary));
            }
            _ => {
                let queue = connection.send_queue;
                let text = queue.map_or_else(|| "–".to_owned(), |it| text::thousands(it.into()));
                let weak = queue.is_none_or(|bytes| bytes == 0);
                let color = if weak { theme.text.tertiary } else { theme.text.primary };
                ui.label(TypeStyle::Dense.rich(text).color(color));
            }
        }
    }
}
