//! What a frame costs: laying out Overview and Sockets while a table of 1 000, 10 000 and 100 000 rows changes,
//! with a filter and a sorted column, and the chart of a day. Processor time of the drawing thread alone; painting
//! is left out. `cargo bench --bench frames`, or with sizes behind `--`. Linux only, for its clock of a thread.

#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::expect_used, reason = "a bench that cannot go on should say so and end")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use jiff::tz::TimeZone;
use sockscope::gui::{App, Setup};
use sockscope::model::{
    Host, Owner, Pids, PollFailure, Process, Queues, Snapshot, Socket, State, TcpInfo,
};
use sockscope::monitor::SourceChoice;
use sockscope::os::SocketSource;

/// How long each page is drawn.
const WATCHED: Duration = Duration::from_secs(12);

/// Frames follow one another as they do while the pointer moves.
const BETWEEN: Duration = Duration::from_millis(33);

fn main() {
    let sizes: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000, 100_000] } else { sizes };
    println!("layout of one frame in ms, 1280x800, a new table every second");
    println!("{:>9}  {:<28} {:>8} {:>8} {:>8}", "sockets", "page", "median", "99 %", "worst");
    for size in sizes {
        let mut window = Window::open(size);
        window.watch(size, "Overview, 24 h");
        window.show_sockets();
        window.watch(size, "Sockets, filtered, sorted");
    }
}

/// A live source whose table changes at every poll: each hundredth row is another connection, and each
/// hundredth another state.
struct Changing {
    size: u32,
    poll: u32,
    holders: Vec<Pids>,
}

impl SocketSource for Changing {
    fn name(&self) -> &'static str {
        "bench"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        self.poll += 1;
        let sockets = (0..self.size).map(|number| self.row(number)).collect();
        let process = |pid| Process { pid, name: format!("worker-{pid}"), started_s: Some(1) };
        Ok(Some(Snapshot {
            taken_at: SystemTime::now(),
            host: Arc::new(Host { name: "bench".to_owned(), os: "Linux".to_owned() }),
            source: "bench".to_owned(),
            took: Some(Duration::from_millis(1)),
            sockets,
            processes: (1_000..1_050).map(|pid| (pid, process(pid))).collect::<BTreeMap<_, _>>(),
            users: Arc::default(),
            gaps: Vec::new(),
        }))
    }
}

impl Changing {
    fn row(&self, number: u32) -> Socket {
        let made = if number.is_multiple_of(100) { self.poll } else { 0 };
        let [_, high, middle, low] = number.to_be_bytes();
        let port = u16::try_from(20_000 + made % 20_000).expect("it is small");
        let state = match (number % 4, number % 100 == 50 && self.poll.is_multiple_of(2)) {
            (_, true) => State::LastAck,
            (0, _) => State::Established,
            (3, _) => State::TimeWait,
            _ => State::CloseWait,
        };
        let owner = match state {
            State::TimeWait => Owner::NoOwner,
            _ => Owner::Known(Arc::clone(&self.holders[number as usize % self.holders.len()])),
        };
        let local = SocketAddr::from(([10, high, middle, low], port));
        let remote = SocketAddr::from(([10, 0, 0, 9], 443));
        Socket {
            cookie: NonZeroU64::new(u64::from(number) << 20 | u64::from(made) | 1 << 60),
            queues: Some(Queues { receive: number % 3, send: 0 }),
            tcp_info: Some(TcpInfo { rtt_us: number, ..TcpInfo::default() }),
            ..Socket::new(local, Some(remote), state, owner)
        }
    }
}

struct Window(Harness<'static, App>);

impl Window {
    fn open(size: u32) -> Self {
        let holders = (0..50_u32).map(|pid| Arc::from([1_000 + pid])).collect();
        let source = Changing { size, poll: 0, holders };
        let setup = Setup {
            executable: None,
            source: SourceChoice::Other(Box::new(source)),
            settings_file: None,
            history_file: None,
            zone: TimeZone::UTC,
        };
        let harness = Harness::builder()
            .with_size(Vec2::new(1280.0, 800.0))
            .build_eframe(|cc| App::new(&cc.egui_ctx, setup).expect("threads"));
        let mut window = Self(harness);
        window.until(|window| window.0.query_by_label("24 h").is_some());
        window.0.get_by_label("24 h").click();
        window
    }

    fn until(&mut self, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !done(self) {
            assert!(Instant::now() < deadline, "the window does not get there");
            self.0.run_steps(1);
            std::thread::sleep(BETWEEN);
        }
    }

    fn show_sockets(&mut self) {
        self.0.get_by_role_and_label(Role::Tab, "Sockets").click();
        let field = |window: &Self| window.0.query_all_by_role(Role::TextInput).next().is_some();
        self.until(field);
        let input = self.0.query_all_by_role(Role::TextInput).next().expect("the filter");
        input.focus();
        self.0.run_steps(2);
        let input = self.0.query_all_by_role(Role::TextInput).next().expect("the filter");
        input.type_text("process:worker not state:time-wait");
        self.0.run_steps(2);
        self.0.key_press(Key::Escape);
        self.until(|window| window.0.query_all_by_role(Role::Row).count() > 10);
        self.0.get_by_role_and_label(Role::Button, "In state").click();
        self.until(|window| {
            let rows = window.0.query_all_by_role(Role::Row);
            let named = |state: &str| {
                rows.filter_map(|row| row.accesskit_node().label())
                    .all(|name| !name.contains(state))
            };
            named("TIME_WAIT")
        });
    }

    /// Draws for a while, and prints what frames cost.
    fn watch(&mut self, size: u32, page: &str) {
        let until = Instant::now() + WATCHED;
        let mut costs = Vec::new();
        while Instant::now() < until {
            let before = thread_time();
            self.0.step();
            costs.push((thread_time() - before) * 1_000.0);
            std::thread::sleep(BETWEEN);
        }
        costs.sort_by(f64::total_cmp);
        let at = |share: usize| costs[(costs.len() - 1) * share / 100];
        println!("{size:>9}  {page:<28} {:>8.2} {:>8.2} {:>8.2}", at(50), at(99), at(100));
    }
}

/// The processor time of this thread, in seconds (`clock_gettime(2)`).
fn thread_time() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "the clock of a thread")]
    // SAFETY: the pointer is to a whole struct of this type, which lives through the call.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(result, 0, "clock_gettime");
    Duration::new(
        u64::try_from(time.tv_sec).expect("it runs forward"),
        u32::try_from(time.tv_nsec).expect("less than a second"),
    )
    .as_secs_f64()
}
