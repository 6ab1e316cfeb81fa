//! Files: the version 1 snapshot document, settings, the history, and writing so that no half-written file exists.
//!
//! Whatever is read is treated as hostile: its size is bounded, and what is wrong is said with its place.

pub mod document;
mod file;
mod history;
mod layout;
mod settings;
mod snapshot;
mod thresholds;

pub use file::{can_be_written, write_atomically};
pub use history::{KeptHistory, history_path, load_history, save_history, set_history_aside};
pub use layout::{ColumnLayout, SortLayout, TableLayout};
pub use settings::{LoadedSettings, Settings, SettingsProblem, ThemeChoice};
pub use snapshot::{load_snapshot, save_snapshot, write_snapshot};
pub use thresholds::Thresholds;
