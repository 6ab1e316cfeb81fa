//! The snapshots at hand, and the two of them that are compared.

use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::diff::Comparison;
use crate::model::Snapshot;

/// One of the two sides of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The earlier one.
    A,
    /// The later one.
    B,
}

impl Side {
    /// Both, in their order.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// Its letter.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// A snapshot at hand.
#[derive(Clone, Debug)]
pub struct Shelved {
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// Where it lies; none when it was not saved yet.
    pub file: Option<PathBuf>,
}

/// The snapshots at hand, oldest first, and which two are compared.
#[derive(Debug, Default)]
pub struct Shelf {
    items: Vec<Shelved>,
    chosen: [Option<usize>; 2],
    comparison: Option<Arc<Comparison>>,
    given_up: bool,
}

impl Shelf {
    /// The snapshots, by their numbers.
    pub fn items(&self) -> &[Shelved] {
        &self.items
    }

    /// The number of the snapshot on a side.
    pub fn chosen(&self, side: Side) -> Option<usize> {
        self.chosen[side as usize]
    }

    /// The snapshot on a side.
    pub fn on(&self, side: Side) -> Option<&Shelved> {
        self.items.get(self.chosen(side)?)
    }

    /// The comparison of the two sides; none when a side is empty, or it is still being made.
    pub fn comparison(&self) -> Option<&Arc<Comparison>> {
        self.comparison.as_ref()
    }

    /// Puts a snapshot on the shelf: it becomes A when there is none yet, else B.
    pub fn add(&mut self, shelved: Shelved) {
        let side = if self.chosen(Side::A).is_none() { Side::A } else { Side::B };
        self.add_on(side, shelved);
    }

    /// Puts a snapshot on the shelf and on a side. A file that is there already is taken up anew.
    pub fn add_on(&mut self, side: Side, shelved: Shelved) {
        let same = |item: &Shelved| item.file.is_some() && item.file == shelved.file;
        let number = if let Some(number) = self.items.iter().position(same) {
            self.items[number] = shelved;
            number
        } else {
            self.items.push(shelved);
            self.items.len() - 1
        };
        self.choose(side, number);
    }

    /// Compares with another snapshot.
    pub fn choose(&mut self, side: Side, number: usize) {
        if number < self.items.len() {
            self.chosen[side as usize] = Some(number);
            self.forget_comparison();
        }
    }

    /// Turns the comparison round.
    pub fn swap(&mut self) {
        self.chosen.swap(0, 1);
        self.forget_comparison();
    }

    /// A snapshot was saved.
    pub fn saved(&mut self, snapshot: &Arc<Snapshot>, file: PathBuf) {
        let found = self.items.iter_mut().find(|item| Arc::ptr_eq(&item.snapshot, snapshot));
        if let Some(item) = found {
            item.file = Some(file);
        }
    }

    /// The two snapshots of which a comparison is wanted and not there.
    pub fn wanted(&self) -> Option<(Arc<Snapshot>, Arc<Snapshot>)> {
        if self.comparison.is_some() || self.given_up {
            return None;
        }
        let [a, b] = Side::ALL.map(|side| self.on(side).map(|item| Arc::clone(&item.snapshot)));
        a.zip(b)
    }

    /// The comparison that is wanted cannot be made; it is not tried again for the same two.
    pub const fn give_up(&mut self) {
        self.given_up = true;
    }

    /// How many snapshots would be lost with the window.
    pub fn unsaved(&self) -> usize {
        self.items.iter().filter(|item| item.file.is_none()).count()
    }

    fn forget_comparison(&mut self) {
        self.comparison = None;
        self.given_up = false;
    }

    /// Takes a comparison that was made, unless other snapshots were chosen meanwhile.
    pub fn compared(&mut self, comparison: Arc<Comparison>) {
        let current = self
            .wanted()
            .is_some_and(|(a, b)| Arc::ptr_eq(&a, &comparison.a) && Arc::ptr_eq(&b, &comparison.b));
        if current {
            self.comparison = Some(comparison);
        }
    }
}
