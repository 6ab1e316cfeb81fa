use super::*;

#[test]
fn each_blank_line_behind_a_head_is_one_request() {
    let count = |text: &str| Heads::default().ended_in(text.as_bytes());
    assert_eq!(count("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 1);
    assert_eq!(count("GET / HTTP/1.1\nHost: a\n\n"), 1);
    assert_eq!(count("\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"), 2);
    assert_eq!(count("GET / HTTP/1.1\r\nHost: a\r\n"), 0);
    assert_eq!(count("HELO a\r\n\r\nGET /\n\nHTTP/1.1 200 OK\r\n\r\n"), 0, "no requests");
    assert_eq!(count("x\n\nGET / HTTP/1.0\r\nA: b HTTP/1.2\r\n\r\nA: HTTP/1.1 c\n\n"), 1);
    let mut heads = Heads::default();
    let split: usize = "GET / HTTP/1.1\r\n\r\n".bytes().map(|it| heads.ended_in(&[it])).sum();
    assert_eq!(split, 1, "however the bytes arrive");
}

#[test]
fn a_close_takes_what_came_and_says_when_it_could_not() {
    let listener = std::net::TcpListener::bind(crate::lab::loopback()).expect("loopback");
    let address = listener.local_addr().expect("an address");
    let mut stream = std::net::TcpStream::connect(address).expect("it listens");
    let (accepted, _) = listener.accept().expect("a client");
    stream.write_all(&vec![b'x'; 20_000]).expect("there is room");
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    let mut waiting = vec![0; 20_000];
    while accepted.peek(&mut waiting).is_ok_and(|bytes| bytes < waiting.len())
        && std::time::Instant::now() < deadline
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut conn = Conn::accepted(accepted.into(), Answer::Nothing).expect("an option");
    assert_eq!(conn.drain(10_000), Left::Something);
    assert_eq!(conn.close(), Left::Nothing, "the rest was taken");
    assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "a FIN and no reset");
}

#[test]
fn a_close_that_leaves_something_unread_sends_its_fin_first() {
    let listener = std::net::TcpListener::bind(crate::lab::loopback()).expect("loopback");
    let address = listener.local_addr().expect("an address");
    let mut stream = std::net::TcpStream::connect(address).expect("it listens");
    let (accepted, _) = listener.accept().expect("a client");
    stream.set_nonblocking(true).expect("an option");
    let full = vec![b'x'; 65_536];
    while stream.write(&full).is_ok() {}
    let conn = Conn::accepted(accepted.into(), Answer::Nothing).expect("an option");
    assert_eq!(conn.close_taking(10_000), Left::Something);
    stream.set_nonblocking(false).expect("an option");
    let end = stream.read(&mut [0; 1]);
    // Linux: a reset behind a FIN breaks writing alone. Elsewhere it may break reading as well.
    let is_linux = matches!(crate::lab::NUMBERING, crate::lab::Numbering::Linux);
    assert!(!is_linux || end.as_ref().is_ok_and(|bytes| *bytes == 0), "{end:?}");
}

#[test]
fn a_connect_that_met_itself_reached_nobody() {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&crate::lab::loopback().into()).expect("loopback");
    let own = socket.local_addr().expect("an address");
    // BSD refuses it, and then nobody is met.
    if socket.connect(&own).is_err() {
        return;
    }
    let conn = Conn::accepted(socket, Answer::Nothing).expect("an option");
    let Reached::Failed(error) = conn.reached() else { panic!("it is its own other end") };
    assert_eq!(CallError::new(&error).errno, "met itself");
}
