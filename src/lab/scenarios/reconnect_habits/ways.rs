//! The twelve ways to reconnect, and what is known to come of each.
//!
//! Linux was measured. Where Windows and macOS document the same for the client, the client alone is judged there.

use std::collections::BTreeMap;

use crate::lab::options::{Linger, OptionName, SocketOptions};
use crate::lab::result::{Attempt, Habit, Outcome, Recipe};
use crate::lab::scenario::Known;
use crate::model::State;
use crate::text;
use crate::text::{Arg, Text};

/// One way to reconnect.
pub(super) struct Way {
    pub(super) name: &'static str,
    pub(super) title: fn() -> Text,
    pub(super) note: fn() -> Text,
    pub(super) recipe: Recipe,
    pub(super) port: Port,
    pub(super) options: SocketOptions,
    pub(super) then: Then,
    pub(super) comes: Known<Comes>,
}

/// Which local port it takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    /// The one that the kernel gives to each connection.
    Automatic,
    /// The same for every connection: `bind`.
    Fixed,
}

/// What it does with a connection that the server has closed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    Shutdown,
    Close,
    ReadAndClose,
    ShutdownAndClose,
    /// A process that was started meanwhile has the descriptor too.
    CloseInherited,
}

/// How many of the attempts.
#[derive(Clone, Copy)]
pub(super) enum Share {
    None,
    One,
    All,
}

impl Share {
    const fn of(self, attempts: usize) -> usize {
        match self {
            Self::None => 0,
            Self::One => 1,
            Self::All => attempts,
        }
    }
}

/// What comes of a way.
#[derive(Clone, Copy)]
pub(super) struct Comes {
    connects: Share,
    descriptors: Share,
    close_wait: Share,
    ports: Share,
    /// None where it is not known.
    pub(super) server: Option<(Share, State)>,
    /// The last call that fails, and its errno.
    error: Option<(&'static str, &'static str)>,
}

impl Comes {
    /// Every attempt connects, from a port of its own, and nothing is left but TIME_WAIT at the server.
    const CURED: Self = Self {
        connects: Share::All,
        descriptors: Share::None,
        close_wait: Share::None,
        ports: Share::All,
        server: Some((Share::All, State::TimeWait)),
        error: None,
    };

    /// Every attempt connects, and stays as it is.
    const LEAK: Self = Self {
        descriptors: Share::All,
        close_wait: Share::All,
        server: Some((Share::All, State::FinWait2)),
        ..Self::CURED
    };

    /// One attempt connects; each keeps a descriptor.
    const fn stuck(call: &'static str, errno: &'static str) -> Self {
        Self {
            connects: Share::One,
            close_wait: Share::One,
            ports: Share::One,
            server: Some((Share::One, State::FinWait2)),
            error: Some((call, errno)),
            ..Self::LEAK
        }
    }

    /// The last call that fails, where more attempts are made than connect.
    fn error_among(self, attempts: usize) -> Option<(&'static str, &'static str)> {
        self.error.filter(|_| attempts > self.connects.of(attempts))
    }

    const fn at_the_client(self) -> Self {
        Self { server: None, ..self }
    }

    const fn everywhere(self) -> Known<Self> {
        Known::linux(self).windows(self.at_the_client()).macos(self.at_the_client())
    }

    /// Whether that is what came.
    pub(super) fn fits(self, habit: &Habit) -> bool {
        let attempts = habit.attempts.len();
        let server = self.server.is_none_or(|(share, state)| {
            let wanted = BTreeMap::from([(state, share.of(attempts))]);
            habit
                .server
                .iter()
                .filter(|(_, rows)| **rows > 0)
                .eq(wanted.iter().filter(|(_, rows)| **rows > 0))
        });
        let error = match (self.error_among(attempts), &habit.error) {
            (None, None) => true,
            // Windows puts a prefix before the name.
            (Some((call, errno)), Some(said)) => said.starts_with(call) && said.ends_with(errno),
            _ => false,
        };
        server
            && error
            && habit.connects == self.connects.of(attempts)
            && habit.descriptors == self.descriptors.of(attempts)
            && habit.close_wait == self.close_wait.of(attempts)
            && habit.ports == self.ports.of(attempts)
    }

