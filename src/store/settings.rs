//! What the user has chosen, kept between runs as our own JSON.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::file;
use super::layout::TableLayout;
use super::thresholds::Thresholds;
use crate::error::{Error, Result};

const FORMAT: &str = "sockscope-settings";
const VERSION: u32 = 1;

/// The largest settings file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Which theme the window has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// As the system says.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// Everything that is kept between runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The time between two polls.
    pub interval: Duration,
    /// The theme.
    pub theme: ThemeChoice,
    /// How much larger than normal the window draws, 1.0 being normal.
    pub zoom: f32,
    /// How the table of sockets is laid out.
    pub socket_table: TableLayout,
    /// From where on numbers are marked.
    pub thresholds: Thresholds,
    /// The filters that were used, the newest first, each once; at most [`Settings::MOST_FILTERS`].
    pub recent_filters: Vec<String>,
    /// Whether the lab's sockets stay open when its page is left.
    pub keep_lab_open: bool,
}

impl Settings {
    /// The shortest and the longest time between two polls.
    pub const INTERVALS: [Duration; 2] = [Duration::from_millis(100), Duration::from_mins(10)];

    /// The smallest and the largest zoom.
    pub const ZOOMS: [f32; 2] = [0.5, 3.0];

    /// How many filters are remembered at most.
    pub const MOST_FILTERS: usize = 20;

    /// The longest filter that is remembered, in bytes.
    const LONGEST_FILTER: usize = 1_000;

    /// Remembers a filter as the newest; what is blank or longer than anybody types again is not kept. Says whether
    /// that changed anything.
    pub fn remember_filter(&mut self, filter: &str) -> bool {
        let filter = filter.trim();
        if filter.is_empty() || filter.len() > Self::LONGEST_FILTER {
            return false;
        }
        if self.recent_filters.first().is_some_and(|newest| newest == filter) {
            return false;
        }
        self.recent_filters.retain(|known| known != filter);
        self.recent_filters.insert(0, filter.to_owned());
        self.recent_filters.truncate(Self::MOST_FILTERS);
        true
    }

    /// Where the settings of this user lie, by the system's convention; none when there is no home.
    pub fn path() -> Option<PathBuf> {
        let folders = directories::ProjectDirs::from("io.github", "sockscope", "sockscope")?;
        Some(folders.config_dir().join("settings.json"))
    }

    /// Loads settings. This never fails: what cannot be used is set aside, replaced by the normal
    /// settings, and told.
    pub fn load(path: &Path) -> LoadedSettings {
        let normal = |problem| LoadedSettings { settings: Self::default(), problem };
        let bytes = match file::read_bounded(path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(Error::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return normal(None);
            }
            Err(error) => {
                return normal(Some(SettingsProblem { error, set_aside: None }));
            }
        };
        match parse(&bytes) {
            Ok(settings) => LoadedSettings { settings, problem: None },
            Err(cause) => {
                let error = Error::Damaged { path: path.to_owned(), cause };
                normal(Some(SettingsProblem { error, set_aside: file::set_aside(path) }))
            }
        }
    }

    /// Saves settings, whole or not at all, and makes their folder if need be.
    pub fn save(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| Error::Write { path: path.to_owned(), source })?;
        }
        let document = Document {
            format: FORMAT.to_owned(),
            version: VERSION,
            interval_ms: u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX),
            theme: self.theme,
            zoom: self.zoom,
            socket_table: self.socket_table.clone(),
            thresholds: self.thresholds,
            recent_filters: self.recent_filters.clone(),
            keep_lab_open: self.keep_lab_open,
        };
        file::write_atomically(path, |out| {
            serde_json::to_writer_pretty(&mut *out, &document).map_err(Error::Encode)?;
            out.write_all(b"\n").map_err(Error::Output)
        })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            theme: ThemeChoice::System,
            zoom: 1.0,
            socket_table: TableLayout::default(),
            thresholds: Thresholds::default(),
            recent_filters: Vec::new(),
            keep_lab_open: false,
        }
    }
}

/// Settings, and what was wrong with the file they should have come from.
#[derive(Debug)]
pub struct LoadedSettings {
    /// The settings to use.
    pub settings: Settings,
    /// What was wrong, if anything.
    pub problem: Option<SettingsProblem>,
}

/// A settings file that could not be used.
#[derive(Debug)]
pub struct SettingsProblem {
    /// What is wrong with it.
    pub error: Error,
    /// Where it was moved, so that nothing is lost when settings are saved next.
    pub set_aside: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    interval_ms: u64,
    #[serde(default)]
    theme: ThemeChoice,
    #[serde(default = "normal_zoom")]
    zoom: f32,
    #[serde(default)]
    socket_table: TableLayout,
    #[serde(default)]
    thresholds: Thresholds,
    #[serde(default)]
    recent_filters: Vec<String>,
    #[serde(default)]
    keep_lab_open: bool,
}

