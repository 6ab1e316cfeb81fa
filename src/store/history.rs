//! The counts of the last day, kept between two runs as our own JSON.
//!
//! Two windows that run at once write the same file: each writes it whole, and the last one stays.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::document::AtMost;
use super::file;
use crate::analysis::history::{Break, Cause, History, Sample};
use crate::error::{Error, Result};
use crate::model::{State, StateCounts};

const FORMAT: &str = "sockscope-history";
const VERSION: u32 = 1;

/// The largest file that is read, in bytes after decompression. A full day of six-digit counts is 4 MB.
const MAX_BYTES: u64 = 1 << 23;

/// More samples than a day has in steps of ten seconds, and more breaks than are kept.
const MOST_SAMPLES: usize = 10_000;
const MOST_BREAKS: usize = 1_000;

/// Where the history of this user lies, by the system's convention; none when there is no home.
pub fn history_path() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("io.github", "sockscope", "sockscope")?;
    let state = folders.state_dir().unwrap_or_else(|| folders.data_local_dir());
    Some(state.join("history.json.gz"))
}

/// What an earlier run has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptHistory {
    /// The last day's samples, oldest first.
    pub samples: Vec<Sample>,
    /// Its breaks, oldest first.
    pub breaks: Vec<Break>,
    /// When it was saved, and so until when the run went on at least.
    pub until: SystemTime,
}

impl KeptHistory {
    /// The history of a run that begins at `began`, after this one.
    pub fn carry_over(self, began: SystemTime) -> History {
        History::carried_over(self.samples, self.breaks, self.until, began)
    }
}

/// Saves the last day, whole or not at all, and makes the folder if need be.
pub fn save_history(history: &History, until: SystemTime, path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|source| Error::Write { path: path.to_owned(), source })?;
    }
    let document = Document {
        format: FORMAT.to_owned(),
        version: VERSION,
        until_ms: millis(until),
        states: State::ALL.map(|state| state.name().to_owned()),
        samples: AtMost(history.day().map(SampleLine::from).collect()),
        breaks: AtMost(history.breaks().map(BreakLine::from).collect()),
    };
    file::write_atomically(path, |out| {
        serde_json::to_writer(&mut *out, &document).map_err(Error::Encode)?;
        out.write_all(b"\n").map_err(Error::Output)
    })
}

