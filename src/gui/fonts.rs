//! The fonts that come with the program, and who helps out when they lack a sign.
//!
//! Inter speaks, the mono font shows addresses and calls; `assets/fonts/README.md` says how they were cut
//! down. Each family goes on with Inter (the mono font has no thin space), then egui's own fonts, then
//! the icons. What none of them has, Chinese, Japanese and Korean above all, eframe looks up among the
//! system's fonts by itself, in any family.

use std::sync::Arc;

use eframe::egui::{FontData, FontDefinitions, FontFamily, FontTweak};

use super::theme::{mono_medium, semibold};

const INTER: &str = "Inter";
const INTER_SEMIBOLD: &str = "Inter SemiBold";
const MONO: &str = "JetBrains Mono";
const MONO_MEDIUM: &str = "JetBrains Mono Medium";

/// The four fonts by name.
const BUNDLED: [(&str, &[u8]); 4] = [
    (INTER, include_bytes!("../../assets/fonts/Inter-Regular.otf")),
    (INTER_SEMIBOLD, include_bytes!("../../assets/fonts/Inter-SemiBold.otf")),
    (MONO, include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf")),
    (MONO_MEDIUM, include_bytes!("../../assets/fonts/JetBrainsMono-Medium.ttf")),
];

/// Every font of the window, and the order in which each family asks them.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let behind = |fonts: &FontDefinitions, family: &FontFamily| -> Vec<String> {
        fonts.families.get(family).cloned().unwrap_or_default()
    };
    let behind_text = behind(&fonts, &FontFamily::Proportional);
    let behind_mono = behind(&fonts, &FontFamily::Monospace);

    for (name, bytes) in BUNDLED {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let icons = egui_material_icons::font_insert();
    let icon_font = icons.name.clone();
    // Icons are painted by their own box, so the shift that suits them inside a text is taken out.
    let data = icons.data.tweak(FontTweak::default());
    fonts.font_data.insert(icon_font.clone(), Arc::new(data));
    for inserted in icons.families {
        if let family @ FontFamily::Name(_) = inserted.family {
            fonts.families.insert(family, vec![icon_font.clone()]);
        }
    }

    for (family, first, fallback) in [
        (FontFamily::Proportional, &[INTER][..], &behind_text),
        (semibold(), &[INTER_SEMIBOLD, INTER], &behind_text),
        (FontFamily::Monospace, &[MONO, INTER], &behind_mono),
        (mono_medium(), &[MONO_MEDIUM, INTER_SEMIBOLD, INTER], &behind_mono),
    ] {
        let chain = first
            .iter()
            .map(|name| (*name).to_owned())
            .chain(fallback.iter().cloned())
            .chain([icon_font.clone()])
            .collect();
        fonts.families.insert(family, chain);
    }
    fonts
}

#[cfg(test)]
mod tests {
    use eframe::egui::FontId;
    use eframe::egui::epaint::text::{Fonts, TextOptions};

    use super::*;

    #[test]
    fn every_family_has_the_signs_that_the_window_writes() {
        let mut fonts = Fonts::new(TextOptions::default(), definitions());
        for family in [FontFamily::Proportional, semibold(), FontFamily::Monospace, mono_medium()] {
            let font = FontId::new(12.0, family);
            for sign in "0aÄłΩж\u{2009}−×±≤≥≈…–→·".chars() {
                assert!(fonts.has_glyph(&font, sign), "{sign:?} in {font:?}");
            }
        }
    }

    #[test]
    fn digits_are_tabular_and_nothing_is_a_ligature() {
        let mut fonts = Fonts::new(TextOptions::default(), definitions());
        let mut fonts = fonts.with_pixels_per_point(1.0);
        for family in [FontFamily::Proportional, semibold()] {
            let font = FontId::new(100.0, family);
            let zero = fonts.glyph_width(&font, '0');
            for digit in '1'..='9' {
                assert!((fonts.glyph_width(&font, digit) - zero).abs() < 0.001, "{digit}");
            }
        }
        let font = FontId::new(12.0, FontFamily::Monospace);
        let color = crate::gui::theme::NONE;
        for text in ["->", "!=", ">=", "0x", "<-"] {
            let galley = fonts.layout_no_wrap(text.to_owned(), font.clone(), color);
            assert_eq!(galley.rows[0].glyphs.len(), 2, "{text}");
        }
    }
}
