//! What to try next: one or two things that can be done now and show something.

use std::net::Shutdown;

use super::pair::Side;
use crate::gui::pages::lab::end::Known;
use crate::gui::pages::lab::setup::{Choices, Place};
use crate::lab::{
    BenchState, Command, Holding, Linger, On, OptionName, OptionValue, Server, Target, Which,
    plain_errno,
};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

/// What a suggestion does.
#[derive(Clone, Debug)]
pub(super) enum Doing {
    /// It sends these.
    Send(Vec<Command>),
    /// It chooses something, and the next connection has it.
    Choose(Box<Choices>),
}

/// More than the buffers of both ends hold.
const FILLS: usize = 8 * 1024 * 1024;

/// How many are shown.
const MOST: usize = 2;

/// What can be tried with the shown connection; with none, how to make one.
pub(super) fn suggestions(
    bench: &BenchState,
    choices: &Choices,
    sides: Option<&[Side; 2]>,
    failed: Option<&str>,
) -> Vec<(Text, Doing)> {
    if bench.failure.is_some() {
        return Vec::new();
    }
    let mut found = match (sides, choices.shown(bench)) {
        (Some(sides), Some(shown)) => {
            let number = shown.number;
            let local = shown.pair.map(|pair| pair.client);
            let near = Near {
                bench,
                choices,
                number,
                local,
                server: match shown.target {
                    Target::BuiltIn(server) => Some(server),
                    Target::Typed(_) => None,
                },
            };
            match failed {
                Some(errno) => near.after(errno),
                None => near.suggest(sides),
            }
        }
        _ => match choices.connect(bench) {
            Ok(commands) => vec![(text!("lab_bench_page.next.connect"), Doing::Send(commands))],
            Err(_) if choices.is_foreign() => vec![(text!("lab_bench_page.next.built_in"), {
                Doing::Choose(Box::new(Choices { place: Place::BuiltIn4, ..choices.clone() }))
            })],
            Err(_) => vec![(text!("lab_bench_page.next.any_local"), {
                let mut any = choices.clone();
                any.of_client().address.clear();
                any.of_client().port.clear();
                Doing::Choose(Box::new(any))
            })],
        },
    };
    found.truncate(MOST);
    found
}

/// The shown connection and what is chosen.
struct Near<'a> {
    bench: &'a BenchState,
    choices: &'a Choices,
    number: u64,
    local: Option<std::net::SocketAddr>,
    /// The built-in listener that the connection is to.
    server: Option<Server>,
}

