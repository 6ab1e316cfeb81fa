//! One way to reconnect while it is tried: its sockets, and what the kernel says of them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Shutdown, SocketAddr};
use std::path::Path;
use std::time::Duration;

use super::ways::{Comes, Port, Then, Way, came, outcome};
use crate::lab::child::LabChild;
use crate::lab::errno::CallError;
use crate::lab::listener::{BACKLOG, Listener};
use crate::lab::options::{OptionName, SocketOptions, loopback};
use crate::lab::presupposed::PORTS;
use crate::lab::result::{Attempt, Habit, Outcome, Said};
use crate::lab::scenario::{Run, with_remedy};
use crate::lab::scenarios::look::{Rows, comes_to, rows_until, state};
use crate::lab::socket::{LabSocket, PATIENCE};
use crate::model::State;
use crate::model::lab::{End, Verdict};
use crate::os::{Pair, system_info};
use crate::text;
use crate::text::Text;

/// A way with everything that it has opened so far.
pub(super) struct Tried {
    way: &'static Way,
    /// Its own, at an address of its own.
    listener: Listener,
    /// What `bind` is asked for; the port is 0 until there is one.
    local: SocketAddr,
    made: Vec<Made>,
    /// Ports that rows of its sockets had.
    ports: BTreeSet<u16>,
    children: Vec<LabChild>,
    /// Why it cannot be tried here.
    why_not: Option<Text>,
    pub(super) habit: Habit,
}

/// One attempt.
struct Made {
    client: LabSocket,
    /// Its connection, or what failed.
    result: Result<Pair, (&'static str, CallError)>,
}

impl Tried {
    /// Prepares a way for so many attempts.
    pub(super) fn new(way: &'static Way, attempts: usize, run: &Run) -> Result<Self, CallError> {
        let listener = Listener::open(loopback(), SocketOptions::NONE, BACKLOG, run.recorder())?;
        let local = SocketAddr::new(listener.address().ip(), 0);
        let habit = Habit {
            name: way.name,
            title: (way.title)(),
            note: (way.note)(),
            recipe: way.recipe,
            attempts: vec![Attempt::Pending; attempts],
            connects: 0,
            descriptors: 0,
            close_wait: 0,
            ports: 0,
            server: BTreeMap::new(),
            error: None,
            outcome: Outcome::Running,
            verdict: None,
        };
        let (made, ports, children) = (Vec::new(), BTreeSet::new(), Vec::new());
        let why_not = Self::why_not(way, run);
        Ok(Self { way, listener, local, made, ports, children, why_not, habit })
    }

    /// Why it cannot be tried here: it needs a child process that nobody can start, or more ports than there are.
    fn why_not(way: &Way, run: &Run) -> Option<Text> {
        if way.then == Then::CloseInherited && run.executable().is_none() {
            Some(text!("lab_reuse.no_executable"))
        } else if way.port == Port::Automatic {
            PORTS.why_not()
        } else {
            None
        }
    }

    /// Why an attempt that failed says nothing of the way; none where none did so.
    fn out_of_means(&self) -> Option<&CallError> {
        let mut failed = self.made.iter().filter_map(|made| made.result.as_ref().err());
        failed.find_map(|(_, error)| error.is_out_of_means().then_some(error))
    }

    /// Why rows of the server may be missing: there was no room for them, or they are over, by time or by a reset.
    fn lacks_rows(&self, run: &Run) -> Option<Text> {
        run.no_room().or_else(|| {
            let (_, left) = self.way.comes.here().0?.server?;
            match left {
                State::FinWait2 => {
                    let lasts = system_info().limits().fin_timeout_s?;
                    let over = run.elapsed() >= Duration::from_secs(lasts);
                    over.then(|| text!("lab_settings.forgotten", n = lasts))
                }
                State::TimeWait => run.ended_early(),
                _ => None,
            }
        })
    }

    /// That ports came again which were to be chosen anew; none where none did. Linux goes through the ports to a destination
    /// from where it last was, and falls back where several processes do so at a time (`__inet_hash_connect`).
    fn port_twice(&self) -> Option<Text> {
        let again = self.habit.connects - self.pairs().len();
        (self.way.port == Port::Automatic && again > 0)
            .then(|| text!("lab_settings.port_twice", n = again))
    }

    /// Connects, has the server close, does what this way does then, and looks what has come of all attempts so far. The
    /// error is not the way's own: a call that only prepares it, or the wish to stop.
    pub(super) fn attempt(&mut self, run: &mut Run) -> Result<(), CallError> {
        if self.why_not.is_some() {
            return Ok(());
        }
        let mut client = run.client(self.way.options)?;
        let connected = self.connect(&mut client);
        let result = match connected {
            Err((_, error)) if error.is_cancelled() => return Err(error),
            Err(failed) => Err(failed),
            Ok(pair) => {
                let number = client.who().number;
                let mut peer = self.listener.accept(pair.client, number, run.recorder())?;
                peer.close(|| {})?;
                comes_to(run, pair, End::Client, Some(State::CloseWait))?;
                Ok(pair)
            }
        };
        self.made.push(Made { client, result });
        self.look(run)?;
        self.act(run)?;
        self.look(run)
    }

    fn connect(&mut self, client: &mut LabSocket) -> Result<Pair, (&'static str, CallError)> {
        if self.way.port == Port::Fixed {
            client.bind(self.local).map_err(|error| ("bind", error))?;
        }
        let peer = self.listener.address();
        client.connect(peer, PATIENCE).map_err(|error| ("connect", error))?;
        let pair =
            Pair { client: client.local_address().map_err(|error| ("getsockname", error))?, peer };
        if self.way.port == Port::Fixed {
            self.local = pair.client;
        }
        Ok(pair)
    }

