//! The details of one socket: what they say, and where they lead.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::harness::Window;
use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use sockscope::model::{
    Host, Owner, Process, Queues, Snapshot, Socket, State, TcpInfo, Timer, TimerKind,
};

/// High enough for the whole pane.
const USUAL: [f32; 2] = [1280.0, 1000.0];

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn socket(local: &str, remote: &str, state: State, owner: Owner, queues: (u32, u32)) -> Socket {
    let mut socket = Socket::new(address(local), remote.parse().ok(), state, owner);
    socket.queues = Some(Queues { receive: queues.0, send: queues.1 });
    socket
}

/// In the order in which the page shows them at first: CLOSE_WAIT, TIME_WAIT, `FIN_WAIT_2`, LISTEN.
fn table() -> Snapshot {
    let feed = || Owner::Known(Arc::from([18_422]));
    let info =
        TcpInfo { rtt_us: 18_200, congestion_window: 10, send_mss: 1_448, ..TcpInfo::default() };
    let mut close_wait =
        socket("127.0.0.1:40000", "127.0.0.1:9100", State::CloseWait, feed(), (1, 0));
    close_wait.tcp_info = Some(info);
    let mut time_wait =
        socket("10.0.0.7:40001", "10.0.0.9:443", State::TimeWait, Owner::NoOwner, (0, 0));
    time_wait.timer = Some(Timer { kind: TimerKind::Expiry, remaining_ms: 52_000, tries: 0 });
    Snapshot {
        taken_at: SystemTime::now() - Duration::from_secs(10),
        host: Arc::new(Host { name: "test".to_owned(), os: "test".to_owned() }),
        source: "fed".to_owned(),
        took: None,
        sockets: vec![
            close_wait,
            time_wait,
            socket("127.0.0.1:9100", "127.0.0.1:40000", State::FinWait2, Owner::NoOwner, (0, 0)),
            socket("0.0.0.0:9100", "", State::Listen, Owner::Hidden { user: None }, (0, 4)),
        ],
        // Long before this computer was started, so that no process of it can be taken for this one.
        processes: BTreeMap::from([(
            18_422,
            Process { pid: 18_422, name: "feed-client".to_owned(), started_s: Some(1) },
        )]),
        users: Arc::default(),
        gaps: Vec::new(),
    }
}

fn open(size: [f32; 2]) -> Window {
    let mut window = Window::on(size, table());
    window.show("Sockets");
    window.until("4 of 4");
    window
}

#[test]
fn a_selected_row_is_explained() {
    let mut window = open(USUAL);
    assert!(!window.sees("TCP state diagram"), "nothing is selected");
    window.key(Key::Home);
    window.until("The peer has closed, this program has not.");
    for part in [
        "127.0.0.1:40000 ⇄ 127.0.0.1:9100",
        "Recv-Q is 1",
        "CLOSE_WAIT, 1 socket, present state",
        "none, so it never expires",
        "18.2 ms",
        "10 × 1 448",
    ] {
        assert!(window.sees(part), "{part:?} in {:#?}", window.names());
    }
    window.until("It has ended.");
    window.press("Close details");
    assert!(!window.sees("TCP state diagram"));
    window.key(Key::Enter);
    assert!(window.sees("TCP state diagram"));
}

#[test]
fn a_node_filters_by_its_state() {
    let mut window = open(USUAL);
    window.key(Key::Home);
    window.press("FIN_WAIT_2, 1 socket");
    window.until("1 of 4");
    assert!(window.sees("FIN_WAIT_2, kernel, no owner, 127.0.0.1:9100, 127.0.0.1:40000"));
}

#[test]
fn a_timer_runs_on_between_polls() {
    let mut window = open(USUAL);
    window.key(Key::Home);
    window.key(Key::ArrowDown);
    window.until("Normal: this side closed first");
    // The table is ten seconds old and said 52; a busy machine may take some more.
    let left = |window: &Window| {
        window.names().iter().find_map(|name| {
            name.strip_prefix("expiry in ")?.strip_suffix(" s")?.parse::<u32>().ok()
        })
    };
    let first = left(&window).expect("a countdown");
    assert!(first <= 42, "{first}");
    window.draw_until("a second less", |window| left(window).is_some_and(|now| now < first));
}

