//! Plays recorded snapshots as if they were polls.

use super::SocketSource;
use crate::model::{PollFailure, Snapshot};

/// A source that gives snapshots it was handed, one a poll. Whoever has a file loads it with `store`.
pub struct ReplaySource {
    name: String,
    snapshots: Box<dyn Iterator<Item = Snapshot> + Send>,
}

impl ReplaySource {
    /// Plays these snapshots in their order, under this name.
    pub fn new(
        name: String,
        snapshots: impl IntoIterator<Item = Snapshot, IntoIter: Send + 'static>,
    ) -> Self {
        Self { name, snapshots: Box::new(snapshots.into_iter()) }
    }
}

impl SocketSource for ReplaySource {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_live(&self) -> bool {
        false
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        Ok(self.snapshots.next())
    }
}
