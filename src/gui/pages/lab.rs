//! Lab: sockets of our own, to see what an option really does.

mod actions;
mod bar;
mod bench;
mod calls;
mod end;
mod holder;
mod lanes;
mod listener;
mod meaning;
mod options;
mod program;
mod run;
mod scenarios;
mod seeing;
mod setup;
mod states;
mod strip;
mod track;

use eframe::egui::{Align, Layout, ScrollArea, Ui, UiBuilder};
use egui_material_icons::icons::ICON_SCIENCE;

use super::{Page, PageLeaf};
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{Room, space};
use crate::gui::widgets::segmented;
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
    Program,
}

/// The page.
#[derive(Default)]
struct Lab {
    part: Part,
    bench: bench::BenchView,
    program: program::ProgramView,
    scenarios: scenarios::ScenariosView,
}

impl Page for Lab {
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ui.spacing_mut().item_spacing.y = Room::of(ui.ctx().content_rect().width()).gap();
        self.bar(ui, cx);
        match self.part {
            Part::Bench => self.bench.ui(ui, cx),
            Part::Scenarios => self.scenarios.ui(ui, cx),
            Part::Program => self.program.ui(ui, cx),
        }
    }
}

impl Lab {
    fn bar(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            let (bench, scenarios) =
                (cx.say(&text!("lab_page.bench")), cx.say(&text!("lab_page.scenarios")));
            let program = cx.say(&text!("lab_program.page.part"));
            let parts = [
                (Part::Bench, bench.as_str()),
                (Part::Scenarios, scenarios.as_str()),
                (Part::Program, program.as_str()),
            ];
            segmented(ui, &mut self.part, &parts);
            if self.part == Part::Bench {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    self.bench.bar(ui, cx);
                });
            }
        });
    }
}

/// Scrolls over all the space there is, with its bar in the margin of the page and not over the cards.
fn scroll(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let place = ui.available_rect_before_wrap();
    let margin = Room::of(ui.ctx().content_rect().width()).gap();
    let wider = place.with_max_x(place.right() + margin);
    ui.scope_builder(UiBuilder::new().max_rect(wider).id_salt("scroll"), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(place.width());
            content(ui);
        });
    });
}
