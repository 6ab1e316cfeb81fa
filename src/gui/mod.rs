//! The window.

pub mod fonts;
pub mod glyph;
pub mod theme;
pub mod widgets;
