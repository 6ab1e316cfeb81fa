//! The descriptors that this process may have, by getrlimit(2).

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Limits the descriptors that this process may have from now on: the soft limit of `RLIMIT_NOFILE`, which each new one's
/// number has to be below. Those that are open stay open.
pub fn limit_descriptors(most: u32) -> io::Result<()> {
    let hard = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(most.into()), maximum: hard })?)
}

/// How many descriptors with a number below this are open: the others leave as much room below it as there was.
pub fn descriptors_below(most: u32) -> Option<u32> {
    let is_open = |number: &u32| {
        let Ok(number) = i32::try_from(*number) else { return false };
        #[expect(
            unsafe_code,
            reason = "asks about numbers, of which nobody here owns a descriptor"
        )]
        // SAFETY: F_GETFD (fcntl(2)) reads one flag and touches no memory; a number that is not open gives EBADF.
        let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
        flags != -1
    };
    u32::try_from((0..most).filter(is_open).count()).ok()
}
