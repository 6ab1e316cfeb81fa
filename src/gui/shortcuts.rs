//! Every key in one table: those that work everywhere, which are handled here, and those that a page handles itself,
//! which are told here. The palette, the tooltips and the list in Settings iterate it.

use eframe::egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::pages::{PAGES, PageLeaf};
use crate::text;
use crate::text::Text;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the page with this name.
    Show(&'static str),
    /// Open the list of commands.
    Palette,
    /// Pause or go on.
    TogglePause,
    /// Poll now.
    PollNow,
    /// Take a snapshot.
    TakeSnapshot,
    /// Move the focus to the next region of the window.
    NextRegion,
    /// Move it to the one before.
    PreviousRegion,
}

impl Action {
    /// What it does, as a command.
    pub fn title(self) -> Text {
        match self {
            Self::Show(name) => match PAGES.iter().find(|page| page.name == name) {
                Some(page) => text!("keys.go_to", page = (page.title)()),
                None => text!("keys.go_to", page = name),
            },
            Self::Palette => text!("keys.palette"),
            Self::TogglePause => text!("keys.toggle_pause"),
            Self::PollNow => text!("keys.poll_now"),
            Self::TakeSnapshot => text!("keys.take_snapshot"),
            Self::NextRegion => text!("keys.next_region"),
            Self::PreviousRegion => text!("keys.previous_region"),
        }
    }
}

/// A line of the table.
#[derive(Clone, Debug)]
pub enum Shortcut {
    /// A key that works everywhere.
    Window(KeyboardShortcut, Action),
    /// Keys that a page handles while it is shown.
    Page(Keys, fn() -> Text),
}

/// The keys of a page.
#[derive(Clone, Copy, Debug)]
pub enum Keys {
    /// One, which the system may write its own way.
    One(KeyboardShortcut),
    /// Several with one purpose, as they are written on the keys.
    Several(&'static str),
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

const fn command(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn command_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

const fn alone(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

/// The keys that work everywhere, but for those of the pages.
const EVERYWHERE: [(KeyboardShortcut, Action); 6] = [
    (command(Key::K), Action::Palette),
    (command(Key::P), Action::TogglePause),
    (alone(Key::F5), Action::PollNow),
    (command(Key::S), Action::TakeSnapshot),
    (alone(Key::F6), Action::NextRegion),
    (KeyboardShortcut::new(Modifiers::SHIFT, Key::F6), Action::PreviousRegion),
];

/// The keys that pages handle, in the order in which they are listed.
const PAGES_OWN: &[Shortcut] = &[
    Shortcut::Page(Keys::One(command(Key::F)), || text!("keys.filter")),
    Shortcut::Page(Keys::Several("Esc"), || text!("keys.escape")),
    Shortcut::Page(Keys::Several("↑ ↓ PgUp PgDn Home End"), || text!("keys.move_selection")),
    Shortcut::Page(Keys::Several("Shift ↑ ↓ PgUp PgDn Home End"), || {
        text!("keys.extend_selection")
    }),
    Shortcut::Page(Keys::One(command(Key::A)), || text!("keys.select_all")),
    Shortcut::Page(Keys::Several("Enter"), || text!("keys.details")),
    Shortcut::Page(Keys::Several("← →"), || text!("keys.fold")),
    Shortcut::Page(Keys::One(command(Key::C)), || text!("keys.copy_row")),
    Shortcut::Page(Keys::One(command_shift(Key::C)), || text!("keys.copy_command")),
    Shortcut::Page(Keys::Several("Shift F10"), || text!("keys.row_menu")),
    Shortcut::Page(Keys::Several("[ ]"), || text!("keys.range")),
    Shortcut::Page(Keys::Several("L"), || text!("keys.stacked")),
    Shortcut::Page(Keys::Several("G"), || text!("keys.logarithmic")),
    Shortcut::Page(Keys::Several("Shift ← →"), || text!("keys.chart_cursor")),
];

/// Every key with what it does.
pub fn table() -> impl Iterator<Item = Shortcut> {
    let window = everywhere().map(|(keys, action)| Shortcut::Window(keys, action));
    window.chain(PAGES_OWN.iter().cloned())
}

/// The pages are numbered as they stand in the rail; those at its foot have no number, and settings the key that
/// they have in other programs.
fn everywhere() -> impl Iterator<Item = (KeyboardShortcut, Action)> {
    let show = |page: &PageLeaf| Action::Show(page.name);
    let numbered = PAGES.iter().filter(|page| !page.at_foot).zip(DIGITS);
    let numbered = numbered.map(move |(page, key)| (command(key), show(page)));
    let foot = PAGES.iter().filter(|page| page.at_foot).zip([Key::Comma]);
    let foot = foot.map(move |(page, key)| (command(key), show(page)));
    numbered.chain(foot).chain(EVERYWHERE)
}

impl Shortcut {
    /// What it does.
    pub fn title(&self) -> Text {
        match self {
            Self::Window(_, action) => action.title(),
            Self::Page(_, what) => what(),
        }
    }

    /// Its keys, as they are written on this system.
    pub fn written(&self, ctx: &Context) -> String {
        match self {
            Self::Window(keys, _) | Self::Page(Keys::One(keys), _) => ctx.format_shortcut(keys),
            Self::Page(Keys::Several(keys), _) => (*keys).to_owned(),
        }
    }
}

/// The shortcut of an action, as it is written on this system.
pub fn written(ctx: &Context, action: Action) -> Option<String> {
    let mut known = everywhere();
    known.find(|(_, known)| *known == action).map(|(keys, _)| ctx.format_shortcut(&keys))
}

/// Takes the actions whose keys were pressed, before any widget sees them.
pub fn pressed(ctx: &Context) -> Vec<Action> {
    // `consume_shortcut` lets Shift pass that was not asked for, so what asks for it comes first.
    let mut keys: Vec<(KeyboardShortcut, Action)> = everywhere().collect();
    keys.sort_by_key(|(keys, _)| !keys.modifiers.shift);
    ctx.input_mut(|input| {
        keys.into_iter()
            .filter(|(keys, _)| input.consume_shortcut(keys))
            .map(|(_, action)| action)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_lines_share_a_key_or_a_purpose() {
        let ctx = Context::default();
        let lines: Vec<Shortcut> = table().collect();
        let keys: HashSet<String> = lines.iter().map(|line| line.written(&ctx)).collect();
        let purposes: HashSet<String> = lines.iter().map(|line| line.title().plain()).collect();
        assert_eq!(keys.len(), lines.len());
        assert_eq!(purposes.len(), lines.len());
    }

    #[test]
    fn every_page_has_a_key() {
        for page in PAGES {
            let known = everywhere().any(|(_, action)| action == Action::Show(page.name));
            assert!(known, "{}", page.name);
        }
    }
}
