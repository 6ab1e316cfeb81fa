//! The regions of the window, between which the focus moves in one step: the top bar, the rail, the page.

use eframe::egui::{Context, Id, LayerId, Memory, Pos2, WidgetRect};

use super::theme::measure::{Room, size};

/// A region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    TopBar,
    Rail,
    Page,
}

/// In the order in which they are met.
const ORDER: [Region; 3] = [Region::TopBar, Region::Rail, Region::Page];

impl Region {
    /// The region at a place of the window.
    fn at(place: Pos2, room: Room) -> Self {
        if place.y < size::TOP_BAR {
            Self::TopBar
        } else if place.x < room.rail() {
            Self::Rail
        } else {
            Self::Page
        }
    }
}

/// Moves the focus to the first control of the next region, or of the one before; a region without a control that
/// works is passed by.
pub fn move_focus(ctx: &Context, forward: bool) {
    let focused = ctx.memory(Memory::focused);
    let room = Room::of(ctx.content_rect().width());
    // What was drawn last tells where controls are; egui keeps them in the order of the keyboard.
    let controls: Vec<(Id, Region)> = ctx.viewport(|viewport| {
        let drawn = viewport.prev_pass.widgets.get_layer(LayerId::background());
        let works = |control: &&WidgetRect| {
            control.enabled && control.sense.is_focusable() && control.interact_rect.is_positive()
        };
        drawn
            .filter(works)
            .map(|control| (control.id, Region::at(control.interact_rect.center(), room)))
            .collect()
    });
    let here = focused.and_then(|id| controls.iter().find(|(known, _)| *known == id));
    let step = |position: usize| if forward { position + 1 } else { position + ORDER.len() - 1 };
    let mut position = match here.and_then(|(_, region)| ORDER.iter().position(|it| it == region)) {
        Some(position) => step(position),
        None if forward => 0,
        None => ORDER.len() - 1,
    };
    for _ in ORDER {
        let region = ORDER[position % ORDER.len()];
        if let Some((id, _)) = controls.iter().find(|(_, known)| *known == region) {
            ctx.memory_mut(|memory| memory.request_focus(*id));
            return;
        }
        position = step(position);
    }
}
