//! Sets of pids, each kept once for as long as it is used: a hundred thousand sockets have few of them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::Pids;

/// Names one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SetId(u32);

/// The sets in use.
#[derive(Default)]
pub(super) struct Sets {
    kept: Vec<Set>,
    ids: HashMap<Pids, SetId>,
    free: Vec<SetId>,
}

struct Set {
    pids: Pids,
    uses: u32,
}

impl Sets {
    /// The set with these pids, ascending; used once more.
    pub(super) fn take(&mut self, pids: &[u32]) -> SetId {
        if let Some(id) = self.ids.get(pids) {
            self.kept[id.0 as usize].uses += 1;
            return *id;
        }
        let set = Set { pids: Arc::from(pids), uses: 1 };
        let shared = Arc::clone(&set.pids);
        let id = if let Some(id) = self.free.pop() {
            self.kept[id.0 as usize] = set;
            id
        } else {
            self.kept.push(set);
            SetId(u32::try_from(self.kept.len() - 1).unwrap_or(u32::MAX))
        };
        self.ids.insert(shared, id);
        id
    }

    /// Used once less.
    pub(super) fn release(&mut self, id: SetId) {
        let set = &mut self.kept[id.0 as usize];
        set.uses -= 1;
        if set.uses == 0 {
            self.ids.remove(&set.pids);
            set.pids = Arc::from([]);
            self.free.push(id);
        }
    }

    /// The pids of a set.
    pub(super) fn get(&self, id: SetId) -> &Pids {
        &self.kept[id.0 as usize].pids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_kept_once_and_its_place_is_used_again() {
        let mut sets = Sets::default();
        let one = sets.take(&[7]);
        let two = sets.take(&[7, 8]);
        assert_eq!(sets.take(&[7]), one);
        assert_ne!(one, two);
        sets.release(one);
        assert_eq!(&**sets.get(one), [7]);
        sets.release(one);
        let three = sets.take(&[9]);
        assert_eq!(three, one, "its place was free");
        assert_eq!((&**sets.get(three), &**sets.get(two)), (&[9][..], &[7, 8][..]));
        assert_eq!((sets.kept.len(), sets.ids.len()), (2, 2));
    }
}
