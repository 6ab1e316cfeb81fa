//! The whole window without a display: every page, at every size, in every condition.

use std::fs;
use std::net::{TcpListener, TcpStream};

use crate::harness::{Polled, Window, fixture};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use sockscope::gui::PAGES;
use sockscope::model::{Operation, PollFailure};
use sockscope::store;

const SIZE: [f32; 2] = [1280.0, 800.0];

fn refused() -> PollFailure {
    PollFailure {
        source: "fed".to_owned(),
        operation: Operation::ReadSocketTable,
        cause: "ENOBUFS".to_owned(),
        number: None,
    }
}

fn open(size: [f32; 2], first: Polled) -> Window {
    Window::polling(size, first, tempfile::tempdir().expect("a folder"))
}

#[test]
fn every_page_draws_at_every_size_full_and_empty_and_failed() {
    let mut empty = fixture();
    empty.sockets.clear();
    empty.gaps.clear();
    for size in [[900.0, 600.0], [1280.0, 800.0], [1920.0, 1080.0]] {
        for first in [Ok(fixture()), Ok(empty.clone()), Err(refused())] {
            let failed = first.is_err();
            let mut window = open(size, first);
            window.until(if failed { "ENOBUFS" } else { "Sockets by state" });
            for page in PAGES {
                window.show(&(page.title)().plain());
                window.harness.run_steps(3);
            }
        }
    }
}

#[test]
fn a_tile_says_its_count_and_leads_to_its_sockets() {
    let mut window = Window::on(SIZE, fixture());
    window.until("CLOSE_WAIT, 3 sockets");
    window.press("CLOSE_WAIT, 3 sockets");
    window.until("3 of 7");
    assert!(
        window.sees("CLOSE_WAIT, feed-client 18422, pid 18430, 192.168.7.21:49812, 10.0.0.9:443")
    );
    assert!(window.sees("not accepted"));
    window.press("Clear filter");
    window.until("7 of 7");
}

#[test]
fn typing_filters_and_a_header_sorts() {
    let mut window = Window::on(SIZE, fixture());
    window.show("Sockets");
    window.until("7 of 7");
    window.type_into("Filter sockets", "time-wait curl");
    window.until("1 of 7");
    assert!(window.sees("was curl 18960"));
    window.type_into("Filter sockets", " nobody");
    window.until("No socket matches");
    window.harness.get_all_by_label("Clear filter").next().expect("a way out").click();
    window.until("7 of 7");
    window.press_role(Role::Button, "Local");
    window.draw_until("the order of addresses", |window| {
        window.rows().first().is_some_and(|first| first.starts_with("LISTEN"))
    });
}

#[test]
fn a_failed_poll_keeps_the_table_and_says_why() {
    let mut window = Window::on(SIZE, fixture());
    window.until("CLOSE_WAIT, 3 sockets");
    window.prepare(Err(refused()));
    window.key(Key::F5);
    window.until("ENOBUFS");
    assert!(window.sees("CLOSE_WAIT, 3 sockets"), "the last good table stays");
    window.prepare(Ok(fixture()));
    window.press("Try now");
    window.draw_until("recovery", |window| !window.sees("ENOBUFS"));
}

#[test]
fn two_snapshots_are_taken_compared_saved_and_exported() {
    let mut window = Window::on(SIZE, fixture());
    window.until("CLOSE_WAIT, 3 sockets");
    window.keys(Modifiers::COMMAND, Key::S);
    let mut after = fixture();
    after.sockets.remove(1);
    after.gaps.clear();
    window.feed(after);
    window.until("CLOSE_WAIT, 2 sockets");
    window.show("Snapshots");
    window.press("Take snapshot");
    window.until("gone 1");
    assert!(window.sees("stuck 2"), "{:#?}", window.names());

    let file = window.folder.path().join("before.json");
    let typed = file.display().to_string();
    window.press("Save snapshot A…");
    replace_path(&mut window, &typed);
    window.press("Save");
    window.until("Saved ");
    assert_eq!(store::load_snapshot(&file).expect("it is whole").sockets.len(), 7);

    // What is there is not replaced without asking.
    let report = window.folder.path().join("report.md");
    fs::write(&report, "old").expect("a file");
    let typed = report.display().to_string();
    window.press("Markdown…");
    replace_path(&mut window, &typed);
    window.press("Save");
    window.until("This file exists");
    assert_eq!(fs::read_to_string(&report).expect("the file"), "old");
    window.press("Replace");
    window.draw_until("the report", |_| {
        fs::read_to_string(&report).is_ok_and(|text| text.starts_with("# Comparison"))
    });
}

