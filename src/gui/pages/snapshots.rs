//! Snapshots: two moments, compared.

mod changes;
mod counts;

use std::sync::Arc;

use changes::{ChangeRows, change_columns};
use eframe::egui::{ComboBox, RichText, Role, Ui, UiBuilder, WidgetInfo, vec2};
use egui_material_icons::icons::{
    ICON_DIFFERENCE, ICON_FOLDER_OPEN, ICON_PHOTO_CAMERA, ICON_SAVE, ICON_SWAP_HORIZ,
};

use super::{Page, PageLeaf};
use crate::analysis::diff::{Comparison, Fate};
use crate::analysis::phrases;
use crate::gui::cx::{Command, Cx};
use crate::gui::shelf::{Shelved, Side};
use crate::gui::table::table;
use crate::gui::theme::measure::{Room, size, space};
use crate::gui::theme::{Theme, Tone, TypeStyle};
use crate::gui::widgets::{
    Card, banner, button, empty, icon_button, primary_button, segmented, side_by_side, spinner,
};
use crate::model::State;
use crate::report::EXPORTERS;
use crate::text;
use crate::text::{age, date, thousands};

pub(super) const LEAF: PageLeaf = PageLeaf {
    name: "snapshots",
    title: || text!("page.snapshots"),
    icon: ICON_DIFFERENCE,
    at_foot: false,
    make: || Box::<Snapshots>::default(),
};

/// The page.
#[derive(Default)]
struct Snapshots {
    /// The fate whose sockets are listed; none for all of them.
    fate: Option<Fate>,
    listed: Option<Listed>,
}

/// The rows that are listed, so that they are picked out once and not in every frame.
struct Listed {
    comparison: Arc<Comparison>,
    fate: Option<Fate>,
    rows: Vec<usize>,
}

impl Page for Snapshots {
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ui.spacing_mut().item_spacing.y = Room::of(ui.ctx().content_rect().width()).gap();
        if cx.shelf.items().is_empty() {
            nothing(ui, cx);
            return;
        }
        bar(ui, cx);
        match cx.shelf.comparison() {
            Some(comparison) => self.comparison(ui, cx, &Arc::clone(comparison)),
            None if cx.shelf.wanted().is_some() => {
                spinner(ui, &cx.say(&text!("snapshots.comparing")));
            }
            None => one_more(ui, cx),
        }
    }
}

fn nothing(ui: &mut Ui, cx: &Cx<'_>) {
    let title = cx.say(&text!("snapshots.empty_title"));
    let text = cx.say(&text!("snapshots.empty_text"));
    empty(ui, ICON_DIFFERENCE, &title, &text, |ui| {
        take_and_open(ui, cx, Side::A, true);
    });
}

/// One snapshot is there: what the second one is for.
fn one_more(ui: &mut Ui, cx: &Cx<'_>) {
    let title = cx.say(&text!("snapshots.one_title"));
    let text = cx.say(&text!("snapshots.one_text"));
    empty(ui, ICON_DIFFERENCE, &title, &text, |_| {});
}

fn take_and_open(ui: &mut Ui, cx: &Cx<'_>, side: Side, primary: bool) {
    let take = cx.say(&text!("snapshots.take"));
    let taken = ui
        .add_enabled_ui(cx.frame.snapshot.is_some(), |ui| {
            if primary {
                primary_button(ui, ICON_PHOTO_CAMERA, &take)
            } else {
                button(ui, ICON_PHOTO_CAMERA, &take)
            }
        })
        .inner;
    if taken.clicked() {
        cx.send(Command::TakeSnapshot);
    }
    ui.add_enabled_ui(!cx.busy, |ui| {
        if button(ui, ICON_FOLDER_OPEN, &cx.say(&text!("snapshots.open"))).clicked() {
            cx.send(Command::AskOpenSnapshot(side));
        }
    });
}

