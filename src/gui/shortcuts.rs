//! The keys that work everywhere, in one table.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::pages::PAGES;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the page with this name.
    Show(&'static str),
    /// Pause or go on.
    TogglePause,
    /// Poll now.
    PollNow,
    /// Take a snapshot.
    TakeSnapshot,
}

const DIGITS: [Key; 9] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
];

/// Every shortcut with what it does. Pages are numbered as they stand in the rail.
pub fn table() -> impl Iterator<Item = (KeyboardShortcut, Action)> {
    let with_command = |key| KeyboardShortcut::new(Modifiers::COMMAND, key);
    let pages = PAGES
        .iter()
        .zip(DIGITS)
        .map(move |(page, key)| (with_command(key), Action::Show(page.name)));
    pages.chain([
        (with_command(Key::P), Action::TogglePause),
        (KeyboardShortcut::new(Modifiers::NONE, Key::F5), Action::PollNow),
        (with_command(Key::S), Action::TakeSnapshot),
    ])
}

/// The shortcut of an action, as it is written on this system.
pub fn written(ctx: &Context, action: Action) -> Option<String> {
    table().find(|(_, known)| *known == action).map(|(shortcut, _)| ctx.format_shortcut(&shortcut))
}

/// Takes the actions whose keys were pressed, before any widget sees them.
pub fn pressed(ctx: &Context) -> Vec<Action> {
    ctx.input_mut(|input| {
        table()
            .filter(|(shortcut, _)| input.consume_shortcut(shortcut))
            .map(|(_, action)| action)
            .collect()
    })
}
