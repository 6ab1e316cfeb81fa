//! The TCP states with the two ends of the shown connection on them.

use eframe::egui::Ui;

use super::end;
use super::run::Run;
use crate::gui::cx::Cx;
use crate::gui::state_diagram::{StateDiagram, Token};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::Card;
use crate::model::lab::End;
use crate::text;

/// Draws the card.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, run: Option<&Run>, height: f32) {
    let title = cx.say(&text!("lab_bench_page.states"));
    let names = End::ALL.map(|end| end::title(cx, end));
    let tokens: Vec<Token<'_>> = run.map_or_else(Vec::new, |run| {
        let of = |end: End| {
            let walk = run.walks[end as usize].as_ref()?;
            let inferred = run.track.inferred[end as usize];
            let name = names[end as usize].as_str();
            Some(Token { sign: sign(end), name, walk, at: run.at[end as usize], inferred })
        };
        End::ALL.into_iter().filter_map(of).collect()
    });
    Card::new(&title).height(height).show(
        ui,
        |ui| {
            let theme = Theme::of(ui);
            for end in [End::Peer, End::Client] {
                let name = cx.say(&match end {
                    End::Client => text!("lab_bench_page.of_token_client"),
                    End::Peer => text!("lab_bench_page.of_token_peer"),
                });
                ui.label(TypeStyle::Dense.rich(name).color(theme.text.secondary));
                ui.label(TypeStyle::DenseStrong.rich(sign(end)).color(theme.text.primary));
            }
        },
        |ui| {
            StateDiagram::of_tokens(&tokens, cx.calm).show(ui, cx);
        },
    );
}

/// What stands on an end's token.
const fn sign(end: End) -> &'static str {
    match end {
        End::Client => "C",
        End::Peer => "P",
    }
}
