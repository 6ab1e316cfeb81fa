//! The columns that `list` can print: one slice, which parsing, help, completions and errors iterate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Align;
use crate::analysis::phrases;
use crate::analysis::track::Track;
use crate::model::{Owner, Process, Snapshot, Socket, TcpInfo};
use crate::text;
use crate::text::{Text, plain_age};

/// A row and what belongs to it.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The table it is of.
    pub snapshot: &'a Snapshot,
    /// The row.
    pub socket: &'a Socket,
    /// What tracking knows of it; none where it was not asked.
    pub track: Option<&'a Track>,
    /// When the table was read.
    pub at: SystemTime,
}

/// What a row has in one column. Two of one column are in the order in which rows are sorted by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A word of a fixed set, by its place in it.
    Ranked(usize, &'static str),
    /// Any other word.
    Word(String),
    /// One end.
    Address(SocketAddr),
    /// A bare number.
    Number(u64),
    /// A user, by number; with a name where that is known.
    User(u32, Option<Arc<str>>),
    /// Microseconds.
    Micros(u64),
    /// Milliseconds.
    Millis(u64),
    /// So long at the least.
    AtLeast(Duration),
}

impl Value {
    /// For people.
    pub fn plain(&self) -> String {
        match self {
            Self::Ranked(_, word) => (*word).to_owned(),
            Self::Word(word) => word.clone(),
            Self::Address(address) => address.to_string(),
            Self::Number(number) => number.to_string(),
            Self::User(uid, name) => {
                name.as_ref().map_or_else(|| uid.to_string(), |name| (**name).to_owned())
            }
            Self::Micros(micros) => format!("{}.{:03} ms", micros / 1_000, micros % 1_000),
            Self::Millis(millis) => plain_age(Duration::from_millis(*millis)),
            Self::AtLeast(time) => text!("field.at_least", age = plain_age(*time)).plain(),
        }
    }

    /// For programs: a number in the unit that the column's heading names.
    pub fn bare(&self) -> String {
        match self {
            Self::Number(number) | Self::Micros(number) | Self::Millis(number) => {
                number.to_string()
            }
            Self::User(uid, _) => uid.to_string(),
            Self::AtLeast(time) => time.as_millis().to_string(),
            Self::Ranked(..) | Self::Word(_) | Self::Address(_) => self.plain(),
        }
    }
}

/// A column.
pub struct Field {
    /// Its name, as it is typed and printed.
    pub name: &'static str,
    /// What the name lacks to name the unit as well, for programs.
    pub unit: &'static str,
    /// On which side its values stand.
    pub align: Align,
    /// What it tells.
    pub about: fn() -> Text,
    /// What a row has in it; none where the system does not tell.
    pub value: fn(&Row<'_>) -> Option<Value>,
}

impl Field {
    /// The column of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.name == name)
    }

    /// Whether the table must be held against itself first, which costs more than the other columns do together.
    pub fn wants_tracks(&self) -> bool {
        self.name == RESIDENCE
    }
}

/// What is printed unless other columns are asked for.
pub const USUAL: &str = "state,residence,owner,local,remote";

const RESIDENCE: &str = "residence";

