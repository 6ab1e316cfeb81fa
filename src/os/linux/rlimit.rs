//! What a process may have, by getrlimit(2).

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Limits how many descriptors this process may have from now on: the soft limit of `RLIMIT_NOFILE`. Those that are open
/// stay open.
pub fn limit_descriptors(most: u64) -> io::Result<()> {
    let hard = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: hard })?)
}
