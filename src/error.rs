//! What can go wrong, by the operation that failed. Every error is a sentence from the catalogue.

use std::any::Any;
use std::io;
use std::path::PathBuf;

use crate::analysis::phrases;
use crate::model::PollFailure;
use crate::text;
use crate::text::Text;

/// An operation that failed. Each is handled once: shown or passed on, not both.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.text().plain())]
pub enum Error {
    /// There is no socket table.
    Poll(#[from] PollFailure),
    /// A file could not be opened or read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// A file could not be written; what was there before is whole.
    Write {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// A file is not what it should be.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        cause: String,
    },
    /// A file holds a document of another kind, or of a version this program cannot read.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What the document says it is.
        found: String,
    },
    /// A file is larger than any document of its kind.
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size that is read, in bytes after decompression.
        limit: u64,
    },
    /// Output could not be written.
    Output(io::Error),
    /// A document could not be turned into JSON.
    Encode(serde_json::Error),
    /// A thread could not be started.
    Thread(io::Error),
    /// No window could be opened.
    Window {
        /// What the system answered.
        cause: String,
    },
}

impl Error {
    /// The sentence for people, which names the operation.
    pub fn text(&self) -> Text {
        match self {
            Self::Poll(failure) => phrases::poll_failure(failure),
            Self::Read { path, source } => {
                text!("error.read", path = path.display().to_string(), cause = source.to_string())
            }
            Self::Write { path, source } => {
                text!("error.write", path = path.display().to_string(), cause = source.to_string())
            }
            Self::Damaged { path, cause } => {
                text!("error.damaged", path = path.display().to_string(), cause = cause.as_str())
            }
            Self::Foreign { path, found } => {
                text!("error.foreign", path = path.display().to_string(), found = found.as_str())
            }
            Self::TooLarge { path, limit } => text!(
                "error.too_large",
                path = path.display().to_string(),
                limit = text::bytes(*limit)
            ),
            Self::Output(source) => text!("error.output", cause = source.to_string()),
            Self::Encode(source) => text!("error.encode", cause = source.to_string()),
            Self::Thread(source) => text!("error.thread", cause = source.to_string()),
            Self::Window { cause } => text!("error.window", cause = cause.as_str()),
        }
    }
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a panic said.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_owned())
}
