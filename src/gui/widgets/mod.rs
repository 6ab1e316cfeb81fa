//! The drawn controls that pages share.
//!
//! They say no sentence of their own: every text comes in rendered. Each has an accessible name and role,
//! shows where the keyboard is, and shows when it does not work now, by a weaker role and not by fading.

mod banner;
mod button;
mod card;
mod empty;
mod field;
mod gauge;
mod paint;
mod pair;
mod segmented;
mod sparkline;
mod spinner;
mod switch;

pub use banner::banner;
pub use button::{Button, button, icon_button, primary_button};
pub use card::{Card, card};
pub use empty::empty;
pub use field::{field, small_field};
pub use gauge::paint_gauge;
pub use paint::{chip, cut, focus_ring, icon, paint_icon};
pub use pair::side_by_side;
pub use segmented::segmented;
pub use sparkline::sparkline;
pub use spinner::spinner;
pub use switch::switch;
