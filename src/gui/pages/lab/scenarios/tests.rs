//! The view on results that nothing was run for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use eframe::egui::accesskit::Role;
use eframe::egui::{Ui, Vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use jiff::tz::TimeZone;

use super::*;
use crate::gui::cx::Command;
use crate::gui::shelf::Shelf;
use crate::gui::theme;
use crate::lab::article::CLAIMS;
use crate::lab::{
    Attempt, Bounded, Check, Exhibit, Habit, Outcome, Ran, Recipe, ScenarioResult, ScenarioRunner,
    Step,
};
use crate::model::State;
use crate::model::lab::{Basis, Resolution, Verdict};
use crate::monitor::{Frame, ViewSpec};
use crate::store::Settings;
use crate::text;
use crate::text::Locale;

/// 14:00:00 of a day.
const START: u64 = 1_795_442_400;

/// The room that the page has in windows of 900x600, 1280x800 and 1920x1080.
const SIZES: [[f32; 2]; 3] = [[852.0, 540.0], [1104.0, 690.0], [1712.0, 980.0]];

struct Drawn {
    view: ScenariosView,
    frame: Arc<Frame>,
    runner: ScenarioRunner,
    sent: Vec<Command>,
}

fn draw(ui: &mut Ui, drawn: &mut Drawn) {
    theme::install(ui.ctx());
    let cx = Cx {
        frame: &drawn.frame,
        view: None,
        spec: &ViewSpec::default(),
        inspection: None,
        inspect: std::cell::Cell::default(),
        bench: None,
        program: None,
        scenarios: &drawn.runner,
        shelf: &Shelf::default(),
        settings: &Settings::default(),
        busy: false,
        calm: true,
        asking: false,
        zone: &TimeZone::UTC,
        locale: Locale::English,
        commands: std::cell::RefCell::default(),
    };
    drawn.view.ui(ui, &cx);
    drawn.sent.append(&mut cx.commands.into_inner());
}

struct Shown(Harness<'static, Drawn>);

impl Shown {
    /// The view with these results, on this scenario; none is the article.
    fn on(size: [f32; 2], results: Vec<ScenarioResult>, chosen: Option<&str>) -> Self {
        let mut runner = ScenarioRunner::new(None, Arc::new(|_| ()));
        for result in results {
            let name = result.scenario;
            runner.put(Ran::Result(Arc::new(result)), name);
        }
        let chosen = chosen
            .map_or(Chosen::Article, |name| Chosen::Scenario(place(name).expect("a scenario")));
        let view = ScenariosView { chosen, ..ScenariosView::default() };
        let frame = Frame::starting("fed".to_owned(), Duration::from_secs(1), UNIX_EPOCH);
        let drawn = Drawn { view, frame: Arc::new(frame), runner, sent: Vec::new() };
        let harness = Harness::builder().with_size(Vec2::from(size)).build_ui_state(draw, drawn);
        let mut shown = Self(harness);
        shown.0.run_steps(3);
        shown
    }

    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut nodes = vec![self.0.root()];
        while let Some(node) = nodes.pop() {
            names.extend(node.accesskit_node().label());
            names.extend(node.accesskit_node().value());
            nodes.extend(node.children());
        }
        names.iter().map(|name| name.replace('\u{2009}', " ")).collect()
    }

    fn assert_sees(&self, text: &str) {
        let names = self.names();
        assert!(names.iter().any(|name| name.contains(text)), "{text:?} is not in {names:#?}");
    }

    fn assert_misses(&self, text: &str) {
        assert!(!self.names().iter().any(|name| name.contains(text)), "{text:?} is seen");
    }

    fn press(&mut self, role: Role, name: &str) {
        // As a screen reader does, which reaches what is scrolled out of sight as well.
        self.0.get_by_role_and_label(role, name).click_accesskit();
        self.0.run_steps(3);
    }

    fn sent(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.0.state_mut().sent)
    }
}

