//! The words and signs that the parts of this view share.

use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{ICON_CHECK_CIRCLE, ICON_HELP, ICON_WARNING};

use crate::gui::theme::{Color, Theme, Tone};
use crate::lab::{NUMBERING, Numbering};
use crate::model::lab::Verdict;
use crate::text;
use crate::text::Text;

/// A verdict in words.
pub(super) fn verdict(verdict: Verdict) -> Text {
    match verdict {
        Verdict::AsExpected => text!("lab_scenarios_page.as_expected"),
        Verdict::Differs => text!("lab_scenarios_page.differs"),
        Verdict::CouldNotTell => text!("lab_scenarios_page.could_not_tell"),
    }
}

/// A verdict in words, with the system that it is about.
pub(super) fn on_this_system(of: Verdict) -> Text {
    text!("lab_scenarios_page.habit.on_system", verdict = verdict(of), system = system())
}

/// How much a verdict asks for the eye, on a chip.
pub(super) const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::AsExpected => Tone::Fine,
        Verdict::Differs => Tone::Warning,
        Verdict::CouldNotTell => Tone::Note,
    }
}

/// A verdict's sign.
pub(super) const fn sign(verdict: Verdict) -> MaterialIcon {
    match verdict {
        Verdict::AsExpected => ICON_CHECK_CIRCLE,
        Verdict::Differs => ICON_WARNING,
        Verdict::CouldNotTell => ICON_HELP,
    }
}

/// The colour of a verdict's sign and words beside others.
pub(super) const fn color(theme: &Theme, verdict: Verdict) -> Color {
    match verdict {
        Verdict::AsExpected => theme.severity.fine.text,
        Verdict::Differs => theme.severity.warning.text,
        Verdict::CouldNotTell => theme.text.secondary,
    }
}

/// The system whose rules are expected to hold.
pub(super) const fn system() -> &'static str {
    match NUMBERING {
        Numbering::Linux => "Linux",
        Numbering::WinSock => "Windows",
        Numbering::Bsd => "macOS",
    }
}
