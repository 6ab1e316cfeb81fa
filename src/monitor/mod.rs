//! The workers between the system and the faces: one polls and tracks, one sorts and filters, one looks closely at
//! one socket.
//!
//! Each owns its state and publishes immutable values; a face takes the newest and holds no lock. What a
//! worker publishes it announces through a wake-up that it was given, so nothing here knows a window.

mod cell;
mod column;
mod frame;
mod inspector;
mod limits;
mod published;
mod sampler;
mod source;
mod survey;
mod view;

pub use column::Column;
pub use frame::{Frame, Health, Interval};
pub use inspector::{Details, Holder, Inspection, Inspector};
pub use limits::{Usage, usage};
pub use sampler::{Frames, Monitor};
pub use source::{SourceChoice, sample};
pub use view::{Folds, Group, GroupBy, GroupKey, Line, Mark, View, ViewSpec, Views, ViewsFollower};

use std::sync::Arc;

/// Called by a worker whenever it has published something new.
pub type Wake = Arc<dyn Fn() + Send + Sync>;
