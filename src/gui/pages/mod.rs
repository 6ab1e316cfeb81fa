//! The pages: one a file, and one line each in [`PAGES`].
//!
//! Rail, shortcuts and tests iterate the slice. A page owns the state of its own view and nothing else.

mod lab;
mod overview;
mod settings;
mod snapshots;
mod sockets;

pub(in crate::gui) use sockets::sorting as sockets_sorting;

use eframe::egui::Ui;
use egui_material_icons::MaterialIcon;

use super::cx::Cx;
use crate::text::Text;

/// A page.
pub trait Page {
    /// Draws it over all the space there is.
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>);
}

/// A page as the slice knows it.
pub struct PageLeaf {
    /// Its name in commands; never translated.
    pub name: &'static str,
    /// What the rail calls it.
    pub title: fn() -> Text,
    /// Its icon in the rail.
    pub icon: MaterialIcon,
    /// Whether it stands at the foot of the rail, apart from the others.
    pub at_foot: bool,
    /// Makes it, with a view of its own.
    pub make: fn() -> Box<dyn Page>,
}

/// Every page, in the order of the rail.
pub static PAGES: &[PageLeaf] =
    &[overview::LEAF, sockets::LEAF, lab::LEAF, snapshots::LEAF, settings::LEAF];

/// The name of the page whose sockets are closed when it is left.
pub const LAB: &str = lab::LEAF.name;

/// The name of the page that other places show sockets on.
pub const SOCKETS: &str = sockets::LEAF.name;
