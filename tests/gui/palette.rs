//! The list of commands and the keys, as somebody without a mouse meets them.

use crate::harness::{Window, fixture};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};

const FIELD: &str = "Filter sockets or type a command…";

fn open() -> Window {
    let mut window = Window::on([1280.0, 800.0], fixture());
    window.until("CLOSE_WAIT, 3 sockets");
    window
}

fn ask(window: &mut Window, text: &str) {
    window.keys(Modifiers::COMMAND, Key::K);
    window.type_into(FIELD, text);
}

#[test]
fn a_few_letters_and_enter_run_a_command() {
    let mut window = open();
    ask(&mut window, "take sn");
    window.key(Key::Enter);
    window.until("Took a snapshot of 7 sockets");
    assert!(window.focused().is_none_or(|(role, _)| role != Role::TextInput), "it is closed");

    ask(&mut window, "theme light");
    window.key(Key::Enter);
    let file = window.settings_file();
    window.draw_until("the settings file", |_| {
        std::fs::read_to_string(&file).is_ok_and(|text| text.contains("\"light\""))
    });
}

#[test]
fn what_is_no_command_filters() {
    let mut window = open();
    ask(&mut window, "feed-client");
    window.key(Key::Enter);
    window.until("2 of 7");

    // What reads like a filter is one, though a command has the word as well.
    ask(&mut window, "TIME_WAIT");
    assert!(window.sees("Filter sockets: TIME_WAIT"));
    assert!(window.sees("Show the TIME_WAIT sockets"));
    window.key(Key::ArrowDown);
    window.key(Key::Enter);
    window.until("was curl 18960");
    assert!(window.sees("2 of 7"));
    assert_eq!(window.text_of("Filter sockets"), "state:time-wait", "what a tile asks for too");
}

#[test]
fn escape_and_the_same_key_close_it_and_pages_keep_their_keys_out() {
    let mut window = open();
    window.press("Filter sockets or type a command");
    assert!(window.sees("Go to Lab"));
    window.key(Key::F5);
    window.keys(Modifiers::COMMAND, Key::Num2);
    assert!(window.sees("Go to Lab"), "it has the keys to itself");
    window.key(Key::Escape);
    assert!(!window.sees("Go to Lab"));
    window.keys(Modifiers::COMMAND, Key::K);
    assert!(window.sees("Go to Lab"));
    window.keys(Modifiers::COMMAND, Key::K);
    assert!(!window.sees("Go to Lab"));
}

#[test]
fn the_focus_moves_from_region_to_region_and_back() {
    let mut window = open();
    let mut regions = Vec::new();
    for _ in 0..4 {
        window.key(Key::F6);
        regions.push(window.focused().expect("something has the focus"));
    }
    assert_eq!(regions[0].0, Role::ComboBox, "the top bar: {regions:?}");
    assert_eq!(regions[1], (Role::Tab, "Overview".to_owned()), "the rail");
    assert!(regions[2].1.starts_with("CLOSE_WAIT"), "the page: {regions:?}");
    assert_eq!(regions[3], regions[0], "and round");
    window.keys(Modifiers::SHIFT, Key::F6);
    assert_eq!(window.focused().as_ref(), Some(&regions[2]));
}

#[test]
fn settings_have_their_key_and_list_them_all() {
    let mut window = open();
    window.keys(Modifiers::COMMAND, Key::Comma);
    window.until("Appearance");
    for key in ["Ctrl+K", "Ctrl+1", "Ctrl+Comma", "F6", "Shift+F6", "Enter"] {
        let written =
            if cfg!(target_os = "macos") { key.replace("Ctrl+", "⌘") } else { key.to_owned() };
        assert!(window.names().contains(&written), "{written} in {:#?}", window.names());
    }
}

#[test]
fn when_it_is_closed_the_page_has_its_keys_again() {
    let mut window = open();
    window.show("Sockets");
    window.until("7 of 7");
    ask(&mut window, "show");
    window.key(Key::Escape);
    window.key(Key::Home);
    window.until("TCP state diagram");
}

#[test]
fn a_short_list_leaves_no_short_window_behind() {
    let mut window = open();
    ask(&mut window, "take sn");
    window.key(Key::Escape);
    window.keys(Modifiers::COMMAND, Key::K);
    window.harness.run_steps(3);
    window.press("Pause or go on");
    window.until("paused");
}
