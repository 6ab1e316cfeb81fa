//! Scenarios in the window, as a learner runs them.

use std::fs;

use crate::harness::{Window, fixture};
use crate::pages::replace_path;
use eframe::egui::accesskit::Role;

const SIZE: [f32; 2] = [1280.0, 800.0];

fn scenarios() -> Window {
    let mut window = Window::on(SIZE, fixture());
    window.show("Lab");
    window.press("Scenarios");
    window
}

#[test]
fn the_habits_run_and_are_saved_and_copied() {
    let mut window = scenarios();
    window.press_role(Role::Button, "Run");
    window.until("Run again");
    let works = "Read to end, close, the plain cure: Works. 20 of 20 connected, \
                 0 descriptors kept, CLOSE_WAIT 0";
    assert!(window.sees(works), "{:#?}", window.names());
    assert!(window.sees("Leak, reconnect, never close: Leaks. 20 of 20 connected"));

    let file = window.folder.path().join("habits.json");
    window.press("JSON…");
    replace_path(&mut window, &file.display().to_string());
    window.press("Save");
    window.draw_until("the document", |_| file.is_file());
    let document = fs::read_to_string(&file).expect("the document");
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["scenario"], "reconnect-habits");
    assert_eq!(document["habits"].as_array().map(Vec::len), Some(12));

    let file = window.folder.path().join("habits.md");
    window.press("Markdown…");
    replace_path(&mut window, &file.display().to_string());
    window.press("Save");
    window.draw_until("the report", |_| {
        fs::read_to_string(&file).is_ok_and(|report| report.contains("Fixed port"))
    });
    window.press_role(Role::Button, "Copy");
    window.until("Copied");
}

#[test]
fn a_scenario_is_stopped_and_every_call_is_there() {
    let mut window = scenarios();
    window.press("CLOSE_WAIT, peer holds: not run");
    window.press_role(Role::Button, "Run");
    window.until("has run for");
    // What comes before is over too soon to be stopped.
    window.until("Nobody does anything");
    window.press_role(Role::Button, "Stop");
    window.until("stopped by the user");
    window.until("Run again");
    assert!(window.sees("CLOSE_WAIT, peer holds: could not tell"), "{:#?}", window.names());
    window.press_role(Role::RadioButton, "Calls");
    assert!(window.rows().iter().any(|row| row.contains("connect(")), "{:#?}", window.rows());
}

#[test]
fn all_are_run_in_turns_and_stopped_together() {
    let mut window = scenarios();
    window.press("Run all");
    window.until("waiting");
    window.press("Stop all");
    window.until("Run all");
    assert!(!window.sees(": running"), "{:#?}", window.names());
    window.close();
}

#[test]
fn a_claim_of_the_article_is_proved_here() {
    let mut window = scenarios();
    window.press("The article, checked");
    assert!(window.sees("Prove it here (about 1 min): claim 6"), "{:#?}", window.names());
    window.press("Prove it here: claim 2");
    window.until("Prove it again: claim 2");
    window.until("EMFILE");
    window.press("Whole result of claim 2");
    window.until("Run again");
}

#[test]
fn an_exhibit_leads_to_its_socket() {
    let mut window = scenarios();
    window.press("State museum: not run");
    window.press_role(Role::Button, "Run");
    window.draw_until("an exhibit that is held", |window| window.sees("held for"));
    window.press("Show CLOSE_WAIT in Sockets");
    assert!(window.text_of("Filter sockets").starts_with("local:127."));
}
