//! What the system does with a bench's sockets when its process ends: the rows of A5 that no bench can show of itself.
//!
//! By hand: connect one window's bench to `sockscope lab listen` and end the window's process. These tests are a program of
//! their own: a process that is being started has every descriptor of its parent for a moment, and other tests close some.

#![expect(clippy::expect_used, reason = "a helper of a test fails by failing the test")]

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{self, Child, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::{
    BACKLOG, Bench, BenchState, Cancel, Command, Connect, LabSocket, Linger, Listener, MAX_SEND,
    NUMBERING, Numbering, On, PATIENCE, Recorder, SocketOptions, Target, Which, loopback,
};
use sockscope::model::State;
use sockscope::model::lab::End;
use sockscope::os::{Pair, pair_probe};

/// Where the process connects to, how long its close would linger, and whether it fills the connection first.
const ADDRESS: &str = "SOCKSCOPE_TEST_ADDRESS";
const LINGER: &str = "SOCKSCOPE_TEST_LINGER";
const FILL: &str = "SOCKSCOPE_TEST_FILL";

/// What the process prints when it has done all that, before the number of bytes that its kernel took.
const READY: &str = "the client is ready";

/// How this system calls a reset.
const RESET: &str = match NUMBERING {
    Numbering::WinSock => "WSAECONNRESET",
    Numbering::Linux | Numbering::Bsd => "ECONNRESET",
};

/// Longer than any test waits, so that an end that lingered would be seen.
const LONG: u16 = 60;

/// One test at a time: each starts processes.
static ALONE: Mutex<()> = Mutex::new(());

/// How a process ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Exit,
    Kill,
}

/// The process: this test's own program again. It ends as it is told, and its bench never gets to close anything.
#[test]
#[ignore = "is a process that other tests start and end"]
#[expect(clippy::disallowed_methods, reason = "to end without closing anything is what it is for")]
fn a_client_whose_process_ends() {
    let Ok(address) = env::var(ADDRESS) else {
        eprintln!("not checked: there is nothing to connect to");
        return;
    };
    let seconds = env::var(LINGER).ok().and_then(|it| it.parse().ok()).expect("seconds");
    let fills = env::var(FILL).is_ok();
    let bench = Bench::start(Arc::new(|| {})).expect("four threads");
    bench.send(Command::Connect(Connect {
        options: SocketOptions::NONE.linger(Linger::Seconds(seconds)),
        blocking: !fills,
        ..Connect::new(Target::Typed(address))
    }));
    wait(&bench, |state| {
        state.finished == 1 && state.connections.iter().any(|it| it.pair.is_some())
    });
    if fills {
        let on = On { end: End::Client, of: Which::All };
        bench.send(Command::Send { on, bytes: MAX_SEND });
        wait(&bench, |state| state.finished == 2);
    }
    let sent = bench.latest().connections.last().map_or(0, |it| it.end(End::Client).sent);
    writeln!(io::stdout(), "{READY} {sent}").expect("standard output");
    io::stdin().read_line(&mut String::new()).expect("standard input");
    process::exit(0);
}

fn wait(bench: &Bench, enough: impl Fn(&BenchState) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !enough(&bench.latest()) {
        assert!(Instant::now() < deadline, "{:?}", bench.latest());
        thread::sleep(Duration::from_millis(2));
    }
}

/// A listener's end of a connection whose client is a process, and that process.
struct Ended {
    peer: LabSocket,
    pair: Pair,
    sent: usize,
    process: Child,
    _listener: Listener,
    _alone: MutexGuard<'static, ()>,
}

impl Ended {
    fn start(seconds: u16, fill: bool) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let recorder = Recorder::new(Instant::now(), 100, Cancel::new());
        let address = SocketAddr::new(loopback().ip(), 0);
        let listener =
            Listener::open(address, SocketOptions::NONE, BACKLOG, &recorder).expect("a listener");
        let mut process = process::Command::new(env::current_exe().expect("this program"));
        process
            .args(["a_client_whose_process_ends", "--exact", "--ignored"])
            .arg("--nocapture")
            .env(ADDRESS, listener.address().to_string())
            .env(LINGER, seconds.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if fill {
            process.env(FILL, "yes");
        }
        let mut process = process.spawn().expect("a process");
        let (peer, client) =
            listener.socket().accept(PATIENCE, 1, &recorder).expect("a connection");
        let mut said = BufReader::new(process.stdout.take().expect("its output")).lines();
        let sent = said.find_map(|line| line.ok()?.split_once(READY)?.1.trim().parse().ok());
        let sent = sent.expect("the process was ready before it ended");
        let pair = Pair { client, peer: listener.address() };
        Self { peer, pair, sent, process, _listener: listener, _alone: alone }
    }

    /// Ends the process, and gives how long it took to be gone.
    fn end(&mut self, ending: Ending) -> Duration {
        let began = Instant::now();
        match ending {
            Ending::Exit => drop(self.process.stdin.take()),
            Ending::Kill => self.process.kill().expect("it is ours"),
        }
        self.process.wait().expect("its end");
        began.elapsed()
    }

    /// What each end's row says, the client's first.
    fn rows(&self) -> [Option<State>; 2] {
        let rows = pair_probe().lookup(&[self.pair]).expect("a look").remove(0);
        rows.map(|row| row.map(|row| row.state))
    }
}

#[test]
fn linger_zero_resets_when_the_process_ends_too() {
    for ending in [Ending::Exit, Ending::Kill] {
        let mut ended = Ended::start(0, false);
        assert_eq!(ended.rows(), [Some(State::Established); 2]);
        ended.end(ending);
        let received = ended.peer.recv(PATIENCE).map_err(|error| error.errno);
        assert_eq!(received, Err(RESET.to_owned()), "{ending:?}");
        assert_eq!(ended.rows(), [None; 2], "{ending:?}");
    }
}

/// Without linger {1, 0} the end of a process is a graceful close of all it had.
#[test]
fn a_process_that_ends_does_not_wait_for_its_lingering_sockets_and_loses_nothing() {
    if NUMBERING != Numbering::Linux {
        eprintln!("not checked: nobody has measured this on this system");
        return;
    }
    for ending in [Ending::Exit, Ending::Kill] {
        let mut ended = Ended::start(LONG, true);
        let took = ended.end(ending);
        assert!(took < Duration::from_secs(LONG.into()) / 2, "{ending:?} took {took:?}");
        let [client, peer] = ended.rows();
        assert_eq!(client, Some(State::FinWait1), "{ending:?}: nobody holds it any more");
        assert_eq!(peer, Some(State::Established), "{ending:?}: the FIN is behind the data");
        let (received, outcome) = ended.peer.recv_to_end(PATIENCE);
        assert_eq!(outcome, Ok(()), "{ending:?}");
        assert_eq!(received, ended.sent, "{ending:?}");
    }
}
