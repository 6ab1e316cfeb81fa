//! Keeps the counts of the last day for the next run: loads them at the start, saves them every minute and at
//! the end, off the frame.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::notices::Notices;
use super::task::Task;
use crate::analysis::history::History;
use crate::error::{Error, Result};
use crate::monitor::Wake;
use crate::store;
use crate::text;
use crate::text::Text;

/// How often it is saved.
const EVERY: Duration = Duration::from_secs(15);

/// Where the history is kept, and how far that is.
pub struct HistoryKeeper {
    /// None keeps it nowhere.
    file: Option<PathBuf>,
    wake: Wake,
    /// The newest sample that was saved, or was there before.
    saved: Option<SystemTime>,
    running: Option<Task<Result<()>>>,
    /// Whether the last saving failed.
    failing: bool,
}

impl HistoryKeeper {
    /// Loads what an earlier run has kept. What cannot be used is set aside and told.
    pub fn open(file: Option<PathBuf>, wake: Wake, notices: &mut Notices) -> (Self, History) {
        let history = file.as_deref().map(|file| load(file, notices)).unwrap_or_default();
        let saved = history.last().map(|sample| sample.at);
        (Self { file, wake, saved, running: None, failing: false }, history)
    }

    /// Saves what is new, when it is time to.
    pub fn update(&mut self, history: &History, notices: &mut Notices) {
        if let Some(outcome) = self.running.as_mut().and_then(Task::take) {
            self.running = None;
            let error = match outcome {
                Ok(saved) => saved.err().map(|error| error.text()),
                Err(lost) => Some(lost.text()),
            };
            self.tell(error, notices);
        }
        let due = match (self.saved, history.last()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(saved), Some(last)) => {
                last.at.duration_since(saved).is_ok_and(|since| since >= EVERY)
            }
        };
        if due
            && self.running.is_none()
            && let Some(file) = self.file.clone()
        {
            self.saved = history.last().map(|sample| sample.at);
            let (history, until) = (history.clone(), SystemTime::now());
            let save = move || store::save_history(&history, until, &file);
            self.running = Some(Task::start("history", &self.wake, save));
        }
    }

    /// Saves what is new, now: the program ends, and no window is left to tell of a failure.
    pub fn finish(&mut self, history: &History) {
        // One that runs is waited for first, so that the later one stays.
        self.running = None;
        let is_new = history.last().is_some_and(|last| self.saved != Some(last.at));
        if is_new
            && let Some(file) = &self.file
            && let Err(error) = store::save_history(history, SystemTime::now(), file)
        {
            tracing::warn!("{error}");
        }
    }

    /// Tells of a failure once, and not every minute.
    fn tell(&mut self, error: Option<Text>, notices: &mut Notices) {
        let failing = error.is_some();
        if let Some(error) = error.filter(|_| !self.failing) {
            notices.warn(text!("notice.history_not_kept", error = error));
        }
        self.failing = failing;
    }
}

/// Loads what an earlier run has kept; nothing where that cannot be used, which is told.
fn load(file: &Path, notices: &mut Notices) -> History {
    let error = match store::load_history(file) {
        Ok(kept) => {
            return kept.map(|kept| kept.carry_over(SystemTime::now())).unwrap_or_default();
        }
        Err(error) => error,
    };
    // Only what was read and is wrong is in the way; what cannot be read may be mended.
    let aside = match &error {
        Error::Damaged { .. } | Error::TooLarge { .. } => store::set_history_aside(file),
        _ => None,
    };
    let error = error.text();
    notices.warn(match aside {
        Some(aside) => {
            let aside = aside.display().to_string();
            text!("notice.history_set_aside", error = error, file = aside)
        }
        None => text!("notice.history_ignored", error = error),
    });
    History::default()
}