    /// Whether that is what came at the client, and at the server as well but for rows that are not there.
    pub(super) fn fits_but_for_rows(self, habit: &Habit) -> bool {
        let attempts = habit.attempts.len();
        let expected = |(state, rows): (&State, &usize)| match self.server {
            Some((share, wanted)) => *state == wanted && *rows <= share.of(attempts),
            None => true,
        };
        self.at_the_client().fits(habit) && habit.server.iter().all(expected)
    }

    /// In words.
    pub(super) fn said(self, attempts: usize) -> Text {
        let server = self.server.map_or_else(
            || Arg::Text(text!("lab_reuse.not_judged")),
            |(share, state)| rows([(state, share.of(attempts))]),
        );
        let error = self.error_among(attempts).map(|(call, errno)| format!("{call}: {errno}"));
        let [connects, descriptors, close_wait, ports] =
            [self.connects, self.descriptors, self.close_wait, self.ports]
                .map(|share| share.of(attempts));
        numbers([connects, attempts, descriptors, close_wait, ports], server, error)
    }
}

/// What came of it, in words.
pub(super) fn came(habit: &Habit) -> Text {
    let Habit { connects, descriptors, close_wait, ports, .. } = *habit;
    let server = rows(habit.server.iter().map(|(state, rows)| (*state, *rows)));
    numbers(
        [connects, habit.attempts.len(), descriptors, close_wait, ports],
        server,
        habit.error.clone(),
    )
}

/// What a habit comes to, whatever was expected of it.
pub(super) fn outcome(habit: &Habit) -> Outcome {
    let any = |wanted: fn(&Attempt) -> bool| habit.attempts.iter().any(wanted);
    let left = habit.descriptors > 0 || habit.close_wait > 0;
    if any(|attempt| matches!(attempt, Attempt::Pending)) {
        Outcome::Running
    } else if any(|attempt| matches!(attempt, Attempt::Failed { .. })) {
        if left { Outcome::FailsAndLeaks } else { Outcome::Fails }
    } else if habit.close_wait > 0 {
        Outcome::Leaks
    } else if left {
        Outcome::LeaksUnseen
    } else {
        Outcome::Works
    }
}

fn numbers(
    [connects, attempts, descriptors, close_wait, ports]: [usize; 5],
    server: Arg,
    error: Option<String>,
) -> Text {
    text!(
        "lab_reuse.habits.numbers",
        connects = connects,
        attempts = attempts,
        descriptors = descriptors,
        close_wait = close_wait,
        ports = ports,
        server = server,
        error = error.map_or_else(|| Arg::Text(text!("lab_reuse.none")), Arg::Word)
    )
}

fn rows(rows: impl IntoIterator<Item = (State, usize)>) -> Arg {
    let rows: Vec<String> = rows
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if rows.is_empty() { Arg::Text(text!("lab_reuse.none")) } else { Arg::Word(rows.join(", ")) }
}

const NONE: SocketOptions = SocketOptions::NONE;
const REUSE: SocketOptions = NONE.on(OptionName::ReuseAddress);
const LINGER: Linger = Linger::Seconds(0);

