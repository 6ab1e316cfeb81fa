//! The descriptors of this process: how many it may have (getrlimit(2)), and which are open.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, RawFd};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::Socket;

/// The soft limit of descriptors (`RLIMIT_NOFILE`), which binds; none where there is none.
pub fn descriptor_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Limits the descriptors that this process may have from now on: the soft limit of `RLIMIT_NOFILE`, which each new one's
/// number has to be below. Those that are open stay open.
pub fn limit_descriptors(most: u32) -> io::Result<()> {
    let hard = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(most.into()), maximum: hard })?)
}

/// How many descriptors with a number below this are open: the others leave as much room below it as there was.
pub fn descriptors_below(most: u32) -> Option<u32> {
    let is_open = |number: &u32| RawFd::try_from(*number).is_ok_and(|it| file(it).is_some());
    u32::try_from((0..most).filter(is_open).count()).ok()
}

/// A socket's descriptor, known by its number and by what that stands for: numbers are used again.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    number: RawFd,
    file: Option<File>,
}

/// A device and an inode.
type File = (libc::dev_t, libc::ino_t);

impl Descriptor {
    /// The one of this socket.
    pub fn of(socket: &Socket) -> Self {
        let number = socket.as_raw_fd();
        Self { number, file: file(number) }
    }

    /// Whether this process still has it. `close()` takes it away before it does anything else, and may block then; a
    /// process that is forked from there on has no copy. Where the system gives its sockets no inodes, as macOS may, it
    /// may be said to be there for as long as its number is in use.
    pub fn is_open(self) -> bool {
        file(self.number).is_some_and(|file| Some(file) == self.file)
    }
}

/// What the number of a descriptor stands for; none when it is not open.
fn file(number: RawFd) -> Option<File> {
    let mut found = MaybeUninit::<libc::stat>::uninit();
    #[expect(unsafe_code, reason = "asks about a number whose descriptor nobody here may own")]
    // SAFETY: fstat(2) writes one `stat` to where it is told to, and has no other effect; a number that is not open gives
    // EBADF. What is read was written then.
    let found =
        unsafe { (libc::fstat(number, found.as_mut_ptr()) == 0).then(|| found.assume_init()) };
    found.map(|found| (found.st_dev, found.st_ino))
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Type};

    use super::*;

    fn socket() -> Socket {
        Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket")
    }

    #[test]
    fn a_descriptor_is_open_until_it_is_closed_whoever_gets_its_number() {
        let first = socket();
        let descriptor = Descriptor::of(&first);
        assert!(descriptor.is_open());
        let copy = first.try_clone().expect("a copy");
        drop(first);
        // Others of this process may take the number meanwhile; this takes it if they do not.
        let again = socket();
        if cfg!(target_os = "linux") {
            assert!(!descriptor.is_open(), "{descriptor:?} {again:?}");
        }
        assert!(Descriptor::of(&copy).is_open());
    }
}
