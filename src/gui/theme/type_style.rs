//! The type styles: what each kind of text is set in.

use std::sync::{Arc, LazyLock};

use eframe::egui::{FontFamily, FontId, RichText, TextFormat, TextStyle};

use super::Color;

/// What a text is for, and so what it is set in. Nothing is smaller than 11 but the diagram's nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeStyle {
    /// The number of a tile.
    Count,
    /// The sentence that opens a page.
    Headline,
    /// A dialog's, an empty page's title.
    Title,
    /// Sentences, buttons, fields.
    Body,
    /// A card's title, the part of a sentence that counts.
    BodyStrong,
    /// Tables and gauges.
    Dense,
    /// The number of a table that counts.
    DenseStrong,
    /// Table headers and axes.
    Caption,
    /// Addresses, calls, commands.
    Mono,
    /// The same in the Sockets table.
    MonoDense,
    /// A badge's name.
    MonoBadge,
    /// A diagram's node.
    Diagram,
    /// The same where there is little room.
    DiagramDense,
}

static SEMIBOLD: LazyLock<Arc<str>> = LazyLock::new(|| "semibold".into());
static MONO_MEDIUM: LazyLock<Arc<str>> = LazyLock::new(|| "mono-medium".into());

/// The family of the semibold face.
pub fn semibold() -> FontFamily {
    FontFamily::Name(Arc::clone(&SEMIBOLD))
}

/// The family of the mono face in medium weight.
pub fn mono_medium() -> FontFamily {
    FontFamily::Name(Arc::clone(&MONO_MEDIUM))
}

impl TypeStyle {
    /// Every style.
    pub const ALL: [Self; 13] = [
        Self::Count,
        Self::Headline,
        Self::Title,
        Self::Body,
        Self::BodyStrong,
        Self::Dense,
        Self::DenseStrong,
        Self::Caption,
        Self::Mono,
        Self::MonoDense,
        Self::MonoBadge,
        Self::Diagram,
        Self::DiagramDense,
    ];

    /// Size and height of a line, in points.
    const fn size(self) -> (f32, f32) {
        match self {
            Self::Count => (22.0, 28.0),
            Self::Headline => (16.0, 22.0),
            Self::Title => (14.0, 20.0),
            Self::Body | Self::BodyStrong => (13.0, 18.0),
            Self::Dense | Self::DenseStrong | Self::Mono => (12.0, 16.0),
            Self::Caption => (11.0, 15.0),
            Self::MonoDense => (11.5, 16.0),
            Self::MonoBadge => (11.0, 18.0),
            Self::Diagram => (10.0, 14.0),
            Self::DiagramDense => (9.5, 14.0),
        }
    }

    /// Face and size.
    pub fn font(self) -> FontId {
        let family = match self {
            Self::Count | Self::Headline | Self::Title | Self::BodyStrong | Self::DenseStrong => {
                semibold()
            }
            Self::Body | Self::Dense | Self::Caption => FontFamily::Proportional,
            Self::Mono | Self::MonoDense => FontFamily::Monospace,
            Self::MonoBadge | Self::Diagram | Self::DiagramDense => mono_medium(),
        };
        FontId::new(self.size().0, family)
    }

    /// The height of a line, in points.
    pub const fn line(self) -> f32 {
        self.size().1
    }

    /// The name under which egui's style knows it.
    pub fn text_style(self) -> TextStyle {
        match self {
            Self::Headline => TextStyle::Heading,
            Self::Body => TextStyle::Body,
            Self::Caption => TextStyle::Small,
            Self::Mono => TextStyle::Monospace,
            other => TextStyle::Name(format!("{other:?}").into()),
        }
    }

    /// A text in this style, with its height of a line.
    pub fn rich(self, text: impl Into<String>) -> RichText {
        RichText::new(text).font(self.font()).line_height(Some(self.line()))
    }

    /// This style and a colour, for a text that is laid out in pieces.
    pub fn format(self, color: Color) -> TextFormat {
        TextFormat { line_height: Some(self.line()), ..TextFormat::simple(self.font(), color) }
    }
}
