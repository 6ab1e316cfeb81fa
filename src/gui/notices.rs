//! Short messages over the page: what was done goes by itself, what failed stays until it is read.

use std::time::{Duration, Instant};

use eframe::egui::{Align2, Area, Context, Id, Order, vec2};
use egui_material_icons::icons::ICON_CLOSE;

use super::cx::Cx;
use super::theme::Tone;
use super::theme::measure::{motion, size, space};
use super::widgets::{banner, icon_button};
use crate::text;
use crate::text::Text;

/// How wide a message is at most.
const WIDTH: f32 = 520.0;

/// How many are kept; the oldest goes first.
const MOST: usize = 4;

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

    /// Draws them over the lower right corner, and takes away what the user closes.
    pub fn ui(&mut self, ctx: &Context, cx: &Cx<'_>) {
        if self.shown.is_empty() {
            return;
        }
        let corner = vec2(-space::L, -space::L - size::COVERAGE_LINE);
        Area::new(Id::unique("notices"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, corner)
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - space::XXL));
                self.shown.retain(|notice| {
                    let text = cx.say(&notice.text);
                    let close = banner(ui, notice.tone, "", &text, |ui| {
                        icon_button(ui, ICON_CLOSE, &cx.say(&text!("notice.close"))).clicked()
                    });
                    !close.inner
                });
            });
    }
}
