//! What the kernel can be told and what it counts, in words: what a setting does, and what people hope for in vain.

use std::fmt;
use std::ops::RangeInclusive;

use crate::model::{Counters, Limits};
use crate::text;
use crate::text::Text;

/// What a setting is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// A number, in the setting's unit.
    Number(u64),
    /// From this port to that one.
    Ports(RangeInclusive<u16>),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Ports(ports) => write!(f, "{}-{}", ports.start(), ports.end()),
        }
    }
}

/// A setting of the kernel.
pub struct Setting {
    /// What the system calls it (Linux: sysctl(8)).
    pub name: &'static str,
    /// What a number of it counts; empty where it has no unit.
    pub unit: &'static str,
    /// What it is set to; none where the system does not tell, or has no such setting.
    pub value: fn(&Limits) -> Option<Amount>,
    /// What it is unless somebody changed it; none where that depends on the machine's memory.
    pub default: Option<Amount>,
    /// What it does, and what it does not do.
    pub about: fn() -> Text,
}

/// Every setting that is read. Defaults are those of the kernel's documentation, Documentation/networking/ip-sysctl.rst
/// and Documentation/admin-guide/sysctl/{fs,net}.rst; distributions may ship others.
pub static SETTINGS: &[Setting] = &[
    Setting {
        name: "net.ipv4.ip_local_port_range",
        unit: "",
        value: |limits| limits.ephemeral_ports.clone().map(Amount::Ports),
        default: Some(Amount::Ports(32_768..=60_999)),
        about: || text!("setting.ephemeral_ports"),
    },
    Setting {
        name: "net.ipv4.ip_local_reserved_ports",
        unit: "ports",
        value: |limits| limits.reserved_ports.map(Amount::Number),
        default: Some(Amount::Number(0)),
        about: || text!("setting.reserved_ports"),
    },
    Setting {
        name: "net.ipv4.tcp_fin_timeout",
        unit: "s",
        value: |limits| limits.fin_timeout_s.map(Amount::Number),
        default: Some(Amount::Number(60)),
        about: || text!("setting.fin_timeout"),
    },
    Setting {
        name: "net.ipv4.tcp_tw_reuse",
        unit: "",
        value: |limits| limits.tw_reuse.map(Amount::Number),
        default: Some(Amount::Number(2)),
        about: || text!("setting.tw_reuse"),
    },
    Setting {
        name: "net.ipv4.tcp_tw_recycle",
        unit: "",
        value: |limits| limits.tw_recycle.map(Amount::Number),
        default: None,
        about: || text!("setting.tw_recycle"),
    },
    Setting {
        name: "net.ipv4.tcp_max_tw_buckets",
        unit: "",
        value: |limits| limits.max_time_wait.map(Amount::Number),
        default: None,
        about: || text!("setting.max_time_wait"),
    },
    Setting {
        name: "net.ipv4.tcp_max_orphans",
        unit: "",
        value: |limits| limits.max_orphans.map(Amount::Number),
        default: None,
        about: || text!("setting.max_orphans"),
    },
    Setting {
        name: "net.core.somaxconn",
        unit: "",
        value: |limits| limits.somaxconn.map(Amount::Number),
        // 128 before Linux 5.4.
        default: Some(Amount::Number(4_096)),
        about: || text!("setting.somaxconn"),
    },
    Setting {
        name: "net.ipv4.tcp_max_syn_backlog",
        unit: "",
        value: |limits| limits.max_syn_backlog.map(Amount::Number),
        default: None,
        about: || text!("setting.max_syn_backlog"),
    },
    Setting {
        name: "net.ipv4.tcp_mem",
        unit: "pages",
        value: |limits| limits.memory_pages.map(Amount::Number),
        default: None,
        about: || text!("setting.memory"),
    },
    Setting {
        name: "net.ipv4.tcp_keepalive_time",
        unit: "s",
        value: |limits| limits.keepalive_time_s.map(Amount::Number),
        default: Some(Amount::Number(7_200)),
        about: || text!("setting.keepalive_time"),
    },
    Setting {
        name: "fs.file-max",
        unit: "",
        value: |limits| limits.files_max.map(Amount::Number),
        default: None,
        about: || text!("setting.files_max"),
    },
    Setting {
        name: "fs.nr_open",
        unit: "",
        value: |limits| limits.files_per_process.map(Amount::Number),
        default: Some(Amount::Number(1_048_576)),
        about: || text!("setting.files_per_process"),
    },
];

/// What no setting changes, and is asked for most.
pub fn without_setting() -> [Text; 2] {
    [text!("setting.close_wait_has_none"), text!("setting.time_wait_has_none")]
}

/// Something that the kernel counts.
pub struct Counter {
    /// Its name in documents.
    pub name: &'static str,
    /// What it is now; none where the system does not tell.
    pub value: fn(&Counters) -> Option<u64>,
    /// Whether it tells how many there are now; else it grows from boot.
    pub is_now: bool,
    /// What it counts.
    pub about: fn() -> Text,
}

const fn now(
    name: &'static str,
    value: fn(&Counters) -> Option<u64>,
    about: fn() -> Text,
) -> Counter {
    Counter { name, value, is_now: true, about }
}

const fn since_boot(
    name: &'static str,
    value: fn(&Counters) -> Option<u64>,
    about: fn() -> Text,
) -> Counter {
    Counter { name, value, is_now: false, about }
}

/// Everything that is counted.
pub static COUNTERS: &[Counter] = &[
    now("in_use", |counters| counters.in_use, || text!("counter.in_use")),
    now("time_wait", |counters| counters.time_wait, || text!("counter.time_wait")),
    now("orphans", |counters| counters.orphans, || text!("counter.orphans")),
    now("memory_pages", |counters| counters.memory_pages, || text!("counter.memory_pages")),
    since_boot("active_opens", |counters| counters.active_opens, || text!("counter.active_opens")),
    since_boot(
        "passive_opens",
        |counters| counters.passive_opens,
        || text!("counter.passive_opens"),
    ),
    since_boot(
        "attempt_fails",
        |counters| counters.attempt_fails,
        || text!("counter.attempt_fails"),
    ),
    since_boot(
        "established_resets",
        |counters| counters.established_resets,
        || text!("counter.established_resets"),
    ),
    since_boot(
        "retransmitted_segments",
        |counters| counters.retransmitted_segments,
        || text!("counter.retransmitted_segments"),
    ),
    since_boot("resets_sent", |counters| counters.resets_sent, || text!("counter.resets_sent")),
    since_boot(
        "listen_overflows",
        |counters| counters.listen_overflows,
        || text!("counter.listen_overflows"),
    ),
    since_boot("listen_drops", |counters| counters.listen_drops, || text!("counter.listen_drops")),
    since_boot(
        "time_wait_overflows",
        |counters| counters.time_wait_overflows,
        || text!("counter.time_wait_overflows"),
    ),
    since_boot(
        "aborts_on_memory",
        |counters| counters.aborts_on_memory,
        || text!("counter.aborts_on_memory"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_does_not_tell_is_absent() {
        assert!(SETTINGS.iter().all(|setting| (setting.value)(&Limits::default()).is_none()));
        assert!(COUNTERS.iter().all(|counter| (counter.value)(&Counters::default()).is_none()));
        let limits = Limits { ephemeral_ports: Some(1_024..=2_047), ..Limits::default() };
        let shown: Vec<String> = SETTINGS
            .iter()
            .filter_map(|setting| (setting.value)(&limits))
            .map(|amount| amount.to_string())
            .collect();
        assert_eq!(shown, ["1024-2047"]);
    }
}