impl Near<'_> {
    fn on(&self, end: End) -> On {
        On { end, of: Which::Connection(self.number) }
    }

    fn suggest(&self, sides: &[Side; 2]) -> Vec<(Text, Doing)> {
        let [client, peer] = sides;
        let mut found = Vec::new();
        if peer.waits
            && let Some(server) = self.server
        {
            found.push((
                text!("lab_bench_page.next.accept"),
                Doing::Send(vec![Command::Accept { server }]),
            ));
        }
        if client.state() == Some(State::Established) && peer.state() == Some(State::Established) {
            self.open(client, peer, &mut found);
        }
        for (this, other) in [(client, peer), (peer, client)] {
            self.one(this, other, &mut found);
        }
        if client.known == Known::NoRow && peer.known == Known::NoRow {
            self.over(sides, &mut found);
        }
        found
    }

    fn open(&self, client: &Side, peer: &Side, found: &mut Vec<(Text, Doing)>) {
        if client.holding == Holding::Held && client.unsent > Some(0) {
            let close = Command::Close { on: self.on(End::Client) };
            found.push((text!("lab_bench_page.next.close_full"), Doing::Send(vec![close])));
        }
        if peer.unread > Some(0) && peer.holding == Holding::Held {
            let close = Command::Close { on: self.on(End::Peer) };
            found.push((text!("lab_bench_page.next.close_unread"), Doing::Send(vec![close])));
        }
        if peer.holding == Holding::Held {
            let half = Command::Shutdown { on: self.on(End::Peer), how: Shutdown::Write };
            found.push((text!("lab_bench_page.next.half_close"), Doing::Send(vec![half])));
        }
        if client.holding == Holding::Held {
            let fill = Command::Send { on: self.on(End::Client), bytes: FILLS };
            found.push((text!("lab_bench_page.next.fill"), Doing::Send(vec![fill])));
        }
    }

    fn one(&self, this: &Side, other: &Side, found: &mut Vec<(Text, Doing)>) {
        let on = self.on(this.end);
        let word = || match this.end {
            End::Client => text!("lab_bench_page.word.client"),
            End::Peer => text!("lab_bench_page.word.peer"),
        };
        let across = || match other.end {
            End::Client => text!("lab_bench_page.word.client"),
            End::Peer => text!("lab_bench_page.word.peer"),
        };
        let held = this.holding == Holding::Held;
        match this.state() {
            Some(State::CloseWait) if held => {
                if other.known == Known::NoRow {
                    let send = Command::Send { on, bytes: 1 };
                    let twice = Doing::Send(vec![send.clone(), send]);
                    found.push((text!("lab_bench_page.next.send_twice", this = word()), twice));
                } else if this.unread > Some(0) {
                    let read = Doing::Send(vec![Command::ReadToEnd { on }]);
                    found.push((text!("lab_bench_page.next.read_to_end", this = word()), read));
                }
                let close = Doing::Send(vec![Command::Close { on }]);
                found.push((self.closing(this, word()), close));
                if other.holding == Holding::Held {
                    let close = Command::Close { on: self.on(other.end) };
                    let send = Command::Send { on, bytes: 1 };
                    let all = Doing::Send(vec![close, send.clone(), send]);
                    let text = text!(
                        "lab_bench_page.next.close_then_send",
                        other = across(),
                        this = word()
                    );
                    found.push((text, all));
                }
            }
            Some(State::FinWait1 | State::LastAck | State::Closing)
                if other.holding == Holding::Held && this.unsent > Some(1) =>
            {
                let read = Doing::Send(vec![Command::ReadToEnd { on: self.on(other.end) }]);
                found.push((text!("lab_bench_page.next.drain", other = across()), read));
            }
            Some(State::TimeWait) if this.end == End::Client && self.server.is_some() => {
                self.same_port(found);
            }
            Some(State::SynSent) => {
                let accept = |server| Doing::Send(vec![Command::Accept { server }]);
                found.extend(
                    self.server.map(|server| (text!("lab_bench_page.next.accept"), accept(server))),
                );
            }
            Some(State::Established) if held && other.known == Known::NoRow => {
                let send = Command::Send { on, bytes: 1 };
                let twice = Doing::Send(vec![send.clone(), send]);
                found.push((text!("lab_bench_page.next.send_twice", this = word()), twice));
            }
            _ => {}
        }
    }

    /// What a close of this end does, as its options are.
    fn closing(&self, this: &Side, word: Text) -> Text {
        let asked = self.bench.connection(self.number).map(|it| it.end(this.end).asked);
        let linger = asked.and_then(|asked| asked.get(OptionName::Linger));
        if linger == Some(OptionValue::Linger(Linger::Seconds(0))) {
            text!("lab_bench_page.next.close_resets", this = word)
        } else {
            text!("lab_bench_page.next.close", this = word)
        }
    }

    /// The same addresses and ports once more: refused while TIME_WAIT has them, unless both sockets share.
    fn same_port(&self, found: &mut Vec<(Text, Doing)>) {
        let Some(local) = self.local else { return };
        let port = local.port().to_string();
        if self.choices.clients[self.choices.client as usize].port == port {
            self.connect(text!("lab_bench_page.next.connect_same"), found);
        } else {
            let mut again = self.choices.clone();
            again.of_client().port.clone_from(&port);
            let text = text!("lab_bench_page.next.same_port", port = port);
            found.push((text, Doing::Choose(Box::new(again))));
        }
    }

    /// What to try after making a connection failed so.
    fn after(&self, errno: &str) -> Vec<(Text, Doing)> {
        let mut found = Vec::new();
        let client = &self.choices.clients[self.choices.client as usize];
        match plain_errno(errno) {
            "EADDRINUSE" | "EADDRNOTAVAIL" if !client.port.is_empty() => {
                let reuse = Some(OptionValue::Switch(true));
                if client.options.get(OptionName::ReuseAddress) == reuse {
                    self.connect(text!("lab_bench_page.next.connect_same"), &mut found);
                } else {
                    let mut again = self.choices.clone();
                    let options = &mut again.of_client().options;
                    options.set(OptionName::ReuseAddress, reuse);
                    let text = text!("lab_bench_page.next.reuse");
                    found.push((text, Doing::Choose(Box::new(again))));
                }
                let mut any = self.choices.clone();
                any.of_client().port.clear();
                found.push((text!("lab_bench_page.next.any_port"), Doing::Choose(Box::new(any))));
            }
            "ECONNREFUSED" if self.server.is_some() => {
                let last = self.server.and_then(|server| {
                    let address = self.bench.listener(server).last_address?;
                    self.choices.open(server, address.ip(), None).ok()
                });
                // On a port of the kernel's choice, which nobody has: the old one may still have accepted connections.
                if let Some(open) = last {
                    found.push((text!("lab_bench_page.next.listen"), Doing::Send(vec![open])));
                }
                self.connect(text!("lab_bench_page.next.connect_again"), &mut found);
            }
            _ => self.connect(text!("lab_bench_page.next.connect_again"), &mut found),
        }
        let shown = self.bench.connection(self.number);
        if shown.is_some_and(|it| it.end(End::Client).holding == Holding::Held) {
            let close = Doing::Send(vec![Command::Close { on: self.on(End::Client) }]);
            let word = text!("lab_bench_page.word.client");
            found.push((text!("lab_bench_page.next.close_left", this = word), close));
        }
        found
    }

    fn connect(&self, text: Text, found: &mut Vec<(Text, Doing)>) {
        if let Ok(commands) = self.choices.connect(self.bench) {
            found.push((text, Doing::Send(commands)));
        }
    }

    fn over(&self, sides: &[Side; 2], found: &mut Vec<(Text, Doing)>) {
        for side in sides.iter().filter(|side| side.holding == Holding::Held) {
            let word = match side.end {
                End::Client => text!("lab_bench_page.word.client"),
                End::Peer => text!("lab_bench_page.word.peer"),
            };
            let send = Doing::Send(vec![Command::Send { on: self.on(side.end), bytes: 1 }]);
            found.push((text!("lab_bench_page.next.send_dead", this = word.clone()), send));
            let close = Doing::Send(vec![Command::Close { on: self.on(side.end) }]);
            found.push((text!("lab_bench_page.next.close_left", this = word), close));
        }
        self.connect(text!("lab_bench_page.next.connect_again"), found);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::lab::{Bench, Connect, OpenListener, loopback};

    #[test]
    fn what_waits_is_accepted_where_it_waits_whatever_is_chosen_for_the_next() {
        let bench = Bench::start(Arc::new(|| {})).expect("threads");
        let server = Server::Second;
        let address = loopback().ip();
        bench.send(Command::OpenListener(OpenListener { address, ..OpenListener::new(server) }));
        bench.send(Command::AcceptAutomatically { server, yes: false });
        bench.send(Command::Connect(Connect::new(Target::BuiltIn(server))));
        let choices = Choices::default();
        assert_ne!(choices.server(), server);
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let state = bench.latest();
            let sides =
                choices.shown(&state).map(|shown| End::ALL.map(|end| Side::of(&state, shown, end)));
            let found = suggestions(&state, &choices, sides.as_ref(), None);
            let accepts = |doing: &Doing| match doing {
                Doing::Send(commands) => commands.iter().find_map(|command| match command {
                    Command::Accept { server } => Some(*server),
                    _ => None,
                }),
                Doing::Choose(_) => None,
            };
            if let Some(found) = found.iter().find_map(|(_, doing)| accepts(doing)) {
                assert_eq!(found, server);
                return;
            }
            assert!(Instant::now() < deadline, "{found:?} {sides:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