fn check(verdict: Verdict, basis: Basis) -> Check {
    Check {
        subject: text!("lab.check.state", end = "client"),
        expected: State::TimeWait.into(),
        observed: State::CloseWait.into(),
        basis,
        verdict,
    }
}

fn result(scenario: &'static str, checks: Vec<Check>) -> ScenarioResult {
    ScenarioResult {
        scenario,
        knobs: Vec::new(),
        resolution: Resolution::Exact,
        os: Arc::from(""),
        began_at: UNIX_EPOCH + Duration::from_secs(START),
        took: Duration::from_millis(1_600),
        finished: true,
        steps: vec![Step { at: Duration::ZERO, text: text!("lab_reuse.habits.count") }],
        checks,
        habits: Vec::new(),
        exhibits: Vec::new(),
        calls: Arc::new(Bounded::new(1)),
        lanes: Vec::new(),
    }
}

fn habit(recipe: Recipe, attempts: Vec<Attempt>, outcome: Outcome) -> Habit {
    let is_waiting = |attempt: &&Attempt| **attempt == Attempt::CloseWait;
    let waiting = attempts.iter().filter(is_waiting).count();
    Habit {
        name: "fixed-port-reuse",
        title: text!("lab_reuse.habits.fixed_port_reuse.title"),
        note: text!("lab_reuse.habits.fixed_port_reuse.note"),
        recipe,
        connects: 1,
        descriptors: attempts.len(),
        close_wait: waiting,
        ports: 1,
        server: BTreeMap::from([(State::FinWait2, waiting)]),
        error: Some("connect: EADDRNOTAVAIL".to_owned()),
        outcome,
        verdict: Some(Verdict::AsExpected),
        attempts,
    }
}

fn failed() -> Attempt {
    Attempt::Failed { call: "connect", errno: "EADDRNOTAVAIL".to_owned() }
}

/// Twelve habits, with attempts of every kind.
fn habits() -> ScenarioResult {
    let stuck: Vec<Attempt> =
        std::iter::once(Attempt::CloseWait).chain((0..19).map(|_| failed())).collect();
    let mut running = habit(Recipe::None, vec![Attempt::Closed, Attempt::Kept], Outcome::Running);
    running.attempts.resize(20, Attempt::Pending);
    running.verdict = None;
    let mut all = vec![habit(Recipe::Half, stuck, Outcome::FailsAndLeaks), running];
    all.resize(12, habit(Recipe::Whole, vec![Attempt::Closed; 20], Outcome::Works));
    ScenarioResult {
        habits: all,
        ..result("reconnect-habits", vec![check(Verdict::AsExpected, Basis::Measured)])
    }
}

#[test]
fn each_scenario_is_listed_with_what_came_of_it() {
    for size in SIZES {
        let results = vec![
            result("client-closes-first", vec![check(Verdict::AsExpected, Basis::Measured)]),
            result("server-closes-first", vec![check(Verdict::Differs, Basis::Documented)]),
            result("abort", vec![check(Verdict::CouldNotTell, Basis::Unknown)]),
        ];
        let shown = Shown::on(size, results, Some("keepalive"));
        shown.assert_sees("Client closes first: as expected");
        shown.assert_sees("Server closes first: differs");
        shown.assert_sees("Abort: could not tell");
        shown.assert_sees("1 as expected, 1 differ, 1 could not tell");
        shown.assert_sees("Not run yet");
        shown.assert_misses("JSON…");
    }
}

#[test]
fn a_check_says_what_was_expected_what_was_observed_and_how_that_is_known() {
    for size in SIZES {
        let checks = vec![
            check(Verdict::Differs, Basis::Measured),
            check(Verdict::CouldNotTell, Basis::Unknown),
            check(Verdict::AsExpected, Basis::Documented),
        ];
        let shown = Shown::on(size, vec![result("abort", checks)], Some("abort"));
        let both = "client state: expected TIME_WAIT, observed CLOSE_WAIT";
        shown.assert_sees(&format!("{both}, measured, differs"));
        shown.assert_sees(&format!("{both}, not known, could not tell"));
        shown.assert_sees(&format!("{both}, documented, as expected"));
        shown.assert_sees("started 14:00:00, 1.6 s");
        shown.assert_sees("What is left of each is counted");
    }
}

