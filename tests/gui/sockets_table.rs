//! The table of sockets without a display: its columns, groups, selection, menus and marks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::harness::{PATIENCE, Window};
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, OutputCommand, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sockscope::gui::App;
use sockscope::model::{
    Host, Owner, Process, Queues, Snapshot, Socket, State, TcpInfo, Timer, TimerKind,
};
use sockscope::store::Settings;

fn socket(cookie: u64, local: &str, remote: Option<&str>, state: State, pid: u32) -> Socket {
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let owner = Owner::Known(Arc::from([pid]));
    let bare = Socket::new(address(local), remote.map(address), state, owner);
    Socket { cookie: NonZeroU64::new(cookie), ..bare }
}

fn snapshot(sockets: Vec<Socket>) -> Snapshot {
    let process =
        |pid: u32, name: &str| (pid, Process { pid, name: name.to_owned(), started_s: Some(1) });
    Snapshot {
        taken_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_440_007),
        host: Arc::new(Host { name: "build-17".to_owned(), os: "Linux".to_owned() }),
        source: "fed".to_owned(),
        took: None,
        sockets,
        processes: BTreeMap::from([process(7, "feed-client"), process(9, "orders-api")]),
        users: Arc::default(),
        gaps: Vec::new(),
    }
}

/// Five sockets; by state they come in the order of their ports.
fn five() -> Vec<Socket> {
    let client = Some("10.0.0.9:443");
    let mut sockets = vec![
        socket(1, "192.168.7.21:5001", client, State::CloseWait, 7),
        socket(2, "192.168.7.21:5002", client, State::CloseWait, 7),
        socket(3, "192.168.7.21:5003", Some("10.0.4.21:5432"), State::CloseWait, 9),
        socket(4, "192.168.7.21:5004", client, State::Established, 7),
        socket(5, "192.168.7.21:8080", None, State::Listen, 9),
    ];
    sockets[0].queues = Some(Queues { receive: 513, send: 0 });
    sockets[3].timer = Some(Timer { kind: TimerKind::Retransmit, remaining_ms: 800, tries: 1 });
    sockets[3].tcp_info = Some(TcpInfo { rtt_us: 18_200, ..TcpInfo::default() });
    sockets
}

fn open() -> Window {
    open_in(tempfile::tempdir().expect("a folder"))
}

/// The page Sockets, with what is kept in this folder.
fn open_in(folder: tempfile::TempDir) -> Window {
    let mut window = Window::polling([1280.0, 800.0], Ok(snapshot(five())), folder);
    window.until("CLOSE_WAIT, 3 sockets");
    window.show("Sockets");
    window.draw_until("rows", |window| window.rows().len() == 5);
    window
}

impl Window {
    /// The local ports of the selected rows.
    fn selected(&self) -> Vec<String> {
        let rows = self.harness.query_all_by_role(Role::Row);
        let selected = rows.filter(|row| row.accesskit_node().is_selected() == Some(true));
        selected.filter_map(|row| row.accesskit_node().label()).map(|name| port(&name)).collect()
    }

    fn headers(&self) -> Vec<String> {
        const KNOWN: [&str; 9] =
            ["State", "In state", "Owner", "Local", "Remote", "Recv-Q", "Send-Q", "Timer", "RTT"];
        let mut headers: Vec<(f32, String)> = self
            .harness
            .get_all_by_role(Role::Button)
            .filter_map(|node| Some((node.rect().left(), node.accesskit_node().label()?)))
            .filter(|(_, name)| KNOWN.contains(&name.as_str()))
            .collect();
        headers.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        headers.into_iter().map(|(_, name)| name).collect()
    }

    fn row(&self, port: &str) -> egui_kittest::Node<'_> {
        let is_it = |node: &egui_kittest::Node<'_>| {
            node.accesskit_node().label().is_some_and(|name| name.contains(port))
        };
        self.harness.get_all_by_role(Role::Row).find(is_it).expect("a row with this port")
    }

    fn click_row(&mut self, port: &str, modifiers: Modifiers) {
        self.row(port).click_modifiers(modifiers);
        self.harness.run_steps(3);
    }

    /// What is put on the clipboard after `act`.
    fn copied(&mut self, act: impl FnOnce(&mut Harness<'static, App>)) -> String {
        act(&mut self.harness);
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.harness.step();
            let commands = &self.harness.output().platform_output.commands;
            let copied = commands.iter().find_map(|command| match command {
                OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            });
            if let Some(text) = copied {
                return text;
            }
            assert!(Instant::now() < deadline, "nothing was copied");
        }
    }
}