/// Loads what an earlier run has seen; none where there is no file.
///
/// The file may be anybody's: it is read with bounds, and an error says what is wrong with it.
pub fn load_history(path: &Path) -> Result<Option<KeptHistory>> {
    match std::fs::metadata(path) {
        // A pipe in its place would keep the program waiting for a writer.
        Ok(found) if !found.is_file() => {
            let source = std::io::Error::other("it is not a file");
            return Err(Error::Read { path: path.to_owned(), source });
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
    }
    let bytes = file::read_bounded(path, MAX_BYTES)?;
    let kept = parse(&bytes).map_err(|cause| Error::Damaged { path: path.to_owned(), cause })?;
    Ok(Some(kept))
}

/// Moves a file that cannot be used out of the way, over no other; none when that is not possible.
pub fn set_history_aside(path: &Path) -> Option<PathBuf> {
    file::set_aside(path)
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    until_ms: u64,
    /// What each number of a sample counts.
    states: [String; State::COUNT],
    samples: AtMost<SampleLine, MOST_SAMPLES>,
    breaks: AtMost<BreakLine, MOST_BREAKS>,
}

#[derive(Serialize, Deserialize)]
struct SampleLine {
    at_ms: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    parted: bool,
    mean: [u32; State::COUNT],
    /// Absent where it is the mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low: Option<[u32; State::COUNT]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<[u32; State::COUNT]>,
}

#[derive(Serialize, Deserialize)]
struct BreakLine {
    from_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to_ms: Option<u64>,
    cause: CauseWord,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CauseWord {
    Paused,
    Failed,
    Slept,
    NotRunning,
}

impl From<&Sample> for SampleLine {
    fn from(sample: &Sample) -> Self {
        let other = |counts: StateCounts| (counts != sample.counts).then(|| numbers(&counts));
        Self {
            at_ms: millis(sample.at),
            parted: sample.parted,
            mean: numbers(&sample.counts),
            low: other(sample.low),
            high: other(sample.high),
        }
    }
}

impl From<&Break> for BreakLine {
    fn from(gap: &Break) -> Self {
        let cause = match gap.cause {
            Cause::Paused => CauseWord::Paused,
            Cause::Failed => CauseWord::Failed,
            Cause::Slept => CauseWord::Slept,
            Cause::NotRunning => CauseWord::NotRunning,
        };
        Self { from_ms: millis(gap.from), to_ms: gap.to.map(millis), cause }
    }
}

fn parse(bytes: &[u8]) -> Result<KeptHistory, String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if (document.format.as_str(), document.version) != (FORMAT, VERSION) {
        return Err(format!("it is {}, version {}", document.format, document.version));
    }
    if document.states != State::ALL.map(State::name) {
        return Err("it counts other states".to_owned());
    }
    let samples = document.samples.0.iter().map(sample).collect::<Result<_, _>>()?;
    let breaks = document.breaks.0.iter().map(gap).collect::<Result<_, _>>()?;
    Ok(KeptHistory { samples, breaks, until: time(document.until_ms)? })
}

fn sample(line: &SampleLine) -> Result<Sample, String> {
    let mean = line.mean;
    let (low, high) = (line.low.unwrap_or(mean), line.high.unwrap_or(mean));
    let in_order = |index: usize| low[index] <= mean[index] && mean[index] <= high[index];
    if !(0..State::COUNT).all(in_order) {
        return Err(format!("the sample at {} has a mean outside its extremes", line.at_ms));
    }
    let at = time(line.at_ms)?;
    let parted = line.parted;
    Ok(Sample { at, counts: counts(&mean), low: counts(&low), high: counts(&high), parted })
}

fn gap(line: &BreakLine) -> Result<Break, String> {
    let cause = match line.cause {
        CauseWord::Paused => Cause::Paused,
        CauseWord::Failed => Cause::Failed,
        CauseWord::Slept => Cause::Slept,
        CauseWord::NotRunning => Cause::NotRunning,
    };
    Ok(Break { from: time(line.from_ms)?, to: line.to_ms.map(time).transpose()?, cause })
}

fn numbers(counts: &StateCounts) -> [u32; State::COUNT] {
    State::ALL.map(|state| counts[state])
}

fn counts(numbers: &[u32; State::COUNT]) -> StateCounts {
    let mut counts = StateCounts::default();
    for state in State::ALL {
        counts[state] = numbers[state.index()];
    }
    counts
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The last second of the year 9999; later ones can only come from a damaged file.
const LAST_MS: u64 = 253_402_300_799_999;

fn time(millis: u64) -> Result<SystemTime, String> {
    if millis > LAST_MS {
        return Err(format!("{millis} is no time"));
    }
    Ok(UNIX_EPOCH + Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_440_000 + second)
    }

    /// A day at one poll a second, with a pause in it.
    fn day() -> History {
        let mut history = History::default();
        for second in 0..86_400_u32 {
            if second == 40_000 {
                history.interrupt(at(second.into()), Cause::Paused);
            }
            let mut counts = StateCounts::default();
            counts[State::CloseWait] = second / 10;
            counts[State::TimeWait] = second % 977;
            history.push(at(second.into()), counts);
        }
        history
    }

    #[test]
    fn a_day_comes_back_as_it_was_saved_plain_or_compressed() {
        let folder = tempfile::tempdir().expect("a folder");
        let history = day();
        for name in ["deep/history.json", "deep/history.json.gz"] {
            let path = folder.path().join(name);
            assert!(load_history(&path).expect("no file is no error").is_none());
            save_history(&history, at(86_399), &path).expect("it can be saved");
            let kept = load_history(&path).expect("it is whole").expect("it is there");
            assert_eq!(kept.samples, history.day().copied().collect::<Vec<_>>());
            assert_eq!(kept.breaks, history.breaks().copied().collect::<Vec<_>>());
            assert_eq!(kept.until, at(86_399));
            assert!(kept.samples.len() <= MOST_SAMPLES);
        }
        let size = std::fs::metadata(folder.path().join("deep/history.json")).expect("it").len();
        assert!(size * 2 < MAX_BYTES, "{size}");
    }

    #[test]
    fn a_second_window_replaces_the_file_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.json.gz");
        let (long, short) = (day(), {
            let mut history = History::default();
            history.push(at(5), StateCounts::default());
            history
        });
        std::thread::scope(|scope| {
            for history in [&long, &short] {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..3 {
                        save_history(history, at(86_400), path).expect("it can be saved");
                    }
                });
            }
        });
        let kept = load_history(&path).expect("it is whole").expect("it is there");
        let either = [&long, &short].map(|history| history.day().count());
        assert!(either.contains(&kept.samples.len()), "{}", kept.samples.len());
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
    }

    #[test]
    fn a_hostile_file_is_an_error_that_says_what_is_wrong() {
        let states = serde_json::to_string(&State::ALL.map(State::name)).expect("JSON");
        let document = |samples: &str, breaks: &str| {
            format!(
                r#"{{"format":"{FORMAT}","version":1,"until_ms":5,"states":{states},"samples":[{samples}],"breaks":[{breaks}]}}"#
            )
        };
        let zeros = "[0,0,0,0,0,0,0,0,0,0,0]";
        let sample = format!(r#"{{"at_ms":5,"mean":{zeros}}}"#);
        assert!(parse(document(&sample, "").as_bytes()).is_ok());
        let many = vec![sample.as_str(); MOST_SAMPLES + 1].join(",");
        let ones = zeros.replace('0', "1");
        for (text, says) in [
            (String::new(), "EOF"),
            ("[[[[[[".repeat(10_000), "invalid type"),
            (document("", "").replace("history", "snapshot"), "sockscope-snapshot"),
            (document("", "").replace(r#""version":1"#, r#""version":2"#), "version 2"),
            (document("", "").replace("TIME_WAIT", "LATE_WAIT"), "other states"),
            (document(&many, ""), "at most 10000"),
            (document(&sample.replace("[0,", "["), ""), "length 10"),
            (document(&sample.replace("[0,", "[-1,"), ""), "-1"),
            (document(&sample.replace(":5", ":18446744073709551615"), ""), "no time"),
            (document(&format!(r#"{{"at_ms":5,"mean":{zeros},"low":{ones}}}"#), ""), "extremes"),
            (document("", r#"{"from_ms":1,"cause":"bored"}"#), "bored"),
        ] {
            let error = parse(text.as_bytes()).expect_err("it is wrong");
            assert!(error.contains(says), "{says:?} is not in {error:?}");
        }
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(load_history(folder.path()), Err(Error::Read { .. })));
    }
}
