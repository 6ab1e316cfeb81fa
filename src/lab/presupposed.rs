//! Settings of the kernel that an expectation presupposes.
//!
//! What is expected was measured with the settings that kernels come with. With some others it cannot come, and that is no
//! deviation of the system: nothing can be told then, and the setting is named. Within each bound here what is expected came on
//! Linux 6.18, and beyond it something else may; where a bound was not measured it says so. Of a setting that this system does not
//! have nothing is presupposed.

use crate::os::setting;
use crate::text;
use crate::text::Text;

/// A setting, and what it has to be.
#[derive(Clone, Copy)]
pub struct Presupposed {
    /// Its name (Linux: sysctl(8)).
    pub(super) setting: &'static str,
    holds: Holds,
    /// What comes of any other value.
    why: fn() -> Text,
}

/// What a setting has to be.
#[derive(Clone, Copy)]
enum Holds {
    AtLeast(u64),
    AtMost(u64),
    ZeroOrAtLeast(u64),
    /// A first and a last port, with at least so many from one to the other.
    Ports(u64),
}

/// A setting that is not what it has to be.
pub(super) struct Otherwise {
    pub(super) value: String,
    why: Text,
}

/// How many probes of a closed window an orphan may have without an answer (tcp(7); 0 means 8, `tcp_orphan_retries()` in
/// `net/ipv4/tcp_timer.c`). A peer leaves one of the first few without one: it answers only once in
/// `tcp_invalid_ratelimit`, half a second.
pub(super) const ORPHAN_RETRIES: Presupposed = Presupposed {
    setting: "net.ipv4.tcp_orphan_retries",
    holds: Holds::ZeroOrAtLeast(2),
    why: || text!("lab_settings.orphan_retries"),
};

/// As [`ORPHAN_RETRIES`], for a socket that is held (`tcp_probe_timer()` there).
pub(super) const RETRIES: Presupposed = Presupposed {
    setting: "net.ipv4.tcp_retries2",
    holds: Holds::AtLeast(2),
    why: || text!("lab_settings.retries"),
};

/// How many orphans there may be in all: a few of one's own beside those of others. By documentation (tcp(7)).
pub(super) const ORPHANS: Presupposed = Presupposed {
    setting: "net.ipv4.tcp_max_orphans",
    holds: Holds::AtLeast(64),
    why: || text!("lab_settings.orphans"),
};

/// The longest pause between two probes, in milliseconds (ip-sysctl.rst, since Linux 6.15): an orphan whose pauses have become
/// that long is given up at the next one (`tcp_probe_timer()`), and they double from 200 ms on, so that it lives for longer than
/// that after its window has closed. What is waited for takes so many seconds, and a busy machine some more.
pub(super) const fn orphan_lives(seconds: u64) -> Presupposed {
    Presupposed {
        setting: "net.ipv4.tcp_rto_max_ms",
        holds: Holds::AtLeast((seconds + 10) * 1_000),
        why: || text!("lab_settings.rto_max"),
    }
}

/// Whether a SYN is answered with a cookie: 2 is for every one (ip-sysctl.rst).
pub(super) const SYN_COOKIES: Presupposed = Presupposed {
    setting: "net.ipv4.tcp_syncookies",
    holds: Holds::AtMost(1),
    why: || text!("lab_settings.syn_cookies"),
};

/// The shortest time before something is sent again, in microseconds (ip-sysctl.rst, since Linux 6.11): FIN_WAIT_2 without an
/// owner lasts 3.5 of them at least, whatever `TCP_LINGER2` says (`tcp_fin_time()` in `include/net/tcp.h`).
pub(super) const RTO_MIN: Presupposed = Presupposed {
    setting: "net.ipv4.tcp_rto_min_us",
    holds: Holds::AtMost(2_000_000),
    why: || text!("lab_settings.rto_min"),
};

/// Local ports that the kernel chooses from. It goes up by 16 at most from one connection to the next
/// (`__inet_hash_connect()` in `net/ipv4/inet_hashtables.c`), so that no port comes again within 25.
pub(super) const PORTS: Presupposed = Presupposed {
    setting: "net.ipv4.ip_local_port_range",
    holds: Holds::Ports(512),
    why: || text!("lab_settings.ports"),
};

impl Presupposed {
    /// What it is, where that is not what it has to be; none also where nobody tells.
    pub(super) fn otherwise(&self) -> Option<Otherwise> {
        let numbers = setting(self.setting)?;
        let value = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
        (!self.holds.fits(&numbers)?).then(|| Otherwise { value, why: (self.why)() })
    }

    /// Why nothing can be told, in one sentence with the setting and its value; none where it is what it has to be.
    pub(super) fn why_not(&self) -> Option<Text> {
        let Otherwise { value, why } = self.otherwise()?;
        Some(text!("lab_settings.named", setting = self.setting, value = value, why = why))
    }

    /// What it has to be, in words.
    pub(super) fn said(&self) -> Text {
        match self.holds {
            Holds::AtLeast(least) => text!("lab_settings.at_least", least = least),
            Holds::AtMost(most) => text!("lab_settings.at_most", most = most),
            Holds::ZeroOrAtLeast(least) => text!("lab_settings.zero_or_at_least", least = least),
            Holds::Ports(least) => text!("lab_settings.at_least_ports", least = least),
        }
    }
}

impl Otherwise {
    /// What it is, and what comes of that.
    pub(super) fn said(self) -> Text {
        text!("lab_settings.otherwise", value = self.value, why = self.why)
    }
}

impl Holds {
    /// Whether these numbers are as they have to be; none where they are not what the setting consists of.
    fn fits(self, numbers: &[u64]) -> Option<bool> {
        match (self, numbers) {
            (Self::AtLeast(least), [number]) => Some(*number >= least),
            (Self::AtMost(most), [number]) => Some(*number <= most),
            (Self::ZeroOrAtLeast(least), [number]) => Some(*number == 0 || *number >= least),
            (Self::Ports(least), [from, to]) => Some((*to + 1).saturating_sub(*from) >= least),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_fits_or_does_not_and_what_is_no_number_says_nothing() {
        assert_eq!(Holds::AtLeast(2).fits(&[2]), Some(true));
        assert_eq!(Holds::AtLeast(2).fits(&[1]), Some(false));
        assert_eq!(Holds::AtMost(1).fits(&[2]), Some(false));
        let retries = Holds::ZeroOrAtLeast(2);
        assert_eq!([0, 1, 2].map(|it| retries.fits(&[it])), [Some(true), Some(false), Some(true)]);
        assert_eq!(Holds::Ports(8).fits(&[40_000, 40_007]), Some(true));
        assert_eq!(Holds::Ports(9).fits(&[40_000, 40_007]), Some(false));
        assert_eq!(Holds::Ports(9).fits(&[40_007, 40_000]), Some(false));
        assert_eq!(Holds::AtLeast(2).fits(&[]), None);
        assert_eq!(Holds::Ports(8).fits(&[8]), None);
    }
}
