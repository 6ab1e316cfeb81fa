//! Settings without which something that is expected cannot come: nothing can be told then, and nothing differs.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::{fs, hint};

use sockscope::lab::{Cancel, Check, Outcome, ScenarioResult, Setup, run};
use sockscope::model::State;
use sockscope::model::lab::Verdict;

use super::super::scenarios::scenario;
use super::set;

const PORTS: &str = "ip_local_port_range";

/// Eight ports that no other test has: what is left on them stays for a minute.
const FEW: &str = "21000 21007";

/// A setting that is otherwise until this is dropped.
struct Otherwise {
    name: &'static str,
    before: String,
}

impl Otherwise {
    fn set(name: &'static str, value: &str) -> Self {
        let path = format!("/proc/sys/net/ipv4/{name}");
        let before = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        set(name, value);
        Self { name, before }
    }
}

impl Drop for Otherwise {
    fn drop(&mut self) {
        set(self.name, self.before.trim());
    }
}

fn result_of(name: &str, knobs: &[&str]) -> ScenarioResult {
    let scenario = scenario(name);
    let mut setup = Setup::new(scenario);
    setup.executable = Some(env!("CARGO_BIN_EXE_sockscope").into());
    for knob in knobs {
        setup.knobs.set(knob).expect("a knob of the scenario");
    }
    run(scenario, setup, &Cancel::new())
}

/// What could not be told; everything else is as expected.
fn untold(result: &ScenarioResult) -> Vec<&Check> {
    let (told, untold): (Vec<_>, Vec<_>) =
        result.checks.iter().partition(|check| check.verdict == Verdict::AsExpected);
    let differs = untold.iter().any(|check| check.verdict == Verdict::Differs);
    assert!(!differs, "{} of {} are told: {result:#?}", told.len(), result.checks.len());
    untold
}

#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn a_scenario_is_not_run_where_a_setting_makes_its_end_impossible() {
    for (setting, value, name, knobs) in [
        ("tcp_orphan_retries", "1", "full-buffer", &[][..]),
        ("tcp_rto_max_ms", "1000", "full-buffer", &["delay=5"]),
        ("tcp_retries2", "1", "full-buffer", &[]),
        ("tcp_retries2", "1", "abort", &[]),
        ("tcp_retries2", "1", "linger", &[]),
        ("tcp_rto_min_us", "5000000", "close-wait-peer-gone", &[]),
        ("tcp_rto_min_us", "5000000", "keepalive", &[]),
    ] {
        if !fs::exists(format!("/proc/sys/net/ipv4/{setting}")).expect("an answer") {
            // Kernels before 6.11 and 6.15 have none of the two that are counted in time.
            assert!(setting.starts_with("tcp_rto_"), "{setting}");
            continue;
        }
        let _otherwise = Otherwise::set(setting, value);
        let result = result_of(name, knobs);
        let untold = untold(&result);
        assert_eq!(untold.len(), 1, "{setting} {result:#?}");
        assert_eq!(untold[0].subject.plain(), format!("net.ipv4.{setting}"));
        let observed = untold[0].observed.plain();
        assert!(observed.starts_with(&format!("{value}: ")), "{observed}");
        assert!(result.steps.is_empty() && result.calls.iter().len() == 0, "{result:#?}");
    }
}

#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn the_museum_lacks_only_what_the_settings_make_impossible() {
    for (setting, value, lacks) in [
        ("tcp_retries2", "1", &["FIN_WAIT_1", "CLOSING", "LAST_ACK"][..]),
        ("tcp_syncookies", "2", &["SYN_RECEIVED"]),
    ] {
        let _otherwise = Otherwise::set(setting, value);
        let result = result_of("state-museum", &[]);
        let mut untold = untold(&result);
        // An older kernel does not list a socket that is only bound.
        untold.retain(|check| !check.subject.plain().starts_with("CLOSED"));
        let named = format!("net.ipv4.{setting} is {value}: ");
        assert!(untold.iter().all(|it| it.observed.plain().starts_with(&named)), "{result:#?}");
        let mut lacking: Vec<String> =
            untold.iter().map(|it| it.subject.plain().replace(" held still", "")).collect();
        lacking.sort();
        let mut lacks: Vec<String> = lacks.iter().map(ToString::to_string).collect();
        lacks.sort();
        assert_eq!(lacking, lacks);
        let shown = result.exhibits.iter().all(|it| it.local.port() > 0);
        assert!(shown && result.exhibits.len() + lacks.len() == State::ALL.len(), "{result:#?}");
    }
}

