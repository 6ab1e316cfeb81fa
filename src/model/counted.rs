//! A quick hash for numbers that a kernel counts up: inodes, cookies.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// By numbers of which nobody gains by choosing them: a multiplication spreads them enough, and this is done for
/// every row of every poll.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountedHasher(u64);

impl Hasher for CountedHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio (Knuth, volume 3, section 6.4).
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

/// A map by such numbers.
pub type CountedMap<K, V> = HashMap<K, V, BuildHasherDefault<CountedHasher>>;

/// A set of such numbers.
pub type CountedSet<K> = HashSet<K, BuildHasherDefault<CountedHasher>>;