/// In the order in which they are shown: what leaks, what fails, what works.
pub(super) static WAYS: [Way; 12] = [
    Way {
        name: "leak",
        title: || text!("lab_reuse.habits.leak.title"),
        note: || text!("lab_reuse.habits.leak.note"),
        recipe: Recipe::None,
        port: Port::Automatic,
        options: NONE,
        then: Then::Nothing,
        comes: Comes::LEAK.everywhere(),
    },
    Way {
        name: "keepalive",
        title: || text!("lab_reuse.habits.keepalive.title"),
        note: || text!("lab_reuse.habits.keepalive.note"),
        recipe: Recipe::None,
        port: Port::Automatic,
        options: NONE.on(OptionName::KeepAlive),
        then: Then::Nothing,
        comes: Comes::LEAK.everywhere(),
    },
    Way {
        name: "linger",
        title: || text!("lab_reuse.habits.linger.title"),
        note: || text!("lab_reuse.habits.linger.note"),
        recipe: Recipe::None,
        port: Port::Automatic,
        options: NONE.linger(LINGER),
        then: Then::Nothing,
        comes: Comes::LEAK.everywhere(),
    },
    Way {
        name: "shutdown",
        title: || text!("lab_reuse.habits.shutdown.title"),
        note: || text!("lab_reuse.habits.shutdown.note"),
        recipe: Recipe::None,
        port: Port::Automatic,
        options: NONE,
        then: Then::Shutdown,
        // The row goes as it does after a close; the descriptor stays.
        comes: Known::linux(Comes { descriptors: Share::All, ..Comes::CURED }),
    },
    Way {
        name: "fixed-port",
        title: || text!("lab_reuse.habits.fixed_port.title"),
        note: || text!("lab_reuse.habits.fixed_port.note"),
        recipe: Recipe::None,
        port: Port::Fixed,
        options: NONE,
        then: Then::Nothing,
        comes: Comes::stuck("bind", "EADDRINUSE").everywhere(),
    },
    Way {
        name: "fixed-port-reuse",
        title: || text!("lab_reuse.habits.fixed_port_reuse.title"),
        note: || text!("lab_reuse.habits.fixed_port_reuse.note"),
        recipe: Recipe::Half,
        port: Port::Fixed,
        options: REUSE,
        then: Then::Nothing,
        // macOS by its source; Windows calls what follows a second bind indeterminate.
        comes: Known::linux(Comes::stuck("connect", "EADDRNOTAVAIL"))
            .macos(Comes::stuck("connect", "EADDRINUSE").at_the_client()),
    },
    Way {
        name: "as-printed",
        title: || text!("lab_reuse.habits.as_printed.title"),
        note: || text!("lab_reuse.habits.as_printed.note"),
        recipe: Recipe::Half,
        port: Port::Automatic,
        options: REUSE.linger(LINGER),
        then: Then::Nothing,
        comes: Comes::LEAK.everywhere(),
    },
    Way {
        name: "read-and-close",
        title: || text!("lab_reuse.habits.read_and_close.title"),
        note: || text!("lab_reuse.habits.read_and_close.note"),
        recipe: Recipe::None,
        port: Port::Automatic,
        options: NONE,
        then: Then::ReadAndClose,
        comes: Comes::CURED.everywhere(),
    },
    Way {
        name: "shutdown-and-close",
        title: || text!("lab_reuse.habits.shutdown_and_close.title"),
        note: || text!("lab_reuse.habits.shutdown_and_close.note"),
        recipe: Recipe::None,
        port: Port::Automatic,
        options: NONE,
        then: Then::ShutdownAndClose,
        comes: Comes::CURED.everywhere(),
    },
    Way {
        name: "fixed-port-reuse-close",
        title: || text!("lab_reuse.habits.fixed_port_reuse_close.title"),
        note: || text!("lab_reuse.habits.fixed_port_reuse_close.note"),
        recipe: Recipe::None,
        port: Port::Fixed,
        options: REUSE,
        then: Then::Close,
        // Each connection takes the place of the last one's TIME_WAIT.
        comes: Known::linux(Comes {
            ports: Share::One,
            server: Some((Share::One, State::TimeWait)),
            ..Comes::CURED
        }),
    },
    Way {
        name: "whole-recipe",
        title: || text!("lab_reuse.habits.whole_recipe.title"),
        note: || text!("lab_reuse.habits.whole_recipe.note"),
        recipe: Recipe::Whole,
        port: Port::Fixed,
        options: REUSE.linger(LINGER),
        then: Then::Close,
        // The reset ends the server's row as well.
        comes: Comes {
            ports: Share::One,
            server: Some((Share::None, State::TimeWait)),
            ..Comes::CURED
        }
        .everywhere(),
    },
    Way {
        name: "inherited",
        title: || text!("lab_reuse.habits.inherited.title"),
        note: || text!("lab_reuse.habits.inherited.note"),
        recipe: Recipe::None,
        port: Port::Automatic,
        options: NONE,
        then: Then::CloseInherited,
        // Of the descriptors, this program has none; its child has them.
        comes: Known::linux(Comes { descriptors: Share::None, ..Comes::LEAK }),
    },
];
