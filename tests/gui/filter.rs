//! The filter in the window's field: its errors, what it offers, what it remembers.

use crate::harness::{FIXTURE, Window, fixture};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sockscope::monitor::SourceChoice;
use sockscope::store::Settings;

const FIELD: &str = "Filter sockets";

/// The page Sockets on a recording, with these filters used before.
fn open(recent: &[&str]) -> Window {
    let folder = tempfile::tempdir().expect("a folder");
    let recent_filters = recent.iter().map(|filter| (*filter).to_owned()).collect();
    let settings = Settings { recent_filters, ..Settings::default() };
    settings.save(&folder.path().join("settings.json")).expect("the settings");
    let source = SourceChoice::Replay { file: FIXTURE.into(), snapshots: vec![fixture()] };
    let mut window = Window::open([1280.0, 800.0], source, folder);
    window.show("Sockets");
    window.until("7 of 7");
    window
}

impl Window {
    fn field(&self) -> egui_kittest::Node<'_> {
        self.harness.get_by_role_and_label(Role::TextInput, FIELD)
    }

    fn type_text(&mut self, text: &str) {
        self.type_into(FIELD, text);
    }

    fn offers(&self) -> Vec<String> {
        let offers = self.harness.query_all_by_role(Role::ListBoxOption);
        offers.filter_map(|offer| offer.accesskit_node().label()).collect()
    }
}

#[test]
fn a_wrong_filter_says_what_was_expected_and_leaves_the_table_as_it_was() {
    let mut window = open(&[]);
    window.type_text("state:close-wait");
    window.until("3 of 7");
    let rows = window.rows();
    window.type_text(" and age>5x");
    window.until("Column 26: “5x” does not fit “age”; expected ms, s, m, h or d.");
    assert!(window.sees("3 of 7"), "the rows stay: {:#?}", window.names());
    assert_eq!(window.rows(), rows);
    window.harness.get_by_label("Filter by state:close-wait and age>5s instead").click();
    window.until("0 of 7");
    assert_eq!(window.text_of(FIELD), "state:close-wait and age>5s");
    assert!(!window.sees("Column 26"));
}

#[test]
fn what_is_offered_is_taken_by_keyboard() {
    let mut window = open(&[]);
    window.type_text("sta");
    window.until("state:, the TCP state");
    window.key(Key::Tab);
    assert_eq!(window.text_of(FIELD), "state:");
    window.draw_until("the states", |window| {
        window.offers().first().is_some_and(|first| first == "close-wait, 3 sockets")
    });
    for key in [Key::ArrowDown, Key::ArrowDown, Key::ArrowDown, Key::ArrowUp, Key::Enter] {
        window.key(key);
    }
    assert_eq!(window.text_of(FIELD), "state:established");
    window.until("1 of 7");
    window.type_text(" feed");
    window.until("process:feed-client, 2 sockets");
    window.key(Key::ArrowDown);
    window.key(Key::Escape);
    assert_eq!(window.text_of(FIELD), "state:established feed", "the list is left first");
    assert!(window.offers().is_empty());
    window.key(Key::Escape);
    assert_eq!(window.text_of(FIELD), "");
    window.until("7 of 7");
}

#[test]
fn rows_stay_while_a_key_is_typed_and_a_word_is_looked_for_in_the_end() {
    let mut window = open(&[]);
    window.field().focus();
    window.harness.run_steps(3);
    window.field().type_text("proc");
    window.harness.run_steps(2);
    assert_eq!(window.text_of(FIELD), "proc");
    assert!(window.sees("7 of 7"), "{:#?}", window.names());
    window.until("No socket matches");
    window.type_text("ess:metrics");
    window.until("1 of 7");
}