fn port(name: &str) -> String {
    let local = name.split(", ").find(|part| part.starts_with("192.168.7.21:"));
    local.map_or_else(String::new, |local| local["192.168.7.21:".len()..].to_owned())
}

#[test]
fn columns_are_hidden_shown_moved_and_kept() {
    let mut window = open();
    let usual = ["State", "In state", "Owner", "Local", "Remote", "Recv-Q", "Send-Q", "Timer"];
    assert_eq!(window.headers(), usual);
    window.press("Columns");
    let boxed = |window: &mut Window, name| {
        window.harness.get_by_role_and_label(Role::CheckBox, name).click();
        window.harness.run_steps(3);
    };
    boxed(&mut window, "In state");
    boxed(&mut window, "RTT");
    assert!(window.sees("18.2 ms"), "{:#?}", window.names());
    window.press("Move Local left");
    window.press("Move Local left");
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(3);
    let asked = ["State", "Local", "Owner", "Remote", "Recv-Q", "Send-Q", "Timer", "RTT"];
    assert_eq!(window.headers(), asked);

    // With the header's own menu, and by dragging it.
    window.harness.get_by_role_and_label(Role::Button, "Timer").click_secondary();
    window.harness.run_steps(3);
    window.press("Hide Timer");
    let from = window.harness.get_by_role_and_label(Role::Button, "RTT").rect().center();
    let to = window.harness.get_by_role_and_label(Role::Button, "Owner").rect().left_center();
    window.harness.drag_at(from);
    window.harness.run_steps(2);
    for step in [0.3, 0.7, 1.0] {
        window.harness.hover_at(from.lerp(to, step));
        window.harness.run_steps(1);
    }
    window.harness.drop_at(to);
    window.harness.run_steps(3);
    let dragged = ["State", "Local", "RTT", "Owner", "Remote", "Recv-Q", "Send-Q"];
    assert_eq!(window.headers(), dragged);

    let file = window.settings_file();
    let kept = |file: &std::path::Path| {
        let columns = Settings::load(file).settings.socket_table.columns;
        columns.into_iter().map(|column| column.id).collect::<Vec<_>>()
    };
    let ids = ["state", "local", "rtt", "owner", "remote", "receive_queue", "send_queue"];
    window.draw_until("the settings file", |_| kept(&file) == ids);
    assert_eq!(open_in(window.close()).headers(), dragged);
}

#[test]
fn a_width_is_kept() {
    let mut window = open();
    let remote =
        |window: &Window| window.harness.get_by_role_and_label(Role::Button, "Remote").rect();
    let before = remote(&window);
    // The line between two columns, beside both headers.
    let from = before.right_center() + vec2(4.0, 0.0);
    window.harness.drag_at(from);
    window.harness.run_steps(2);
    for step in [10.0, 40.0, 60.0] {
        window.harness.hover_at(from + vec2(step, 0.0));
        window.harness.run_steps(1);
    }
    window.harness.drop_at(from + vec2(60.0, 0.0));
    window.harness.run_steps(3);
    let width = remote(&window).width();
    assert!((width - before.width() - 60.0).abs() < 6.0, "{} {width}", before.width());
    let file = window.settings_file();
    window.draw_until("the settings file", |_| {
        let columns = Settings::load(&file).settings.socket_table.columns;
        columns.iter().any(|column| column.id == "remote" && column.width.is_some())
    });
    let again = remote(&open_in(window.close())).width();
    assert!((again - width).abs() < 1.0, "{again} {width}");
}

#[test]
fn the_order_is_kept_too() {
    let mut window = open();
    window.harness.get_by_role_and_label(Role::Button, "Local").click();
    window.harness.run_steps(3);
    window.harness.get_by_role_and_label(Role::Button, "Local").click();
    window.draw_until("downwards", |window| port(&window.rows()[0]) == "8080");
    let file = window.settings_file();
    window.draw_until("the settings file", |_| {
        let sort = Settings::load(&file).settings.socket_table.sort;
        sort.is_some_and(|sort| sort.column == "local" && sort.descending)
    });
    assert_eq!(port(&open_in(window.close()).rows()[0]), "8080");
}

#[test]
fn facts_that_are_not_there_are_dashes_and_rows_say_everything() {
    let window = open();
    assert!(window.sees("CLOSE_WAIT, feed-client 7, 192.168.7.21:5001, 10.0.0.9:443, ≥ "));
    assert!(window.sees("rto 0.8 s"));
    let dashes = window.names().iter().filter(|name| *name == "–").count();
    // Each label has a name and a value. Receive and send queues of four rows, timers of four.
    assert!(dashes >= 12, "{dashes}");
    assert_eq!(window.rows().len(), 5, "each row is one node: {:#?}", window.rows());
}

