//! What a run's listener lets in, and where it may listen again.

use std::sync::Arc;

use sockscope::lab::Program;
use sockscope::lab::program::{Address, Answer, MAX_HELD, Treatment};
use sockscope::os::pair_probe;

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
