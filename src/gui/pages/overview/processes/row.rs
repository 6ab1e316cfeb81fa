//! One process of the list. A click shows its sockets.

use eframe::egui::{Align2, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::columns::Columns;
use super::{By, slot};
use crate::analysis::load::ProcessLoad;
use crate::analysis::phrases::{self, process_label};
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{cut, focus_ring, paint_gauge, sparkline};
use crate::model::{Descriptors, State};
use crate::text;
use crate::text::{Text, rate, thousands};

pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, columns: &Columns, load: &ProcessLoad) {
    let theme = Theme::of(ui);
    let wanted = vec2(ui.available_width(), size::PROCESS_ROW);
    let (row, response) = ui.allocate_exact_size(wanted, Sense::click());
    if response.hovered() {
        ui.painter().rect_filled(row, 0, theme.surface.hover);
    }
    if response.has_focus() {
        focus_ring(ui.painter(), theme, row.shrink(3.0), 0);
    }
    // Where a second line says where its CLOSE_WAIT lead, the numbers stand on the first.
    let below = load
        .close_wait_towards
        .filter(|_| columns.by == By::CloseWait && columns.towards.is_none())
        .map(|(towards, _)| cx.say(&phrases::towards(&towards)));
    let row = if below.is_some() { row.translate(vec2(0.0, -LINE / 2.0)) } else { row };
    name(ui, columns, load, below, row);
    let count = match columns.by {
        By::CloseWait => load.counts[State::CloseWait],
        By::Sockets => load.counts.total(),
    };
    let painter = ui.painter();
    painter.text(
        slot(row, columns.count.0, columns.count.1).right_center(),
        Align2::RIGHT_CENTER,
        thousands(count.into()),
        TypeStyle::DenseStrong.font(),
        theme.text.primary,
    );
    let growth = growth(cx, load);
    if let Some(place) = columns.growth {
        painter.text(
            slot(row, place.0, place.1).right_center(),
            Align2::RIGHT_CENTER,
            growth.as_deref().unwrap_or("–"),
            TypeStyle::Dense.font(),
            theme.text.secondary,
        );
    }
    if let (Some(place), Some((towards, _))) = (columns.towards, load.close_wait_towards) {
        painter.text(
            slot(row, place.0, place.1).left_center(),
            Align2::LEFT_CENTER,
            towards.to_string(),
            TypeStyle::Mono.font(),
            theme.text.primary,
        );
    }
    if let Some(place) = columns.sparkline {
        course(ui, load, slot(row, place.0, place.1).shrink2(vec2(0.0, 7.0)));
    }
    descriptors(ui, columns, load.descriptors, row);

    let process = process_label(&load.process.name, load.process.pid);
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Button, true, spoken(cx, columns.by, load, growth.as_ref()))
    });
    let hint = cx.say(&text!("processes.hint", process = process));
    if response.on_hover_text(hint).clicked() {
        let pid = load.process.pid;
        cx.send(Command::ShowSockets(match columns.by {
            By::CloseWait => format!("pid:{pid} close-wait"),
            By::Sockets => format!("pid:{pid}"),
        }));
    }
}

/// From one line of a row to the other.
const LINE: f32 = 16.0;

/// The name and the pid, and what stands below them.
fn name(ui: &Ui, columns: &Columns, load: &ProcessLoad, below: Option<String>, row: Rect) {
    let theme = Theme::of(ui);
    let place = slot(row, columns.name.0, columns.name.1);
    let line = place.center().y;
    let painter = ui.painter();
    let pid = painter.layout_no_wrap(
        load.process.pid.to_string(),
        TypeStyle::Dense.font(),
        theme.text.secondary,
    );
    let room = (place.width() - pid.size().x - space::S).max(0.0);
    let color = theme.text.primary;
    let name = cut(ui, &load.process.name, TypeStyle::BodyStrong, color, room);
    let behind = if load.process.name.is_empty() { 0.0 } else { name.size().x + space::S };
    painter.galley(pos2(place.left(), line - name.size().y / 2.0), name, color);
    let at = pos2(place.left() + behind, line - pid.size().y / 2.0 + 0.5);
    painter.galley(at, pid, theme.text.secondary);
    if let Some(below) = below {
        painter.text(
            pos2(place.left(), line + LINE),
            Align2::LEFT_CENTER,
            below,
            TypeStyle::MonoDense.font(),
            theme.text.secondary,
        );
    }
}