#[test]
fn rows_are_put_together_and_groups_collapse_by_mouse_and_key() {
    let mut window = open();
    window.press("Group");
    window.press("By process");
    let feed = "feed-client 7, 3 sockets, 2 in CLOSE_WAIT";
    window.until(feed);
    assert_eq!(window.rows().len(), 7);
    let expanded = |window: &Window| {
        let node = window.harness.get_by_role_and_label(Role::Row, feed);
        node.accesskit_node().data().is_expanded()
    };
    assert_eq!(expanded(&window), Some(true));
    window.press(feed);
    window.draw_until("a collapsed group", |window| window.rows().len() == 4);
    assert_eq!(expanded(&window), Some(false));
    window.key(Key::ArrowRight);
    window.draw_until("an expanded group", |window| window.rows().len() == 7);
    window.key(Key::ArrowLeft);
    window.draw_until("a collapsed group", |window| window.rows().len() == 4);
    window.key(Key::Enter);
    window.draw_until("an expanded group", |window| window.rows().len() == 7);
    window.press("Group");
    window.press("Collapse all");
    window.draw_until("groups alone", |window| window.rows().len() == 2);
    window.press("Group");
    window.press("By service port");
    window.until("port 8080, served here, 1 socket");
    window.press("Group");
    window.press("No groups");
    window.draw_until("rows", |window| window.rows().len() == 5);
}

#[test]
fn several_rows_are_selected_by_mouse_and_by_key() {
    let mut window = open();
    window.click_row("5002", Modifiers::NONE);
    assert_eq!(window.selected(), ["5002"]);
    window.click_row("5004", Modifiers::COMMAND);
    assert_eq!(window.selected(), ["5002", "5004"]);
    window.click_row("5002", Modifiers::COMMAND);
    assert_eq!(window.selected(), ["5004"]);
    window.click_row("5001", Modifiers::NONE);
    window.click_row("5003", Modifiers::SHIFT);
    assert_eq!(window.selected(), ["5001", "5002", "5003"]);
    assert!(window.sees("3 sockets selected"));
    window.keys(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(window.selected(), ["5001", "5002", "5003", "5004"]);
    window.key(Key::Home);
    assert_eq!(window.selected(), ["5001"]);
    window.keys(Modifiers::SHIFT, Key::End);
    assert_eq!(window.selected().len(), 5);
    window.key(Key::ArrowUp);
    assert_eq!(window.selected(), ["5004"]);
    window.keys(Modifiers::COMMAND, Key::A);
    assert_eq!(window.selected().len(), 5);
    window.key(Key::Escape);
    assert!(window.selected().is_empty());
}

#[test]
fn a_selection_follows_its_sockets_and_lets_go_of_what_is_gone() {
    let mut window = open();
    window.click_row("5002", Modifiers::NONE);
    window.click_row("5004", Modifiers::COMMAND);
    window.harness.remove_cursor();
    let mut sockets = five();
    sockets[1].state = State::LastAck;
    window.feed(snapshot(sockets));
    window.draw_until("another order", |window| port(&window.rows()[4]) == "5002");
    assert_eq!(window.selected(), ["5004", "5002"]);
    assert!(
        window
            .sees("LAST_ACK, feed-client 7, 192.168.7.21:5002, 10.0.0.9:443, 0.0 s, changed state")
            || window.rows()[4].ends_with(", changed state"),
        "{:#?}",
        window.rows()
    );

    let mut sockets = five();
    sockets.remove(3);
    sockets.push(socket(6, "192.168.7.21:5009", None, State::Listen, 9));
    sockets[1].state = State::LastAck;
    window.feed(snapshot(sockets));
    window.draw_until("a new row", |window| window.rows().iter().any(|row| row.ends_with(", new")));
    window
        .draw_until("the row to go", |window| !window.rows().iter().any(|row| port(row) == "5004"));
    assert_eq!(window.selected(), ["5002"]);
    let only = "192.168.7.21:5002 → 10.0.0.9:443";
    assert!(window.sees(only), "no other is selected unseen: {:#?}", window.names());
}

#[test]
fn rows_stay_while_the_pointer_is_over_them() {
    let mut window = open();
    let over = window.row("5003").rect().center();
    window.harness.hover_at(over);
    window.harness.run_steps(3);
    let mut sockets = five();
    sockets[0].state = State::LastAck;
    sockets.insert(0, socket(6, "192.168.7.21:4000", None, State::CloseWait, 9));
    window.feed(snapshot(sockets));
    window.draw_until("order held", |window| window.rows().len() == 6);
    let ports: Vec<String> = window.rows().iter().map(|row| port(row)).collect();
    assert_eq!(ports, ["5001", "5002", "5003", "5004", "8080", "4000"]);
    assert!(window.rows()[0].starts_with("LAST_ACK"));
    assert!(window.sees("order held"));
    window.harness.remove_cursor();
    window.draw_until("order", |window| port(&window.rows()[0]) == "4000");
    assert!(!window.sees("order held"));
}

#[test]
fn what_is_selected_is_copied_in_every_form() {
    let mut window = open();
    window.click_row("5001", Modifiers::NONE);
    window.click_row("5004", Modifiers::COMMAND);
    let text = window.copied(|harness| harness.event(Event::Copy));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("State        In state"), "{text}");
    assert!(lines[1].starts_with("CLOSE_WAIT   >= "), "{text}");
    assert!(lines[2].ends_with("rto 0.8 s") && lines.len() == 3, "{text}");

    let command = window.copied(|harness| {
        harness.event(Event::Key {
            key: Key::C,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::COMMAND | Modifiers::SHIFT,
        });
    });
    assert_eq!(
        command,
        "ss -tanpo '( src = 192.168.7.21:5001 and dst = 10.0.0.9:443 ) or ( src = 192.168.7.21:5004 and dst = 10.0.0.9:443 )'"
    );
    for (entry, expected) in [
        ("Copy with tabs, for spreadsheets", "\t192.168.7.21:5001\t10.0.0.9:443\t513\t0\t\n"),
        ("Copy 4-tuple", "192.168.7.21:5001->10.0.0.9:443\n"),
        ("Copy as netstat command", "netstat -anW | grep -E '^tcp"),
        ("Copy as PowerShell command", "-LocalPort 5004 -RemoteAddress '10.0.0.9'"),
    ] {
        window.row("5004").click_secondary();
        window.harness.run_steps(3);
        let text = window.copied(|harness| harness.get_by_label_contains(entry).click());
        assert!(text.contains(expected), "{entry}: {text}");
        assert_eq!(window.selected(), ["5001", "5004"], "the menu is that of the selection");
    }
}

