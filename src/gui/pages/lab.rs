//! Lab: sockets of our own, to see what an option really does.

mod bench;
mod calls;
mod end;
mod scenarios;

use eframe::egui::{Align, Layout, Ui};
use egui_material_icons::icons::{ICON_BOLT, ICON_RESTART_ALT, ICON_SCIENCE};

use super::{Page, PageLeaf};
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{Room, size, space};
use crate::gui::theme::{Theme, Tone, TypeStyle};
use crate::gui::widgets::{banner, button, primary_button, segmented};
use crate::lab::{self, MAX_CONNECTIONS};
use crate::text;

pub(super) const LEAF: PageLeaf = PageLeaf {
    name: "lab",
    title: || text!("page.lab"),
    icon: ICON_SCIENCE,
    at_foot: false,
    make: || Box::<Lab>::default(),
};

/// Which part of the lab is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Bench,
    Scenarios,
}

/// The page.
#[derive(Default)]
struct Lab {
    part: Part,
    bench: bench::BenchView,
    scenarios: scenarios::ScenariosView,
}

impl Page for Lab {
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ui.spacing_mut().item_spacing.y = Room::of(ui.ctx().content_rect().width()).gap();
        self.bar(ui, cx);
        match self.part {
            Part::Bench => self.bench.ui(ui, cx),
            Part::Scenarios => self.scenarios.ui(ui, cx),
        }
    }
}

impl Lab {
    fn bar(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            let (bench, scenarios) =
                (cx.say(&text!("lab_page.bench")), cx.say(&text!("lab_page.scenarios")));
            let parts = [(Part::Bench, bench.as_str()), (Part::Scenarios, scenarios.as_str())];
            segmented(ui, &mut self.part, &parts);
            if self.part == Part::Bench {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    self.connect(ui, cx);
                });
            }
        });
        if self.part == Part::Bench {
            problems(ui, cx);
        }
    }

    /// From the right: the button, how many, to whom.
    fn connect(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let theme = Theme::of(ui);
        let Some(bench) = cx.bench else { return };
        let ready = bench.failure.is_none() && bench.running.is_none();
        ui.add_enabled_ui(ready, |ui| {
            if primary_button(ui, ICON_BOLT, &cx.say(&text!("lab_page.connect"))).clicked() {
                cx.send(Command::Bench(self.bench.connect_command()));
            }
        });
        ui.add_enabled_ui(!bench.connections.is_empty(), |ui| {
            if button(ui, ICON_RESTART_ALT, &cx.say(&text!("lab_page.reset"))).clicked() {
                cx.send(Command::Bench(lab::Command::Reset));
            }
        });
        let name = cx.say(&text!("lab_page.how_many"));
        let drag = eframe::egui::DragValue::new(&mut self.bench.count)
            .range(1..=MAX_CONNECTIONS)
            .speed(0.1);
        let count = ui.add_sized([48.0, size::CONTROL], drag);
        let label = ui.label(TypeStyle::Body.rich(name).color(theme.text.secondary));
        count.labelled_by(label.id);
        let target = cx.say(&text!("lab_page.target"));
        ui.label(TypeStyle::Body.rich(target).color(theme.text.secondary));
    }
}

fn problems(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(bench) = cx.bench else {
        banner(ui, Tone::Critical, "", &cx.say(&text!("lab_page.no_bench")), |_| {});
        return;
    };
    if let Some(failure) = &bench.failure {
        banner(ui, Tone::Critical, "", &cx.say(failure), |_| {});
    } else if let Some(refused) = &bench.refused {
        banner(ui, Tone::Warning, "", &cx.say(&refused.reason), |_| {});
    }
    if let Some(failure) = &bench.observation.failure {
        let text = cx.say(&crate::analysis::phrases::poll_failure(failure));
        banner(ui, Tone::Warning, "", &text, |_| {});
    }
}
