//! What socket tables mean: identity through time, history, comparison, filters, and words for it all.
//!
//! Pure: time comes in as data, and so does every table. Nothing here reads a clock, a file or a system.

pub mod copy;
pub mod course;
pub mod diagram;
pub mod diff;
pub mod events;
pub mod explain;
pub mod filter;
pub mod groups;
pub mod growth;
pub mod history;
pub mod kernel;
pub mod load;
pub mod moment;
pub mod pair;
pub mod phrases;
pub mod readings;
pub mod residence;
pub mod ring;
pub mod timeline;
pub mod towards;
pub mod track;
