//! Snapshots as files.

use std::io::{self, Write};
use std::path::Path;

use super::document::{FORMAT, Header, Incoming, Outgoing, VERSION};
use super::file;
use crate::error::{Error, Result};
use crate::model::Snapshot;

/// The largest document that is read, in bytes after decompression: a table of a million sockets.
const MAX_BYTES: u64 = 1 << 28;

/// Writes a snapshot as one line of JSON.
///
/// Fails with [`Error::Output`] when `out` does.
pub fn write_snapshot(snapshot: &Snapshot, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer(&mut *out, &Outgoing(snapshot)).map_err(|error| {
        match error.io_error_kind() {
            Some(_) => Error::Output(io::Error::from(error)),
            None => Error::Encode(error),
        }
    })?;
    out.write_all(b"\n").map_err(Error::Output)
}

/// Saves a snapshot, whole or not at all; `.gz` at the end of the name compresses it.
pub fn save_snapshot(snapshot: &Snapshot, path: &Path) -> Result<()> {
    file::write_atomically(path, |out| write_snapshot(snapshot, out))
}

/// Loads a snapshot, compressed or not. The file may be anybody's: it is read with bounds, and an error
/// names what is wrong and where.
pub fn load_snapshot(path: &Path) -> Result<Snapshot> {
    let bytes = file::read_bounded(path, MAX_BYTES)?;
    let damaged = |error: serde_json::Error| Error::Damaged {
        path: path.to_owned(),
        cause: error.to_string(),
    };
    let header: Header = serde_json::from_slice(&bytes).map_err(damaged)?;
    let [format, version] = [&header.format, &header.version];
    let ours = format.as_ref().is_some_and(|format| format == FORMAT)
        && version.as_ref().is_some_and(|version| version == VERSION);
    if !ours {
        let found = match (format, version) {
            (None, _) => "a JSON document without a format".to_owned(),
            (Some(format), None) => format!("{format} without a version"),
            (Some(format), Some(version)) => format!("{format}, version {version}"),
        };
        return Err(Error::Foreign { path: path.to_owned(), found });
    }
    let document: Incoming = serde_json::from_slice(&bytes).map_err(damaged)?;
    Ok(document.into())
}
