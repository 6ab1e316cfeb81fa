//! Spreads a mix over processes, and holds it until it is told to stop.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::mix::{Held, Mix, Place, State};

const USAGE: &str = "\
sockload [--STATE N]... [--workers N] [--v6] [--net N] [--hold SECONDS]

  --STATE N   hold N sockets in this state, on loopback
  --workers   spread over at least so many processes (default 1)
  --v6        on ::1 instead of 127.NET.x.y
  --net       the second byte of the addresses (default 77)
  --hold      at most so long (default 600, at most 7200); ends with stdin
";

#[derive(Clone, Copy)]
struct Options {
    mix: Mix,
    workers: usize,
    v6: bool,
    net: u8,
    hold: Duration,
    /// Set in a worker: which it is.
    worker: Option<u8>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let hold = Duration::from_mins(10);
        let mut options =
            Self { mix: Mix::default(), workers: 1, v6: false, net: 77, hold, worker: None };
        while let Some(argument) = arguments.next() {
            if argument == "--v6" {
                options.v6 = true;
                continue;
            }
            let name = argument.strip_prefix("--").ok_or_else(|| format!("{argument}?"))?;
            let value = arguments.next().and_then(|value| value.parse::<usize>().ok());
            let value = value.ok_or_else(|| format!("{argument}: a number must follow"))?;
            let byte = || u8::try_from(value).map_err(|_| format!("{argument}: at most 255"));
            match name {
                "workers" => options.workers = value.max(1),
                "net" => options.net = byte()?,
                "hold" => options.hold = Duration::from_secs((value as u64).min(7_200)),
                "worker" => options.worker = Some(byte()?),
                name => {
                    let state = State::ALL.into_iter().find(|state| state.name() == name);
                    options.mix.set(state.ok_or_else(|| format!("{argument}?"))?, value);
                }
            }
        }
        Ok(options)
    }

    fn place(&self, worker: u8) -> Place {
        if self.v6 { Place::V6 } else { Place::V4(self.net, worker + 1) }
    }
}

/// Does what the arguments say: leads workers, or is one.
pub fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(error) => {
            let states: Vec<&str> = State::ALL.iter().map(|state| state.name()).collect();
            eprintln!("sockload: {error}\n\n{USAGE}\nstates: {}", states.join(" "));
            return ExitCode::from(2);
        }
    };
    let result = match options.worker {
        Some(worker) => work(&options, worker),
        None => lead(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sockload: {error}");
            ExitCode::FAILURE
        }
    }
}

fn lead(options: &Options) -> io::Result<()> {
    let began = Instant::now();
    let each = raise_limit()?.saturating_sub(64).max(1);
    let workers = options.workers.max(options.mix.descriptors().div_ceil(each)).min(200);
    let mut children = Vec::new();
    for worker in 0..workers {
        children.push(start(options, worker, &options.mix.part(worker, workers))?);
    }
    let mut failed = 0;
    for child in &mut children {
        let mut line = String::new();
        if let Some(stdout) = &mut child.stdout {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        failed += usize::from(line.trim() != "ready");
    }
    let pids: Vec<String> = children.iter().map(|child| child.id().to_string()).collect();
    println!(
        "READY {{\"workers\":{workers},\"failed\":{failed},\"setup_ms\":{},\"pids\":[{}]}}",
        began.elapsed().as_millis(),
        pids.join(",")
    );
    io::stdout().flush()?;
    hold(options.hold)?;
    // The end of its stdin tells a worker to leave.
    for child in &mut children {
        drop(child.stdin.take());
    }
    for mut child in children {
        child.wait()?;
    }
    Ok(())
}

fn start(options: &Options, worker: usize, part: &Mix) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    let hold = options.hold.as_secs();
    command.args(["--worker", &worker.to_string(), "--net", &options.net.to_string()]);
    command.args(["--hold", &hold.to_string()]);
    if options.v6 {
        command.arg("--v6");
    }
    for state in State::ALL {
        command.args([format!("--{}", state.name()), part.get(state).to_string()]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

fn work(options: &Options, worker: u8) -> io::Result<()> {
    raise_limit()?;
    let held = Held::make(options.place(worker), &options.mix);
    match &held {
        Ok(_) => println!("ready"),
        Err(error) => {
            eprintln!("sockload, worker {worker}: {error}");
            println!("failed");
        }
    }
    io::stdout().flush()?;
    hold(options.hold)?;
    held.map(drop)
}

/// Returns when stdin ends, or after this time.
fn hold(time: Duration) -> io::Result<()> {
    let (announce, ended) = mpsc::channel();
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        // Whatever ends it, it has ended; and nobody may be there to hear.
        let _ = io::stdin().lock().read_to_end(&mut Vec::new());
        let _ = announce.send(());
    })?;
    // Either is a reason to go on.
    let _ = ended.recv_timeout(time);
    Ok(())
}

/// Raises the number of descriptors as far as may be, and gives it.
#[expect(unsafe_code, reason = "the limits of a process")]
fn raise_limit() -> io::Result<usize> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a whole struct of this type, which lives through the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    limit.rlim_cur = limit.rlim_max;
    // SAFETY: as above; the struct is only read.
    if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX))
}