/// How its CLOSE_WAIT grows, in words; none where that is not known.
fn growth(cx: &Cx<'_>, load: &ProcessLoad) -> Option<String> {
    load.close_wait_per_minute.map(|per_minute| match per_minute {
        0 => cx.say(&text!("processes.steady")),
        _ => rate(per_minute),
    })
}

#[expect(clippy::cast_precision_loss, reason = "it is a few dozen points wide and high")]
fn course(ui: &mut Ui, load: &ProcessLoad, place: Rect) {
    let last = load.close_wait_course.len().saturating_sub(1).max(1) as f32;
    let points = load.close_wait_course.iter().enumerate();
    let segment: Vec<(f32, f32)> =
        points.map(|(index, count)| (index as f32 / last, *count as f32)).collect();
    if segment.len() > 1 {
        let color = Theme::of(ui).text.secondary;
        ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
            sparkline(ui, place.size(), &[segment], color);
        });
    }
}

fn descriptors(ui: &Ui, columns: &Columns, descriptors: Descriptors, row: Rect) {
    let Some(place) = columns.descriptors else { return };
    let theme = Theme::of(ui);
    let painter = ui.painter();
    let text = match (descriptors.open, descriptors.limit) {
        (None, _) => "–".to_owned(),
        (Some(open), None) => thousands(open),
        (Some(open), Some(limit)) => format!("{} / {}", thousands(open), thousands(limit)),
    };
    painter.text(
        slot(row, place.0, place.1).right_center(),
        Align2::RIGHT_CENTER,
        text,
        TypeStyle::Dense.font(),
        theme.text.primary,
    );
    if let (Some(place), Some(open), Some(limit)) =
        (columns.gauge, descriptors.open, descriptors.limit)
    {
        #[expect(clippy::cast_precision_loss, reason = "a share of forty points")]
        let share = open as f32 / limit.max(1) as f32;
        let middle = slot(row, place.0, place.1);
        let gauge = Rect::from_center_size(middle.center(), vec2(place.1, size::GAUGE));
        paint_gauge(painter, theme, gauge, share, theme.text.tertiary);
    }
}

/// `feed-client 18422, 1 690 CLOSE_WAIT, +38 / min, to 10.0.0.9:443, file handles 1 740 of 2 048`.
fn spoken(cx: &Cx<'_>, by: By, load: &ProcessLoad, growth: Option<&String>) -> String {
    let process = process_label(&load.process.name, load.process.pid);
    let count: Text = match by {
        By::CloseWait => {
            let count = thousands(load.counts[State::CloseWait].into());
            text!("processes.close_wait", count = count)
        }
        By::Sockets => text!("count.sockets", n = load.counts.total()),
    };
    let mut said = text!("processes.row", process = process, count = count);
    if let Some(growth) = growth.filter(|_| by == By::CloseWait) {
        said = text!("processes.row_and", row = said, more = growth.as_str());
    }
    if let Some((towards, _)) = load.close_wait_towards.filter(|_| by == By::CloseWait) {
        said = text!("processes.row_and", row = said, more = phrases::towards(&towards));
    }
    if let (Some(open), Some(limit)) = (load.descriptors.open, load.descriptors.limit) {
        let (used, limit) = (thousands(open), thousands(limit));
        said = text!("processes.row_descriptors", row = said, used = used, limit = limit);
    }
    cx.say(&said)
}
