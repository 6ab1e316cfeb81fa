//! Reading with a bound, and writing whole or not at all.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::error::{Error, Result};

/// Writes a file through `fill`: into a temporary file in the same folder, synced, then renamed over the
/// old one. Whatever fails leaves the old file whole. A name that ends in `.gz` is compressed.
///
/// An existing file keeps its permissions; a new one is readable by its owner alone where files have such
/// permissions, since a socket table tells who talks to whom. What is no file, a pipe say, is written to.
pub fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<()>,
) -> Result<()> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let existing = std::fs::metadata(path).ok();
    if existing.as_ref().is_some_and(std::fs::Metadata::is_dir) {
        return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
        // A device or a pipe is written to; a file in its place would be a surprise.
        let device = File::options().write(true).open(path).map_err(failed)?;
        return write_to(&device, path, fill);
    }
    let target = behind_link(path);
    let temporary = temporary_beside(&target).map_err(failed)?;
    if let Some(existing) = existing {
        temporary.as_file().set_permissions(existing.permissions()).map_err(failed)?;
    }
    write_to(temporary.as_file(), path, fill)?;
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Whether [`write_atomically`] could write there now; it leaves nothing behind. A device or a pipe is not tried: whoever
/// reads there would notice.
pub fn can_be_written(path: &Path) -> Result<()> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    match std::fs::metadata(path) {
        Ok(existing) if existing.is_dir() => Err(failed(io::ErrorKind::IsADirectory.into())),
        Ok(existing) if !existing.is_file() => Ok(()),
        Ok(_) | Err(_) => temporary_beside(&behind_link(path)).map(drop).map_err(failed),
    }
}

/// A file in the same folder, which is gone again when it is dropped.
fn temporary_beside(target: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Asked for by itself, so that the answer speaks of the folder and not of the temporary file.
    std::fs::metadata(folder)?;
    tempfile::Builder::new()
        .prefix(".sockscope-")
        .tempfile_in(folder)
        .map_err(|error| io::Error::from(error.kind()))
}

/// Where a file really lies: a link is followed, one that leads nowhere yet as well, so that the file behind
/// it is replaced and not the link.
fn behind_link(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| match std::fs::read_link(path) {
        Ok(target) => path.parent().map_or_else(|| target.clone(), |folder| folder.join(&target)),
        Err(_) => path.to_owned(),
    })
}

/// Writes through `fill`, compressed when the name says so.
fn write_to(
    out: &File,
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<()>,
) -> Result<()> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    // `fill` reports a failed write without knowing the path.
    let named = |error| match error {
        Error::Output(source) => failed(source),
        other => other,
    };
    let mut buffered = BufWriter::new(out);
    if is_compressed(path) {
        let mut encoder = GzEncoder::new(&mut buffered, Compression::default());
        fill(&mut encoder).map_err(named)?;
        encoder.finish().map_err(failed)?;
    } else {
        fill(&mut buffered).map_err(named)?;
    }
    buffered.flush().map_err(failed)
}

/// Reads a file whole, at most `limit` bytes after decompression.
///
/// Whether it is compressed is told by its first bytes, so that a renamed file opens as well.
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let mut reader = BufReader::new(file);
    let mut start = [0; 2];
    let begun = read_start(&mut reader, &mut start).map_err(failed)?;
    let whole = io::Cursor::new(start).take(begun as u64).chain(reader);
    let mut bytes = Vec::new();
    // One byte more than allowed tells "too large" from "just fits".
    let read = if start[..begun] == GZIP_MAGIC {
        MultiGzDecoder::new(BufReader::new(whole)).take(limit + 1).read_to_end(&mut bytes)
    } else {
        whole.take(limit + 1).read_to_end(&mut bytes)
    };
    match read {
        Ok(read) if read as u64 > limit => Err(Error::TooLarge { path: path.to_owned(), limit }),
        Ok(_) => Ok(bytes),
        // A compressed file that ends early or has been tampered with.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
                || error.kind() == io::ErrorKind::UnexpectedEof =>
        {
            Err(Error::Damaged { path: path.to_owned(), cause: error.to_string() })
        }
        Err(error) => Err(failed(error)),
    }
}

/// Moves a file that cannot be used out of the way, over no other: `settings.json` becomes
/// `settings.damaged-1.json`. None when that is not possible.
pub fn set_aside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let (stem, extension) = name.split_once('.').unwrap_or((name, "old"));
    (1..100)
        .map(|number| path.with_file_name(format!("{stem}.damaged-{number}.{extension}")))
        .find(|free| !free.exists())
        .filter(|free| std::fs::rename(path, free).is_ok())
}

