use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, PointerButton, Rect, Ui, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use jiff::tz::TimeZone;

use super::*;
use crate::analysis::events::{Event as Happened, What};
use crate::analysis::history::{Cause, History};
use crate::analysis::load::ProcessLoad;
use crate::analysis::readings::{Limited, Reading};
use crate::analysis::towards::Towards;
use crate::analysis::track::{Tracker, Vanished};
use crate::gui::shelf::Shelf;
use crate::gui::theme;
use crate::lab::ScenarioRunner;
use crate::model::{Descriptors, Host, Owner, Process, Snapshot, Socket, State, StateCounts};
use crate::monitor::{Frame, ViewSpec};
use crate::store::Settings;
use crate::text::Locale;

/// 14:00:00 of a day.
const START: u64 = 1_795_442_400;

/// How long something that workers do may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START + second)
}

fn leaker() -> Process {
    Process { pid: 18_422, name: "feed-client".to_owned(), started_s: None }
}

/// Ten minutes of one leak, with a pause of two minutes in it: one more CLOSE_WAIT a second, to one remote.
fn leaking() -> Frame {
    let remote = SocketAddr::from(([10, 0, 0, 9], 443));
    let mut tracker = Tracker::new();
    let mut history = History::default();
    let mut frame = Frame::starting("fed".to_owned(), Duration::from_secs(1), at(0));
    for second in 0..600_u16 {
        if (120..240).contains(&second) {
            history.interrupt(at(second.into()), Cause::Paused);
            continue;
        }
        let sockets = (0..600).map(|port| {
            let local = SocketAddr::from(([10, 0, 0, 1], 30_000 + port));
            let state = if port < second { State::CloseWait } else { State::Established };
            Socket::new(local, Some(remote), state, Owner::Known(Arc::from([18_422])))
        });
        let mut snapshot = Snapshot {
            taken_at: at(second.into()),
            host: Arc::new(Host { name: String::new(), os: String::new() }),
            source: "fed".to_owned(),
            took: None,
            // Every second is too dear in a test; the last ones are what is looked at.
            sockets: if second > 570 { sockets.collect() } else { Vec::new() },
            processes: BTreeMap::from([(18_422, leaker())]),
            users: Arc::default(),
            gaps: Vec::new(),
        };
        let mut counts = StateCounts::default();
        counts[State::CloseWait] = second.into();
        counts[State::Established] = u32::from(600 - second);
        history.push(at(second.into()), counts);
        frame.tracks = tracker.observe(&mut snapshot, at(second.into())).tracks.into();
        frame.counts = counts;
        frame.snapshot = Some(Arc::new(snapshot));
    }
    let vanished: Arc<[Arc<Vanished>]> = Arc::from([]);
    let happened = Happened { at: at(300), what: What::Started(leaker()) };
    Frame {
        generation: 1,
        table: 1,
        health: Health::Live,
        vanished,
        history,
        events: Arc::from([happened]),
        at: at(599),
        now: at(600),
        ..frame
    }
}

fn load(process: Process, close_wait: u32, established: u32) -> ProcessLoad {
    let mut counts = StateCounts::default();
    counts[State::CloseWait] = close_wait;
    counts[State::Established] = established;
    let towards = (Towards::Service(SocketAddr::from(([10, 0, 0, 9], 443))), close_wait);
    ProcessLoad {
        process,
        counts,
        close_wait_per_minute: Some(38),
        close_wait_course: Arc::from([1, 2, 5, close_wait]),
        close_wait_towards: (close_wait > 0).then_some(towards),
        descriptors: Descriptors { open: Some(1_740), limit: Some(2_048) },
    }
}

fn other(pid: u32) -> Process {
    Process { pid, name: "curl".to_owned(), started_s: None }
}

struct Drawn {
    page: Overview,
    frame: Arc<Frame>,
    shown: Vec<String>,
}

