//! The sockets that are held still, one card each.

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    Align, CornerRadius, Label, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, vec2,
};
use egui_material_icons::icons::ICON_TABLE_ROWS;

use crate::gui::cx::{Command, Cx};
use crate::gui::glyph::badge;
use crate::gui::theme::measure::{Room, radius, size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::Button;
use crate::lab::{Exhibit, ScenarioResult};
use crate::text;
use crate::text::{Text, age};

/// Draws all of them: three columns, or two where there is little room, or four where there is much.
pub(super) fn grid(ui: &mut Ui, cx: &Cx<'_>, result: &ScenarioResult) {
    let room = Room::of(ui.ctx().content_rect().width());
    let columns = match room {
        Room::Narrow => 2_u16,
        Room::Usual => 3,
        Room::Wide => 4,
    };
    let gap = room.gap();
    let width =
        ((ui.available_width() - gap * f32::from(columns - 1)) / f32::from(columns)).floor();
    let inner = width - 2.0 * space::L;
    let recipe =
        result.exhibits.iter().map(|it| recipe_height(ui, cx, it, inner)).fold(0.0, f32::max);
    let addresses = 2.0 * TypeStyle::MonoDense.line();
    let height =
        2.0 * space::L + size::BADGE + recipe + addresses + size::CONTROL_SMALL + 3.0 * space::S;
    for row in result.exhibits.chunks(usize::from(columns)) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for exhibit in row {
                let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
                card(ui, cx, rect, result, exhibit, recipe);
                // What stands inside it is narrower.
                ui.advance_cursor_after_rect(rect);
            }
        });
    }
}

fn recipe_height(ui: &Ui, cx: &Cx<'_>, exhibit: &Exhibit, width: f32) -> f32 {
    let format = TypeStyle::Dense.format(Theme::of(ui).text.primary);
    let mut job = LayoutJob::single_section(cx.say(&exhibit.recipe), format);
    job.wrap = TextWrapping { max_width: width, ..TextWrapping::default() };
    ui.painter().layout_job(job).size().y
}

fn card(
    ui: &mut Ui,
    cx: &Cx<'_>,
    rect: Rect,
    result: &ScenarioResult,
    exhibit: &Exhibit,
    recipe: f32,
) {
    let theme = Theme::of(ui);
    let frame = Stroke::new(stroke::HAIRLINE, theme.stroke.subtle);
    let corner = CornerRadius::same(radius::CARD);
    ui.painter().rect(rect, corner, theme.surface.panel, frame, StrokeKind::Inside);
    let since = since(result, exhibit);
    let addresses = addresses(exhibit);
    let name = cx.say(&text!(
        "lab_scenarios_page.museum.name",
        state = exhibit.state.name(),
        recipe = exhibit.recipe.clone(),
        addresses = addresses.join(" "),
        since = since.clone()
    ));
    let builder = UiBuilder::new()
        .max_rect(rect.shrink(space::L))
        .layout(Layout::top_down(Align::Min))
        .accessibility_role(Role::Group)
        .accessibility_label(name);
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        badge(ui, exhibit.state);
        ui.add_space(space::S);
        let wanted = vec2(ui.available_width(), recipe);
        ui.allocate_ui_with_layout(wanted, Layout::top_down(Align::Min), |ui| {
            ui.set_min_size(wanted);
            let how = TypeStyle::Dense.rich(cx.say(&exhibit.recipe)).color(theme.text.primary);
            ui.add(Label::new(how).wrap());
        });
        ui.add_space(space::S);
        for place in 0..2 {
            let address = addresses.get(place).map_or("", String::as_str);
            let address = TypeStyle::MonoDense.rich(address).color(theme.text.secondary);
            ui.add(Label::new(address).truncate());
        }
        ui.add_space(space::S);
        ui.horizontal(|ui| {
            ui.set_min_height(size::CONTROL_SMALL);
            let words = TypeStyle::Caption.rich(cx.say(&since)).color(theme.text.tertiary);
            ui.add(Label::new(words).extend());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                show_button(ui, cx, result, exhibit);
            });
        });
    });
}

/// Its addresses, one a line.
fn addresses(exhibit: &Exhibit) -> Vec<String> {
    let remote = exhibit.remote.map(|remote| format!("→ {remote}"));
    std::iter::once(exhibit.local.to_string()).chain(remote).collect()
}

/// For how long it has been seen so.
fn since(result: &ScenarioResult, exhibit: &Exhibit) -> Text {
    match exhibit.since {
        Some(since) => {
            let time = age(result.took.saturating_sub(since));
            if result.finished {
                text!("lab_scenarios_page.museum.was_held", time = time)
            } else {
                text!("lab_scenarios_page.museum.held", time = time)
            }
        }
        None if result.finished => text!("lab_scenarios_page.museum.never_seen"),
        None => text!("lab_scenarios_page.museum.not_seen"),
    }
}

fn show_button(ui: &mut Ui, cx: &Cx<'_>, result: &ScenarioResult, exhibit: &Exhibit) {
    let label = cx.say(&text!("lab_scenarios_page.museum.show"));
    let name = cx.say(&text!("lab_scenarios_page.museum.show_name", state = exhibit.state.name()));
    ui.add_enabled_ui(!result.finished && exhibit.since.is_some(), |ui| {
        let button = Button::new(&label).name(&name).icon(ICON_TABLE_ROWS).small().show(ui);
        let over = cx.say(&text!("lab_scenarios_page.museum.over"));
        if button.on_disabled_hover_text(over).clicked() {
            cx.send(Command::ShowSockets(filter(exhibit)));
        }
    });
}

/// What the Sockets page is filtered by: this socket alone.
fn filter(exhibit: &Exhibit) -> String {
    let remote = exhibit.remote.map_or_else(String::new, |remote| format!(" remote:{remote}"));
    format!("local:{}{remote}", exhibit.local)
}