    /// What the way does with the newest connection once its other end is closed.
    fn act(&mut self, run: &mut Run) -> Result<(), CallError> {
        let Some(Made { client, result: Ok(pair) }) = self.made.last_mut() else {
            return Ok(());
        };
        let pair = *pair;
        match self.way.then {
            Then::Nothing => return Ok(()),
            Then::Shutdown => client.shutdown(Shutdown::Both)?,
            Then::Close => client.close(|| {})?,
            Then::ReadAndClose => {
                client.recv(PATIENCE)?;
                client.close(|| {})?;
            }
            Then::ShutdownAndClose => {
                client.shutdown(Shutdown::Both)?;
                client.close(|| {})?;
            }
            Then::CloseInherited => {
                let executable = run.executable().unwrap_or(Path::new(""));
                self.children.push(LabChild::holding(executable, client)?);
                return client.close(|| {});
            }
        }
        // The next attempt may want the same addresses: what was closed is to be gone by then.
        comes_to(run, pair, End::Client, None).map(drop)
    }

    /// Writes down what the kernel says now of every attempt.
    fn look(&mut self, run: &mut Run) -> Result<(), CallError> {
        let pairs = self.pairs();
        let rows = run.rows_of(&pairs)?;
        self.take_in(&pairs, &rows);
        Ok(())
    }

    /// The connections it made, each once: with a fixed port many are the same to the kernel.
    fn pairs(&self) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = Vec::new();
        for pair in self.made.iter().filter_map(|made| made.result.as_ref().ok()) {
            if !pairs.contains(pair) {
                pairs.push(*pair);
            }
        }
        pairs
    }

    fn take_in(&mut self, pairs: &[Pair], rows: &[Rows]) {
        let mut waiting = BTreeSet::new();
        let mut server = BTreeMap::new();
        for (pair, rows) in pairs.iter().zip(rows) {
            if let Some(row) = &rows[End::Client as usize] {
                self.ports.insert(row.local.port());
            }
            if state(rows, End::Client) == Some(State::CloseWait) {
                waiting.insert(pair.client);
            }
            if let Some(state) = state(rows, End::Peer) {
                *server.entry(state).or_default() += 1;
            }
        }
        let habit = &mut self.habit;
        for (attempt, made) in habit.attempts.iter_mut().zip(&self.made) {
            *attempt = match &made.result {
                Err((call, error)) => Attempt::Failed { call, errno: error.errno.clone() },
                Ok(pair) if waiting.contains(&pair.client) => Attempt::CloseWait,
                Ok(_) if is_kept(&made.client) => Attempt::Kept,
                Ok(_) => Attempt::Closed,
            };
        }
        habit.connects = self.made.iter().filter(|made| made.result.is_ok()).count();
        habit.descriptors = self.made.iter().filter(|made| is_kept(&made.client)).count();
        habit.close_wait = waiting.len();
        habit.ports = self.ports.len();
        habit.server = server;
        habit.error = self
            .made
            .iter()
            .rev()
            .find_map(|made| made.result.as_ref().err())
            .map(|(call, error)| format!("{call}: {}", error.errno));
        habit.outcome = outcome(habit);
    }

    /// Waits until what is expected has come, if it does, and judges it.
    pub(super) fn judge(&mut self, run: &mut Run) -> Result<(), CallError> {
        let attempts = self.habit.attempts.len();
        let comes = self.way.comes;
        let (expected, _) = comes.here();
        let said =
            expected.map_or_else(|| text!("lab_reuse.not_judged"), |comes| comes.said(attempts));
        let title = (self.way.title)();
        let untold: Option<Said> = match (&self.why_not, self.out_of_means()) {
            (Some(why), _) => {
                self.habit.outcome = Outcome::NotTried;
                Some(why.clone().into())
            }
            (None, Some(error)) => Some(with_remedy(error)),
            (None, None) => None,
        };
        if let Some(why) = untold {
            self.habit.verdict = Some(run.could_not_tell(title, said, why));
            return Ok(());
        }
        let pairs = self.pairs();
        let may_lack_rows = self.lacks_rows(run).is_some();
        // What the server's system had no room for does not come.
        let all_there = |comes: Comes, habit: &Habit| {
            comes.fits(habit) || may_lack_rows && comes.fits_but_for_rows(habit)
        };
        rows_until(run, &pairs, |rows| {
            self.take_in(&pairs, rows);
            expected.is_none_or(|comes| all_there(comes, &self.habit))
        })?;
        let came = came(&self.habit);
        let lacks_rows = expected
            .is_some_and(|comes| !comes.fits(&self.habit) && comes.fits_but_for_rows(&self.habit));
        let fits = comes.map(|comes| comes.fits(&self.habit));
        let verdict: Verdict = match (self.lacks_rows(run), self.port_twice()) {
            (_, Some(why)) if fits.here().0 == Some(false) => run.could_not_tell(title, said, why),
            (Some(why), _) if lacks_rows => {
                let why = text!("lab_reuse.habits.client_only", came = came, why = why);
                run.could_not_tell(title, said, why)
            }
            _ => run.expect_that(title, said, came, fits),
        };
        self.habit.verdict = Some(verdict);
        Ok(())
    }
}

/// Whether this program still has the descriptor, by the kernel's word.
fn is_kept(client: &LabSocket) -> bool {
    client.is_held() && client.option(OptionName::ReuseAddress).is_ok()
}
