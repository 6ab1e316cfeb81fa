//! What a row says in a column: in words for the window, and without typography for what is copied.

use std::time::Duration;

use crate::analysis::filter::Row;
use crate::analysis::phrases;
use crate::analysis::track::Track;
use crate::gui::cx::Cx;
use crate::model::{Owner, Queues, Socket, State, TcpInfo, Timer, TimerKind};
use crate::monitor::{Column, View};
use crate::store::Thresholds;
use crate::text;
use crate::text::{Text, age, bytes, plain_age, printable, thousands};

/// What two looks may lie further apart than the interval before a beginning between them is not sharp.
const SHARP: Duration = Duration::from_secs(2);

/// How a fact is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Not known, or nothing there.
    Absent,
    Zero,
    Plain,
    /// A person should look at it.
    Look,
}

/// What is written instead of a fact that is not there.
pub(super) const ABSENT: &str = "–";

/// A row in its view.
#[derive(Clone, Copy)]
pub(super) struct Fact<'a> {
    pub(super) view: &'a View,
    pub(super) socket: &'a Socket,
    pub(super) track: Option<&'a Track>,
}

impl Fact<'_> {
    /// What stands in a column, as the window writes it.
    pub(super) fn shown(&self, cx: &Cx<'_>, column: Column) -> (String, Weight) {
        let socket = self.socket;
        let weighed = |text: Option<String>, is_zero: bool| match text {
            None => (ABSENT.to_owned(), Weight::Absent),
            Some(text) => (text, if is_zero { Weight::Zero } else { Weight::Plain }),
        };
        let info = |read: fn(&TcpInfo) -> u64, write: fn(u64) -> String| {
            let value = socket.tcp_info.as_ref().map(read);
            weighed(value.map(write), value == Some(0))
        };
        match column {
            Column::State => (socket.state.name().to_owned(), Weight::Plain),
            Column::Residence => weighed(self.track.map(|_| self.residence(cx)), false),
            Column::Owner => (self.owner().render(cx.locale), Weight::Plain),
            Column::Local => (socket.local.to_string(), Weight::Plain),
            Column::Remote => match socket.remote {
                Some(remote) => (remote.to_string(), Weight::Plain),
                None if socket.state == State::Listen => {
                    (cx.say(&text!("sockets.any")), Weight::Absent)
                }
                None => (ABSENT.to_owned(), Weight::Absent),
            },
            Column::ReceiveQueue => match socket.queues {
                Some(queues) if wants_a_look(socket, queues, cx.settings.thresholds) => {
                    (queued(queues.receive.into()), Weight::Look)
                }
                queues => {
                    let held = queues.map(|queues| u64::from(queues.receive));
                    weighed(held.map(queued), held == Some(0))
                }
            },
            Column::SendQueue => {
                let held = socket.queues.map(|queues| u64::from(queues.send));
                weighed(held.map(queued), held == Some(0))
            }
            Column::Timer => weighed(socket.timer.map(timer), false),
            Column::User => weighed(self.user().map(|user| printable(&user)), false),
            Column::Cookie => {
                weighed(socket.cookie.map(|cookie| format!("{:x}", cookie.get())), false)
            }
            Column::ControlGroup => weighed(socket.cgroup.map(|group| group.to_string()), false),
            Column::RoundTrip => info(|info| info.rtt_us.into(), milliseconds),
            Column::Retransmits => info(|info| info.retransmits.into(), thousands),
            Column::BytesSent => info(|info| info.bytes_acknowledged, bytes),
            Column::BytesReceived => info(|info| info.bytes_received, bytes),
            Column::CongestionWindow => info(|info| info.congestion_window.into(), thousands),
            Column::LastReceived => {
                let ago = |ms| age(Duration::from_millis(ms));
                let value = socket.tcp_info.map(|info| u64::from(info.last_data_received_ms));
                weighed(value.map(ago), false)
            }
        }
    }

    /// What stands in a column, for other programs: bare digits, plain spaces, nothing for what is not known.
    pub(super) fn plain(&self, column: Column) -> String {
        let socket = self.socket;
        let info = |read: fn(&TcpInfo) -> u64| {
            socket.tcp_info.as_ref().map(read).map(|value| value.to_string())
        };
        let text = match column {
            Column::State => Some(socket.state.name().to_owned()),
            Column::Residence => self.plain_residence(),
            Column::Owner => Some(self.owner().plain()),
            Column::Local => Some(socket.local.to_string()),
            Column::Remote => socket.remote.map(|remote| remote.to_string()),
            Column::ReceiveQueue => socket.queues.map(|queues| queues.receive.to_string()),
            Column::SendQueue => socket.queues.map(|queues| queues.send.to_string()),
            Column::Timer => socket.timer.map(|timer| {
                let left = plain_age(Duration::from_millis(timer.remaining_ms.into()));
                format!("{} {left}", timer.kind.short())
            }),
            Column::User => self.user(),
            Column::Cookie => socket.cookie.map(|cookie| format!("{:x}", cookie.get())),
            Column::ControlGroup => socket.cgroup.map(|group| group.to_string()),
            Column::RoundTrip => {
                info(|info| info.rtt_us.into()).map(|microseconds| format!("{microseconds} us"))
            }
            Column::Retransmits => info(|info| info.retransmits.into()),
            Column::BytesSent => info(|info| info.bytes_acknowledged),
            Column::BytesReceived => info(|info| info.bytes_received),
            Column::CongestionWindow => info(|info| info.congestion_window.into()),
            Column::LastReceived => socket
                .tcp_info
                .map(|info| plain_age(Duration::from_millis(info.last_data_received_ms.into()))),
        };
        text.unwrap_or_default()
    }

    /// The user it belongs to; the number where the name is not known.
    fn user(&self) -> Option<String> {
        let View { frame, .. } = self.view;
        let row = Row::of(frame.snapshot.as_ref()?, self.socket, self.track, frame.at);
        row.user().map(str::to_owned).or_else(|| self.socket.uid.map(|uid| uid.to_string()))
    }

    /// Who holds it.
    pub(super) fn owner(&self) -> Text {
        match &self.view.frame.snapshot {
            Some(snapshot) => phrases::owner(&self.socket.owner, &snapshot.processes),
            None => text!("owner.none"),
        }
    }

    /// `44 m 12 s`, `≥ 12 m`, `4 to 9 m`: how long it has been in its state.
    pub(super) fn residence(&self, cx: &Cx<'_>) -> String {
        match self.bounds() {
            None => ABSENT.to_owned(),
            Some((least, Most::Same)) => age(least),
            Some((least, Most::Unknown)) => cx.say(&text!("sockets.at_least", age = age(least))),
            Some((least, Most::Known(most))) => {
                let (low, high) = (brief(least), brief(most));
                if low == high {
                    return high;
                }
                // One unit is enough where both have the same.
                let unit = high.rsplit('\u{2009}').next().unwrap_or_default();
                let low = low.strip_suffix(unit).map_or(low.as_str(), str::trim_end);
                cx.say(&text!("sockets.between", least = low, most = high))
            }
        }
    }

    fn plain_residence(&self) -> Option<String> {
        Some(match self.bounds()? {
            (least, Most::Same) => plain_age(least),
            (least, Most::Unknown) => format!(">= {}", plain_age(least)),
            (least, Most::Known(most)) => format!("{} to {}", plain_age(least), plain_age(most)),
        })
    }

    fn bounds(&self) -> Option<(Duration, Most)> {
        let since = &self.track?.since;
        let at = self.view.frame.at;
        let least = since.at_least(at);
        let sharp = self.view.frame.interval.actual * 2 + SHARP;
        let most = match since.at_most(at) {
            None => Most::Unknown,
            Some(most) if most.saturating_sub(least) <= sharp => Most::Same,
            Some(most) => Most::Known(most),
        };
        Some((least, most))
    }
}

