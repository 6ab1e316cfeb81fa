//! What to try next: one or two things that can be done now and show something.

mod after;

use std::net::Shutdown;

use super::in_use::shares;
use super::pair::Side;
use crate::gui::pages::lab::end::Known;
use crate::gui::pages::lab::run::NotMade;
use crate::gui::pages::lab::setup::{Choices, Place};
use crate::lab::{
    BenchState, Command, Holding, Linger, NUMBERING, Numbering, On, OptionName, OptionValue,
    Server, Target, Which,
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
    /// Both.
    Both(Box<Choices>, Vec<Command>),
}

/// More than the buffers of both ends hold.
const FILLS: usize = 8 * 1024 * 1024;

/// How many are shown.
pub(super) const MOST: usize = 2;

/// What can be tried with the shown connection; with none, how to make one.
pub(super) fn suggestions(
    bench: &BenchState,
    choices: &Choices,
    sides: Option<&[Side; 2]>,
    failed: Option<&NotMade>,
) -> Vec<(Text, Doing)> {
    if bench.failure.is_some() {
        return Vec::new();
    }
    match (sides, choices.shown(bench)) {
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
                Some(failed) => near.after(failed),
                None => near.suggest(sides),
            }
        }
        _ => match choices.connect(bench) {
            Ok(commands) => vec![(text!("lab_bench_page.next.connect"), Doing::Send(commands))],
            Err(_) if choices.is_foreign() => vec![(text!("lab_bench_page.next.built_in"), {
                Doing::Choose(Box::new(Choices { place: Place::BuiltIn4, ..choices.clone() }))
            })],
            Err(_) => vec![(text!("lab_bench_page.next.any_local"), {
                Doing::Choose(Box::new(choices.anywhere()))
            })],
        },
    }
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
        for side in [client, peer] {
            let shown = self.bench.connection(self.number).map(|it| it.end(side.end));
            let last = shown.filter(|end| end.copies_closed > 0 && end.copies == 0);
            if last.is_some_and(|end| end.holding == Holding::Held) {
                let close = Doing::Send(vec![Command::Close { on: self.on(side.end) }]);
                found.push((text!("lab_seen.next.close_last", this = side.word()), close));
            }
        }
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
            let old = self.bench.connection(self.number).map(|it| it.end(End::Client).asked);
            let new = self.choices.clients[self.choices.client as usize].options;
            let both = old.is_some_and(|old| shares(&old)) && shares(&new);
            self.connect(
                if both || NUMBERING != Numbering::Linux {
                    text!("lab_bench_page.next.connect_same")
                } else {
                    text!("lab_seen.next.connect_same_refused")
                },
                found,
            );
        } else {
            let mut again = self.choices.clone();
            again.of_client().port.clone_from(&port);
            let text = text!("lab_bench_page.next.same_port", port = port);
            found.push((text, Doing::Choose(Box::new(again))));
        }
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
            let sides = choices
                .shown(&state)
                .map(|shown| End::ALL.map(|end| Side::of(&state, shown, end, None)));
            let found = suggestions(&state, &choices, sides.as_ref(), None);
            let accepts = |doing: &Doing| match doing {
                Doing::Send(commands) => commands.iter().find_map(|command| match command {
                    Command::Accept { server } => Some(*server),
                    _ => None,
                }),
                Doing::Choose(_) | Doing::Both(..) => None,
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
