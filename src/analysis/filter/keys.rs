//! The keys of the language: one slice, which the parser, completion, help and the documentation iterate.

use crate::text;
use crate::text::Text;

/// What a term asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The TCP state.
    State,
    /// The name of whoever holds the socket, or did.
    Process,
    /// The pid of whoever holds the socket, or did.
    Pid,
    /// The user it belongs to, by name or number.
    User,
    /// What is known of its owner.
    Owner,
    /// The address of this end.
    Local,
    /// The address of the other end.
    Remote,
    /// The address of either end.
    Address,
    /// The port of this end.
    LocalPort,
    /// The port of the other end.
    RemotePort,
    /// The port of either end.
    Port,
    /// How long it has been in its state.
    Age,
    /// The receive queue.
    ReceiveQueue,
    /// The send queue.
    SendQueue,
    /// The timer that runs.
    Timer,
    /// Segments sent again.
    Retransmits,
    /// The smoothed round trip time.
    RoundTrip,
    /// The control group.
    Cgroup,
    /// IPv4 or IPv6.
    Family,
}

/// What stands behind a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A state's name, in any system's spelling.
    State,
    /// One of `matching::OWNERS`.
    Owner,
    /// A timer, by its name or the table's short word for it.
    Timer,
    /// `ipv4` or `ipv6`.
    Family,
    /// An address, the beginning of one, or a network.
    Address,
    /// A port.
    Port,
    /// A number.
    Number,
    /// A length of time.
    Time,
    /// A part of a name; all of it behind `=`.
    Name,
}

impl Kind {
    /// Whether values have an order, so that `<` and `>` mean something.
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Port | Self::Number | Self::Time)
    }
}

/// A key as the slice knows it.
#[derive(Debug)]
pub struct KeyLeaf {
    /// Which.
    pub key: Key,
    /// How it is written.
    pub name: &'static str,
    /// How else it may be written.
    pub aliases: &'static [&'static str],
    /// What stands behind it.
    pub kind: Kind,
    /// Terms that show it.
    pub examples: &'static [&'static str],
    /// What it asks, in words.
    pub about: fn() -> Text,
}

