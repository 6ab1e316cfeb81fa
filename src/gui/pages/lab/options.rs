//! The options of one socket: what is asked for at the left, what the kernel says at the right.

use eframe::egui::{Align, DragValue, Label, Layout, Response, Ui, vec2};
use egui_material_icons::icons::ICON_WARNING;

use crate::gui::cx::Cx;
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{icon, switch};
use crate::lab::{Linger, OptionName, OptionValue, ReadBack, SocketOptions, Takes};
use crate::model::lab::Role;
use crate::text;
use crate::text::{Text, thousands};

/// From this width on, the options stand in two columns.
const TWO_COLUMNS: f32 = 560.0;

/// The most used of a role. So many stand in sight where there is one column, and fewer where a window is low.
const FIRST: usize = 6;
const FIRST_LOW: usize = 4;

/// Below this height of the window the calls would have no room beside all six.
const LOW: f32 = 900.0;

/// How the options of both ends stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// In how many columns.
    columns: usize,
    /// How many are in sight at once where there is one.
    first: usize,
    /// Whether all of them are.
    pub(super) more: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { columns: 1, first: FIRST, more: false }
    }
}

impl Shape {
    /// In a card whose body is so wide, in a window that is so high; one that scrolls as a whole is never too low.
    pub(super) const fn fit(&mut self, width: f32, window: f32, scrolls: bool) {
        self.columns = if width >= TWO_COLUMNS { 2 } else { 1 };
        self.first = if window < LOW && !scrolls { FIRST_LOW } else { FIRST };
    }

    /// How many rows these options take.
    pub(super) fn rows(self, role: Role) -> usize {
        let all = names(role).len();
        match self.columns {
            1 if !self.more => self.first,
            columns => all.div_ceil(columns),
        }
    }

    /// How many are out of sight until they are asked for.
    pub(super) fn hidden(self, role: Role) -> usize {
        if self.columns > 1 { 0 } else { names(role).len() - self.first }
    }
}

/// The height of one.
pub(super) const ROW: f32 = size::CONTROL_SMALL;

/// The longest `SO_LINGER` that can be asked for here, in seconds: more would only make one wait.
const MAX_LINGER: u32 = 120;

/// The width of a number's field.
const FIELD: f32 = 66.0;

/// Whose options they are.
pub(super) struct Subject<'a> {
    /// The card's name, which begins the accessible ones: `Client`.
    pub(super) title: &'a str,
    pub(super) role: Role,
    /// What was asked of the living socket, and what the kernel says of it.
    pub(super) asked: SocketOptions,
    pub(super) kernel: &'a ReadBack,
    /// Why nothing can be asked of it; none where it can.
    pub(super) off: Option<Text>,
}

/// The options that suit a role, the most used first.
fn names(role: Role) -> Vec<OptionName> {
    use OptionName::{
        DeferAccept, ExclusiveAddress, KeepAlive, Linger, NoDelay, ReceiveBuffer, ReuseAddress,
        ReusePort, SendBuffer, UserTimeout,
    };
    let first: [OptionName; FIRST] = match role {
        Role::Client => [ReuseAddress, ReusePort, Linger, KeepAlive, NoDelay, UserTimeout],
        Role::Peer => [ReuseAddress, Linger, KeepAlive, NoDelay, ReceiveBuffer, SendBuffer],
        Role::Listener => {
            [ReuseAddress, ReusePort, ExclusiveAddress, ReceiveBuffer, DeferAccept, Linger]
        }
    };
    let rest = OptionName::ALL.into_iter().filter(|name| !first.contains(name) && name.suits(role));
    first.into_iter().chain(rest).collect()
}

/// Draws them; says whether the user asks for something else now.
pub(super) fn ui(
    ui: &mut Ui,
    cx: &Cx<'_>,
    subject: &Subject<'_>,
    options: &mut SocketOptions,
    shape: Shape,
) -> bool {
    let before = *options;
    let (rows, columns) = (shape.rows(subject.role), shape.columns);
    let whole = ui.available_width();
    #[expect(clippy::cast_precision_loss, reason = "one or two")]
    let of_them = columns as f32;
    let column = (whole - (of_them - 1.0) * space::XXL) / of_them;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XXL, 0.0);
        ui.horizontal_top(|ui| {
            for names in names(subject.role).chunks(rows).take(columns) {
                ui.allocate_ui_with_layout(vec2(column, 0.0), Layout::top_down(Align::Min), |ui| {
                    ui.set_width(column);
                    for name in names {
                        row(ui, cx, subject, *name, options);
                    }
                });
            }
        });
    });
    *options != before
}

