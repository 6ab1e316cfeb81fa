//! What the kernel's settings change, done by hand: the rows of A4 that nobody can see on a machine that others use too.
//!
//! They change settings of the network namespace they run in, and so they want one of their own and one after the other:
//!
//! ```text
//! unshare --user --map-root-user --net sh -c 'ip link set lo up && cargo test --test lab -- --ignored --test-threads 1 settings::'
//! ```

mod presupposed;

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::process::Command as Process;
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::article::CLAIMS;
use sockscope::lab::{
    Cancel, Command, Connect, Local, OptionName, SCENARIOS, ScenarioResult, Server, Setup,
    SocketOptions, Target, loopback, run,
};
use sockscope::model::State;
use sockscope::model::lab::{End, Verdict};

use super::errno;
use super::hands::*;
use super::scenarios::{as_expected, scenario};

const REUSE: SocketOptions = DEFAULT.on(OptionName::ReuseAddress);

/// Longer than `tcp_tw_reuse_delay`, which is a second.
const AGED: Duration = Duration::from_millis(1300);

/// What still counts as at once, for that delay.
const AT_ONCE: Duration = Duration::from_millis(700);

/// How often something is tried again that has to be quick and was not.
const TRIES: usize = 10;

/// An address of this machine that is not in 127.0.0.0/8, which `tcp_tw_reuse` = 2 does not count as loopback.
const NOT_LOOPBACK: &str = "10.9.9.1";

/// Changes a setting of this namespace, where that is nobody else's: one that reaches no other machine.
fn set(name: &str, value: &str) {
    let routes = fs::read_to_string("/proc/self/net/route").expect("the routes of this namespace");
    let own = routes.lines().skip(1).count() == 0;
    assert!(own, "this wants a network namespace of its own, and this one reaches other machines");
    let path = format!("/proc/sys/net/ipv4/{name}");
    fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
}

fn works() -> [String; 2] {
    ["0".to_owned(), "0".to_owned()]
}

fn not_available() -> [String; 2] {
    ["0".to_owned(), errno("EADDRNOTAVAIL")]
}

/// A bench whose listeners are on a port outside the range that the kernel gives out, and where they are.
fn hands() -> Hands {
    let hands = Hands::new();
    for server in Server::ALL {
        hands.open(own(loopback().ip(), server)).expect("a listener");
    }
    hands
}

fn to(target: Target, local: Local) -> Connect {
    Connect { target, local, options: REUSE, ..connect() }
}

/// What comes of connecting: `bind`, which counts as done where it is not called, and `connect`.
fn outcome_of(hands: &Hands, connect: Connect) -> [String; 2] {
    let bound = connect.local != Local::default();
    let number = hands.try_to_connect(connect);
    let bind = if bound { hands.last(client(number), "bind") } else { "0".to_owned() };
    [bind, hands.last(client(number), "connect")]
}

/// A connection to a built-in listener whose client closed first, and when its TIME_WAIT was seen.
fn in_time_wait(hands: &Hands, local: Local) -> Instant {
    let number = hands.connect(to(Target::BuiltIn(Server::First), local));
    hands.act([
        Command::Close { on: CLIENTS },
        Command::ReadToEnd { on: PEERS },
        Command::Close { on: PEERS },
    ]);
    hands.wait_state(number, End::Client, Some(State::TimeWait));
    Instant::now()
}

/// What comes of connecting from this port again while its TIME_WAIT is young.
fn at_once(local: Local, target: &Target) -> [String; 2] {
    for _ in 0..TRIES {
        let hands = hands();
        let since = in_time_wait(&hands, local);
        let outcome = outcome_of(&hands, to(target.clone(), local));
        if since.elapsed() < AT_ONCE {
            return outcome;
        }
    }
    panic!("this machine is too busy to see what is so for {AT_ONCE:?} only");
}

/// What comes of it when it has aged.
fn aged(local: Local, target: &Target) -> [String; 2] {
    let hands = hands();
    in_time_wait(&hands, local);
    thread::sleep(AGED);
    outcome_of(&hands, to(target.clone(), local))
}

fn first() -> Target {
    Target::BuiltIn(Server::First)
}

fn second() -> Target {
    Target::BuiltIn(Server::Second)
}

#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn a_bound_port_in_time_wait_is_reused_whatever_tcp_tw_reuse_says() {
    for tw_reuse in ["0", "1", "2"] {
        set("tcp_tw_reuse", tw_reuse);
        for target in [first(), second()] {
            assert_eq!(at_once(fixed(), &target), works(), "{tw_reuse} {target:?}");
            assert_eq!(aged(fixed(), &target), works(), "{tw_reuse} {target:?}");
        }
    }
    set("tcp_tw_reuse", "2");
}

#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn without_timestamps_a_bound_port_in_time_wait_is_free_for_another_server_only() {
    set("tcp_timestamps", "0");
    assert_eq!(aged(fixed(), &first()), not_available());
    assert_eq!(at_once(fixed(), &second()), works());
    set("tcp_timestamps", "1");
}

