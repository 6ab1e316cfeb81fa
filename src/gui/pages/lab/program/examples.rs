//! The address to give to one's client, and commands that try it.

use std::net::SocketAddr;

use eframe::egui::{Align, Frame, Label, Layout, Margin, Stroke, TextWrapMode, Ui, vec2};
use egui_material_icons::icons::ICON_CONTENT_COPY;

use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::icon_button;
use crate::lab::program::{Answer, ProgramState, Side};
use crate::text;

pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, state: &ProgramState) {
    let (Some(address), Side::Listener { answer, .. }) = (state.address, &state.setup.side) else {
        return;
    };
    let title = cx.say(&text!("lab_program.page.examples"));
    ui.label(TypeStyle::Caption.rich(title).color(Theme::of(ui).text.secondary));
    for line in lines(reachable(address), *answer) {
        example(ui, cx, &line);
    }
    ui.add_space(space::M);
}

/// The address itself, and what connects to it.
fn lines(address: SocketAddr, answer: Answer) -> Vec<String> {
    let mut lines = vec![address.to_string()];
    if answer == Answer::Http {
        lines.push(format!("curl http://{address}/"));
        // A pool keeps its connections until it is used again or ends.
        lines.push(format!(
            "python3 -c 'import time, urllib3; p = urllib3.PoolManager(); \
             p.request(\"GET\", \"http://{address}/\"); time.sleep(30)'"
        ));
    }
    lines.push(format!("nc {} {}", address.ip(), address.port()));
    lines
}

/// The address to type: who listens everywhere is reached here as well.
fn reachable(address: SocketAddr) -> SocketAddr {
    let here = match address {
        SocketAddr::V4(_) => std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        SocketAddr::V6(_) => std::net::IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
    };
    let ip = if address.ip().is_unspecified() { here } else { address.ip() };
    SocketAddr::new(ip, address.port())
}

/// A line to copy, on a ground of its own.
fn example(ui: &mut Ui, cx: &Cx<'_>, line: &str) {
    let theme = Theme::of(ui);
    let ground = Frame::new()
        .fill(theme.surface.input)
        .stroke(Stroke::new(stroke::HAIRLINE, theme.stroke.subtle))
        .corner_radius(radius::BADGE)
        .inner_margin(Margin { left: 8, right: 2, top: 2, bottom: 2 });
    ground.show(ui, |ui| {
        ui.horizontal_top(|ui| {
            let width = ui.available_width() - size::CONTROL_SMALL - space::M;
            let layout = Layout::top_down(Align::Min);
            ui.allocate_ui_with_layout(vec2(width, size::CONTROL_SMALL), layout, |ui| {
                ui.set_width(width);
                ui.add_space(space::XS);
                let text = TypeStyle::Mono.rich(line).color(theme.text.primary);
                ui.add(Label::new(text).wrap_mode(TextWrapMode::Wrap));
                ui.add_space(space::XXS);
            });
            let copy = cx.say(&text!("lab_program.page.copy", line = line));
            if icon_button(ui, ICON_CONTENT_COPY, &copy).clicked() {
                cx.send(Command::Copy(line.to_owned()));
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_reached_on_loopback() {
        let lines = |address: &str, answer| lines(reachable(address.parse().expect("one")), answer);
        let nc = lines("0.0.0.0:80", Answer::Nothing);
        assert_eq!(nc, ["127.0.0.1:80", "nc 127.0.0.1 80"]);
        let http = lines("[::1]:80", Answer::Http);
        assert!(http.contains(&"curl http://[::1]:80/".to_owned()), "{http:?}");
        assert!(http.contains(&"nc ::1 80".to_owned()), "{http:?}");
    }
}