fn row(
    ui: &mut Ui,
    cx: &Cx<'_>,
    subject: &Subject<'_>,
    name: OptionName,
    options: &mut SocketOptions,
) {
    let kernel = subject.kernel.iter().find(|(known, _)| *known == name).map(|(_, value)| {
        let asked = subject.asked.get(name);
        match value {
            Ok(value) => (written(cx, name, *value), asked.is_some_and(|asked| asked != *value)),
            Err(error) => (error.errno.clone(), true),
        }
    });
    if let Some(absence) = name.absence() {
        absent(ui, cx, name, &cx.say(&absence));
        return;
    }
    line(ui, cx, kernel, |ui| {
        ui.add_enabled_ui(subject.off.is_none(), |ui| asked(ui, cx, subject, name, options));
    });
}

/// One row: what is asked for at the left, the kernel's value at the right, marked when it differs.
pub(super) fn line(
    ui: &mut Ui,
    cx: &Cx<'_>,
    kernel: Option<(String, bool)>,
    asked: impl FnOnce(&mut Ui),
) {
    let theme = Theme::of(ui);
    let wanted = vec2(ui.available_width(), ROW);
    ui.allocate_ui_with_layout(wanted, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(wanted);
        ui.spacing_mut().item_spacing.x = space::M;
        asked(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let Some((value, differs)) = kernel else { return };
            let color = if differs { theme.severity.warning.text } else { theme.text.primary };
            let why = || cx.say(&text!("lab_bench_page.differs"));
            if differs {
                icon(ui, ICON_WARNING, size::ICON - 2.0, color).on_hover_text(why());
            }
            let value = ui.label(TypeStyle::Mono.rich(value).color(color));
            if differs {
                value.on_hover_text(why());
            }
            let kernel = cx.say(&text!("lab_bench_page.kernel"));
            ui.label(TypeStyle::Dense.rich(kernel).color(theme.text.tertiary));
        });
    });
}

/// An option that this system lacks, and why.
fn absent(ui: &mut Ui, cx: &Cx<'_>, name: OptionName, why: &str) {
    let theme = Theme::of(ui);
    let wanted = vec2(ui.available_width(), ROW);
    ui.allocate_ui_with_layout(wanted, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(wanted);
        ui.spacing_mut().item_spacing.x = space::M;
        ui.label(TypeStyle::Mono.rich(name.name()).color(theme.text.tertiary));
        let text = cx.say(&text!("lab_bench_page.absent", why = why));
        let text = TypeStyle::Dense.rich(&text).color(theme.text.tertiary);
        ui.add(Label::new(text).truncate()).on_hover_text(why);
    });
}

/// The switch and the field of an option.
fn asked(
    ui: &mut Ui,
    cx: &Cx<'_>,
    subject: &Subject<'_>,
    name: OptionName,
    options: &mut SocketOptions,
) {
    let title = subject.title;
    let now = options.get(name);
    let mut on = match now {
        None | Some(OptionValue::Switch(false) | OptionValue::Linger(Linger::Off)) => false,
        Some(OptionValue::Switch(true) | OptionValue::Linger(_) | OptionValue::Number(_)) => true,
    };
    let accessible = cx.say(&text!("lab_bench_page.option", end = title, option = name.name()));
    let switch = switch(ui, &mut on, &accessible);
    let toggled = switch.changed();
    let label = ui.label(TypeStyle::Mono.rich(name.name()).color(Theme::of(ui).text.primary));
    let label = label.on_hover_text(cx.say(&meaning(name)));
    if let Some(off) = &subject.off {
        switch.on_disabled_hover_text(cx.say(off));
        label.on_disabled_hover_text(cx.say(off));
    }
    if toggled {
        let value = match name.takes() {
            Takes::Switch => Some(OptionValue::Switch(on)),
            Takes::Linger if on => Some(OptionValue::Linger(Linger::Seconds(0))),
            Takes::Linger => Some(OptionValue::Linger(Linger::Off)),
            // A number cannot be taken back: the socket keeps it, and the next one is left as the system has it.
            Takes::Number(..) => on.then(|| OptionValue::Number(usual(name))),
        };
        options.set(name, value);
        return;
    }
    let (mut number, range) = match (now, name.takes()) {
        (Some(OptionValue::Linger(Linger::Seconds(now))), _) => (u32::from(now), 0..=MAX_LINGER),
        (Some(OptionValue::Number(now)), Takes::Number(least, most)) => (now, least..=most),
        _ => return,
    };
    let unit = name.unit();
    let suffix = if unit.is_empty() { String::new() } else { format!("\u{2009}{unit}") };
    let field = DragValue::new(&mut number).range(range).suffix(suffix).speed(0.1);
    let field = sized(ui, FIELD, field);
    let accessible = text!("lab_bench_page.option_value", end = title, option = name.name());
    if !field.accessible_name(cx.say(&accessible)).changed() {
        return;
    }
    let value = match name.takes() {
        Takes::Linger => {
            OptionValue::Linger(Linger::Seconds(u16::try_from(number).unwrap_or(u16::MAX)))
        }
        Takes::Switch | Takes::Number(..) => OptionValue::Number(number),
    };
    options.set(name, Some(value));
}