/// The two sides, and what can be done with them: in one line where there is room.
fn bar(ui: &mut Ui, cx: &Cx<'_>) {
    let narrow = Room::of(ui.ctx().content_rect().width()) == Room::Narrow;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        sides(ui, cx);
        if !narrow {
            ui.add_space(space::M);
            actions(ui, cx);
        }
    });
    if narrow {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            actions(ui, cx);
        });
    }
}

fn sides(ui: &mut Ui, cx: &Cx<'_>) {
    side(ui, cx, Side::A);
    ui.add_enabled_ui(cx.shelf.on(Side::B).is_some(), |ui| {
        if icon_button(ui, ICON_SWAP_HORIZ, &cx.say(&text!("snapshots.swap"))).clicked() {
            cx.send(Command::SwapSides);
        }
    });
    side(ui, cx, Side::B);
}

fn actions(ui: &mut Ui, cx: &Cx<'_>) {
    take_and_open(ui, cx, Side::B, false);
    if cx.shelf.comparison().is_none() {
        return;
    }
    for exporter in EXPORTERS {
        let label = cx.say(&text!("snapshots.export", format = exporter.title()));
        ui.add_enabled_ui(!cx.busy, |ui| {
            if button(ui, None, &label).clicked() {
                cx.send(Command::AskExport(*exporter));
            }
        });
    }
}

/// A side: its letter, which snapshot it is, and a way to keep one that is not saved yet.
fn side(ui: &mut Ui, cx: &Cx<'_>, side: Side) {
    let theme = Theme::of(ui);
    ui.label(TypeStyle::BodyStrong.rich(side.letter()).color(theme.text.primary));
    let chosen = cx.shelf.chosen(side);
    let label = match cx.shelf.on(side) {
        Some(shelved) => name(cx, shelved),
        None => cx.say(&text!("snapshots.none_chosen")),
    };
    let shown = RichText::new(&label).color(theme.text.primary);
    let combo = ComboBox::from_id_salt(("side", side.letter()))
        .selected_text(shown)
        .width(210.0)
        .truncate()
        .show_ui(ui, |ui| {
            for (number, shelved) in cx.shelf.items().iter().enumerate() {
                let label = name(cx, shelved);
                if ui.selectable_label(chosen == Some(number), label).clicked() {
                    cx.send(Command::Choose(side, number));
                }
            }
        });
    combo.response.widget_info(|| {
        let name = text!("snapshots.side", side = side.letter(), name = label.as_str());
        WidgetInfo::labeled(Role::ComboBox, true, cx.say(&name))
    });
    if cx.shelf.on(side).is_some_and(|shelved| shelved.file.is_none()) {
        ui.add_enabled_ui(!cx.busy, |ui| {
            let save = cx.say(&text!("snapshots.save", side = side.letter()));
            if icon_button(ui, ICON_SAVE, &save).clicked() {
                cx.send(Command::AskSaveSnapshot(side));
            }
        });
    }
}

fn name(cx: &Cx<'_>, shelved: &Shelved) -> String {
    let taken = date(shelved.snapshot.taken_at, cx.zone);
    match shelved.file.as_ref().and_then(|file| file.file_name()) {
        Some(file) => format!("{}, {taken}", file.to_string_lossy()),
        None => cx.say(&text!("snapshots.unsaved", time = taken)),
    }
}

impl Snapshots {
    fn comparison(&mut self, ui: &mut Ui, cx: &Cx<'_>, comparison: &Arc<Comparison>) {
        verdict(ui, cx, comparison);
        let gap = Room::of(ui.ctx().content_rect().width()).gap();
        // Eleven states, a header and the sum.
        let height = size::CARD_HEADER + 13.0 * size::TABLE_ROW + space::M;
        let height = height.min(ui.available_height() * 0.6);
        let bottom = ui.cursor().top() + height;
        side_by_side(
            ui,
            height,
            0.46,
            gap,
            |ui| {
                let title = cx.say(&text!("report.by_state"));
                let card = Card::new(&title).flush().height(height);
                card.show(ui, |_| {}, |ui| counts::by_state(ui, cx, comparison, bottom));
            },
            |ui| {
                let title = cx.say(&text!("report.by_process"));
                let card = Card::new(&title).flush().height(height);
                card.show(ui, |_| {}, |ui| counts::by_holder(ui, cx, comparison, bottom));
            },
        );
        self.sockets(ui, cx, comparison);
    }