/// How long something has been so at the most.
enum Most {
    /// As long as at the least, but for the time between two looks.
    Same,
    Known(Duration),
    Unknown,
}

/// A duration in its largest unit alone.
fn brief(duration: Duration) -> String {
    let whole = age(duration);
    let mut parts = whole.split('\u{2009}');
    let (number, unit) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let unit = unit.split(' ').next().unwrap_or_default();
    format!("{number}\u{2009}{unit}")
}

/// `18.2 ms`, from microseconds.
fn milliseconds(microseconds: u64) -> String {
    let tenths = (microseconds + 50) / 100;
    format!("{}.{}\u{2009}ms", thousands(tenths / 10), tenths % 10)
}

fn timer(timer: Timer) -> String {
    let left = age(Duration::from_millis(timer.remaining_ms.into()));
    format!("{} {left}", timer.kind.short())
}

/// The timer, spelled out.
pub(super) fn timer_text(timer: Timer) -> Text {
    let left = age(Duration::from_millis(timer.remaining_ms.into()));
    let tries = u32::from(timer.tries);
    match timer.kind {
        TimerKind::Retransmit => text!("sockets.timer_retransmit", left = left, tries = tries),
        TimerKind::Keepalive => text!("sockets.timer_keepalive", left = left, tries = tries),
        TimerKind::Expiry => text!("sockets.timer_expiry", left = left),
        TimerKind::Persist => text!("sockets.timer_persist", left = left, tries = tries),
    }
}

