//! What a run's listener lets in, and where it may listen again.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::program::{Address, Answer, Eyes, MAX_HELD, Treatment};
use sockscope::lab::{Program, loopback};
use sockscope::model::{PollFailure, Snapshot};
use sockscope::os::{SocketSource, live_source, pair_probe};

use super::{LINUX, address, at, connect, listener, patient, read_to_end, setup, start, wait};

#[test]
fn as_many_may_wait_as_are_held_unless_the_system_says_otherwise() {
    if !LINUX {
        // Only there the table tells how many may wait.
        return;
    }
    let program = start(listener(Treatment::Close, Answer::Nothing));
    let address = address(&program);
    let row = pair_probe().listener(address).expect("a look").expect("it listens");
    let most = row.queues.map(|queues| u64::from(queues.send)).expect("Linux tells");
    match program.latest().queue {
        None => assert!(most >= MAX_HELD as u64, "{most}"),
        Some(told) => assert!(told == most && most < MAX_HELD as u64, "{told} {most}"),
    }
}

#[test]
fn a_run_may_have_the_port_that_the_kernel_chose_for_the_one_before() {
    let before = start(patient(listener(Treatment::Close, Answer::Nothing)));
    let here = address(&before);
    let stream = connect(here);
    assert_eq!(read_to_end(&stream), b"", "our FIN");
    drop(stream);
    // Our end closed first: it is in TIME_WAIT at this port.
    wait(&before, |state| state.parties.iter().any(|party| party.closed == 1));
    let setup = setup(at(Address::Known(here)), Treatment::Close);
    let after = Program::start_after(Some(before), setup, Arc::new(|| {})).expect("two threads");
    assert_eq!(address(&after), here);
    let stream = connect(here);
    assert_eq!(read_to_end(&stream), b"");
}

/// So long a table takes.
const SLOW: Duration = Duration::from_secs(6);

/// A source that takes its time.
struct Slow(Box<dyn SocketSource>);

impl SocketSource for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        thread::sleep(SLOW);
        self.0.poll()
    }
}

#[test]
fn a_run_that_follows_another_waits_for_it_on_its_own_thread() {
    let eyes = Eyes { source: Box::new(Slow(live_source())), ..Eyes::of_this_computer() };
    // Of an address that this test has alone.
    let free = TcpListener::bind(loopback()).expect("loopback");
    let here = free.local_addr().expect("an address");
    drop(free);
    let side = at(Address::Known(here));
    let setup = setup(side, Treatment::Close);
    let before = Program::start_with(setup.clone(), eyes, Arc::new(|| {})).expect("two threads");
    assert_eq!(address(&before), here);
    let stream = connect(here);
    // Its owner is looked for, which takes as long.
    thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    let after = Program::start_after(Some(before), setup, Arc::new(|| {})).expect("two threads");
    assert!(began.elapsed() < SLOW / 2, "{:?}", began.elapsed());
    assert_eq!(address(&after), here, "the port was free again");
    drop(stream);
}
