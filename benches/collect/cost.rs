//! Processor time, by the kernel's account.

use std::time::Duration;

/// Whose time.
#[derive(Clone, Copy)]
pub enum Whose {
    /// This process'.
    Own,
    /// That of its children that have ended.
    Children,
}

fn spent(whose: Whose) -> Duration {
    let who = match whose {
        Whose::Own => libc::RUSAGE_SELF,
        Whose::Children => libc::RUSAGE_CHILDREN,
    };
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    #[expect(unsafe_code, reason = "the kernel's account of a process")]
    // SAFETY: the pointer is to room for one struct; it is filled when the call returns 0.
    let usage = unsafe {
        assert_eq!(libc::getrusage(who, usage.as_mut_ptr()), 0, "getrusage");
        usage.assume_init()
    };
    let time = |value: libc::timeval| {
        let micros = u64::try_from(value.tv_sec * 1_000_000 + value.tv_usec).unwrap_or_default();
        Duration::from_micros(micros)
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// The median processor time of several goes, in milliseconds.
pub fn median(whose: Whose, goes: usize, mut go: impl FnMut()) -> f64 {
    let mut costs: Vec<f64> = (0..goes)
        .map(|_| {
            let before = spent(whose);
            go();
            spent(whose).saturating_sub(before).as_secs_f64() * 1_000.0
        })
        .collect();
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}
