use super::*;
use crate::lab::program::{Address, Payload, Side, Treatment};
use crate::model::lab::Resolution;

fn state(millis: u64) -> ProgramState {
    let target = Address::read("192.0.2.1:80").expect("a target");
    let side = Side::Client { target, payload: Payload::Nothing, count: 1 };
    let setup = Setup {
        side,
        treatment: Treatment::Close,
        after: Duration::from_secs(2),
        grace: Duration::from_secs(5),
        time: MAX_TIME,
    };
    let elapsed = Duration::from_millis(millis);
    ProgramState { phase: Phase::Running, elapsed, ..ProgramState::new(setup, Resolution::Exact) }
}

fn connection(came: u64, fate: Fate) -> Connection {
    Connection {
        number: 1,
        ours: ([127, 0, 0, 1], 40_000).into(),
        theirs: ([192, 0, 2, 1], 80).into(),
        holder: Holder::NotSeen,
        came: Duration::from_millis(came),
        fate,
        with_process: false,
        unread: false,
        our_state: None,
        their_state: None,
        inferred: false,
        send_queue: None,
    }
}

/// What is printed of these moments of one connection, each at this time.
fn printed(moments: &[(u64, Connection)]) -> Vec<(Event, u128)> {
    let mut printed = Printed::default();
    let of_one = |(now, connection): &(u64, Connection)| printed.news(connection, &state(*now));
    moments.iter().flat_map(of_one).map(|(event, at)| (event, at.as_millis())).collect()
}

#[test]
fn connecting_is_not_connected() {
    let gone = [
        (100, connection(0, Fate::Connecting)),
        (600, connection(0, Fate::Connecting)),
        (700, connection(0, Fate::Connecting)),
        (10_000, connection(0, Fate::NoAnswer { waited: Duration::from_secs(10) })),
    ];
    assert_eq!(printed(&gone), [(Event::Connecting, 0), (Event::Over, 10_000)]);
    let slow = [
        (600, connection(0, Fate::Connecting)),
        (800, connection(700, Fate::Open)),
        (1_300, connection(700, Fate::Open)),
    ];
    assert_eq!(printed(&slow), [(Event::Connecting, 0), (Event::Connected, 700)]);
}

#[test]
fn the_lines_of_a_connection_are_in_the_order_of_what_happened() {
    let ms = Duration::from_millis;
    let waiting = || connection(0, Fate::Waiting { since: ms(2_000) });
    // Our close and theirs crossed, which is found out a moment later.
    let first = Fate::Closed { at: ms(1_999), took: None, kept: Duration::ZERO };
    let crossed =
        [(600, connection(0, Fate::Open)), (2_100, waiting()), (2_200, connection(0, first))];
    assert_eq!(printed(&crossed), [(Event::Connected, 0), (Event::Over, 1_999)]);
    let late = Fate::Closed { at: ms(9_000), took: Some(ms(7_000)), kept: ms(7_000) };
    let kept = [(2_100, waiting()), (2_600, waiting()), (9_100, connection(0, late))];
    let events = [(Event::Connected, 0), (Event::Treated, 2_000), (Event::Over, 9_000)];
    assert_eq!(printed(&kept), events);
}

#[test]
fn the_lines_of_all_connections_are_in_the_order_of_what_happened() {
    let ms = Duration::from_millis;
    let mut shown = Shown::default();
    let mut due = |now: u64, connections: [Connection; 2]| -> Vec<(u64, u128)> {
        let numbered = |(number, connection)| Arc::new(Connection { number, ..connection });
        let connections = (1..).zip(connections).map(numbered).collect();
        let state = ProgramState { connections, ..state(now) };
        let lines = shown.due(&state);
        lines.iter().map(|line| (line.connection.number, line.at.as_millis())).collect()
    };
    let open = || connection(0, Fate::Open);
    assert_eq!(due(600, [open(), open()]), [(1, 0), (2, 0)]);
    // The first may have closed before we did, which is not certain yet; the second has closed since.
    let waiting = || connection(0, Fate::Waiting { since: ms(2_000) });
    let closed = || connection(0, Fate::Closed { at: ms(2_050), took: Some(ms(50)), kept: ms(50) });
    assert_eq!(due(2_100, [waiting(), closed()]), []);
    assert_eq!(due(2_300, [waiting(), closed()]), [(1, 2_000), (2, 2_050)]);
    assert_eq!(due(9_000, [waiting(), closed()]), [], "each once");
}
