//! Every colour of the window, for the dark and the light theme: the only file that names one.
//!
//! Each value was chosen for its contrast, and for the distance between states as people with a colour
//! vision deficiency see them; the tests beside it recompute the contrasts. So change none by eye.

#![expect(
    clippy::disallowed_types,
    reason = "this is the file that the ban on colours elsewhere points to"
)]

use eframe::egui;

use super::{
    Accent, Alphas, Diagram, Severities, SeverityColors, StateColors, Strokes, Surfaces, Texts,
    Theme,
};

/// A colour, for signatures outside the theme.
pub type Color = egui::Color32;

/// Nothing: for a frame without a fill.
pub const NONE: Color = egui::Color32::TRANSPARENT;

/// A lit node's dark text; the light one is white.
pub(super) const INK: Color = hex(0x000B_0D10);
/// A lit node's light text.
pub(super) const PAPER: Color = egui::Color32::WHITE;

/// The colour that `0x00RRGGBB` names.
const fn hex(value: u32) -> Color {
    let [_, red, green, blue] = value.to_be_bytes();
    egui::Color32::from_rgb(red, green, blue)
}

/// Black, with this much of it.
const fn shade(alpha: u8) -> Color {
    egui::Color32::from_black_alpha(alpha)
}

/// The four colours of a state: mark, fill, text, edge.
const fn state(mark: u32, fill: u32, text: u32, edge: u32) -> StateColors {
    StateColors { mark: hex(mark), fill: hex(fill), text: hex(text), edge: hex(edge) }
}

/// The three colours of a severity: text, fill, stroke.
const fn severity(text: u32, fill: u32, stroke: u32) -> SeverityColors {
    SeverityColors { text: hex(text), fill: hex(fill), stroke: hex(stroke) }
}

/// The dark theme.
pub static DARK: Theme = Theme {
    dark: true,
    surface: Surfaces {
        window: hex(0x000D_0F12),
        bar: hex(0x0011_1317),
        panel: hex(0x0014_171C),
        raised: hex(0x001C_2026),
        hover: hex(0x0022_272E),
        selected: hex(0x001B_2B4B),
        input: hex(0x000A_0C0F),
        segment_on: hex(0x002A_3038),
        zebra: hex(0x0017_1A20),
        track: hex(0x002A_2F37),
    },
    stroke: Strokes {
        subtle: hex(0x0022_272E),
        normal: hex(0x0032_3943),
        control: hex(0x0062_6B78),
    },
    text: Texts {
        primary: hex(0x00E9_EBEE),
        secondary: hex(0x00AE_B5BF),
        tertiary: hex(0x008B_939E),
        disabled: hex(0x005B_636E),
    },
    accent: Accent {
        text: hex(0x007D_ABFF),
        focus_ring: hex(0x007D_ABFF),
        fill: hex(0x002E_63D3),
        on_fill: hex(0x00FF_FFFF),
    },
    severity: Severities {
        critical: severity(0x00FF_808B, 0x003A_1B21, 0x00E5_485D),
        warning: severity(0x00F0_B94E, 0x0033_291A, 0x00B9_8526),
        note: severity(0x008D_B8FF, 0x001B_2740, 0x004C_7ED6),
        fine: severity(0x005F_D3A0, 0x0016_302A, 0x002F_9A6E),
    },
    diagram: Diagram {
        edge: hex(0x0062_6B78),
        edge_taken: hex(0x00E9_EBEE),
        node_fill: hex(0x001C_2026),
        node_stroke: hex(0x0032_3943),
    },
    // In the order of `State::ALL`.
    states: [
        // LISTEN
        state(0x0087_898E, 0x002B_2E33, 0x009F_A1A5, 0x0048_4A4F),
        // SYN_SENT
        state(0x00F3_E94F, 0x0041_4126, 0x00F3_E94F, 0x0078_7633),
        // SYN_RECEIVED
        state(0x00A3_9163, 0x0031_2F2A, 0x00AE_9E76, 0x0054_4E3C),
        // ESTABLISHED
        state(0x004F_D6A2, 0x0020_3D37, 0x004F_D6A2, 0x002F_6D58),
        // FIN_WAIT_1
        state(0x00DD_EBFF, 0x003C_4149, 0x00DD_EBFF, 0x006E_7682),
        // FIN_WAIT_2
        state(0x005C_72E6, 0x0022_2944, 0x0083_94EC, 0x0034_4077),
        // CLOSE_WAIT
        state(0x00F2_601F, 0x0040_261D, 0x00F4_7943, 0x0078_381D),
        // CLOSING
        state(0x0080_91BC, 0x002A_2F3C, 0x008F_9EC4, 0x0045_4E64),
        // LAST_ACK
        state(0x00EC_A958, 0x003F_3428, 0x00EC_A958, 0x0075_5937),
        // TIME_WAIT
        state(0x00E9_A5F7, 0x003F_3348, 0x00E9_A5F7, 0x0074_577F),
        // CLOSED
        state(0x0067_6A6F, 0x0025_282D, 0x0098_9A9D, 0x0039_3C41),
    ],
    alpha: Alphas {
        area_alarm: 0.13,
        area_stack: 0.5,
        area_spark: 0.16,
        gap_span: 0.7,
        forecast_span: 0.55,
        forecast_wedge: 0.35,
    },
    shadow: shade(89),
};

