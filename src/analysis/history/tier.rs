//! Samples of one resolution over one span of time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Sample;
use crate::model::{State, StateCounts};

/// How many samples one shared block holds.
pub(super) const BLOCK: usize = 60;

/// Everything behind the newest block is frozen and shared, so a clone copies at most that one.
#[derive(Clone, Debug)]
pub(super) struct Tier {
    /// The time that one sample stands for, in seconds.
    width_s: u64,
    /// How far back it reaches.
    span: Duration,
    blocks: VecDeque<Arc<[Sample]>>,
    tail: Vec<Sample>,
    /// What the newest sample was made of.
    open: Sum,
}

/// The sum of some polls.
#[derive(Clone, Debug, Default)]
struct Sum {
    polls: u64,
    counts: [u64; State::COUNT],
}

impl Sum {
    fn add(&mut self, counts: &StateCounts) {
        self.polls += 1;
        for (state, count) in counts.iter() {
            self.counts[state.index()] += u64::from(count);
        }
    }

    fn mean(&self) -> StateCounts {
        let mut mean = StateCounts::default();
        for state in State::ALL {
            let rounded = (self.counts[state.index()] + self.polls / 2) / self.polls.max(1);
            mean[state] = u32::try_from(rounded).unwrap_or(u32::MAX);
        }
        mean
    }
}

impl Tier {
    pub(super) const fn new(width_s: u64, span: Duration) -> Self {
        let open = Sum { polls: 0, counts: [0; State::COUNT] };
        Self { width_s, span, blocks: VecDeque::new(), tail: Vec::new(), open }
    }

    /// How many samples there can be at most: those of the span, and two blocks that begin or end outside it.
    pub(super) const fn most(&self) -> usize {
        self.most_blocks() * BLOCK + BLOCK
    }

    #[expect(clippy::cast_possible_truncation, reason = "a day has 86 400 seconds")]
    const fn most_blocks(&self) -> usize {
        (self.span.as_secs() / self.width_s) as usize / BLOCK + 1
    }

    /// Adds what an earlier run has seen; it is older than anything that will be pushed.
    pub(super) fn restore(&mut self, samples: &[Sample]) {
        let surplus = samples.len().saturating_sub(self.most_blocks() * BLOCK);
        self.blocks.extend(samples[surplus..].chunks(BLOCK).map(Arc::from));
    }

    pub(super) fn push(&mut self, at: SystemTime, counts: &StateCounts, parted: bool) {
        let place = self.place(at);
        let width_s = self.width_s;
        if let Some(open) = self.tail.last_mut().filter(|open| place_of(open.at, width_s) == place)
        {
            self.open.add(counts);
            open.at = at;
            open.parted |= parted;
            open.counts = self.open.mean();
            for (state, count) in counts.iter() {
                open.low[state] = open.low[state].min(count);
                open.high[state] = open.high[state].max(count);
            }
            return;
        }
        if self.tail.len() == BLOCK {
            self.blocks.push_back(Arc::from(self.tail.as_slice()));
            self.tail.clear();
        }
        self.open = Sum::default();
        self.open.add(counts);
        self.tail.push(Sample { at, counts: *counts, low: *counts, high: *counts, parted });
        self.forget(at);
    }

    /// Drops whole blocks that are older than the span. A recording's times may run backwards, so their number
    /// is bounded as well.
    fn forget(&mut self, now: SystemTime) {
        let oldest = now.checked_sub(self.span).unwrap_or(UNIX_EPOCH);
        let is_old = |block: &Arc<[Sample]>| block.last().is_none_or(|last| last.at < oldest);
        while self.blocks.len() > self.most_blocks() || self.blocks.front().is_some_and(is_old) {
            self.blocks.pop_front();
        }
    }

    fn place(&self, at: SystemTime) -> u64 {
        place_of(at, self.width_s)
    }

    pub(super) fn first(&self) -> Option<&Sample> {
        self.blocks.front().and_then(|block| block.first()).or_else(|| self.tail.first())
    }

    pub(super) fn last(&self) -> Option<&Sample> {
        self.tail.last().or_else(|| self.blocks.back().and_then(|block| block.last()))
    }

    /// The samples from `from` on, oldest first.
    pub(super) fn since(&self, from: SystemTime) -> impl Iterator<Item = &Sample> + '_ {
        self.blocks
            .iter()
            .filter(move |block| block.last().is_some_and(|sample| sample.at >= from))
            .flat_map(|block| block.iter())
            .chain(&self.tail)
            .skip_while(move |sample| sample.at < from)
    }

    /// What a clone shares with what it was cloned from.
    #[cfg(test)]
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Arc<[Sample]>> + '_ {
        self.blocks.iter()
    }
}

/// Which of the spans of this width, counted from the epoch, a time falls into.
fn place_of(at: SystemTime, width_s: u64) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / width_s
}
