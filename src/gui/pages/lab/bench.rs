//! The bench: both ends of connections to the built-in peer, and what was called on them.

use eframe::egui::Ui;

use super::calls::CallsView;
use super::end::EndView;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{Room, size, space};
use crate::gui::widgets::side_by_side;
use crate::lab;
use crate::model::lab::End;

/// Narrower than this, an end's actions take two lines.
const ACTIONS_IN_A_LINE: f32 = 450.0;

/// What the bench's view keeps.
pub(super) struct BenchView {
    /// How many connections one press makes.
    pub(super) count: usize,
    ends: [EndView; 2],
    calls: CallsView,
}

impl Default for BenchView {
    fn default() -> Self {
        Self { count: 1, ends: Default::default(), calls: CallsView::default() }
    }
}

impl BenchView {
    /// Connects as the view says.
    pub(super) fn connect_command(&self) -> lab::Command {
        let [client, peer] = &self.ends;
        lab::Command::Connect(lab::Connect {
            options: client.options,
            peer: peer.options,
            count: self.count,
            ..lab::Connect::new(lab::Target::BuiltIn(lab::Server::First))
        })
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let Some(bench) = cx.bench else { return };
        let gap = Room::of(ui.ctx().content_rect().width()).gap();
        let half = (ui.available_width() - gap) / 2.0;
        let lines = if half < ACTIONS_IN_A_LINE { 2.0 } else { 1.0 };
        // Options, actions, and two lines of states that were passed.
        let body = 2.0 * size::SEGMENTED + lines * size::CONTROL + 2.0 * size::BADGE;
        let height = size::CARD_HEADER + body + 6.0 * space::S + space::L;
        let [client, peer] = &mut self.ends;
        side_by_side(
            ui,
            height,
            0.5,
            gap,
            |ui| client.ui(ui, cx, bench, End::Client, height),
            |ui| peer.ui(ui, cx, bench, End::Peer, height),
        );
        self.calls.ui(ui, cx, bench);
    }
}
