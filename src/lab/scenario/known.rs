//! What a system is known to do.

use crate::lab::options::{NUMBERING, Numbering};
use crate::model::lab::Basis;

/// An expectation for each system. Linux's were measured; the others are from documentation and source until somebody
/// has run them, and absent where nobody knows: then what is observed is reported and not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<T> {
    linux: Option<T>,
    windows: Option<T>,
    macos: Option<T>,
}

impl<T: Copy> Known<T> {
    /// The same everywhere.
    pub const fn everywhere(value: T) -> Self {
        Self { linux: Some(value), windows: Some(value), macos: Some(value) }
    }

    /// Linux alone; of the others nobody knows.
    pub const fn linux(value: T) -> Self {
        Self { linux: Some(value), windows: None, macos: None }
    }

    /// And so on Windows.
    #[must_use]
    pub const fn windows(mut self, value: T) -> Self {
        self.windows = Some(value);
        self
    }

    /// And so on macOS.
    #[must_use]
    pub const fn macos(mut self, value: T) -> Self {
        self.macos = Some(value);
        self
    }

    /// What follows from it, where it is known.
    pub fn map<U>(self, follows: impl Fn(T) -> U) -> Known<U> {
        Known {
            linux: self.linux.map(&follows),
            windows: self.windows.map(&follows),
            macos: self.macos.map(&follows),
        }
    }

    /// What is expected on this system, and how that is known.
    pub const fn here(self) -> (Option<T>, Basis) {
        self.on(NUMBERING)
    }

    const fn on(self, system: Numbering) -> (Option<T>, Basis) {
        let (value, basis) = match system {
            Numbering::Linux => (self.linux, Basis::Measured),
            Numbering::WinSock => (self.windows, Basis::Documented),
            Numbering::Bsd => (self.macos, Basis::Documented),
        };
        match value {
            Some(_) => (value, basis),
            None => (None, Basis::Unknown),
        }
    }
}

impl<T: Copy> From<T> for Known<T> {
    fn from(value: T) -> Self {
        Self::everywhere(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_nobody_asked_is_not_known() {
        let known = Known::linux("EPIPE").macos("ECONNRESET");
        assert_eq!(known.on(Numbering::Linux), (Some("EPIPE"), Basis::Measured));
        assert_eq!(known.on(Numbering::Bsd), (Some("ECONNRESET"), Basis::Documented));
        assert_eq!(known.on(Numbering::WinSock), (None, Basis::Unknown));
        assert_eq!(
            Known::everywhere(1).windows(2).on(Numbering::WinSock),
            (Some(2), Basis::Documented)
        );
    }
}
