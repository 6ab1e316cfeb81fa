//! Which of two sockets that want one address sets SO_REUSEADDR: the old one, the new one, both, none.

use crate::lab::options::{OptionName, SocketOptions};
use crate::text;
use crate::text::Text;

/// Who sets SO_REUSEADDR.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reuse {
    Nobody,
    Old,
    New,
    Both,
}

impl Reuse {
    pub(super) const ALL: [Self; 4] = [Self::Nobody, Self::Old, Self::New, Self::Both];

    /// The options of the old socket.
    pub(super) const fn old(self) -> SocketOptions {
        on(matches!(self, Self::Old | Self::Both))
    }

    /// The options of the new socket.
    pub(super) const fn new(self) -> SocketOptions {
        on(matches!(self, Self::New | Self::Both))
    }

    /// In words.
    pub(super) fn said(self) -> Text {
        match self {
            Self::Nobody => text!("lab_reuse.reuse.nobody"),
            Self::Old => text!("lab_reuse.reuse.old"),
            Self::New => text!("lab_reuse.reuse.new"),
            Self::Both => text!("lab_reuse.reuse.both"),
        }
    }
}

const fn on(on: bool) -> SocketOptions {
    if on { SocketOptions::NONE.on(OptionName::ReuseAddress) } else { SocketOptions::NONE }
}
