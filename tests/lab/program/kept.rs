//! What a run says of an end that no row tells of.

use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::program::{Answer, Fate, Judged, Setup, Treatment};

use super::{LINUX, address, connect, listener, mine, read_to_end, start, wait};

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
    assert!(took - kept <= state.interval, "{:?} {took:?} {kept:?}", state.interval);
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