#[test]
fn what_is_offered_is_taken_by_the_pointer_and_so_is_a_proposal() {
    let mut window = open(&[]);
    window.type_text("clo");
    window.until("state:close-wait, 3 sockets");
    window.harness.get_by_label("state:close-wait, 3 sockets").click();
    window.until("3 of 7");
    assert_eq!(window.text_of(FIELD), "state:close-wait");
    window.type_text(" or loopback");
    window.until("3 of 7");
    window.key(Key::Enter);
    window.harness.get_by_label("Add process:feed-client to the filter").click();
    window.until("2 of 7");
    assert_eq!(window.text_of(FIELD), "(state:close-wait or loopback) process:feed-client");
}

#[test]
fn tab_leaves_an_empty_field_and_keys_lead_to_it() {
    let mut window = open(&["state:listen", "rport:443"]);
    window.keys(Modifiers::COMMAND, Key::F);
    assert!(window.field().accesskit_node().is_focused());
    assert!(window.offers().is_empty(), "nothing covers the proposals");
    window.key(Key::Tab);
    assert!(!window.field().accesskit_node().is_focused());
    window.key(Key::Slash);
    assert!(window.field().accesskit_node().is_focused());
    assert_eq!(window.text_of(FIELD), "", "the key itself is not typed");
    window.key(Key::ArrowDown);
    assert_eq!(window.offers(), ["state:listen", "rport:443"]);
    window.key(Key::ArrowDown);
    window.key(Key::Enter);
    assert_eq!(window.text_of(FIELD), "rport:443");
    window.until("2 of 7");
}

#[test]
fn filters_that_were_confirmed_are_offered_again_and_kept() {
    let mut window = open(&["rport:443"]);
    window.type_text("state:listen");
    window.until("1 of 7");
    window.key(Key::Enter);
    let file = window.settings_file();
    let kept = || Settings::load(&file).settings.recent_filters;
    window.draw_until("the settings", |_| kept() == ["state:listen", "rport:443"]);
    window.harness.get_by_label("Clear filter").click();
    window.until("7 of 7");
    window.harness.get_by_label("Filter again by state:listen").click();
    window.until("1 of 7");
    // What was never right is not kept, however long it stands.
    window.type_text(" age>");
    window.key(Key::Enter);
    window.harness.run_steps(60);
    assert_eq!(kept(), ["state:listen", "rport:443"]);
    // A filter that stands for a while was used, without Enter.
    window.type_text("5m");
    window.until("0 of 7");
    window.harness.run_steps(60);
    window.draw_until("the settings", |_| kept().len() == 3);
    assert_eq!(kept()[0], "state:listen age>5m");
}

#[test]
fn a_filter_too_long_to_be_remembered_leaves_the_settings_alone() {
    let mut window = open(&["rport:443"]);
    let file = window.settings_file();
    let terms: Vec<String> = (0..200).map(|port| format!("lport:{port}")).collect();
    window.type_text(&terms.join(" or "));
    window.until("0 of 7");
    // Whatever is written from here on replaces this.
    std::fs::write(&file, "as it was").expect("the folder is there");
    window.key(Key::Enter);
    window.harness.run_steps(60);
    window.type_text(" or rport:443");
    window.until("2 of 7");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), "as it was");
}

#[test]
fn a_tile_and_a_row_ask_in_the_language() {
    let mut window = open(&[]);
    window.key(Key::End);
    window.until("0.0.0.0:9100 → any");
    assert!(window.sees("Add lport:9100 to the filter"), "{:#?}", window.names());
    window.type_text("state:listen or state:close-wait");
    window.until("4 of 7");
    window.key(Key::Enter);
    window.key(Key::Home);
    window.key(Key::ArrowDown);
    window.until("Only this process");
    window.harness.get_by_label("Only this process").click();
    window.until("2 of 7");
    assert_eq!(window.text_of(FIELD), "(state:listen or state:close-wait) pid:18422");
    window.show("Overview");
    window.until("CLOSE_WAIT, 3 sockets");
    window.harness.get_by_label("CLOSE_WAIT, 3 sockets").click();
    window.until("3 of 7");
    assert_eq!(window.text_of(FIELD), "state:close-wait");
}
