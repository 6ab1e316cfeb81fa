//! What a run says of an end that no row tells of.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::Program;
use sockscope::lab::program::{Answer, Eyes, Fate, Judged, Processes, Setup, Treatment, Trouble};
use sockscope::os::held_sockets;

use super::{LINUX, address, connect, errno, listener, mine, read_to_end, start, wait};

/// The descriptors of this process ran out, as Linux numbers it.
const EMFILE: i32 = 24;

#[test]
fn who_closes_in_time_after_a_reset_closes() {
    if !LINUX {
        // Only there a process' descriptors are looked at.
        return;
    }
    let grace = Duration::from_millis(700);
    let program = start(Setup { grace, ..listener(Treatment::Reset, Answer::Nothing) });
    let began = Instant::now();
    let stream = connect(address(&program));
    read_to_end(&stream);
    thread::sleep(Duration::from_millis(150));
    drop(stream);
    let lasted = began.elapsed();
    let state = wait(&program, |state| mine(state).is_some_and(|party| party.closed == 1));
    let Fate::Closed { took: Some(took), kept, .. } = state.connections[0].fate else {
        panic!("{:#?}", state.connections)
    };
    assert!(took >= Duration::from_millis(150) && kept <= lasted, "{took:?} {kept:?} {lasted:?}");
    assert!(took <= kept + state.interval, "{:?} {took:?} {kept:?}", state.interval);
    // On a machine that is very busy the test itself may be late.
    let expected = if lasted < grace { Judged::Closes } else { state.judged.expect("a verdict") };
    assert_eq!(state.judged, Some(expected), "{took:?} {kept:?}");
}

#[test]
fn who_closes_late_after_a_reset_kept_it_until_the_last_look_that_found_it() {
    if !LINUX {
        return;
    }
    let program = start(listener(Treatment::Reset, Answer::Nothing));
    let stream = connect(address(&program));
    read_to_end(&stream);
    // Longer than the grace, and not so long that a picture made once a second would find it.
    thread::sleep(Duration::from_millis(850));
    drop(stream);
    let state = wait(&program, |state| mine(state).is_some_and(|party| party.closed == 1));
    assert_eq!(state.judged, Some(Judged::Keeps), "{:#?}", state.connections);
}

#[test]
fn descriptors_that_cannot_be_read_for_a_moment_are_read_again_and_nothing_is_concluded() {
    if !LINUX {
        return;
    }
    let broken = Arc::new(AtomicBool::new(true));
    let held = {
        let broken = Arc::clone(&broken);
        move |pid| {
            let is_broken = broken.load(Ordering::Relaxed);
            if is_broken { Err(io::Error::from_raw_os_error(EMFILE)) } else { held_sockets(pid) }
        }
    };
    let processes = Processes { held: Box::new(held), ..Processes::of_this_computer() };
    let eyes = Eyes { processes, ..Eyes::of_this_computer() };
    let setup = listener(Treatment::Reset, Answer::Nothing);
    let program = Program::start_with(setup, eyes, Arc::new(|| {})).expect("two threads");
    let stream = connect(address(&program));
    read_to_end(&stream);
    let state = wait(&program, |state| {
        state.trouble.is_some() && !matches!(state.judged, None | Some(Judged::TooEarly(_)))
    });
    let Some(Trouble::Descriptors(error)) = &state.trouble else { panic!("{:?}", state.trouble) };
    assert_eq!(error.errno, errno("EMFILE"));
    assert_eq!(state.judged, Some(Judged::CouldNotTell), "{:#?}", state.connections);
    assert!(!state.connections[0].is_over(), "{:#?}", state.connections);
    broken.store(false, Ordering::Relaxed);
    let state = wait(&program, |state| state.judged == Some(Judged::Keeps));
    assert_eq!((state.parties[0].unseen, &state.trouble), (1, &None));
    drop(stream);
}