/// A field of a number, as high as a small control.
pub(super) fn sized(ui: &mut Ui, width: f32, field: DragValue<'_>) -> Response {
    ui.spacing_mut().interact_size.y = ROW;
    ui.add_sized([width, ROW], field)
}

/// The kernel's value as people read it.
fn written(cx: &Cx<'_>, name: OptionName, value: OptionValue) -> String {
    match value {
        OptionValue::Switch(on) => u8::from(on).to_string(),
        OptionValue::Linger(Linger::Off) => cx.say(&text!("lab_bench_page.linger_off")),
        OptionValue::Linger(Linger::Seconds(seconds)) => {
            cx.say(&text!("lab_bench_page.linger_on", seconds = seconds.to_string()))
        }
        OptionValue::Number(number) => {
            let unit = name.unit();
            let number = thousands(number.into());
            if unit.is_empty() { number } else { format!("{number}\u{2009}{unit}") }
        }
    }
}

/// What a number begins with when its option is switched on: something whose effect can be waited for.
const fn usual(name: OptionName) -> u32 {
    match name {
        OptionName::KeepIdle | OptionName::SynCount => 2,
        OptionName::KeepInterval => 1,
        OptionName::KeepCount | OptionName::FinWait2 => 3,
        OptionName::ReceiveBuffer | OptionName::SendBuffer => 4_096,
        OptionName::DeferAccept => 5,
        _ => 5_000,
    }
}

/// What an option does, in a sentence.
fn meaning(name: OptionName) -> Text {
    match name {
        OptionName::ReuseAddress => text!("lab_bench_page.about.reuse_address"),
        OptionName::ReusePort => text!("lab_bench_page.about.reuse_port"),
        OptionName::ExclusiveAddress => text!("lab_bench_page.about.exclusive"),
        OptionName::Linger => text!("lab_bench_page.about.linger"),
        OptionName::KeepAlive => text!("lab_bench_page.about.keep_alive"),
        OptionName::KeepIdle => text!("lab_bench_page.about.keep_idle"),
        OptionName::KeepInterval => text!("lab_bench_page.about.keep_interval"),
        OptionName::KeepCount => text!("lab_bench_page.about.keep_count"),
        OptionName::NoDelay => text!("lab_bench_page.about.no_delay"),
        OptionName::UserTimeout => text!("lab_bench_page.about.user_timeout"),
        OptionName::ReceiveBuffer => text!("lab_bench_page.about.receive_buffer"),
        OptionName::SendBuffer => text!("lab_bench_page.about.send_buffer"),
        OptionName::FinWait2 => text!("lab_bench_page.about.fin_wait_2"),
        OptionName::SynCount => text!("lab_bench_page.about.syn_count"),
        OptionName::DeferAccept => text!("lab_bench_page.about.defer_accept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_that_suits_a_role_is_there_once() {
        for role in [Role::Client, Role::Peer, Role::Listener] {
            let names = names(role);
            for name in OptionName::ALL {
                let times = names.iter().filter(|it| **it == name).count();
                assert_eq!(times, usize::from(name.suits(role)), "{name} of {role:?}");
            }
        }
    }

    #[test]
    fn what_a_number_begins_with_is_allowed() {
        for name in OptionName::ALL {
            if let Takes::Number(least, most) = name.takes() {
                assert!((least..=most).contains(&usual(name)), "{name}");
            }
        }
    }
}