#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn the_only_automatic_port_in_time_wait_depends_on_tcp_tw_reuse() {
    set("ip_local_port_range", "40000 40000");
    let automatic = Local::default();
    for (tw_reuse, later) in [("0", not_available()), ("1", works()), ("2", works())] {
        set("tcp_tw_reuse", tw_reuse);
        assert_eq!(at_once(automatic, &first()), not_available(), "{tw_reuse}");
        assert_eq!(aged(automatic, &first()), later, "{tw_reuse}");
        assert_eq!(at_once(automatic, &second()), works(), "{tw_reuse}");
    }
    set("tcp_tw_reuse", "2");
    set("ip_local_port_range", "32768 60999");
}

/// A server outside 127.0.0.0/8 that reads to the end of each connection and closes it second.
fn serve(address: &str) -> SocketAddr {
    let listener = TcpListener::bind((address, PORT)).expect("a listener");
    let address = listener.local_addr().expect("its address");
    let server = thread::Builder::new().name("server".to_owned()).spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.and_then(|mut stream| stream.read_to_end(&mut Vec::new()));
        }
    });
    server.expect("a thread");
    address
}

#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn tcp_tw_reuse_2_is_for_loopback_addresses_only() {
    let added = Process::new("ip").args(["address", "add", NOT_LOOPBACK, "dev", "lo"]).status();
    assert!(added.expect("ip").success());
    let target = Target::Typed(serve(NOT_LOOPBACK).to_string());
    for (tw_reuse, port, expected) in
        [("0", 40001, not_available()), ("1", 40002, works()), ("2", 40003, not_available())]
    {
        set("ip_local_port_range", &format!("{port} {port}"));
        set("tcp_tw_reuse", tw_reuse);
        let hands = Hands::new();
        let number = hands.try_to_connect(to(target.clone(), Local::default()));
        assert_eq!(hands.last(client(number), "connect"), "0", "{tw_reuse}");
        hands.act([Command::Close { on: CLIENTS }]);
        hands.wait_state(number, End::Client, Some(State::TimeWait));
        thread::sleep(AGED);
        let outcome = outcome_of(&hands, to(target.clone(), Local::default()));
        assert_eq!(outcome, expected, "{tw_reuse}");
    }
    set("tcp_tw_reuse", "2");
    set("ip_local_port_range", "32768 60999");
}

#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn time_wait_lasts_a_minute_whatever_the_settings_say() {
    set("tcp_fin_timeout", "5");
    set("tcp_tw_reuse", "1");
    let lasting = CLAIMS.iter().filter(|claim| claim.proof.takes_long().is_some());
    let proved: Vec<_> = lasting
        .map(|claim| {
            let result = as_expected(claim.proof.scenario, claim.proof.knobs);
            assert_eq!(claim.proof.verdict(&result), Verdict::AsExpected, "{result:#?}");
            claim.name
        })
        .collect();
    assert_eq!(proved, ["time-wait"]);
    set("tcp_fin_timeout", "60");
    set("tcp_tw_reuse", "2");
}

/// Runs a scenario, whose closes are a second apart where there are two. Whatever could not be told is for want of room.
fn without_room(name: &str) -> ScenarioResult {
    let scenario = scenario(name);
    let mut setup = Setup::new(scenario);
    setup.executable = Some(env!("CARGO_BIN_EXE_sockscope").into());
    if scenario.knobs().iter().any(|knob| knob.name == "wait") {
        setup.knobs.set("delay=1").expect("a knob of the scenario");
    }
    let result = run(scenario, setup, &Cancel::new());
    for check in &result.checks {
        let told = check.verdict == Verdict::AsExpected;
        let why = check.observed.plain();
        let untold =
            check.verdict == Verdict::CouldNotTell && why.contains("net.ipv4.tcp_max_tw_buckets");
        assert!(told || untold, "{check:#?} of {result:#?}");
    }
    result
}

/// TIME_WAIT and an orphan's FIN_WAIT_2 are records that the kernel may have no room for: what hangs on them cannot be told
/// then, nothing differs, and the rest is as it always is.
#[test]
#[ignore = "changes settings: wants a network namespace of its own"]
fn without_room_for_time_wait_nothing_differs() {
    set("tcp_max_tw_buckets", "0");
    let mut told = Vec::new();
    for scenario in SCENARIOS {
        if without_room(scenario.name()).verdict() == Verdict::AsExpected {
            told.push(scenario.name());
        }
    }
    let hangs_on_it = [
        "client-closes-first",
        "server-closes-first",
        "close-wait-peer-holds",
        "reconnect-habits",
        "fixed-port-time-wait",
        "server-restart",
        "full-buffer",
        "copy-keeps-open",
        "state-museum",
    ];
    let all = SCENARIOS.iter().map(|scenario| scenario.name());
    let others: Vec<_> = all.filter(|name| !hangs_on_it.contains(name)).collect();
    assert_eq!(told, others);
    // Room for some, which is used up in the midst of it.
    set("tcp_max_tw_buckets", "3");
    for name in ["reconnect-habits", "server-restart"] {
        let result = without_room(name);
        assert_eq!(result.verdict(), Verdict::CouldNotTell, "{result:#?}");
        let whole_recipe = result.habits.iter().find(|habit| habit.name == "whole-recipe");
        // It leaves nothing at the server.
        assert!(whole_recipe.is_none_or(|habit| habit.verdict == Some(Verdict::AsExpected)));
    }
    set("tcp_max_tw_buckets", "65536");
}
