//! Where a face's tables come from, without the face touching a system.

use std::path::PathBuf;

use crate::model::{Operation, PollFailure, Snapshot};
use crate::os::{self, SocketSource};

/// Where tables come from.
pub enum SourceChoice {
    /// This machine, now.
    Live,
    /// Snapshots that were loaded from this file.
    Replay {
        /// The file, for its name.
        file: PathBuf,
        /// Its snapshots, in order.
        snapshots: Vec<Snapshot>,
    },
    /// Anything else that gives tables.
    Other(Box<dyn SocketSource>),
}

impl SourceChoice {
    pub(super) fn open(self) -> Box<dyn SocketSource> {
        match self {
            Self::Live => os::live_source(),
            Self::Replay { file, snapshots } => {
                let name = file.file_name().unwrap_or(file.as_os_str());
                Box::new(os::ReplaySource::new(name.to_string_lossy().into_owned(), snapshots))
            }
            Self::Other(source) => source,
        }
    }
}

/// Reads one table, without a thread. A recording gives its last one.
pub fn sample(choice: SourceChoice) -> Result<Snapshot, PollFailure> {
    let mut source = choice.open();
    let mut last = None;
    while let Some(snapshot) = source.poll()? {
        if source.is_live() {
            return Ok(snapshot);
        }
        last = Some(snapshot);
    }
    last.ok_or_else(|| PollFailure {
        source: source.name().to_owned(),
        operation: Operation::ReadSocketTable,
        cause: "it holds no snapshot".to_owned(),
        number: None,
    })
}
