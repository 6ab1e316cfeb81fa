use super::*;

/// A message as the kernel lays it out.
pub(in crate::os::linux) fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(u32::try_from(HEADER + body.len()).expect("short").to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The body of a row: `state` and `timer` by the kernel's numbers.
pub(in crate::os::linux) fn body(
    [local, remote]: [&str; 2],
    [state, timer]: [u8; 2],
    [cookie, inode]: [u32; 2],
) -> Vec<u8> {
    let (local, remote): (SocketAddr, SocketAddr) =
        (local.parse().expect("an address"), remote.parse().expect("an address"));
    let mut body = vec![if local.is_ipv4() { AF_INET } else { AF_INET6 }, state, timer, 3];
    body.extend(local.port().to_be_bytes());
    body.extend(remote.port().to_be_bytes());
    body.extend(address_bytes(local.ip()));
    body.extend(address_bytes(remote.ip()));
    for number in [2, cookie, 0, 8_000, 17, 128, 1_000, inode] {
        body.extend(number.to_ne_bytes());
    }
    body
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(u16::try_from(4 + value.len()).expect("short").to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The one row of a datagram, and whether its state was known.
fn only(datagram: &[u8]) -> (Socket, bool) {
    let (mut messages, mut sockets) = (Messages::new(datagram, 5), Vec::new());
    let Some(Ok(Message::Row { known_state })) = messages.next_into(&mut sockets) else {
        panic!("a row")
    };
    assert!(messages.next_into(&mut sockets).is_none());
    let [socket] = sockets.as_slice() else { panic!("one row") };
    (socket.clone(), known_state)
}

const ENDS: [&str; 2] = ["10.0.0.1:5000", "10.0.0.9:443"];

#[test]
fn a_row_is_read_with_all_that_it_tells() {
    let mut info = vec![0_u8; 248];
    let numbers = [
        (8, 204_000_u32),
        (16, 1_448),
        (44, 1),
        (52, 2),
        (56, 3),
        (68, 18_200),
        (72, 900),
        (80, 10),
        (100, 4),
    ];
    for (offset, value) in numbers {
        info[offset..offset + 4].copy_from_slice(&value.to_ne_bytes());
    }
    info[120..128].copy_from_slice(&5_000_000_000_u64.to_ne_bytes());
    info[128..136].copy_from_slice(&6_000_000_000_u64.to_ne_bytes());
    let mut body = body(ENDS, [8, 1], [77, 4_711]);
    // One that is not known, one that is too short, and the two that count.
    body.extend(attribute(200, &[1, 2, 3]));
    body.extend(attribute(INET_DIAG_CGROUP_ID, &[1]));
    body.extend(attribute(INET_DIAG_INFO, &info));
    body.extend(attribute(INET_DIAG_CGROUP_ID, &9_u64.to_ne_bytes()));
    let (socket, known_state) = only(&message(SOCK_DIAG_BY_FAMILY, 0, 5, &body));
    assert!(known_state);
    let expected = Socket {
        cookie: NonZeroU64::new(77),
        inode: Some(4_711),
        uid: Some(1_000),
        cgroup: NonZeroU64::new(9),
        queues: Some(Queues { receive: 17, send: 128 }),
        timer: Some(Timer { kind: TimerKind::Retransmit, remaining_ms: 8_000, tries: 3 }),
        tcp_info: Some(TcpInfo {
            rto_us: 204_000,
            send_mss: 1_448,
            last_data_sent_ms: 1,
            last_data_received_ms: 2,
            last_ack_received_ms: 3,
            rtt_us: 18_200,
            rtt_variation_us: 900,
            congestion_window: 10,
            retransmits: 4,
            bytes_acknowledged: 5_000_000_000,
            bytes_received: 6_000_000_000,
        }),
        ..Socket::new(
            ENDS[0].parse().expect("an address"),
            Some(ENDS[1].parse().expect("an address")),
            State::CloseWait,
            Owner::NoOwner,
        )
    };
    assert_eq!(socket, expected);
}

#[test]
fn a_row_without_a_descriptor_tells_no_user() {
    let (row, _) = only(&message(SOCK_DIAG_BY_FAMILY, 0, 5, &body(ENDS, [6, 3], [1, 0])));
    assert_eq!((row.inode, row.uid), (None, None));
}

#[test]
fn ipv4_on_a_dual_stack_socket_is_ipv4_and_link_local_keeps_its_interface() {
    let ends = ["[::ffff:10.0.0.1]:5000", "[::ffff:10.0.0.9]:443"];
    let (row, _) = only(&message(SOCK_DIAG_BY_FAMILY, 0, 5, &body(ends, [1, 0], [1, 1])));
    assert_eq!(row.local.to_string(), "10.0.0.1:5000");
    assert_eq!(row.remote.map(|remote| remote.to_string()).as_deref(), Some("10.0.0.9:443"));
    let (row, _) = only(&message(
        SOCK_DIAG_BY_FAMILY,
        0,
        5,
        &body(["[fe80::1]:80", "[fe80::2]:81"], [1, 0], [1, 1]),
    ));
    assert_eq!(row.local.to_string(), "[fe80::1%2]:80");
}

#[test]
fn every_state_of_the_kernel_is_known_and_another_is_said() {
    let state = |number| {
        let (row, known) =
            only(&message(SOCK_DIAG_BY_FAMILY, 0, 5, &body(ENDS, [number, 0], [1, 1])));
        (row.state, known)
    };
    let mut seen: Vec<State> = (1..=13).map(|number| state(number).0).collect();
    assert!((1..=13).all(|number| state(number).1));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, State::ALL);
    assert_eq!(state(14), (State::Closed, false));
}

#[test]
fn timers_are_named_by_what_they_do_here() {
    let kind = |state, timer, inode| {
        let row =
            only(&message(SOCK_DIAG_BY_FAMILY, 0, 5, &body(ENDS, [state, timer], [1, inode])));
        row.0.timer.map(|timer| timer.kind)
    };
    assert_eq!(kind(1, 0, 1), None);
    assert_eq!(kind(1, 2, 1), Some(TimerKind::Keepalive));
    assert_eq!(kind(5, 2, 0), Some(TimerKind::Expiry));
    assert_eq!(kind(6, 3, 0), Some(TimerKind::Expiry));
    assert_eq!(kind(9, 4, 0), Some(TimerKind::Persist));
}

#[test]
fn the_end_and_errors_are_told_apart_and_strays_are_passed_over() {
    let refused = (-1_i32).to_ne_bytes();
    let mut datagram = message(NLMSG_NOOP, 0, 5, &[]);
    datagram.extend(message(SOCK_DIAG_BY_FAMILY, 0, 4, &[]));
    datagram.extend(message(NLMSG_ERROR, 0, 5, &refused));
    datagram.extend(message(NLMSG_DONE, NLM_F_DUMP_INTR, 5, &0_i32.to_ne_bytes()));
    datagram.extend(message(NLMSG_DONE, 0, 5, &(-12_i32).to_ne_bytes()));
    let (mut messages, mut sockets) = (Messages::new(&datagram, 5), Vec::new());
    assert_eq!(messages.next_into(&mut sockets), Some(Ok(Message::Error(1))));
    assert!(!messages.interrupted);
    assert_eq!(messages.next_into(&mut sockets), Some(Ok(Message::Done)));
    assert!(messages.interrupted);
    assert_eq!(messages.next_into(&mut sockets), Some(Ok(Message::Error(12))));
    assert_eq!(messages.next_into(&mut sockets), None);
    assert_eq!(sockets, []);
}

proptest::proptest! {
    #[test]
    fn no_answer_can_hurt(bytes: Vec<u8>, cut in 0..400_usize, at in 0..300_usize, value: u8) {
        let count = |bytes: &[u8], sequence| {
            let (mut messages, mut sockets) = (Messages::new(bytes, sequence), Vec::new());
            std::iter::from_fn(|| messages.next_into(&mut sockets)).count()
        };
        count(&bytes, 0);
        let mut good = message(SOCK_DIAG_BY_FAMILY, 0, 5, &body(ENDS, [8, 1], [77, 4_711]));
        good.extend(message(SOCK_DIAG_BY_FAMILY, 0, 5, &[attribute(2, &[0; 200])].concat()));
        if let Some(byte) = good.get_mut(at) {
            *byte = value;
        }
        good.truncate(cut);
        proptest::prop_assert!(count(&good, 5) <= good.len() / HEADER + 1);
    }
}