/// The light theme.
pub static LIGHT: Theme = Theme {
    dark: false,
    surface: Surfaces {
        window: hex(0x00F1_F3F5),
        bar: hex(0x00E9_ECEF),
        panel: hex(0x00FF_FFFF),
        raised: hex(0x00FF_FFFF),
        hover: hex(0x00DF_E3E8),
        selected: hex(0x00DC_E8FD),
        input: hex(0x00FF_FFFF),
        segment_on: hex(0x00DD_E2E8),
        zebra: hex(0x00F8_F9FA),
        track: hex(0x00DE_E2E7),
    },
    stroke: Strokes {
        subtle: hex(0x00E0_E4E9),
        normal: hex(0x00C9_CFD7),
        control: hex(0x007C_8692),
    },
    text: Texts {
        primary: hex(0x0014_181D),
        secondary: hex(0x0047_505C),
        tertiary: hex(0x005A_6470),
        disabled: hex(0x009A_A3AE),
    },
    accent: Accent {
        text: hex(0x001D_5BD0),
        focus_ring: hex(0x001D_5BD0),
        fill: hex(0x001D_5BD0),
        on_fill: hex(0x00FF_FFFF),
    },
    severity: Severities {
        critical: severity(0x00B0_132F, 0x00FD_E8EB, 0x00D4_3A52),
        warning: severity(0x007A_4E00, 0x00FC_F0D9, 0x009A_6A14),
        note: severity(0x001A_50B8, 0x00E4_EDFD, 0x003D_74D8),
        fine: severity(0x000D_6243, 0x00DD_F3E9, 0x0023_855A),
    },
    diagram: Diagram {
        edge: hex(0x007C_8692),
        edge_taken: hex(0x0014_181D),
        node_fill: hex(0x00FF_FFFF),
        node_stroke: hex(0x00C9_CFD7),
    },
    // In the order of `State::ALL`.
    states: [
        // LISTEN
        state(0x008D_8F91, 0x00F1_F2F2, 0x006B_6D6E, 0x00CC_CDCE),
        // SYN_SENT
        state(0x00A2_9105, 0x00F4_F2E1, 0x0075_6804, 0x00D5_CE8E),
        // SYN_RECEIVED
        state(0x0053_4D30, 0x00EA_EAE6, 0x0053_4D30, 0x00B2_AFA2),
        // ESTABLISHED
        state(0x000A_6B53, 0x00E2_EDEA, 0x000A_6B53, 0x0091_BCB2),
        // FIN_WAIT_1
        state(0x000C_77A1, 0x00E2_EFF4, 0x000B_6D94, 0x0092_C2D5),
        // FIN_WAIT_2
        state(0x0052_73F8, 0x00EA_EEFE, 0x0045_61D0, 0x00B1_C0FC),
        // CLOSE_WAIT
        state(0x00BE_3A06, 0x00F7_E7E1, 0x00BE_3A06, 0x00E2_A68F),
        // CLOSING
        state(0x0002_2B63, 0x00E1_E6EC, 0x0002_2B63, 0x008D_A0B9),
        // LAST_ACK
        state(0x008E_6D47, 0x00F1_EDE9, 0x0083_6441, 0x00CC_BDAC),
        // TIME_WAIT
        state(0x0075_269F, 0x00EE_E5F3, 0x0075_269F, 0x00C1_9DD4),
        // CLOSED
        state(0x0072_7375, 0x00EE_EEEE, 0x0069_6A6C, 0x00C0_C0C1),
    ],
    alpha: Alphas {
        area_alarm: 0.1,
        area_stack: 0.45,
        area_spark: 0.16,
        gap_span: 0.7,
        forecast_span: 0.55,
        forecast_wedge: 0.35,
    },
    shadow: shade(38),
};