/// Every key, in the order in which people are told of them.
pub static KEYS: &[KeyLeaf] = &[
    KeyLeaf {
        key: Key::State,
        name: "state",
        aliases: &[],
        kind: Kind::State,
        examples: &["state:close-wait", "state:fin-wait-1,fin-wait-2"],
        about: || text!("filter.key_state"),
    },
    KeyLeaf {
        key: Key::Process,
        name: "process",
        aliases: &["proc"],
        kind: Kind::Name,
        examples: &["process:java", "process=java", "process:\"Web Content\""],
        about: || text!("filter.key_process"),
    },
    KeyLeaf {
        key: Key::Pid,
        name: "pid",
        aliases: &[],
        kind: Kind::Number,
        examples: &["pid:18422"],
        about: || text!("filter.key_pid"),
    },
    KeyLeaf {
        key: Key::User,
        name: "user",
        aliases: &["uid"],
        kind: Kind::Name,
        examples: &["user:postgres", "user:1000"],
        about: || text!("filter.key_user"),
    },
    KeyLeaf {
        key: Key::Owner,
        name: "owner",
        aliases: &[],
        kind: Kind::Owner,
        examples: &["owner:hidden", "owner:none,not-accepted"],
        about: || text!("filter.key_owner"),
    },
    KeyLeaf {
        key: Key::Local,
        name: "local",
        aliases: &["src"],
        kind: Kind::Address,
        examples: &["local:any", "local:[::1]:8080"],
        about: || text!("filter.key_local"),
    },
    KeyLeaf {
        key: Key::Remote,
        name: "remote",
        aliases: &["dst"],
        kind: Kind::Address,
        examples: &["remote:10.0.0.0/8", "remote:10.0.4.", "remote:private"],
        about: || text!("filter.key_remote"),
    },
    KeyLeaf {
        key: Key::Address,
        name: "addr",
        aliases: &["address"],
        kind: Kind::Address,
        examples: &["addr:2001:db8::/32"],
        about: || text!("filter.key_address"),
    },
    KeyLeaf {
        key: Key::LocalPort,
        name: "lport",
        aliases: &["sport"],
        kind: Kind::Port,
        examples: &["lport:8080"],
        about: || text!("filter.key_local_port"),
    },
    KeyLeaf {
        key: Key::RemotePort,
        name: "rport",
        aliases: &["dport"],
        kind: Kind::Port,
        examples: &["rport:443", "rport>=1024"],
        about: || text!("filter.key_remote_port"),
    },
    KeyLeaf {
        key: Key::Port,
        name: "port",
        aliases: &[],
        kind: Kind::Port,
        examples: &["port:80,443,8000-8999"],
        about: || text!("filter.key_port"),
    },
    KeyLeaf {
        key: Key::Age,
        name: "age",
        aliases: &[],
        kind: Kind::Time,
        examples: &["age>5m", "age<1.5s", "age:1h-1d"],
        about: || text!("filter.key_age"),
    },
    KeyLeaf {
        key: Key::ReceiveQueue,
        name: "recvq",
        aliases: &[],
        kind: Kind::Number,
        examples: &["recvq>1"],
        about: || text!("filter.key_receive_queue"),
    },
    KeyLeaf {
        key: Key::SendQueue,
        name: "sendq",
        aliases: &[],
        kind: Kind::Number,
        examples: &["sendq>0"],
        about: || text!("filter.key_send_queue"),
    },
    KeyLeaf {
        key: Key::Timer,
        name: "timer",
        aliases: &[],
        kind: Kind::Timer,
        examples: &["timer:retransmit", "timer:keepalive"],
        about: || text!("filter.key_timer"),
    },
    KeyLeaf {
        key: Key::Retransmits,
        name: "retrans",
        aliases: &["retr"],
        kind: Kind::Number,
        examples: &["retrans>0"],
        about: || text!("filter.key_retransmits"),
    },
    KeyLeaf {
        key: Key::RoundTrip,
        name: "rtt",
        aliases: &[],
        kind: Kind::Time,
        examples: &["rtt>100ms"],
        about: || text!("filter.key_round_trip"),
    },
    KeyLeaf {
        key: Key::Cgroup,
        name: "cgroup",
        aliases: &[],
        kind: Kind::Number,
        examples: &["cgroup:4821"],
        about: || text!("filter.key_cgroup"),
    },
    KeyLeaf {
        key: Key::Family,
        name: "family",
        aliases: &["proto"],
        kind: Kind::Family,
        examples: &["family:ipv6"],
        about: || text!("filter.key_family"),
    },
];

/// A word that needs no key.
#[derive(Debug)]
pub struct FlagLeaf {
    /// How it is written.
    pub name: &'static str,
    /// What it asks, in words.
    pub about: fn() -> Text,
}

/// Every word that means something by itself, beside the names of states.
pub static FLAGS: &[FlagLeaf] = &[
    FlagLeaf { name: "loopback", about: || text!("filter.flag_loopback") },
    FlagLeaf { name: "ipv4", about: || text!("filter.flag_ipv4") },
    FlagLeaf { name: "ipv6", about: || text!("filter.flag_ipv6") },
];

impl KeyLeaf {
    /// The key that is written so, in any case.
    pub fn named(name: &str) -> Option<&'static Self> {
        let known = |leaf: &&Self| {
            std::iter::once(&leaf.name)
                .chain(leaf.aliases)
                .any(|known| known.eq_ignore_ascii_case(name))
        };
        KEYS.iter().find(known)
    }
}

impl Key {
    /// What the slice knows of it.
    pub fn leaf(self) -> &'static KeyLeaf {
        // Every key has its line in the slice; a test holds that.
        KEYS.iter().find(|leaf| leaf.key == self).unwrap_or(&KEYS[0])
    }

    /// How it is written.
    pub fn name(self) -> &'static str {
        self.leaf().name
    }
}
