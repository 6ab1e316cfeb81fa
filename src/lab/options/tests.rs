use socket2::{Domain, Type};

use super::*;
use crate::model::lab::Role;

fn socket() -> io::Result<Socket> {
    Socket::new(Domain::IPV4, Type::STREAM, None)
}

/// What is asked of each option, and what this kernel makes of it.
fn asked(name: OptionName) -> Vec<(OptionValue, OptionValue)> {
    let same = |value| (value, value);
    match name {
        // The kernel counts these by ticks or by retransmissions, and gives back the next one up.
        OptionName::DeferAccept => {
            vec![(OptionValue::Number(3), OptionValue::Number(3))]
        }
        OptionName::ReceiveBuffer | OptionName::SendBuffer => {
            let kernel = if NUMBERING == Numbering::Linux { 32_768 } else { 16_384 };
            vec![(OptionValue::Number(16_384), OptionValue::Number(kernel))]
        }
        _ => match name.takes() {
            Takes::Switch => [true, false].map(|on| same(OptionValue::Switch(on))).into(),
            Takes::Linger => [Linger::Seconds(0), Linger::Seconds(7), Linger::Off]
                .map(|linger| same(OptionValue::Linger(linger)))
                .into(),
            Takes::Number(..) => [3, 9].map(|number| same(OptionValue::Number(number))).into(),
        },
    }
}

#[test]
fn what_is_set_on_a_living_socket_reads_back() -> io::Result<()> {
    for name in OptionName::ALL {
        let socket = socket()?;
        for (value, kernel) in asked(name) {
            let set = SocketOption { name, value }.set(&socket);
            let read = name.read(&socket);
            if name.absence().is_some() {
                assert!(set.is_err() && read.is_err(), "{name} is said to be absent");
                continue;
            }
            assert!(set.is_ok(), "{name}: {set:?}");
            assert_eq!(read?, kernel, "{name}");
        }
    }
    Ok(())
}

#[test]
fn keepalive_times_do_not_switch_it_on() -> io::Result<()> {
    let socket = socket()?;
    for name in [OptionName::KeepIdle, OptionName::KeepInterval, OptionName::KeepCount] {
        SocketOption { name, value: OptionValue::Number(2) }.set(&socket)?;
        assert!(!socket.keepalive()?, "{name}");
    }
    Ok(())
}

#[test]
fn an_option_refuses_another_kind_of_value() -> io::Result<()> {
    let wrong = SocketOption::new(OptionName::Linger, OptionValue::Switch(true));
    assert_eq!(
        wrong.set(&socket()?).map_err(|error| error.kind()),
        Err(io::ErrorKind::Unsupported)
    );
    Ok(())
}

#[test]
fn the_order_of_all_is_the_order_of_the_places() {
    for (place, name) in OptionName::ALL.into_iter().enumerate() {
        assert_eq!(name as usize, place, "{name}");
    }
    assert!(OptionName::ALL.iter().all(|name| {
        [Role::Client, Role::Peer, Role::Listener].into_iter().any(|role| name.suits(role))
    }));
}

#[test]
fn calls_are_written_as_in_c() {
    let options = SocketOptions::NONE.linger(Linger::Seconds(0)).on(OptionName::ReuseAddress);
    assert_eq!(
        options.each().map(|option| option.to_string()).collect::<Vec<_>>(),
        ["setsockopt(SO_REUSEADDR, 1)", "setsockopt(SO_LINGER, {1, 0})"]
    );
    let later = options.linger(Linger::Off);
    assert_eq!(
        later.each_unlike(options).map(|option| option.to_string()).collect::<Vec<_>>(),
        ["setsockopt(SO_LINGER, {0, 0})"]
    );
}

#[test]
fn every_run_has_a_loopback_address() {
    let (first, second) = (loopback(), loopback());
    assert!(first.ip().is_loopback() && second.ip().is_loopback());
    assert_eq!(first != second, NUMBERING == Numbering::Linux);
}