pub fn replace_path(window: &mut Window, path: &str) {
    let name = "Path of the file";
    window.harness.run_steps(3);
    window.harness.get_by_role_and_label(Role::TextInput, name).focus();
    window.harness.run_steps(2);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.run_steps(2);
    window.harness.get_by_role_and_label(Role::TextInput, name).type_text(path);
    window.harness.run_steps(3);
}

#[test]
fn a_path_that_cannot_be_written_is_kept_and_can_be_mended() {
    let mut window = Window::on(SIZE, fixture());
    window.until("CLOSE_WAIT, 3 sockets");
    window.keys(Modifiers::COMMAND, Key::S);
    window.show("Snapshots");
    window.press("Save snapshot A…");
    let nowhere = window.folder.path().join("missing").join("s.json");
    replace_path(&mut window, &nowhere.display().to_string());
    window.press("Save");
    window.until("Could not save");
    assert!(window.sees(&nowhere.display().to_string()), "the path stays in the field");
    let file = window.folder.path().join("s.json");
    replace_path(&mut window, &file.display().to_string());
    window.press("Save");
    window.until("Saved ");
    assert!(file.is_file());
}

#[test]
fn keys_select_rows_and_escape_clears_the_filter() {
    let mut window = Window::on(SIZE, fixture());
    window.show("Sockets");
    window.until("7 of 7");
    window.harness.key_press(Key::End);
    window.until("0.0.0.0:9100 → any");
    window.harness.key_press(Key::Home);
    window.until("127.0.0.1:9100 → 127.0.0.1:55108");
    window.harness.key_press(Key::ArrowDown);
    window.until("192.168.7.21:49812 → 10.0.0.9:443");
    window.press("Only this process");
    window.draw_until("the rows of one process", |window| window.sees("pid:"));
    window.type_into("Filter sockets", " curl");
    window.until("No socket matches");
    window.harness.key_press(Key::Escape);
    window.until("7 of 7");
}

#[test]
fn a_snapshot_that_cannot_be_opened_says_why_and_loses_nothing() {
    let mut window = Window::on(SIZE, fixture());
    window.until("CLOSE_WAIT, 3 sockets");
    window.keys(Modifiers::COMMAND, Key::S);
    window.show("Snapshots");
    let damaged = window.folder.path().join("damaged.json");
    fs::write(&damaged, "{}").expect("a file");
    window.press("Open…");
    replace_path(&mut window, &damaged.display().to_string());
    window.press("Open");
    window.until("is not a snapshot that this version can read");
    window.press("Cancel");
    window.until("One snapshot is there");
}

#[test]
fn settings_are_kept_and_a_damaged_file_is_said_and_set_aside() {
    let mut window = Window::on(SIZE, fixture());
    window.show("Settings");
    window.press("Light");
    let file = window.settings_file();
    window.draw_until("the settings file", |_| {
        fs::read_to_string(&file).is_ok_and(|text| text.contains("\"light\""))
    });
    let folder = window.close();

    fs::write(&file, "{ not json").expect("a file");
    let mut window = Window::polling(SIZE, Ok(fixture()), folder);
    window.until("is damaged");
    assert!(window.sees("settings.damaged-1.json"));
}

#[test]
fn the_real_table_of_this_machine_shows_a_socket_of_ours() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let _client = TcpStream::connect(listener.local_addr().expect("an address")).expect("loopback");
    let mut window = Window::live(SIZE);
    window.show("Sockets");
    let port = listener.local_addr().expect("an address").port();
    window.type_into("Filter sockets", &format!("listen 127.0.0.1:{port}"));
    window.until("LISTEN, gui-");
}
