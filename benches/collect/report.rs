//! One size: makes the sockets, measures everything in turn, prints the table.

use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

use sockscope::os::{live_source, portable_source};

use super::cost::{Whose, median};
use super::load::Load;
use super::raw;

/// The argument by which the bench measures memory in a process of its own.
pub const MEMORY: &str = "--memory";

/// How many sockets are new at each poll of a busy machine.
const NEW: usize = 200;

pub fn run(size: usize) {
    let load = Load::start(size);
    let rows = raw::dump();
    let goes = if size > 20_000 { 11 } else { 31 };
    println!("\n{rows} sockets, processor time in ms, median of {goes}");

    let bare = median(Whose::Own, goes, || assert!(raw::dump() > 0));
    line("bare dump", bare, bare);
    let cold = median(Whose::Own, 3, || {
        live_source().poll().expect("a table");
    });
    let mut source = live_source();
    let mut poll = || {
        let snapshot = source.poll().expect("a table").expect("a live one");
        assert!(snapshot.sockets.len() >= rows / 2, "the table is there");
    };
    poll();
    let steady = median(Whose::Own, goes, &mut poll);
    line("poll with owners, nothing new", steady, bare);
    let busy = with_new_sockets(goes, &mut poll);
    line(&format!("poll with owners, {NEW} new sockets"), busy, bare);
    line("first poll", cold, bare);
    drop(source);
    let mut portable = portable_source();
    let netstat2 = median(Whose::Own, 5, || {
        portable.poll().expect("a table");
    });
    line("netstat2, with owners", netstat2, bare);
    println!("  netstat2 / poll: {:.1}", netstat2 / steady);

    let goes = if size > 20_000 { 1 } else { 5 };
    if let Some(ss) = tool(goes, "ss", &["-tanp"]) {
        line("ss -tanp", ss, bare);
        println!("  ss -tanp / poll: {:.1}", ss / steady);
    }
    let list = tool(3, env!("CARGO_BIN_EXE_sockscope"), &["list", "--json"]);
    if let Some(list) = list {
        line("sockscope list --json", list, bare);
        match tool(goes, "somo", &["--json"]) {
            Some(somo) => println!("  list --json / somo: {:.2}", list / somo),
            None => println!("  somo is not installed"),
        }
    }
    memory();
    drop(load);
}

fn line(what: &str, cost: f64, bare: f64) {
    println!("  {what:<36} {cost:>9.2}  {:>7.2}", cost / bare);
}

/// The cost of polls between which sockets were closed and as many were made, in this process.
fn with_new_sockets(goes: usize, poll: &mut impl FnMut()) -> f64 {
    let listener = TcpListener::bind("127.76.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("its address");
    let make = || -> Vec<TcpStream> {
        (0..NEW / 2)
            .flat_map(|_| {
                let client = TcpStream::connect(address).expect("a connection");
                [client, listener.accept().expect("its other end").0]
            })
            .collect()
    };
    let mut held = make();
    poll();
    let mut costs = Vec::new();
    for _ in 0..goes {
        drop(std::mem::replace(&mut held, make()));
        costs.push(median(Whose::Own, 1, &mut *poll));
    }
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}

/// A tool's processor time, its output thrown away; none when it is not there.
fn tool(goes: usize, program: &str, arguments: &[&str]) -> Option<f64> {
    let run = || {
        Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status()
    };
    run().ok()?;
    Some(median(Whose::Children, goes, || assert!(run().is_ok())))
}

/// Memory is measured in a process of its own, which has done nothing else.
fn memory() {
    let me = std::env::current_exe().expect("this program");
    let output = Command::new(me).arg(MEMORY).output().expect("it starts");
    print!("{}", String::from_utf8_lossy(&output.stdout));
}

/// Polls a few times and tells how much memory that took at the most.
pub fn measure_memory() {
    let before = resident("VmRSS:");
    let mut source = live_source();
    for _ in 0..5 {
        source.poll().expect("a table");
    }
    let peak = resident("VmHWM:");
    println!("  memory of the collector: {:.1} MiB above {before:.1} MiB", peak - before);
}

/// A value of `/proc/self/status` in MiB.
fn resident(label: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this process' status");
    let line = status.lines().find_map(|line| line.strip_prefix(label)).expect("its memory");
    let kib: f64 =
        line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number");
    kib / 1_024.0
}
