//! Short messages below the page: what was done goes by itself, what failed stays until it is read.

use std::time::{Duration, Instant};

use eframe::egui::{Frame, Margin, Panel, Ui, UiBuilder};
use egui_material_icons::icons::ICON_CLOSE;

use super::cx::Cx;
use super::theme::measure::{motion, space};
use super::theme::{Theme, Tone};
use super::widgets::{banner, icon_button};
use crate::text;
use crate::text::Text;

/// How wide a message is at most.
const WIDTH: f32 = 640.0;

/// How many are kept; the oldest goes first.
const MOST: usize = 4;

/// How many of them are seen at once; the others follow when these are closed.
const IN_SIGHT: usize = 2;

struct Notice {
    tone: Tone,
    text: Text,
    until: Option<Instant>,
}

/// The messages that are shown.
#[derive(Default)]
pub struct Notices {
    shown: Vec<Notice>,
}

impl Notices {
    /// Something was done.
    pub fn done(&mut self, text: Text) {
        self.add(Tone::Fine, text, Some(Instant::now() + motion::TOAST));
    }

    /// Something failed.
    pub fn failed(&mut self, text: Text) {
        self.add(Tone::Critical, text, None);
    }

    /// Something should be known that stays.
    pub fn warn(&mut self, text: Text) {
        self.add(Tone::Warning, text, None);
    }

    fn add(&mut self, tone: Tone, text: Text, until: Option<Instant>) {
        // The same again is not worth a second strip.
        self.shown.retain(|notice| notice.text != text);
        self.shown.push(Notice { tone, text, until });
        let surplus = self.shown.len().saturating_sub(MOST);
        self.shown.drain(..surplus);
    }

    /// Forgets what has been shown long enough; says when the next one goes.
    pub fn expire(&mut self, now: Instant) -> Option<Duration> {
        self.shown.retain(|notice| notice.until.is_none_or(|until| until > now));
        self.shown.iter().filter_map(|notice| notice.until).min().map(|until| until - now)
    }

    /// Draws the newest of them in a strip above what is at the bottom, so that they cover nothing, and takes away
    /// what the user closes.
    pub fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        if self.shown.is_empty() {
            return;
        }
        let frame = Frame::new().fill(Theme::of(ui).surface.window).inner_margin(Margin {
            left: 12,
            right: 12,
            top: 8,
            bottom: 8,
        });
        let hidden = self.shown.len().saturating_sub(IN_SIGHT);
        let shown = |ui: &mut Ui| {
            ui.spacing_mut().item_spacing.y = space::M;
            let mut number = 0;
            self.shown.retain(|notice| {
                number += 1;
                if number <= hidden {
                    return true;
                }
                let text = cx.say(&notice.text);
                let close = banner(ui, notice.tone, "", &text, |ui| {
                    icon_button(ui, ICON_CLOSE, &cx.say(&text!("notice.close"))).clicked()
                });
                !close.inner
            });
        };
        Panel::bottom("notices").resizable(false).show_separator_line(false).frame(frame).show(
            ui,
            |ui| {
                let mut right = ui.available_rect_before_wrap();
                right.min.x = right.min.x.max(right.max.x - WIDTH);
                ui.scope_builder(UiBuilder::new().max_rect(right), shown);
            },
        );
    }
}
