use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::Run;
use super::*;
use crate::lab::errno::CallError;
use crate::model::lab::Verdict;
use crate::text;

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// So many of these run now, and so many did at most.
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Runs until it is stopped.
struct Endless(&'static str);

/// Panics after it has told of a step.
struct Breaks;

impl Scenario for Endless {
    fn name(&self) -> &'static str {
        self.0
    }

    fn title(&self) -> Text {
        text!("page.lab")
    }

    fn teaches(&self) -> Text {
        text!("page.lab")
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::from_mins(1)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let now = NOW.fetch_add(1, Ordering::SeqCst) + 1;
        MOST.fetch_max(now, Ordering::SeqCst);
        run.step(text!("page.lab"));
        let ended = run.pause(Duration::from_mins(1));
        NOW.fetch_sub(1, Ordering::SeqCst);
        ended
    }
}

impl Scenario for Breaks {
    fn name(&self) -> &'static str {
        "breaks"
    }

    fn title(&self) -> Text {
        text!("page.lab")
    }

    fn teaches(&self) -> Text {
        text!("page.lab")
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::ZERO
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        run.step(text!("page.lab"));
        panic!("it broke")
    }
}

static ENDLESS: [Endless; 6] =
    [Endless("a"), Endless("b"), Endless("c"), Endless("d"), Endless("e"), Endless("f")];

fn runner() -> ScenarioRunner {
    let mut runner = ScenarioRunner::new(None, Arc::new(|_| ()));
    // These tests are about four, whatever the tests may open.
    runner.at_once = AT_ONCE;
    runner
}

fn until(runner: &mut ScenarioRunner, done: impl Fn(&ScenarioRunner) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done(runner) {
        assert!(Instant::now() < deadline, "it does not come");
        thread::sleep(Duration::from_millis(2));
        runner.update();
    }
}

fn runs(runner: &ScenarioRunner) -> usize {
    let phase = |it: &&Endless| matches!(runner.phase(it.0), Phase::Runs { .. });
    ENDLESS.iter().filter(phase).count()
}

#[test]
fn few_descriptors_are_for_few_at_once() {
    let rooms = [0, 40, 64, 128, 255, 256, 1_024, u64::MAX].map(Some).map(at_once);
    assert_eq!(rooms, [1, 1, 1, 2, 3, 4, 4, 4]);
    assert_eq!(at_once(None), AT_ONCE);
}

#[test]
fn four_run_at_once_the_others_follow_and_each_can_be_stopped() {
    let mut runner = runner();
    for scenario in &ENDLESS {
        runner.order(Order::of(scenario));
        // Ordered twice is ordered once.
        runner.order(Order::of(scenario));
    }
    assert_eq!(runs(&runner), AT_ONCE);
    assert_eq!(runner.phase("e"), Phase::Waits);
    until(&mut runner, |runner| runner.result("a").is_some_and(|it| it.steps.len() == 1));
    assert!(runner.result("a").is_some_and(|it| !it.finished), "it is seen while it runs");
    runner.stop("f");
    assert_eq!(runner.phase("f"), Phase::Rests);
    runner.stop("a");
    until(&mut runner, |runner| runner.phase("a") == Phase::Rests);
    let stopped = runner.result("a").expect("what came of it");
    assert!(stopped.finished && stopped.verdict() == Verdict::CouldNotTell);
    until(&mut runner, |runner| runner.result("e").is_some());
    assert_eq!(runs(&runner), AT_ONCE, "e took the place of a");
    runner.stop_all();
    until(&mut runner, |runner| !runner.is_busy());
    assert_eq!(MOST.load(Ordering::SeqCst), AT_ONCE);
    for scenario in &ENDLESS {
        runner.order(Order::of(scenario));
    }
    let began = Instant::now();
    drop(runner);
    assert_eq!(NOW.load(Ordering::SeqCst), 0, "all were waited for");
    assert!(began.elapsed() < PATIENCE);
}

#[test]
fn a_panic_is_what_came_of_its_scenario_and_of_no_other() {
    let mut runner = runner();
    runner.order(Order::of(&Breaks));
    until(&mut runner, |runner| !runner.is_busy());
    let said = match runner.ran("breaks") {
        Some(Ran::Lost(why)) => why.plain(),
        _ => String::new(),
    };
    assert!(said.contains("it broke"), "{said}");
    assert!(runner.result("breaks").is_none());
    runner.order(Order::of(&Breaks));
    until(&mut runner, |runner| !runner.is_busy());
}
