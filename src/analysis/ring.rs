//! The newest of a long row of values, in blocks that are shared and never copied: cloning costs the last block.

use std::collections::VecDeque;
use std::sync::Arc;

/// How many values one shared block holds.
const BLOCK: usize = 60;

/// At least the newest `LEAST` values, once there are so many, and at most a block more; oldest first.
#[derive(Clone, Debug)]
pub struct Ring<T, const LEAST: usize> {
    blocks: VecDeque<Arc<[T]>>,
    tail: Vec<T>,
}

impl<T, const LEAST: usize> Default for Ring<T, LEAST> {
    fn default() -> Self {
        Self { blocks: VecDeque::new(), tail: Vec::new() }
    }
}

impl<T: Clone, const LEAST: usize> Ring<T, LEAST> {
    /// Adds the newest.
    pub fn push(&mut self, value: T) {
        self.tail.push(value);
        if self.tail.len() == BLOCK {
            self.blocks.push_back(self.tail.drain(..).collect());
            if self.blocks.len() * BLOCK >= LEAST + BLOCK {
                self.blocks.pop_front();
            }
        }
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + '_ {
        self.blocks.iter().flat_map(|block| block.iter()).chain(&self.tail)
    }

    /// The newest.
    pub fn last(&self) -> Option<&T> {
        self.tail.last().or_else(|| self.blocks.back().and_then(|block| block.last()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_in_order_and_no_more_than_a_block_beyond() {
        let mut ring = Ring::<usize, 600>::default();
        assert_eq!(ring.last(), None);
        for number in 0..10_000 {
            ring.push(number);
            let kept: Vec<usize> = ring.iter().copied().collect();
            assert_eq!(ring.last(), Some(&number));
            assert_eq!(kept.last(), Some(&number));
            assert!(kept.is_sorted() && kept.windows(2).all(|pair| pair[0] + 1 == pair[1]));
            assert!(kept.len() >= (number + 1).min(600) && kept.len() < 600 + BLOCK);
        }
    }
}