#[test]
fn nothing_of_any_scenario_is_cut_off_at_the_right() {
    for size in SIZES {
        for scenario in SCENARIOS {
            let checks = vec![check(Verdict::CouldNotTell, Basis::Measured)];
            let shown =
                Shown::on(size, vec![result(scenario.name(), checks)], Some(scenario.name()));
            let mut nodes = vec![shown.0.root()];
            while let Some(node) = nodes.pop() {
                let right = node.accesskit_node().bounding_box().map_or(0.0, |bounds| bounds.x1);
                let beyond = node.accesskit_node().label().is_some() && right > f64::from(size[0]);
                assert!(!beyond, "{}: {node:?} at {size:?}", scenario.name());
                nodes.extend(node.children());
            }
        }
    }
}

#[test]
fn a_scenario_that_broke_says_why() {
    let mut shown = Shown::on(SIZES[1], Vec::new(), Some("abort"));
    let why = text!("job.panicked", cause = "it broke");
    shown.0.state_mut().runner.put(Ran::Lost(why), "abort");
    shown.0.run_steps(2);
    shown.assert_sees("Abort: failed");
    shown.assert_sees("it broke");
    shown.assert_sees("Run again");
}

#[test]
fn knobs_are_turned_and_go_with_the_order() {
    let mut shown = Shown::on(SIZES[1], Vec::new(), Some("abort"));
    shown.press(Role::RadioButton, "empty");
    shown.press(Role::RadioButton, "both");
    shown.press(Role::Button, "Run");
    match &shown.sent()[..] {
        [Command::RunScenarios(orders)] => {
            let [order] = &orders[..] else { panic!("{} orders", orders.len()) };
            let written = order.knobs.written();
            let words: Vec<&str> = written.iter().map(|(_, value)| value.as_str()).collect();
            assert_eq!((order.scenario.name(), &words[..]), ("abort", &["empty", "both"][..]));
        }
        sent => panic!("{} commands", sent.len()),
    }
    // What was turned is kept while others are looked at.
    shown.press(Role::ListBoxOption, "Keepalive truth: not run");
    shown.press(Role::ListBoxOption, "Abort: not run");
    shown.press(Role::Button, "Run all");
    let sent = shown.sent();
    let Some(Command::RunScenarios(orders)) = sent.first() else { panic!("nothing was sent") };
    assert_eq!(orders.len(), SCENARIOS.len());
    let abort = orders.iter().find(|order| order.scenario.name() == "abort");
    assert_eq!(abort.map(|order| order.knobs.written()[0].1.clone()), Some("empty".to_owned()));
}

#[test]
fn a_habit_has_one_whole_name_and_no_parts() {
    let name = "Fixed port + REUSEADDR, half the article’s recipe: Fails, and still leaks. \
                1 of 20 connected, 20 descriptors kept, CLOSE_WAIT 1, server rows 1 FIN_WAIT_2, \
                error connect: EADDRNOTAVAIL; as expected on ";
    for size in SIZES {
        let shown = Shown::on(size, vec![habits()], Some("reconnect-habits"));
        shown.assert_sees(name);
        shown.assert_sees(": Running. 1 of 20 connected");
        shown.assert_sees("attempt 2 of 20");
        let cards = shown.0.query_all_by_role(Role::Group).filter(|node| {
            node.accesskit_node().label().is_some_and(|label| label.contains("descriptors kept"))
        });
        let cards: Vec<_> = cards.collect();
        assert_eq!(cards.len(), 12);
        assert!(cards.iter().all(|card| card.children().next().is_none()));
        // Whole columns, none of them beyond the edge.
        assert!(cards.iter().all(|card| card.rect().right() <= size[0]));
        let columns = if size[0] < 1_100.0 { 2 } else { 4 };
        let top = cards.iter().map(|card| card.rect().top()).fold(f32::MAX, f32::min);
        let in_first_row = |rect: &Rect| (rect.top() - top).abs() < 1.0;
        let first = cards.iter().map(Node::rect).filter(in_first_row).count();
        assert_eq!(first, columns);
    }
}

