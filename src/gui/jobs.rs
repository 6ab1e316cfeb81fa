//! Work that must not keep a frame waiting: files and comparisons, one at a time, on a thread.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::shelf::Side;
use super::task::Task;
use crate::analysis::diff::Comparison;
use crate::error::{Error, Result};
use crate::lab::{self, ScenarioResult};
use crate::model::Snapshot;
use crate::monitor::Wake;
use crate::report::{Exporter, Subject};
use crate::store::{self, Settings};
use crate::text::Text;

/// What puts rows into words: with many rows that takes longer than a frame may.
pub type Composer = Box<dyn Fn() -> String + Send>;

/// What a scenario's result is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScenarioForm {
    /// For programs.
    Json,
    /// For people.
    Markdown,
}

impl ScenarioForm {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Json, Self::Markdown];

    /// How a file of it ends.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Markdown => "md",
        }
    }

    /// What it is called everywhere.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Markdown => "Markdown",
        }
    }

    fn write(self, result: &ScenarioResult) -> Result<String> {
        match self {
            Self::Json => {
                let document = lab::document(result);
                let json = serde_json::to_string_pretty(&document).map_err(Error::Encode)?;
                Ok(json + "\n")
            }
            Self::Markdown => Ok(lab::markdown(result)),
        }
    }
}

/// Something to do.
pub enum Job {
    /// Load a snapshot for a side.
    Load {
        /// The file.
        path: PathBuf,
        /// For which side.
        side: Side,
    },
    /// Save a snapshot.
    Save {
        /// The file.
        path: PathBuf,
        /// What.
        snapshot: Arc<Snapshot>,
        /// Whether a file that is there may be replaced.
        replace: bool,
    },
    /// Export a comparison.
    Export {
        /// The file.
        path: PathBuf,
        /// What.
        comparison: Arc<Comparison>,
        /// In which format.
        exporter: &'static dyn Exporter,
        /// Whether a file that is there may be replaced.
        replace: bool,
        /// The time zone of the report.
        zone: TimeZone,
    },
    /// Save what came of a scenario.
    SaveScenario {
        /// The file.
        path: PathBuf,
        /// What.
        result: Arc<ScenarioResult>,
        /// In which form.
        form: ScenarioForm,
        /// Whether a file that is there may be replaced.
        replace: bool,
    },
    /// Compare two snapshots.
    Compare(Arc<Snapshot>, Arc<Snapshot>),
    /// Put many rows into words.
    Compose(Composer),
    /// Keep the settings.
    KeepSettings {
        /// The file.
        path: PathBuf,
        /// What.
        settings: Settings,
    },
}

/// What came of a job.
pub enum Done {
    /// A snapshot was loaded.
    Loaded {
        /// From where.
        path: PathBuf,
        /// For which side.
        side: Side,
        /// What.
        snapshot: Arc<Snapshot>,
    },
    /// A snapshot was saved.
    Saved {
        /// Where.
        path: PathBuf,
        /// What.
        snapshot: Arc<Snapshot>,
    },
    /// A comparison was exported.
    Exported {
        /// Where.
        path: PathBuf,
    },
    /// Two snapshots were compared.
    Compared(Arc<Comparison>),
    /// Rows were put into words, for the clipboard.
    Composed(String),
    /// The settings were kept.
    SettingsKept,
    /// The file is there already, and may not be replaced without asking.
    Exists {
        /// The same job, which replaces it.
        again: Box<Job>,
    },
    /// It failed, and can be tried again with another path.
    Failed {
        /// Why.
        why: Text,
        /// The job.
        job: Box<Job>,
    },
    /// It is lost: no thread could be had for it, or it panicked.
    Lost(Text),
}

impl Job {
    fn run(mut self) -> Done {
        if self.would_replace() {
            return Done::Exists { again: Box::new(self) };
        }
        match self.run_now() {
            Ok(done) => done,
            Err(error) => Done::Failed { why: error.text(), job: Box::new(self) },
        }
    }

    /// Whether it would replace a file without having asked; from now on it has.
    fn would_replace(&mut self) -> bool {
        match self {
            Self::Save { path, replace, .. }
            | Self::Export { path, replace, .. }
            | Self::SaveScenario { path, replace, .. } => {
                !std::mem::replace(replace, true) && path.is_file()
            }
            Self::Load { .. }
            | Self::Compare(..)
            | Self::Compose(_)
            | Self::KeepSettings { .. } => false,
        }
    }

    fn run_now(&self) -> Result<Done> {
        Ok(match self {
            Self::Load { path, side } => {
                // A pipe would keep everything after it waiting for a writer.
                if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
                    let source = io::Error::other("it is not a file");
                    return Err(Error::Read { path: path.clone(), source });
                }
                let snapshot = Arc::new(store::load_snapshot(path)?);
                Done::Loaded { path: path.clone(), side: *side, snapshot }
            }
            Self::Save { path, snapshot, .. } => {
                store::save_snapshot(snapshot, path)?;
                Done::Saved { path: path.clone(), snapshot: Arc::clone(snapshot) }
            }
            Self::Export { path, comparison, exporter, zone, .. } => {
                store::write_atomically(path, |out| {
                    exporter.export(Subject::Comparison(comparison), zone, out)
                })?;
                Done::Exported { path: path.clone() }
            }
            Self::SaveScenario { path, result, form, .. } => {
                let text = form.write(result)?;
                store::write_atomically(path, |out| {
                    out.write_all(text.as_bytes()).map_err(Error::Output)
                })?;
                Done::Exported { path: path.clone() }
            }
            Self::Compare(a, b) => {
                Done::Compared(Arc::new(Comparison::new(Arc::clone(a), Arc::clone(b))))
            }
            Self::Compose(compose) => Done::Composed(compose()),
            Self::KeepSettings { path, settings } => {
                settings.save(path)?;
                Done::SettingsKept
            }
        })
    }
}

/// Runs jobs in the order they came, one at a time.
pub struct Jobs {
    waiting: VecDeque<Job>,
    running: Option<Task<Done>>,
    wake: Wake,
}

impl Jobs {
    /// Nothing runs. `wake` is called when a job is done.
    pub const fn new(wake: Wake) -> Self {
        Self { waiting: VecDeque::new(), running: None, wake }
    }

    /// Whether a job runs or waits.
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || !self.waiting.is_empty()
    }

    /// Has a job done after those that were given before.
    pub fn add(&mut self, job: Job) {
        self.waiting.push_back(job);
        self.start_next();
    }

    /// What came of the next job that is done.
    pub fn take(&mut self) -> Option<Done> {
        let done = self.running.as_mut()?.take()?;
        self.running = None;
        self.start_next();
        Some(done.unwrap_or_else(|lost| Done::Lost(lost.text())))
    }

    fn start_next(&mut self) {
        if self.running.is_none()
            && let Some(job) = self.waiting.pop_front()
        {
            self.running = Some(Task::start("job", &self.wake, move || job.run()));
        }
    }
}

impl Drop for Jobs {
    /// Does what was asked for before the program ends, so that a file is written whole.
    fn drop(&mut self) {
        self.running = None;
        while !self.waiting.is_empty() {
            self.start_next();
            self.running = None;
        }
    }
}
