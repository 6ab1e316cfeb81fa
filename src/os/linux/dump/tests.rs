use std::collections::VecDeque;

use super::super::sock_diag::tests::{body, message};
use super::*;
use crate::model::State;

const DIAG: u16 = 20;
const COMPAT: u16 = 18;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const INTERRUPTED: u16 = 0x10;

/// What the kernel answers to one request.
#[derive(Clone)]
enum Answer {
    Rows(Vec<[u8; 2]>),
    Interrupted(Vec<[u8; 2]>),
    Refused(i32),
    Broken,
    Nothing,
}

/// A kernel with a script: one answer a request.
#[derive(Default)]
struct Scripted {
    answers: VecDeque<Answer>,
    waiting: VecDeque<Vec<u8>>,
    requests: Vec<u16>,
}

impl Scripted {
    fn new(answers: &[Answer]) -> Self {
        Self { answers: answers.iter().cloned().collect(), ..Self::default() }
    }
}

impl Wire for Scripted {
    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        let kind = u16::from_ne_bytes([request[4], request[5]]);
        let sequence = u32::from_ne_bytes([request[8], request[9], request[10], request[11]]);
        self.requests.push(kind);
        let row = |[state, inode]: &[u8; 2]| {
            let ends = ["10.0.0.1:5000", "10.0.0.9:443"];
            message(DIAG, 0, sequence, &body(ends, [*state, 0], [1, u32::from(*inode)]))
        };
        let (rows, flags) = match self.answers.pop_front() {
            Some(Answer::Rows(rows)) => (rows, 0),
            Some(Answer::Interrupted(rows)) => (rows, INTERRUPTED),
            Some(Answer::Refused(errno)) => {
                let errno = (-errno).to_ne_bytes();
                self.waiting.push_back(message(ERROR, 0, sequence, &errno));
                return Ok(());
            }
            Some(Answer::Broken) => {
                self.waiting.push_back(vec![1, 2, 3]);
                return Ok(());
            }
            Some(Answer::Nothing) => return Ok(()),
            None => return Err(io::ErrorKind::BrokenPipe.into()),
        };
        // What is left of a request that was given up comes first.
        self.waiting.push_back(message(DIAG, 0, sequence.wrapping_sub(1), &[]));
        for part in rows.chunks(2) {
            self.waiting.push_back(part.iter().flat_map(row).collect());
        }
        self.waiting.push_back(message(DONE, flags, sequence, &[0; 4]));
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let datagram = self.waiting.pop_front().ok_or(io::ErrorKind::TimedOut)?;
        buffer[..datagram.len()].copy_from_slice(&datagram);
        Ok(datagram.len())
    }
}

fn table(answers: &[Answer]) -> Result<Table, String> {
    Diagnostics::new(Box::new(Scripted::new(answers))).table()
}

fn states(table: &Table) -> Vec<State> {
    table.sockets.iter().map(|socket| socket.state).collect()
}

#[test]
fn both_families_come_in_one_walk() {
    let table = table(&[Answer::Rows(vec![[1, 1], [8, 2], [10, 3]])]).expect("a table");
    assert_eq!(states(&table), [State::Established, State::CloseWait, State::Listen]);
    assert_eq!(table.gaps, []);
}

#[test]
fn a_kernel_without_that_request_is_asked_for_each_family_from_then_on() {
    let rows = || Answer::Rows(vec![[1, 1]]);
    let answers = [Answer::Refused(22), rows(), rows(), rows(), rows()];
    let mut diagnostics = Diagnostics::new(Box::new(Scripted::new(&answers)));
    for _ in 0..2 {
        let table = diagnostics.table().expect("a table");
        assert_eq!((table.sockets.len(), table.gaps), (2, Vec::new()));
    }
    assert!(diagnostics.apart);
    assert!(diagnostics.table().is_err(), "the script has ended: no more requests than these");
}

#[test]
fn a_kernel_that_is_only_out_of_memory_is_asked_for_both_again() {
    let rows = || Answer::Rows(vec![[1, 1]]);
    let mut diagnostics =
        Diagnostics::new(Box::new(Scripted::new(&[Answer::Refused(12), rows(), rows(), rows()])));
    assert_eq!(diagnostics.table().map(|table| table.sockets.len()), Ok(2));
    assert!(!diagnostics.apart);
    assert_eq!(diagnostics.table().map(|table| table.sockets.len()), Ok(1));
}

#[test]
fn a_family_that_is_refused_is_a_gap_and_not_an_empty_one() {
    let table = table(&[Answer::Refused(22), Answer::Rows(vec![[1, 1]]), Answer::Refused(2)]);
    let table = table.expect("a table");
    assert_eq!(table.sockets.len(), 1);
    let [Gap::FamilyUnreadable { family: Family::V6, cause }] = table.gaps.as_slice() else {
        panic!("one gap: {:?}", table.gaps);
    };
    assert!(cause.contains("os error 2"), "{cause}");
}

#[test]
fn a_refusal_of_everything_is_an_error_with_the_kernels_answer() {
    let refused = table(&[Answer::Refused(1), Answer::Refused(1), Answer::Refused(1)]);
    assert!(refused.is_err_and(|cause| cause.contains("os error 1")));
    assert!(table(&[Answer::Broken]).is_err_and(|cause| cause.contains("without a header")));
    assert!(table(&[Answer::Nothing]).is_err(), "no answer in time");
    assert!(table(&[]).is_err(), "the request does not go out");
}

#[test]
fn an_interrupted_dump_is_read_once_more_and_then_said() {
    let once = table(&[Answer::Interrupted(vec![[1, 1]]), Answer::Rows(vec![[1, 1], [1, 2]])]);
    let once = once.expect("a table");
    assert_eq!((once.sockets.len(), once.gaps), (2, Vec::new()));
    let twice = [Answer::Interrupted(vec![[1, 1]]), Answer::Interrupted(vec![[1, 1]])];
    assert_eq!(table(&twice).expect("a table").gaps, [Gap::Interrupted]);
}

#[test]
fn a_state_that_is_not_known_is_counted() {
    let table = table(&[Answer::Rows(vec![[99, 1], [1, 2]])]).expect("a table");
    assert_eq!(table.gaps, [Gap::UnknownState { rows: 1 }]);
}

#[test]
fn a_single_look_tells_no_row_from_a_listener_and_from_a_failure() {
    let find = |answers: &[Answer]| {
        let mut diagnostics = Diagnostics::new(Box::new(Scripted::new(answers)));
        let (local, remote) = (([10, 0, 0, 1], 5_000).into(), ([10, 0, 0, 9], 443).into());
        diagnostics.find(local, remote)
    };
    let state = |found: Result<Option<Socket>, String>| found.map(|row| row.map(|row| row.state));
    assert_eq!(state(find(&[Answer::Rows(vec![[8, 1]])])), Ok(Some(State::CloseWait)));
    assert_eq!(state(find(&[Answer::Rows(vec![[10, 1]])])), Ok(None));
    assert_eq!(state(find(&[Answer::Refused(2)])), Ok(None));
    assert!(find(&[Answer::Refused(1)]).is_err());
}

#[test]
fn requests_are_of_the_kind_that_they_say() {
    let mut wire = Scripted::new(&[Answer::Rows(vec![]), Answer::Rows(vec![])]);
    wire.send(&Request::Both.bytes(1)).expect("it goes");
    wire.send(&Request::One(Family::V6).bytes(2)).expect("it goes");
    assert_eq!(wire.requests, [COMPAT, DIAG]);
}