fn museum(finished: bool) -> ScenarioResult {
    let exhibits = State::ALL.into_iter().map(|state| Exhibit {
        state,
        recipe: text!("lab_reuse.museum.last_ack"),
        local: SocketAddr::from(([127, 66, 0, 1], 40_001)),
        remote: (state != State::Listen).then(|| SocketAddr::from(([127, 0, 0, 1], 40_002))),
        since: (state != State::Closing).then_some(Duration::from_millis(600)),
    });
    ScenarioResult { exhibits: exhibits.collect(), finished, ..result("state-museum", Vec::new()) }
}

#[test]
fn an_exhibit_says_all_and_leads_to_its_socket_while_it_is_held() {
    for size in SIZES {
        let mut shown = Shown::on(size, vec![museum(false)], Some("state-museum"));
        shown.assert_sees(
            "LAST_ACK: fill the other end’s buffer, let it shut down sending, then do the same, \
             127.66.0.1:40001 → 127.0.0.1:40002, held for 1.0 s",
        );
        shown.press(Role::Button, "Show LISTEN in Sockets");
        shown.press(Role::Button, "Show SYN_SENT in Sockets");
        let filters: Vec<String> = shown
            .sent()
            .into_iter()
            .filter_map(|sent| match sent {
                Command::ShowSockets(filter) => Some(filter),
                _ => None,
            })
            .collect();
        let local = "local:127.66.0.1:40001";
        assert_eq!(filters, [local.to_owned(), format!("{local} remote:127.0.0.1:40002")]);
    }
    let shown = Shown::on(SIZES[1], vec![museum(true)], Some("state-museum"));
    let button = shown.0.get_by_role_and_label(Role::Button, "Show LISTEN in Sockets");
    assert!(button.accesskit_node().is_disabled(), "there is nothing to be seen any more");
    shown.assert_sees("was held for 1.0 s");
    shown.assert_sees("not seen");
}

#[test]
fn a_claim_is_proved_by_its_scenario_with_its_knobs_and_shows_what_came() {
    for size in SIZES {
        let mut shown = Shown::on(size, Vec::new(), None);
        for claim in &CLAIMS {
            let number = claim.number;
            // One that takes a minute says so before it is pressed.
            let long = if claim.name == "time-wait" { " (about 1 min)" } else { "" };
            shown.assert_sees(&format!("Prove it here{long}: claim {number}"));
        }
        shown.assert_misses("Whole result");
        shown.press(Role::Button, "Prove it here: claim 1");
        let sent = shown.sent();
        let Some(Command::RunScenarios(orders)) = sent.first() else { panic!("nothing") };
        assert_eq!(orders[0].scenario.name(), "reconnect-habits");
        shown.press(Role::Button, "Prove it here: claim 4");
        let sent = shown.sent();
        let Some(Command::RunScenarios(orders)) = sent.first() else { panic!("nothing") };
        assert_eq!(orders[0].scenario.name(), "server-restart");
        assert_eq!(orders[0].knobs.word("state"), "time-wait");
    }
    let mut proved = habits();
    let title = text!("lab_reuse.habits.fixed_port_reuse.title");
    proved.checks[0].subject = title;
    proved.checks[0].verdict = Verdict::Differs;
    let mut shown = Shown::on(SIZES[2], vec![proved], None);
    shown.assert_sees("Fixed port + REUSEADDR: CLOSE_WAIT");
    shown.assert_sees("differs on ");
    shown.press(Role::Button, "Whole result of claim 3");
    shown.assert_sees("Run again");
}