fn draw(ui: &mut Ui, drawn: &mut Drawn) {
    theme::install(ui.ctx());
    let shelf = Shelf::default();
    let scenarios = ScenarioRunner::new(None, Arc::new(|_| ()));
    let cx = Cx {
        frame: &drawn.frame,
        view: None,
        spec: &ViewSpec::default(),
        inspection: None,
        inspect: std::cell::Cell::default(),
        bench: None,
        program: None,
        scenarios: &scenarios,
        shelf: &shelf,
        settings: &Settings::default(),
        busy: false,
        calm: true,
        asking: false,
        zone: &TimeZone::UTC,
        locale: Locale::English,
        commands: std::cell::RefCell::default(),
    };
    drawn.page.ui(ui, &cx);
    for command in cx.commands.into_inner() {
        if let Command::ShowSockets(filter) = command {
            drawn.shown.push(filter);
        }
    }
}

struct Window(Harness<'static, Drawn>);

impl Window {
    fn open(size: [f32; 2], frame: Frame) -> Self {
        let drawn = Drawn { page: Overview::default(), frame: Arc::new(frame), shown: Vec::new() };
        let harness = Harness::builder()
            .with_size(Vec2::from(size))
            .with_step_dt(0.02)
            .build_ui_state(draw, drawn);
        let mut window = Self(harness);
        window.0.run_steps(4);
        window
    }

    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut nodes = vec![self.0.root()];
        while let Some(node) = nodes.pop() {
            let accessible = node.accesskit_node();
            names.extend(accessible.label());
            names.extend(accessible.value());
            nodes.extend(node.children());
        }
        // Thin spaces are hard to read in a test.
        names.iter().map(|name| name.replace('\u{2009}', " ")).collect()
    }

    fn sees(&self, text: &str) -> bool {
        self.names().iter().any(|name| name.contains(text))
    }

    /// Workers may be at it still.
    #[track_caller]
    fn must_see(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.sees(text) {
            assert!(Instant::now() < deadline, "{text:?} is not seen in {:#?}", self.names());
            std::thread::sleep(Duration::from_millis(2));
            self.0.run_steps(1);
        }
    }

    fn press(&mut self, role: Role, name: &str) {
        self.0.get_by_role_and_label(role, name).click();
        self.0.run_steps(4);
    }

    fn key(&mut self, key: Key, modifiers: Modifiers) {
        self.0.key_press_modifiers(modifiers, key);
        self.0.run_steps(4);
    }

    fn type_text(&mut self, text: &str) {
        self.0.event(Event::Text(text.to_owned()));
        self.0.run_steps(4);
    }

    /// The plot's inner part.
    fn plot(&self) -> Rect {
        let plot = self.0.get_all_by_role(Role::Image).find(|node| {
            node.accesskit_node().label().is_some_and(|name| name.starts_with("Sockets by state"))
        });
        plot.expect("the chart").rect()
    }

    fn drag(&mut self, from: f32, to: f32) {
        let plot = self.plot();
        let place = |share: f32| pos2(plot.left() + share * plot.width(), plot.center().y);
        self.0.event(Event::PointerMoved(place(from)));
        self.0.run_steps(1);
        self.button(place(from), true);
        for step in [0.25, 0.5, 0.75, 1.0] {
            self.0.event(Event::PointerMoved(place(from + (to - from) * step)));
            self.0.run_steps(1);
        }
        self.button(place(to), false);
        self.0.run_steps(4);
    }

    fn click(&mut self, share: f32) {
        let plot = self.plot();
        let place = pos2(plot.left() + share * plot.width(), plot.center().y);
        self.0.event(Event::PointerMoved(place));
        self.0.run_steps(1);
        self.button(place, true);
        self.button(place, false);
        self.0.run_steps(3);
        self.0.event(Event::PointerMoved(pos2(1.0, 1.0)));
        self.0.run_steps(2);
    }

    fn button(&mut self, pos: eframe::egui::Pos2, pressed: bool) {
        let modifiers = Modifiers::NONE;
        let button = PointerButton::Primary;
        self.0.event(Event::PointerButton { pos, button, pressed, modifiers });
        self.0.run_steps(1);
    }

    fn is_disabled(&self, name: &str) -> bool {
        self.0.get_by_label(name).accesskit_node().is_disabled()
    }
}