const fn words(
    name: &'static str,
    about: fn() -> Text,
    value: fn(&Row<'_>) -> Option<Value>,
) -> Field {
    Field { name, unit: "", align: Align::Left, about, value }
}

const fn numbers(
    name: &'static str,
    unit: &'static str,
    about: fn() -> Text,
    value: fn(&Row<'_>) -> Option<Value>,
) -> Field {
    Field { name, unit, align: Align::Right, about, value }
}

/// Every column.
pub static FIELDS: &[Field] = &[
    words(
        "state",
        || text!("field.state"),
        |row| {
            let state = row.socket.state;
            Some(Value::Ranked(state.shown_position(), state.name()))
        },
    ),
    numbers(
        RESIDENCE,
        "_at_least_ms",
        || text!("field.residence"),
        |row| {
            // "At least nothing" is not known.
            let known = row.track.map(|track| track.since.at_least(row.at));
            known.filter(|age| !age.is_zero()).map(Value::AtLeast)
        },
    ),
    words(
        "owner",
        || text!("field.owner"),
        |row| {
            let owner = phrases::owner(&row.socket.owner, &row.snapshot.processes);
            Some(Value::Word(owner.plain()))
        },
    ),
    words("local", || text!("field.local"), |row| Some(Value::Address(row.socket.local))),
    words("remote", || text!("field.remote"), |row| row.socket.remote.map(Value::Address)),
    words(
        "protocol",
        || text!("field.protocol"),
        |row| Some(Value::Word(row.socket.protocol.name().to_owned())),
    ),
    words(
        "process",
        || text!("field.process"),
        |row| joined(row, |process| process.name.clone()).map(Value::Word),
    ),
    numbers(
        "pid",
        "",
        || text!("field.pid"),
        |row| match row.socket.owner.pids() {
            [pid] => Some(Value::Number((*pid).into())),
            _ => joined(row, |process| process.pid.to_string()).map(Value::Word),
        },
    ),
    Field {
        unit: "_id",
        ..words(
            "user",
            || text!("field.user"),
            |row| {
                let uid = row.socket.uid?;
                Some(Value::User(uid, row.snapshot.users.get(&uid).cloned()))
            },
        )
    },
    numbers(
        "receive_queue",
        "",
        || text!("field.receive_queue"),
        |row| number(row.socket.queues.map(|queues| queues.receive)),
    ),
    numbers(
        "send_queue",
        "",
        || text!("field.send_queue"),
        |row| number(row.socket.queues.map(|queues| queues.send)),
    ),
    words(
        "timer",
        || text!("field.timer"),
        |row| row.socket.timer.map(|timer| Value::Ranked(timer.kind as usize, timer.kind.name())),
    ),
    numbers(
        "timer_left",
        "_ms",
        || text!("field.timer_left"),
        |row| row.socket.timer.map(|timer| Value::Millis(timer.remaining_ms.into())),
    ),
    numbers(
        "timer_tries",
        "",
        || text!("field.timer_tries"),
        |row| number(row.socket.timer.map(|timer| timer.tries)),
    ),
    numbers(
        "rtt",
        "_us",
        || text!("field.rtt"),
        |row| {
            // Nothing is measured before the handshake is done.
            let measured = row.socket.tcp_info.filter(|info| info.rtt_us > 0);
            measured.map(|info| Value::Micros(info.rtt_us.into()))
        },
    ),
    numbers(
        "rto",
        "_us",
        || text!("field.rto"),
        |row| info(row, |info| Value::Micros(info.rto_us.into())),
    ),
    numbers(
        "retransmits",
        "",
        || text!("field.retransmits"),
        |row| info(row, |info| Value::Number(info.retransmits.into())),
    ),
    numbers(
        "bytes_sent",
        "",
        || text!("field.bytes_sent"),
        |row| info(row, |info| Value::Number(info.bytes_acknowledged)),
    ),
    numbers(
        "bytes_received",
        "",
        || text!("field.bytes_received"),
        |row| info(row, |info| Value::Number(info.bytes_received)),
    ),
    numbers(
        "congestion_window",
        "",
        || text!("field.congestion_window"),
        |row| info(row, |info| Value::Number(info.congestion_window.into())),
    ),
    numbers(
        "last_sent",
        "_ms",
        || text!("field.last_sent"),
        |row| info(row, |info| Value::Millis(info.last_data_sent_ms.into())),
    ),
    numbers(
        "last_received",
        "_ms",
        || text!("field.last_received"),
        |row| info(row, |info| Value::Millis(info.last_data_received_ms.into())),
    ),
    numbers(
        "cookie",
        "",
        || text!("field.cookie"),
        |row| row.socket.cookie.map(|cookie| Value::Number(cookie.get())),
    ),
    numbers("inode", "", || text!("field.inode"), |row| number(row.socket.inode)),
    numbers(
        "control_group",
        "",
        || text!("field.control_group"),
        |row| row.socket.cgroup.map(|group| Value::Number(group.get())),
    ),
];

fn number(number: Option<impl Into<u64>>) -> Option<Value> {
    number.map(|number| Value::Number(number.into()))
}

fn info(row: &Row<'_>, read: fn(&TcpInfo) -> Value) -> Option<Value> {
    row.socket.tcp_info.as_ref().map(read)
}

/// Something of each process that holds the row, or did.
fn joined(row: &Row<'_>, read: fn(&Process) -> String) -> Option<String> {
    let nameless = |pid| Process { pid, name: String::new(), started_s: None };
    let holders: Vec<String> = match &row.socket.owner {
        Owner::Known(pids) => pids
            .iter()
            .map(|pid| match row.snapshot.processes.get(pid) {
                Some(process) => read(process),
                None => read(&nameless(*pid)),
            })
            .collect(),
        Owner::Remembered(was) => was.iter().map(read).collect(),
        Owner::NoOwner | Owner::NotAccepted | Owner::Hidden { .. } => return None,
    };
    Some(holders.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_the_usual_ones_exist() {
        for (place, field) in FIELDS.iter().enumerate() {
            let first = FIELDS.iter().position(|other| other.name == field.name);
            assert_eq!(first, Some(place), "{}", field.name);
        }
        assert!(USUAL.split(',').all(|name| Field::named(name).is_some()));
    }

    /// The window and the terminal call a column by one name.
    #[test]
    fn every_column_of_the_window_is_here() {
        for column in crate::monitor::Column::ALL {
            assert!(Field::named(column.id()).is_some(), "{}", column.id());
        }
    }

    #[test]
    fn programs_get_numbers_and_people_get_units() {
        for (value, plain, bare) in [
            (Value::Micros(1_043), "1.043 ms", "1043"),
            (Value::Millis(192_000), "3 m 12 s", "192000"),
            (Value::AtLeast(Duration::from_secs(12)), "≥ 12 s", "12000"),
            (Value::Number(7), "7", "7"),
            (Value::User(26, Some(Arc::from("postgres"))), "postgres", "26"),
            (Value::User(1_000, None), "1000", "1000"),
        ] {
            assert_eq!((value.plain().as_str(), value.bare().as_str()), (plain, bare));
        }
    }
}
