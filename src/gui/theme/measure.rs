//! Lengths and times. Lengths are egui points; so are the widths at which the window rearranges itself,
//! because a zoomed window has less room.

/// Between things: 2 4 6 8 12 16 24, and no other.
pub mod space {
    /// Between a value and its unit.
    pub const XXS: f32 = 2.0;
    /// Inside a badge.
    pub const XS: f32 = 4.0;
    /// Between an icon and its text.
    pub const S: f32 = 6.0;
    /// Between controls, and between tiles.
    pub const M: f32 = 8.0;
    /// Inside a card, between cards, at the edge of a page.
    pub const L: f32 = 12.0;
    /// Inside a banner.
    pub const XL: f32 = 16.0;
    /// Between groups.
    pub const XXL: f32 = 24.0;
}

/// How round corners are.
pub mod radius {
    /// Gauges.
    pub const GAUGE: u8 = 3;
    /// Badges and chips.
    pub const BADGE: u8 = 4;
    /// Controls in a row of a table, segments.
    pub const SMALL_CONTROL: u8 = 5;
    /// Buttons and fields.
    pub const CONTROL: u8 = 6;
    /// Cards, banners, menus.
    pub const CARD: u8 = 8;
}

/// How thick lines are.
pub mod stroke {
    /// Frames and separators.
    pub const HAIRLINE: f32 = 1.0;
    /// A series.
    pub const LINE: f32 = 1.5;
    /// The series that is looked for, CLOSE_WAIT.
    pub const LINE_ALARM: f32 = 2.5;
    /// A transition that was taken.
    pub const PATH_TAKEN: f32 = 2.0;
    /// The ring around what has the keyboard.
    pub const FOCUS: f32 = 2.0;
    /// Between that ring and the thing.
    pub const FOCUS_GAP: f32 = 1.0;
}

/// Heights, widths and icons.
pub mod size {
    /// Height of the top bar.
    pub const TOP_BAR: f32 = 44.0;
    /// Height of the coverage line.
    pub const COVERAGE_LINE: f32 = 26.0;
    /// Width of the rail with icons alone.
    pub const RAIL_NARROW: f32 = 48.0;
    /// Width of the rail with names.
    pub const RAIL: f32 = 152.0;
    /// Width of the rail in a wide window.
    pub const RAIL_WIDE: f32 = 184.0;
    /// Height of a page's entry in the rail.
    pub const NAV_ITEM: f32 = 32.0;
    /// Height of a button or a field.
    pub const CONTROL: f32 = 28.0;
    /// Height of a small one; also the least that can be hit.
    pub const CONTROL_SMALL: f32 = 24.0;
    /// Height of a row of segments.
    pub const SEGMENTED: f32 = 26.0;
    /// Height of a table's header.
    pub const TABLE_HEADER: f32 = 24.0;
    /// Height of a row.
    pub const TABLE_ROW: f32 = 24.0;
    /// Height of a row, for those who set it so.
    pub const TABLE_ROW_COMFORTABLE: f32 = 30.0;
    /// Height of a process's row.
    pub const PROCESS_ROW: f32 = 34.0;
    /// Height of a finding in the list.
    pub const LIST_ROW: f32 = 34.0;
    /// Height of a card's header.
    pub const CARD_HEADER: f32 = 36.0;
    /// Height of a state's badge.
    pub const BADGE: f32 = 18.0;
    /// Height of a severity's chip.
    pub const SEVERITY_CHIP: f32 = 20.0;
    /// Height of a gauge's bar.
    pub const GAUGE: f32 = 6.0;
    /// Height of a state's tile.
    pub const STATE_TILE: f32 = 88.0;
    /// The same in a narrow window.
    pub const STATE_TILE_NARROW: f32 = 76.0;
    /// Height of a banner of one line.
    pub const BANNER: f32 = 44.0;
    /// Width of the details pane.
    pub const DETAILS_PANE: f32 = 312.0;
    /// The same in a wide window.
    pub const DETAILS_PANE_WIDE: f32 = 400.0;
    /// Width of the lab's right column.
    pub const LAB_SIDE: f32 = 348.0;
    /// Width of what the lab does to the user's own program.
    pub const LAB_CHOICE: f32 = 300.0;
    /// Width of the list of scenarios.
    pub const SCENARIO_LIST: f32 = 252.0;
    /// Width of the list of findings.
    pub const FINDINGS_LIST: f32 = 300.0;
    /// Width of the chart's readout.
    pub const CHART_READOUT: f32 = 240.0;
    /// The same in a wide window.
    pub const CHART_READOUT_WIDE: f32 = 272.0;
    /// Width of a scroll bar.
    pub const SCROLLBAR: f32 = 8.0;
    /// An icon in a control.
    pub const ICON: f32 = 16.0;
    /// An icon in the rail.
    pub const ICON_NAV: f32 = 18.0;
    /// The icon of an empty page.
    pub const ICON_EMPTY: f32 = 28.0;
}

/// The window never gets smaller than this.
pub const WINDOW_MIN: [f32; 2] = [900.0, 600.0];

/// How much room the window has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Below 1100: the rail shows icons alone.
    Narrow,
    /// Below 1600.
    Usual,
    /// 1600 and more: a third column.
    Wide,
}

impl Room {
    /// The room that this many points of width give.
    pub fn of(width: f32) -> Self {
        if width < 1100.0 {
            Self::Narrow
        } else if width < 1600.0 {
            Self::Usual
        } else {
            Self::Wide
        }
    }

    /// The margin of a page, and the gap between its cards.
    pub fn gap(self) -> f32 {
        match self {
            Self::Narrow => space::M,
            Self::Usual | Self::Wide => space::L,
        }
    }

    /// The width of the rail.
    pub fn rail(self) -> f32 {
        match self {
            Self::Narrow => size::RAIL_NARROW,
            Self::Usual => size::RAIL,
            Self::Wide => size::RAIL_WIDE,
        }
    }
}

/// How long things move or stay.
pub mod motion {
    use std::time::Duration;

    /// In how many steps a row's tint fades.
    pub const ROW_TINT_STEPS: u32 = 4;
    /// How long each step is.
    pub const ROW_TINT_STEP: Duration = Duration::from_millis(300);
    /// A token's way from node to node.
    pub const TOKEN_MOVE: Duration = Duration::from_millis(160);
    /// A toast of success; one of failure stays.
    pub const TOAST: Duration = Duration::from_secs(6);
    /// A step of the spinner.
    pub const SPINNER_STEP: Duration = Duration::from_millis(125);
}