    fn sockets(&mut self, ui: &mut Ui, cx: &Cx<'_>, comparison: &Arc<Comparison>) {
        let mut labels =
            vec![(None, cx.say(&text!("snapshots.all", n = comparison.sockets.len())))];
        for fate in Fate::ALL {
            let word = cx.say(&phrases::fate(fate));
            labels
                .push((Some(fate), format!("{word} {}", thousands(comparison.count(fate) as u64))));
        }
        let segments: Vec<(Option<Fate>, &str)> =
            labels.iter().map(|(fate, label)| (*fate, label.as_str())).collect();
        let mut fate = self.fate;
        let title = cx.say(&text!("report.sockets"));
        Card::new(&title).flush().show(
            ui,
            |ui| drop(segmented(ui, &mut fate, &segments)),
            |ui| {
                let whole = ui.available_rect_before_wrap().shrink2(vec2(1.0, 0.0));
                ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                    let rows = self.listed(comparison);
                    if rows.is_empty() {
                        let text = cx.say(&text!("snapshots.no_such_sockets"));
                        let text = TypeStyle::Body.rich(text).color(Theme::of(ui).text.secondary);
                        ui.horizontal(|ui| {
                            ui.add_space(space::L);
                            ui.label(text);
                        });
                        return;
                    }
                    let rows = ChangeRows { cx, comparison, rows };
                    table(ui, "changes", &change_columns(cx), &rows, None, None);
                });
                ui.advance_cursor_after_rect(whole);
            },
        );
        self.fate = fate;
    }

    fn listed(&mut self, comparison: &Arc<Comparison>) -> &[usize] {
        let current = |listed: &Listed| {
            Arc::ptr_eq(&listed.comparison, comparison) && listed.fate == self.fate
        };
        if !self.listed.as_ref().is_some_and(current) {
            let rows = comparison
                .sockets
                .iter()
                .enumerate()
                .filter(|(_, change)| self.fate.is_none_or(|fate| change.fate == fate))
                .map(|(row, _)| row)
                .collect();
            let comparison = Arc::clone(comparison);
            self.listed = Some(Listed { comparison, fate: self.fate, rows });
        }
        self.listed.as_ref().map_or(&[], |listed| listed.rows.as_slice())
    }
}

fn verdict(ui: &mut Ui, cx: &Cx<'_>, comparison: &Comparison) {
    let (a, b) = (comparison.counts_a[State::CloseWait], comparison.counts_b[State::CloseWait]);
    let restarted = comparison.holders.iter().any(|change| change.holder.was_restarted());
    let partial = comparison.a.is_partial() || comparison.b.is_partial();
    let tone = if b > a {
        Tone::Warning
    } else if b == 0 && a > 0 && !restarted && !partial {
        Tone::Fine
    } else {
        Tone::Note
    };
    let strong = cx.say(&phrases::comparison_verdict(comparison));
    let apart = comparison.b.taken_at.duration_since(comparison.a.taken_at);
    let same_host = comparison.a.host.name == comparison.b.host.name;
    let text = match (apart, same_host) {
        (Ok(apart), true) => cx.say(&text!("snapshots.apart", time = age(apart))),
        (Err(_), true) => cx.say(&text!("snapshots.reversed")),
        (_, false) => cx.say(&text!(
            "snapshots.two_hosts",
            a = comparison.a.host.name.as_str(),
            b = comparison.b.host.name.as_str()
        )),
    };
    let other = phrases::largest_other_change(comparison).map(|other| cx.say(&other));
    let text = other.into_iter().chain([text]).collect::<Vec<_>>().join(" ");
    banner(ui, tone, &strong, &text, |_| {});
}
