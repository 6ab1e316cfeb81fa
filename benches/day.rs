//! How much memory a day takes: everything that lasts from table to table is fed a simulated day of tables, one a
//! second, in which connections come and go and processes start and end, and the memory of this process is printed
//! after the first hour and at the end. Linux only, for its account of memory. `cargo bench --bench day`.

#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::expect_used, reason = "a bench that cannot go on should say so and end")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sockscope::analysis::events::Watch;
use sockscope::analysis::groups::{Groups, Tables};
use sockscope::analysis::history::History;
use sockscope::analysis::load::Loads;
use sockscope::analysis::track::Tracker;
use sockscope::model::{Descriptors, Host, Owner, Process, Snapshot, Socket, State};

/// How many sockets there are at any time.
const SOCKETS: u64 = 1_000;

/// How many of them are new in every table.
const NEW: u64 = 20;

/// For how many seconds a process lives, and how many there are at a time.
const LIFE: u64 = 600;
const PROCESSES: u64 = 40;

fn main() {
    let mut day = Day::default();
    println!("memory in MiB, {SOCKETS} sockets, {NEW} of them new every second");
    for second in 0..86_400 {
        if [60, 3_600, 6 * 3_600].contains(&second) {
            Day::print(second);
        }
        day.look(second);
    }
    Day::print(86_400);
}

#[derive(Default)]
struct Day {
    tracker: Tracker,
    loads: Loads,
    groups: Groups,
    history: History,
    events: Watch,
    before: Option<Snapshot>,
}

impl Day {
    fn look(&mut self, second: u64) {
        let at =
            SystemTime::UNIX_EPOCH + Duration::from_hours(500_000) + Duration::from_secs(second);
        let mut now = table(second, at);
        let observed = self.tracker.observe(&mut now, at);
        self.loads.observe(&now, at, false, |_| Descriptors::default());
        let before = self.before.as_ref();
        self.groups.observe(&Tables { now: &now, observed: &observed, before, at, parted: false });
        self.history.push(at, now.counts());
        self.events.observe(&now, at);
        self.before = Some(now);
    }

    fn print(second: u64) {
        let status = std::fs::read_to_string("/proc/self/status").expect("this process' status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_ascii_whitespace().next());
        let kib: f64 = kib.and_then(|kib| kib.parse().ok()).expect("a number");
        println!("  after {:>5} min: {:>6.1}", second / 60, kib / 1_024.0);
    }
}

fn table(second: u64, at: SystemTime) -> Snapshot {
    let oldest = second * NEW;
    let process = |number: u64| {
        let generation = (second + number * LIFE / PROCESSES) / LIFE;
        let pid = u32::try_from(1_000 + (generation * PROCESSES + number) % 30_000).expect("small");
        Process { pid, name: format!("worker-{number}"), started_s: Some(generation) }
    };
    let processes: Vec<Process> = (0..PROCESSES).map(process).collect();
    let sockets = (oldest..oldest + SOCKETS).map(|number| {
        let age = oldest + SOCKETS - number;
        let state = match age * 10 / SOCKETS {
            0..6 => State::Established,
            6..8 => State::CloseWait,
            _ => State::TimeWait,
        };
        let holder = processes[usize::try_from(number % PROCESSES).expect("small")].pid;
        let owner = match state {
            State::TimeWait => Owner::NoOwner,
            _ => Owner::Known(Arc::from([holder])),
        };
        let [.., high, low] = number.to_be_bytes();
        let local = SocketAddr::from(([10, 0, 0, 1], u16::from_be_bytes([high, low]) | 1_024));
        let remote = SocketAddr::from(([10, 1, low % 16, high % 16], 443));
        Socket {
            cookie: NonZeroU64::new(number + 1),
            ..Socket::new(local, Some(remote), state, owner)
        }
    });
    Snapshot {
        taken_at: at,
        host: Arc::new(Host { name: "bench".to_owned(), os: "Linux".to_owned() }),
        source: "bench".to_owned(),
        took: None,
        sockets: sockets.collect(),
        processes: processes.iter().map(|it| (it.pid, it.clone())).collect::<BTreeMap<_, _>>(),
        users: Arc::default(),
        gaps: Vec::new(),
    }
}