/// What waits in a queue: in bytes as far as the column is wide, never cut.
fn queued(number: u64) -> String {
    if number < 100_000_000 { thousands(number) } else { bytes(number) }
}

/// Whether what waits to be read, or to be accepted, is where a person should look: more than the FIN after
/// the peer has closed, an accept queue that is nearly full, data for a program that has not accepted.
fn wants_a_look(socket: &Socket, queues: Queues, thresholds: Thresholds) -> bool {
    let Queues { receive, send } = queues;
    match socket.state {
        State::CloseWait if receive >= thresholds.unread_bytes => true,
        // It takes one more than its backlog.
        State::Listen => thresholds.is_full(receive.into(), u64::from(send) + 1),
        _ => socket.owner == Owner::NotAccepted && receive > 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::SystemTime;

    use super::*;
    use crate::model::{Host, Snapshot};
    use crate::monitor::{Frame, ViewSpec};

    fn with(state: State, owner: Owner, receive: u32, send: u32) -> bool {
        let local = "127.0.0.1:80".parse().expect("an address");
        let queues = Queues { receive, send };
        wants_a_look(&Socket::new(local, None, state, owner), queues, Thresholds::default())
    }

    #[test]
    fn a_queue_is_never_longer_than_its_column() {
        assert_eq!(queued(3_782_144), thousands(3_782_144));
        assert!((0..=32).all(|power| queued(1 << power).chars().count() <= 10));
    }

    #[test]
    fn a_queue_stands_out_only_where_a_person_should_look() {
        let known = || Owner::Known(Arc::from([1]));
        assert!(!with(State::CloseWait, known(), 1, 0), "the FIN alone");
        assert!(with(State::CloseWait, known(), 2, 0));
        assert!(!with(State::Listen, known(), 103, 128));
        assert!(with(State::Listen, known(), 104, 128));
        assert!(!with(State::Listen, known(), 0, 0));
        assert!(with(State::Listen, known(), 1, 0));
        assert!(with(State::Established, Owner::NotAccepted, 17, 0));
        assert!(!with(State::Established, known(), 62_144, 62_144));
    }

    #[test]
    fn a_user_is_shown_by_name_and_by_number_where_that_is_not_known() {
        let frame = Frame::starting(String::new(), Duration::ZERO, SystemTime::UNIX_EPOCH);
        let snapshot = Snapshot {
            taken_at: SystemTime::UNIX_EPOCH,
            host: Arc::new(Host { name: String::new(), os: String::new() }),
            source: String::new(),
            took: None,
            sockets: Vec::new(),
            processes: BTreeMap::new(),
            users: Arc::new(BTreeMap::from([(26, Arc::from("postgres"))])),
            gaps: Vec::new(),
        };
        let frame = Arc::new(Frame { snapshot: Some(Arc::new(snapshot)), ..frame });
        let view = View::new(frame, ViewSpec::default());
        let user = |uid, owner| {
            let local = "127.0.0.1:80".parse().expect("an address");
            let socket = Socket { uid, ..Socket::new(local, None, State::Listen, owner) };
            Fact { view: &view, socket: &socket, track: None }.plain(Column::User)
        };
        assert_eq!(user(Some(26), Owner::NoOwner), "postgres");
        assert_eq!(user(Some(27), Owner::NoOwner), "27");
        assert_eq!(user(None, Owner::NoOwner), "");
        assert_eq!(user(None, Owner::Hidden { user: Some("mara".into()) }), "mara");
    }

    #[test]
    fn a_duration_is_brief_in_its_largest_unit() {
        let minutes = brief(Duration::from_secs(250));
        assert_eq!(minutes, "4\u{2009}m");
        assert_eq!(brief(Duration::from_secs(12)), "12\u{2009}s");
        assert_eq!(milliseconds(18_249), "18.2\u{2009}ms");
        assert_eq!(milliseconds(40), "0.0\u{2009}ms");
    }
}
