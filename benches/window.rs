//! What the running program costs with its window open: processor time of all its threads and memory, with software
//! rendering on a screen of its own (Xvfb), one poll a second, nobody touching anything. Linux only, and only where
//! Xvfb and xdotool are installed. `cargo bench --bench window`, or with sizes behind `--`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]
#![expect(clippy::expect_used, reason = "a bench that cannot go on should say so and end")]

#[cfg(target_os = "linux")]
#[path = "collect/load.rs"]
mod load;
#[cfg(target_os = "linux")]
#[path = "../examples/sockload/mix.rs"]
mod mix;
#[cfg(target_os = "linux")]
#[path = "../examples/sockload/workers.rs"]
mod workers;

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{BufRead, BufReader};
    use std::path::Path;
    use std::process::{Child, Command, ExitCode, Stdio};
    use std::time::{Duration, Instant};

    use super::load::{self, Load};

    /// How long the program has to settle, and how long it is watched then.
    const SETTLE: Duration = Duration::from_secs(8);
    const WATCHED: Duration = Duration::from_secs(20);

    /// How often the kernel counts a process' time, in a second (sysconf(3), `_SC_CLK_TCK`; 100 on Linux).
    const TICKS: f64 = 100.0;

    pub fn main() -> ExitCode {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        if let Some(exit) = load::serve(&arguments) {
            return exit;
        }
        for tool in ["Xvfb", "xdotool"] {
            if Command::new(tool).arg("-version").stderr(Stdio::null()).status().is_err() {
                eprintln!("NOT RUN: {tool} is not installed");
                return ExitCode::SUCCESS;
            }
        }
        let sizes: Vec<usize> =
            arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
        println!(
            "{:>9}  {:<10} {:>8} {:>16} {:>10}",
            "sockets", "page", "core", "without drawing", "memory"
        );
        for size in if sizes.is_empty() { vec![1_000, 10_000, 100_000] } else { sizes } {
            let _load = Load::start(size);
            measure(size);
        }
        ExitCode::SUCCESS
    }

    fn measure(size: usize) {
        let screen = Screen::start();
        let folder = tempfile::tempdir().expect("a folder");
        let program = Program::start(&screen, folder.path());
        std::thread::sleep(SETTLE);
        program.watch(size, "Overview");
        screen.key("ctrl+2");
        std::thread::sleep(SETTLE);
        program.watch(size, "Sockets");
    }

    /// Ended by its id when it is dropped.
    struct Running(Child);

    impl Drop for Running {
        fn drop(&mut self) {
            if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
                eprintln!("a child: {error}");
            }
        }
    }

    struct Screen {
        _server: Running,
        display: String,
    }

    impl Screen {
        fn start() -> Self {
            let mut server = Command::new("Xvfb")
                .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("a screen");
            let mut number = String::new();
            let stdout = server.stdout.as_mut().expect("its output");
            BufReader::new(stdout).read_line(&mut number).expect("its number");
            Self { _server: Running(server), display: format!(":{}", number.trim()) }
        }

        fn key(&self, keys: &str) {
            let search = ["search", "--sync", "--name", "Sockscope", "windowfocus", "key", keys];
            let status =
                Command::new("xdotool").args(search).env("DISPLAY", &self.display).status();
            assert!(status.is_ok_and(|status| status.success()), "the key arrives");
        }
    }

    /// A task's name, and its time: fields 2, 14 and 15 of `stat` (proc(5)).
    fn spent(stat: &str) -> (String, f64) {
        let (name, rest) = stat.rsplit_once(')').expect("a name in parentheses");
        let (_, name) = name.split_once('(').expect("a name in parentheses");
        let fields = rest.split_ascii_whitespace().skip(11).take(2);
        let ticks = fields.map(|field| field.parse::<f64>().expect("a number")).sum();
        (name.to_owned(), ticks)
    }

    struct Program(Running);

    impl Program {
        fn start(screen: &Screen, folder: &Path) -> Self {
            let child = Command::new(env!("CARGO_BIN_EXE_sockscope"))
                .env("DISPLAY", &screen.display)
                .env_remove("WAYLAND_DISPLAY")
                .env("XDG_CONFIG_HOME", folder)
                .env("XDG_STATE_HOME", folder)
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the program");
            Self(Running(child))
        }

        fn watch(&self, size: usize, page: &str) {
            let (began, before, workers) = (Instant::now(), self.ticks(), self.worker_ticks());
            std::thread::sleep(WATCHED);
            let share = |ticks: f64| 100.0 * ticks / TICKS / began.elapsed().as_secs_f64();
            let (all, workers) =
                (share(self.ticks() - before), share(self.worker_ticks() - workers));
            let memory = self.memory();
            println!("{size:>9}  {page:<10} {all:>6.1} % {workers:>14.1} % {memory:>6.0} MiB");
        }

        fn read(&self, file: &str) -> String {
            let path = format!("/proc/{}/{file}", self.0.0.id());
            std::fs::read_to_string(path).expect("the program runs")
        }

        /// The time of all its threads.
        fn ticks(&self) -> f64 {
            spent(&self.read("stat")).1
        }

        /// The time of the threads that read tables, sort them, and look closely; the others draw.
        fn worker_ticks(&self) -> f64 {
            let tasks = format!("/proc/{}/task", self.0.0.id());
            let tasks = std::fs::read_dir(tasks).expect("the program runs").filter_map(Result::ok);
            tasks
                .filter_map(|task| std::fs::read_to_string(task.path().join("stat")).ok())
                .map(|stat| spent(&stat))
                .filter(|(name, _)| ["sampler", "view", "inspector"].contains(&name.as_str()))
                .map(|(_, ticks)| ticks)
                .sum()
        }

        fn memory(&self) -> f64 {
            let status = self.read("status");
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let kib = line.and_then(|line| line.split_ascii_whitespace().next());
            kib.and_then(|kib| kib.parse::<f64>().ok()).expect("its memory") / 1_024.0
        }
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("NOT RUN: the window's bench makes its sockets in ways that only Linux has");
}