/// The first bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

fn read_start(reader: &mut impl Read, start: &mut [u8; 2]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < start.len() {
        match reader.read(&mut start[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill_with(bytes: &'static [u8]) -> impl FnOnce(&mut dyn Write) -> Result<()> {
        move |out| out.write_all(bytes).map_err(Error::Output)
    }

    #[test]
    fn what_was_written_is_read_back_plain_or_compressed() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::Output)?;
        for name in ["plain.json", "packed.json.gz"] {
            let path = folder.path().join(name);
            write_atomically(&path, fill_with(b"some bytes, some bytes"))?;
            assert_eq!(read_bounded(&path, 1_000)?, b"some bytes, some bytes");
            assert!(matches!(read_bounded(&path, 21), Err(Error::TooLarge { limit: 21, .. })));
            assert!(read_bounded(&path, 22).is_ok());
        }
        let packed = std::fs::read(folder.path().join("packed.json.gz")).map_err(Error::Output)?;
        assert_eq!(packed[..2], GZIP_MAGIC);
        Ok(())
    }

    #[test]
    fn a_failure_leaves_the_old_file_whole_and_no_litter() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::Output)?;
        let path = folder.path().join("kept.json");
        write_atomically(&path, fill_with(b"old"))?;
        let failing = |out: &mut dyn Write| {
            out.write_all(b"half of the n").map_err(Error::Output)?;
            Err(Error::Output(io::Error::from(io::ErrorKind::StorageFull)))
        };
        let error = write_atomically(&path, failing).expect_err("the disk is full");
        assert!(matches!(error, Error::Write { .. }), "{error}");
        assert_eq!(read_bounded(&path, 10)?, b"old");
        assert_eq!(std::fs::read_dir(folder.path()).map_err(Error::Output)?.count(), 1);
        Ok(())
    }

    #[test]
    fn whether_a_file_can_be_written_is_known_before_and_leaves_nothing() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::Output)?;
        can_be_written(&folder.path().join("new.json"))?;
        assert_eq!(std::fs::read_dir(folder.path()).map_err(Error::Output)?.count(), 0);
        let file = folder.path().join("file");
        std::fs::write(&file, "old").map_err(Error::Output)?;
        can_be_written(&file)?;
        for wrong in [folder.path().to_owned(), folder.path().join("no/x"), file.join("x")] {
            let error = can_be_written(&wrong).expect_err("it cannot");
            assert!(matches!(error, Error::Write { .. }), "{error}");
        }
        assert_eq!(read_bounded(&file, 10)?, b"old");
        Ok(())
    }

    #[test]
    fn what_is_no_file_is_written_to_and_not_replaced() -> Result<()> {
        let null = Path::new("/dev/null");
        if !null.exists() {
            eprintln!("not checked: this system has no {}", null.display());
            return Ok(());
        }
        let folder = tempfile::tempdir().map_err(Error::Output)?;
        write_atomically(null, fill_with(b"gone"))?;
        let kind = std::fs::metadata(null).map_err(Error::Output)?;
        assert!(!kind.is_file());
        assert_eq!(std::fs::read_dir(folder.path()).map_err(Error::Output)?.count(), 0);
        Ok(())
    }

    #[test]
    fn a_damaged_compressed_file_is_said_to_be_damaged() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::Output)?;
        let path = folder.path().join("cut.gz");
        write_atomically(&path, fill_with(b"a long enough text to be cut in the middle"))?;
        let whole = std::fs::read(&path).map_err(Error::Output)?;
        std::fs::write(&path, &whole[..whole.len() / 2]).map_err(Error::Output)?;
        assert!(matches!(read_bounded(&path, 1_000), Err(Error::Damaged { .. })));
        Ok(())
    }

    #[test]
    fn a_missing_file_and_a_folder_are_said_to_be_so() -> Result<()> {
        let folder = tempfile::tempdir().map_err(Error::Output)?;
        assert!(matches!(read_bounded(&folder.path().join("none"), 9), Err(Error::Read { .. })));
        assert!(matches!(read_bounded(folder.path(), 9), Err(Error::Read { .. })));
        let error = write_atomically(folder.path(), fill_with(b"x"));
        assert!(matches!(error, Err(Error::Write { .. })));
        Ok(())
    }
}