#[test]
fn the_menu_of_a_row_narrows_the_list() {
    let mut window = open();
    window.row("5003").click_secondary();
    window.harness.run_steps(3);
    assert_eq!(window.selected(), ["5003"]);
    for term in ["pid:9", "remote:10.0.4.21", "rport:5432", "lport:5003", "state:close-wait"] {
        assert!(window.sees(term), "{term}: {:#?}", window.names());
    }
    window.harness.get_by_label_contains("pid:9").click();
    window.until("2 of 5");

    // The same by keys alone.
    window.harness.remove_cursor();
    window.key(Key::Home);
    window.keys(Modifiers::SHIFT, Key::F10);
    window.harness.run_steps(3);
    assert!(window.sees("lport:5003"), "{:#?}", window.names());
    window.key(Key::Escape);
    window.harness.run_steps(3);
    assert!(!window.sees("lport:5003"));
    assert_eq!(window.selected(), ["5003"], "Esc leaves the innermost thing alone");
}

#[test]
fn a_message_covers_no_row() {
    let mut window = open();
    window.click_row("5001", Modifiers::NONE);
    window.press("Copy row");
    window.until("Copied.");
    window.harness.run_steps(2);
    let message = window.harness.get_by_label("Dismiss").rect();
    let table = window.harness.get_by_role(Role::Table).rect();
    assert!(table.bottom() < message.top(), "{table} {message}");
    window.press("Dismiss");
    window.harness.run_steps(2);
    assert!(window.harness.get_by_role(Role::Table).rect().bottom() > table.bottom());
}

#[test]
fn an_interval_that_is_chosen_by_key_closes_the_list() {
    let mut window = open();
    window.harness.get_by_role(Role::ComboBox).focus();
    window.harness.run_steps(2);
    window.key(Key::Enter);
    window.until("every 10 s");
    let choice = window.harness.get_all_by_label("every 5\u{2009}s").next().expect("a choice");
    choice.focus();
    window.harness.run_steps(2);
    window.key(Key::Enter);
    window.until("Interval, every 5 s");
    window.harness.run_steps(2);
    assert!(!window.sees("every 10 s"), "{:#?}", window.names());
}
