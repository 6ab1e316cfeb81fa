//! A quick hash for the numbers of inodes.

use std::hash::{BuildHasherDefault, Hasher};

/// Numbers that the kernel counts up, and of which nobody gains by choosing them: a multiplication spreads them
/// enough, and this is done for every row of every poll.
#[derive(Default)]
pub(super) struct InodeHasher(u64);

impl Hasher for InodeHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        // 2^64 divided by the golden ratio (Knuth, volume 3, section 6.4).
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// What makes them.
pub(super) type ByInode = BuildHasherDefault<InodeHasher>;
