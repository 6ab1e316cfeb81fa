//! How many descriptors this process may have.

/// The soft limit of descriptors (`RLIMIT_NOFILE`, getrlimit(2)), which binds; none where there is none.
#[cfg(unix)]
pub fn descriptor_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// The soft limit of descriptors. This system has none: a handle costs memory alone.
#[cfg(not(unix))]
pub const fn descriptor_limit() -> Option<u64> {
    None
}