#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn with_few_ports_only_the_ways_with_a_port_of_their_own_are_tried() {
    let _otherwise = Otherwise::set(PORTS, FEW);
    let result = result_of("reconnect-habits", &[]);
    let untold = untold(&result);
    for check in &untold {
        let observed = check.observed.plain();
        assert!(
            observed.starts_with(&format!("net.ipv4.ip_local_port_range is {FEW}: ")),
            "{observed}"
        );
    }
    for habit in &result.habits {
        let fixed = habit.name.starts_with("fixed-port") || habit.name == "whole-recipe";
        let expected = if fixed { Verdict::AsExpected } else { Verdict::CouldNotTell };
        assert_eq!(habit.verdict, Some(expected), "{result:#?}");
        assert_eq!(habit.outcome == Outcome::NotTried, !fixed, "{result:#?}");
    }
    assert_eq!(untold.len(), 8, "{result:#?}");
}

#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn ports_that_run_out_are_no_deviation() {
    {
        let _otherwise = Otherwise::set(PORTS, FEW);
        for (name, knob) in [("descriptor-limit", "limit=64"), ("backlog-overflow", "backlog=16")] {
            let result = result_of(name, &[knob]);
            let untold = untold(&result);
            assert_eq!(untold.len(), 1, "{result:#?}");
            let observed = untold[0].observed.plain();
            assert!(
                observed.contains("EADDRNOTAVAIL") && observed.contains("ip_local_port_range"),
                "{observed}"
            );
        }
    }
    // Enough of them, which no other test has, but nearly all are taken, which nobody can know before. A way that leaks gets
    // none back, and one that closes gets the same ones again.
    let _otherwise = Otherwise::set(PORTS, "20000 20511");
    let taken: Vec<_> = (20_000..20_496)
        .map(|port| TcpListener::bind(("0.0.0.0", port)).expect("a free port"))
        .collect();
    let result = result_of("reconnect-habits", &[]);
    drop(taken);
    for (habit, check) in result.habits.iter().zip(&result.checks) {
        let leaks =
            ["leak", "keepalive", "linger", "as-printed", "inherited"].contains(&habit.name);
        let observed = check.observed.plain();
        assert_eq!(observed.contains("EADDRNOTAVAIL: "), leaks, "{observed} {habit:?}");
        let closes = ["shutdown", "read-and-close", "shutdown-and-close"].contains(&habit.name);
        assert_eq!(observed.contains("a second time"), closes, "{observed} {habit:?}");
        let untold = check.verdict == Verdict::CouldNotTell;
        assert_eq!(untold, leaks || closes, "{result:#?}");
        assert_ne!(check.verdict, Verdict::Differs, "{result:#?}");
    }
}

/// What the server's end leaves is forgotten while the run goes on, which it does for longer where the machine is busy.
#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn a_fin_wait_2_that_is_over_is_not_missed() {
    let _otherwise = Otherwise::set("tcp_fin_timeout", "1");
    let done = AtomicBool::new(false);
    let result = thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        let result = result_of("reconnect-habits", &["reconnects=25"]);
        done.store(true, Ordering::Relaxed);
        result
    });
    for check in untold(&result) {
        let observed = check.observed.plain();
        assert!(observed.contains("The client is as expected"), "{observed}");
        assert!(observed.ends_with("net.ipv4.tcp_fin_timeout is 1 second"), "{observed}");
    }
}
