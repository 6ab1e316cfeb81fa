//! Every scenario by itself, on this system.

use std::time::Duration;

use sockscope::lab::{Cancel, SCENARIOS, Scenario, ScenarioResult, Setup, run};
use sockscope::model::lab::{Basis, Verdict};
use sockscope::os::pair_probe;

pub(super) fn scenario(name: &str) -> &'static dyn Scenario {
    let found = SCENARIOS.iter().copied().find(|scenario| scenario.name() == name);
    found.unwrap_or_else(|| panic!("no scenario {name}"))
}

/// Runs a scenario with these knobs, and holds it to be as expected wherever that is known.
pub(super) fn as_expected(name: &str, knobs: &[&str]) -> ScenarioResult {
    let scenario = scenario(name);
    let mut setup = Setup::new(scenario);
    setup.executable = Some(env!("CARGO_BIN_EXE_sockscope").into());
    for knob in knobs {
        setup.knobs.set(knob).expect("a knob of the scenario");
    }
    let limit = scenario.time_limit(&setup.knobs);
    let result = run(scenario, setup, &Cancel::new());
    let unknown = result.checks.iter().any(|check| check.basis == Basis::Unknown);
    let expected = if unknown || !pair_probe().shows_unowned() {
        Verdict::CouldNotTell
    } else {
        Verdict::AsExpected
    };
    assert_eq!(result.verdict(), expected, "{result:#?}");
    if cfg!(target_os = "linux") {
        assert!(!unknown, "what Linux does was measured: {result:#?}");
    }
    assert!(result.finished && result.calls.iter().len() > 0 && !result.steps.is_empty());
    assert!(result.took < limit + Duration::from_secs(1), "{:?}", result.took);
    for text in [scenario.title(), scenario.teaches()] {
        assert_ne!(text.plain(), text.id(), "a sentence is missing");
    }
    result
}
