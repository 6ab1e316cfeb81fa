//! What is known of both ends beside their states: queues, timers, owners.

use eframe::egui::{Align, Label, Layout, Ui, vec2};

use crate::analysis::explain::remaining;
use crate::gui::cx::Cx;
use crate::gui::pages::lab::end;
use crate::gui::pages::lab::run::Run;
use crate::gui::theme::measure::space;
use crate::gui::theme::{Theme, TypeStyle};
use crate::lab::{BenchState, ConnectionState, Holding, Target};
use crate::model::lab::{End, Resolution};
use crate::model::{Socket, State, TimerKind};
use crate::text;
use crate::text::{Text, age, thousands};

/// The width of an end's column.
const COLUMN: f32 = 104.0;

/// Queues, timers and owners of both ends, side by side.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, shown: &ConnectionState, run: &Run) {
    let rows = End::ALL.map(|end| bench.lane(shown).and_then(|lane| lane.row(end)));
    let unknown = || "\u{2013}".to_owned();
    let queue = |of: fn(&Socket) -> Option<u32>| {
        rows.map(|row| row.and_then(of).map_or_else(unknown, |bytes| thousands(bytes.into())))
    };
    let titles = End::ALL.map(|end| end::title(cx, end));
    fact(ui, "", &titles, TypeStyle::Caption);
    let receive = queue(|row| row.queues.map(|queues| queues.receive));
    fact(ui, &cx.say(&text!("lab_bench_page.recv_q")), &receive, TypeStyle::Dense);
    let send = queue(|row| row.queues.map(|queues| queues.send));
    fact(ui, &cx.say(&text!("lab_bench_page.send_q")), &send, TypeStyle::Dense);
    let timers = rows.map(|row| row.map_or_else(unknown, |row| timer(cx, row)));
    fact(ui, &cx.say(&text!("lab_bench_page.timer")), &timers, TypeStyle::Dense);
    let owners = End::ALL.map(|end| {
        let row = rows[end as usize];
        if bench.closing(shown, end).is_some() {
            return cx.say(&text!("lab_seen.closing"));
        }
        let said = owner(shown, end, row, bench.observation.resolution, run.holder.found());
        said.map_or_else(unknown, |said| cx.say(&said))
    });
    fact(ui, &cx.say(&text!("lab_bench_page.owner")), &owners, TypeStyle::Dense);
}

/// One line: a name, and a value for each end.
fn fact(ui: &mut Ui, name: &str, values: &[String; 2], style: TypeStyle) {
    let theme = Theme::of(ui);
    let wanted = vec2(ui.available_width(), style.line() + space::XS);
    ui.allocate_ui_with_layout(wanted, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_size(wanted);
        ui.spacing_mut().item_spacing.x = 0.0;
        for value in values.iter().rev() {
            let cell = vec2(COLUMN, wanted.y);
            ui.allocate_ui_with_layout(cell, Layout::right_to_left(Align::Center), |ui| {
                ui.set_min_size(cell);
                let weak = style == TypeStyle::Caption || value == "0";
                let color = if weak { theme.text.tertiary } else { theme.text.primary };
                let label = Label::new(style.rich(value).color(color)).truncate();
                ui.add(label).on_hover_text(value);
            });
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.label(TypeStyle::Dense.rich(name).color(theme.text.secondary));
        });
    });
}

fn timer(cx: &Cx<'_>, row: &Socket) -> String {
    let Some(timer) = row.timer else {
        // Queues come only from sources that tell of timers too.
        return if row.queues.is_some() {
            cx.say(&text!("lab_bench_page.no_timer"))
        } else {
            "\u{2013}".to_owned()
        };
    };
    let left = age(remaining(timer, std::time::Duration::ZERO));
    match timer.kind {
        TimerKind::Retransmit => cx.say(&text!("lab_bench_page.timer_rto", time = left)),
        TimerKind::Keepalive => cx.say(&text!("lab_bench_page.timer_keep", time = left)),
        TimerKind::Expiry => cx.say(&text!("lab_bench_page.timer_ends", time = left)),
        TimerKind::Persist => cx.say(&text!("lab_bench_page.timer_probe", time = left)),
    }
}

/// Who holds the socket; none where nobody here knows. `found` is who holds the far end, as the socket table has it.
fn owner(
    shown: &ConnectionState,
    end: End,
    row: Option<&Socket>,
    resolution: Resolution,
    found: Option<&Text>,
) -> Option<Text> {
    match shown.end(end).holding {
        Holding::Held => Some(text!("lab_bench_page.owner_lab")),
        Holding::Leaked => Some(text!("lab_bench_page.owner_leaked")),
        Holding::Closed => row.map(|_| text!("lab_bench_page.owner_kernel")),
        Holding::Never if end == End::Client => None,
        Holding::Never if matches!(shown.target, Target::BuiltIn(_)) => {
            row.filter(|_| !shown.accepted).map(|_| text!("lab_bench_page.owner_queue"))
        }
        // An exact look tells the inode of every socket that a program has.
        Holding::Never => match row? {
            row if row.inode.is_some() || resolution != Resolution::Exact => found.cloned(),
            row if matches!(row.state, State::Established | State::CloseWait) => {
                Some(text!("lab_bench_page.owner_queue"))
            }
            _ => Some(text!("lab_bench_page.owner_kernel")),
        },
    }
}
