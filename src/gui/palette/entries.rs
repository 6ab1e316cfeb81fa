//! What the list of commands offers; a further kind of command is one function and one line of [`SOURCES`].

use eframe::egui::Context;
use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{
    ICON_FILTER_ALT, ICON_KEYBOARD_RETURN, ICON_PHOTO_CAMERA, ICON_SETTINGS, ICON_SYNC_ALT,
    ICON_TABLE_ROWS,
};

use crate::analysis::filter::state_term;
use crate::gui::cx::{Command, Cx};
use crate::gui::pages::PAGES;
use crate::gui::shortcuts::{Action, Shortcut, table};
use crate::gui::top_bar::{INTERVALS, short};
use crate::model::State;
use crate::monitor::Health;
use crate::store::{Settings, ThemeChoice};
use crate::text;

/// A command.
pub(super) struct Entry {
    /// What it does.
    pub(super) title: String,
    /// Its icon.
    pub(super) icon: MaterialIcon,
    /// Its keys.
    pub(super) keys: Option<String>,
    /// What is sent when it is carried out.
    pub(super) run: Command,
}

impl Entry {
    /// Shows the sockets that pass what was typed.
    pub(super) fn filter(cx: &Cx<'_>, typed: &str) -> Self {
        Self {
            title: cx.say(&text!("palette.filter", filter = typed)),
            icon: ICON_FILTER_ALT,
            keys: None,
            run: Command::ShowSockets(typed.to_owned()),
        }
    }
}

type Source = fn(&Cx<'_>, &Context) -> Vec<Entry>;

/// The kinds of commands, in order.
const SOURCES: &[Source] = &[actions, states, intervals, themes];

/// Every command.
pub(super) fn entries(cx: &Cx<'_>, ctx: &Context) -> Vec<Entry> {
    SOURCES.iter().flat_map(|source| source(cx, ctx)).collect()
}

/// What keys do.
fn actions(cx: &Cx<'_>, ctx: &Context) -> Vec<Entry> {
    let recorded = matches!(cx.frame.health, Health::Recorded);
    table()
        .filter_map(|shortcut| {
            let Shortcut::Window(_, action) = shortcut else {
                return None;
            };
            let icon = match action {
                // It is open already.
                Action::Palette => return None,
                Action::TogglePause | Action::PollNow if recorded => return None,
                Action::Show(name) => {
                    PAGES.iter().find(|page| page.name == name).map(|page| page.icon)?
                }
                Action::TogglePause | Action::PollNow => ICON_SYNC_ALT,
                Action::TakeSnapshot => ICON_PHOTO_CAMERA,
                Action::NextRegion | Action::PreviousRegion => ICON_KEYBOARD_RETURN,
            };
            Some(Entry {
                title: cx.say(&action.title()),
                icon,
                keys: Some(shortcut.written(ctx)),
                run: Command::Act(action),
            })
        })
        .collect()
}

/// The sockets of each state.
fn states(cx: &Cx<'_>, _: &Context) -> Vec<Entry> {
    let show = |state: State| Entry {
        title: cx.say(&text!("overview.show_sockets", state = state.name())),
        icon: ICON_TABLE_ROWS,
        keys: None,
        run: Command::ShowSockets(state_term(state)),
    };
    State::SHOWN.into_iter().map(show).collect()
}

fn intervals(cx: &Cx<'_>, _: &Context) -> Vec<Entry> {
    if matches!(cx.frame.health, Health::Recorded) {
        return Vec::new();
    }
    let poll = |interval| Entry {
        title: cx.say(&text!("palette.interval", time = short(interval))),
        icon: ICON_SYNC_ALT,
        keys: None,
        run: Command::SetSettings(Settings { interval, ..cx.settings.clone() }),
    };
    INTERVALS.into_iter().map(poll).collect()
}

fn themes(cx: &Cx<'_>, _: &Context) -> Vec<Entry> {
    let names = [
        (ThemeChoice::System, text!("settings.theme_system")),
        (ThemeChoice::Dark, text!("settings.theme_dark")),
        (ThemeChoice::Light, text!("settings.theme_light")),
    ];
    let wear = |(theme, name)| Entry {
        title: cx.say(&text!("palette.theme", name = name)),
        icon: ICON_SETTINGS,
        keys: None,
        run: Command::SetSettings(Settings { theme, ..cx.settings.clone() }),
    };
    names.into_iter().map(wear).collect()
}