#[test]
fn the_other_end_on_this_machine_is_shown_and_gone_to() {
    let mut window = open(USUAL);
    window.key(Key::Home);
    window.until("Go to the other end");
    window.press("Go to the other end");
    window.until("127.0.0.1:9100 ⇄ 127.0.0.1:40000");
    window.until("No program holds it");

    // A filter that hides it gives way.
    window.type_into("Filter sockets", "fin-wait-2");
    window.until("1 of 4");
    window.press("Go to the other end");
    window.until("2 of 4");
    window.until("127.0.0.1:40000 ⇄ 127.0.0.1:9100");
}

#[test]
fn what_is_elsewhere_is_said_to_be() {
    let mut window = open(USUAL);
    window.key(Key::Home);
    window.key(Key::ArrowDown);
    window.until("Look there for 10.0.0.9:443 in LAST_ACK, or gone.");
    window.key(Key::End);
    window.until("It waits for connections.");
    assert!(!window.sees("Other end"), "a listener has none");
    assert!(window.sees("0 of 5"), "a backlog of 4 leaves room for 5: {:#?}", window.names());
}

#[test]
fn a_state_of_the_diagram_filters_as_everything_else_does() {
    let mut window = open(USUAL);
    window.key(Key::Home);
    window.until("TCP state diagram");
    window.press("TIME_WAIT, 1 socket");
    window.until("1 of 4");
    assert_eq!(window.text_of("Filter sockets"), "state:time-wait");
}

#[test]
fn a_transition_is_seen_with_its_error() {
    let mut window = open(USUAL);
    let mut before = table();
    before.sockets[1].state = State::Established;
    before.sockets[1].timer = None;
    window.feed(before);
    window.until("ESTABLISHED, kernel");
    window.feed(table());
    window.until("TIME_WAIT, kernel");
    window.key(Key::Home);
    window.key(Key::ArrowDown);
    window.until("Transitions");
    let badges = window.names().iter().filter(|name| *name == "ESTABLISHED").count();
    assert_eq!(badges, 1, "it came through ESTABLISHED: {:#?}", window.names());
}

#[test]
fn what_a_filter_hides_or_what_is_gone_stays_in_sight_and_is_said_to_be() {
    let mut window = open(USUAL);
    window.key(Key::Home);
    window.type_into("Filter sockets", "listen");
    window.until("The filter hides it.");
    window.until("It has ended.");
    let mut without = table();
    without.sockets.remove(0);
    window.feed(without);
    window.until("This is how it was last seen.");
    assert!(window.sees("The peer has closed, this program has not."));
    assert!(window.sees("It has ended."), "what was found stays: {:#?}", window.names());
    window.feed(table());
    window.until("4 sockets");
    window.until("This is how it was last seen.");
    assert!(!window.sees("The filter hides it."), "another socket has its place");
}

#[test]
fn where_there_is_little_room_enter_opens_and_escape_closes() {
    let mut window = open([900.0, 600.0]);
    window.key(Key::Home);
    assert!(!window.sees("TCP state diagram"));
    window.key(Key::Enter);
    assert!(window.sees("TCP state diagram"));
    window.key(Key::Escape);
    assert!(!window.sees("TCP state diagram"));
    window.key(Key::Enter);
    assert!(window.sees("TCP state diagram"), "the row is still selected");
}

#[test]
fn a_process_of_this_machine_is_looked_at() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    let mut window = Window::live(USUAL);
    window.show("Sockets");
    window.type_into("Filter sockets", &format!("listen 127.0.0.1:{port}"));
    window.until("LISTEN, gui-");
    window.harness.get_all_by_role(Role::Row).next().expect("the row").click();
    window.harness.run_steps(3);
    let me = std::env::args().next().expect("a name");
    window.until(&me);
    window.until("Descriptors");
    window.until("Started by");
}
