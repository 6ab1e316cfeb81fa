//! The window.
//!
//! ```text
//!  +------------------------------------------------------+
//!  | top_bar: source, interval, pause, snapshot           |
//!  +--------+---------------------------------------------+
//!  | rail:  | pages: one of PAGES                         |
//!  | PAGES  |                                             |
//!  +--------+---------------------------------------------+
//!  | coverage: rows seen, owners hidden, cost             |
//!  +------------------------------------------------------+
//! ```
//!
//! Everything is drawn from a read-only `Cx`; whatever the user does becomes a `Command`, and
//! `app` applies them in one place after drawing. No drawing function waits, does I/O, or touches all
//! rows: workers do, and publish.

mod app;
mod chart;
mod closing;
mod coverage;
mod cx;
mod dialog;
mod fonts;
pub mod glyph;
mod history_keeper;
mod jobs;
mod notices;
mod pages;
mod palette;
mod rail;
mod regions;
mod renderer;
mod shelf;
mod shortcuts;
mod state_diagram;
mod table;
mod task;
pub mod theme;
mod tiles;
mod top_bar;
pub mod widgets;

pub use app::{App, Setup};
pub use pages::PAGES;
pub use renderer::open;