#[test]
fn at_every_size_the_leaking_process_and_its_remote_can_be_named() {
    for size in [[852.0, 530.0], [1_128.0, 730.0], [1_736.0, 1_010.0]] {
        let mut frame = leaking();
        let others = (1..=60).map(|pid| load(other(pid), 0, 30));
        frame.loads = [load(leaker(), 1_690, 3)].into_iter().chain(others).collect();
        frame.readings =
            Arc::from([Reading { what: Limited::Descriptors(leaker()), used: 1_740, of: 2_048 }]);
        let mut window = Window::open(size, frame);
        window.must_see("1 of 61 processes");
        let row = "feed-client 18422, 1 690 CLOSE_WAIT, +38 / min, to 10.0.0.9:443, file handles 1 740 of 2 048";
        window.must_see(row);
        window.must_see("File handles of feed-client 18422: 1 740 of 2 048, 85 %");
        assert!(!window.sees("curl"), "only processes with CLOSE_WAIT are listed");
        let row = window.0.get_by_label_contains("feed-client 18422, 1");
        row.click();
        window.0.run_steps(3);
        assert_eq!(window.0.state().shown, ["pid:18422 close-wait"]);
    }
}

#[test]
fn without_close_wait_the_processes_with_most_sockets_are_listed_and_named_so() {
    let mut frame = leaking();
    frame.loads = Arc::from([load(other(5), 0, 2), load(other(6), 0, 900)]);
    let mut window = Window::open([1_128.0, 730.0], frame);
    window.must_see("Processes by sockets");
    window.must_see("no process has CLOSE_WAIT");
    let rows: Vec<String> =
        window.names().into_iter().filter(|name| name.starts_with("curl")).collect();
    window.must_see("curl 6, 900 sockets");
    assert!(!rows.iter().any(|row| row.contains("min")), "growth is CLOSE_WAIT's: {rows:?}");
    let tops =
        ["curl 5, 2", "curl 6, 900"].map(|row| window.0.get_by_label_contains(row).rect().top());
    assert!(tops[1] < tops[0], "most first");
    window.0.get_by_label_contains("curl 6").click();
    window.0.run_steps(3);
    assert_eq!(window.0.state().shown, ["pid:6"]);
}

#[test]
fn what_a_source_does_not_tell_is_said() {
    let mut window = Window::open([1_128.0, 730.0], leaking());
    window.must_see("This source does not tell which process holds a socket.");
    window.must_see("This source does not tell it.");
}

#[test]
fn ranges_forms_and_scales_are_chosen_by_name_and_by_key() {
    let mut window = Window::open([1_128.0, 730.0], leaking());
    window.must_see("from 14:05:00 to 14:10:00");
    window.press(Role::RadioButton, "1 m");
    window.must_see("from 14:09:00 to 14:10:00");
    window.type_text("]");
    window.must_see("from 14:05:00 to 14:10:00");
    window.type_text("]");
    // No more than there is.
    window.must_see("from 14:00:00 to 14:10:00");
    window.press(Role::RadioButton, "24 h");
    window.type_text("[");
    assert_eq!(window.0.state().page.chart.range, crate::gui::chart::Range::Hour);

    assert!(!window.is_disabled("Log"));
    window.key(Key::L, Modifiers::NONE);
    assert!(window.is_disabled("Log"), "a stack has no logarithmic scale");
    window.key(Key::L, Modifiers::NONE);
    window.key(Key::G, Modifiers::NONE);
    assert_eq!(window.0.state().page.chart.scale, crate::gui::chart::Scale::Log);

    window.must_see("Highest: CLOSE_WAIT 599, ESTABLISHED 600");
    window.press(Role::CheckBox, "ESTABLISHED, now 1");
    assert!(window.sees("Highest: CLOSE_WAIT 599."), "{:#?}", window.names());
}