const fn normal_zoom() -> f32 {
    1.0
}

fn parse(bytes: &[u8]) -> Result<Settings, String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if (document.format.as_str(), document.version) != (FORMAT, VERSION) {
        return Err(format!("it is {}, version {}", document.format, document.version));
    }
    let [shortest, longest] = Settings::INTERVALS;
    let [smallest, largest] = Settings::ZOOMS;
    let zoom = if document.zoom.is_finite() { document.zoom } else { normal_zoom() };
    let mut settings = Settings {
        interval: Duration::from_millis(document.interval_ms).clamp(shortest, longest),
        theme: document.theme,
        zoom: zoom.clamp(smallest, largest),
        socket_table: document.socket_table.in_range(),
        thresholds: document.thresholds.in_range(),
        recent_filters: Vec::new(),
        keep_lab_open: document.keep_lab_open,
    };
    // Somebody may have written the file by hand.
    for filter in document.recent_filters.iter().rev() {
        settings.remember_filter(filter);
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ColumnLayout, SortLayout};

    #[test]
    fn settings_come_back_as_they_were_saved() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("deep/settings.json");
        let loaded = Settings::load(&path);
        assert_eq!(loaded.settings, Settings::default());
        assert!(loaded.problem.is_none(), "no file is no problem");

        let settings = Settings {
            interval: Duration::from_secs(5),
            theme: ThemeChoice::Light,
            zoom: 1.25,
            socket_table: TableLayout {
                columns: vec![
                    ColumnLayout { id: "state".to_owned(), width: None },
                    ColumnLayout { id: "rtt".to_owned(), width: Some(90.5) },
                    ColumnLayout { id: "of a later version".to_owned(), width: None },
                ],
                sort: Some(SortLayout { column: "rtt".to_owned(), descending: true }),
            },
            thresholds: Thresholds { full_percent: 95, unread_bytes: 1_024 },
            recent_filters: vec!["state:close-wait".to_owned(), "age>5m".to_owned()],
            keep_lab_open: true,
        };
        settings.save(&path).expect("the folder is made");
        assert_eq!(Settings::load(&path).settings, settings);
        Ok(())
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_told() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("settings.json");
        let bad =
            ["", "{\"format\": \"sockscope-settings\"", "[]", "\u{0}\u{1}", "{\"version\":9}"];
        for (number, bytes) in bad.into_iter().enumerate() {
            std::fs::write(&path, bytes)?;
            let loaded = Settings::load(&path);
            assert_eq!(loaded.settings, Settings::default());
            let kept = loaded.problem.and_then(|problem| problem.set_aside).expect("it is kept");
            assert_eq!(std::fs::read_to_string(kept)?, bytes);
            assert!(!path.exists());
            assert_eq!(std::fs::read_dir(folder.path())?.count(), number + 1);
        }
        Ok(())
    }

    #[test]
    fn filters_are_remembered_once_the_newest_first() {
        let mut settings = Settings::default();
        for typed in ["a", " b ", "a", "", "  "] {
            settings.remember_filter(typed);
        }
        assert_eq!(settings.recent_filters, ["a", "b"]);
        for port in 0..30 {
            settings.remember_filter(&format!("port:{port}"));
        }
        assert_eq!(settings.recent_filters.len(), Settings::MOST_FILTERS);
        assert_eq!(settings.recent_filters[0], "port:29");
        assert!(!settings.remember_filter("port:29"), "it is the newest already");
        assert!(!settings.remember_filter(&"x".repeat(2_000)), "nobody types it again");
        assert!(settings.remember_filter("port:28"));
        assert!(settings.remember_filter("port:29"));
        assert_eq!(settings.recent_filters[0], "port:29");
    }

    #[test]
    fn values_out_of_range_are_brought_into_it() {
        let text = br#"{"format":"sockscope-settings","version":1,"interval_ms":0,"zoom":900.0,"later":1,
            "thresholds":{"full_percent":0},
            "socket_table":{"columns":[{"id":"state","width":-3.0},{"id":"rtt"},{"id":"rtt","width":80}]}}"#;
        let settings = parse(text).expect("it is well-formed");
        assert_eq!(settings.interval, Settings::INTERVALS[0]);
        assert!((settings.zoom - Settings::ZOOMS[1]).abs() < f32::EPSILON);
        let thresholds = Thresholds { full_percent: 1, ..Thresholds::default() };
        assert_eq!(settings.thresholds, thresholds);
        let columns = settings.socket_table.columns;
        let narrowest = TableLayout::WIDTHS[0];
        assert_eq!(columns[0], ColumnLayout { id: "state".to_owned(), width: Some(narrowest) });
        assert_eq!(columns[1..], [ColumnLayout { id: "rtt".to_owned(), width: None }]);
    }
}