#[test]
fn a_pause_and_an_event_are_told_with_their_times() {
    let mut window = Window::open([1_128.0, 730.0], leaking());
    window.press(Role::RadioButton, "1 h");
    window.must_see("14:05:00 feed-client started, pid 18422");
    window.must_see("14:01:59 paused 2 min");
    // The pointer in the pause finds no counts.
    let plot = window.plot();
    let inside = pos2(plot.left() + plot.width() * 0.3, plot.center().y);
    window.0.event(Event::PointerMoved(inside));
    window.0.run_steps(3);
    window.click(0.3);
    window.must_see("paused 2 min");
    window.must_see("There are no two samples around this moment to compare.");
}

#[test]
fn a_click_pins_a_moment_and_shows_what_changed_around_it() {
    for size in [[852.0, 530.0], [1_128.0, 730.0], [1_736.0, 1_010.0]] {
        let mut window = Window::open(size, leaking());
        window.press(Role::RadioButton, "1 m");
        assert!(!window.sees("Changed at 14"));
        window.click(0.75);
        window.must_see("Changed at 14:09:45");
        window.must_see("Pinned at 14:09:45: CLOSE_WAIT 585, ESTABLISHED 15");
        window.must_see("CLOSE_WAIT +10, from 580 to 590: feed-client 18422 to 10.0.0.9:443");
        window.must_see("ESTABLISHED −10, from 20 to 10: feed-client 18422 to 10.0.0.9:443");
        window.key(Key::ArrowLeft, Modifiers::NONE);
        window.must_see("Changed at 14:09:44");
        window.key(Key::ArrowRight, Modifiers::NONE);
        window.key(Key::ArrowRight, Modifiers::NONE);
        window.must_see("Changed at 14:09:46");
        window.key(Key::ArrowLeft, Modifiers::SHIFT);
        window.must_see("Changed at 14:08:46");
        window.press(Role::Button, "Unpin the moment");
        assert!(!window.sees("Changed at 14"));
        // From the keyboard alone.
        window.key(Key::ArrowLeft, Modifiers::NONE);
        window.must_see("Changed at 14:09:59");
        window.key(Key::Escape, Modifiers::NONE);
        assert!(!window.sees("Changed at 14"));
    }
}

#[test]
fn what_changed_before_a_break_is_looked_for_once() {
    let mut frame = leaking();
    frame.history.interrupt(at(600), Cause::Paused);
    let mut window = Window::open([1_128.0, 730.0], frame.clone());
    window.key(Key::ArrowLeft, Modifiers::NONE);
    window.must_see("Changed at 14:09:59");
    let who = "CLOSE_WAIT +5, from 594 to 599: feed-client 18422 to 10.0.0.9:443";
    window.must_see(who);
    // Its rows are gone by now; what was found stays, and nothing is gone through again.
    frame.generation += 1;
    let snapshot = frame.snapshot.as_mut().map(Arc::make_mut);
    snapshot.expect("a table").sockets.clear();
    frame.tracks = Arc::from([]);
    window.0.state_mut().frame = Arc::new(frame);
    for _ in 0..20 {
        window.0.run_steps(2);
        std::thread::sleep(Duration::from_millis(2));
        assert!(window.sees(who), "{:#?}", window.names());
    }
}

#[test]
fn a_drag_zooms_a_second_one_with_shift_pans_and_a_double_click_goes_back() {
    let mut window = Window::open([1_128.0, 730.0], leaking());
    window.press(Role::RadioButton, "5 m");
    window.drag(0.2, 0.4);
    window.must_see("from 14:06:00 to 14:07:00");
    window.0.event(Event::ModifiersChanged(Modifiers::SHIFT));
    window.drag(0.25, 0.75);
    window.0.event(Event::ModifiersChanged(Modifiers::NONE));
    window.must_see("from 14:05:30 to 14:06:30");
    let plot = window.plot();
    let middle = plot.center() + vec2(3.0, 0.0);
    window.0.event(Event::PointerMoved(middle));
    window.0.run_steps(1);
    for pressed in [true, false, true, false] {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        window.0.event(Event::PointerButton { pos: middle, button, pressed, modifiers });
    }
    window.0.run_steps(4);
    window.must_see("from 14:05:00 to 14:10:00");
}
