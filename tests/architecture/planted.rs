//! Breaches planted as strings, each of which must be caught, and look-alikes that must pass.

use crate::rules::{Rule, violations};

/// The lines at which the rule is broken, in order.
fn lines(rule: Rule, file: &str, text: &str) -> Vec<usize> {
    let mut lines: Vec<usize> = violations(file, text)
        .into_iter()
        .filter(|violation| violation.rule == rule)
        .map(|violation| violation.line)
        .collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// Each of these, alone in the file, is caught in its first line.
#[track_caller]
fn caught(rule: Rule, file: &str, sources: &[&str]) {
    for source in sources {
        assert_eq!(lines(rule, file, source), [1], "missed in {file}: {source:?}");
    }
}

/// None of these breaks any rule.
#[track_caller]
fn clean(file: &str, sources: &[&str]) {
    for source in sources {
        let found: Vec<String> = violations(file, source).iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "{source:?} gives {found:?}");
    }
}

#[test]
fn imports_upwards_are_caught_however_they_are_written() {
    caught(
        Rule::Layers,
        "src/analysis/rules/leak.rs",
        &[
            "use crate::os;",
            "use crate::os::host;",
            "use crate::os as system;",
            "use crate::os::*;",
            "use crate::{model::Socket, os::{self, Pair}};",
            "use crate::{model::{Socket, State}, text, monitor::{view::{View as V, *}}};",
            "pub use crate::gui::app::App;",
            "pub(crate) use crate::gui::app::App;",
            "fn f() { let name = crate::os::host(); }",
            "fn f() -> crate::os::Pair { todo!() }",
            "fn f(g: impl Fn(&crate::os::Pair)) {}",
            "impl crate::os::SocketSource for X {}",
            "fn f() { <X as crate::os::SocketSource>::poll(&x); }",
            "fn f() { let v = Vec::<crate::os::Pair>::new(); }",
            "use super::super::super::os;",
            "use super::super::super::{model, os};",
            "use self::super::super::super::os;",
            "mod tests { use super::super::super::super::os; }",
            "mod a { mod b { fn f() { super::super::super::super::super::os::host(); } } }",
            "fn f() { format!(\"{}\", crate::os::host()); }",
            "fn f() { assert_eq!(vec![crate::os::host()], vec![]); }",
            "macro_rules! m { () => { $crate::os::host() } }",
            "#[cfg(test)] mod tests { use crate::os::host; }",
            "#[derive(crate::os::Made)] struct S;",
            "use sockscope::os;",
            "use ::sockscope::os;",
            "use crate::error::Error;",
            "use crate::*;",
            "use crate as root;",
            "use crate::{self as root};",
            "use super::super::super::*;",
            "extern crate self as root; use crate as other;",
            "use crate::helper;",
        ],
    );
}

#[test]
fn each_layer_has_its_own_bounds() {
    caught(
        Rule::Layers,
        "src/model/state.rs",
        &[
            "fn f() { crate::text!(\"a.b\"); }",
            "use crate::text;",
            "fn f() { crate::_rust_i18n_translate(\"en\", \"a\"); }",
            "use crate::analysis::groups;",
        ],
    );
    caught(Rule::Layers, "src/text/mod.rs", &["use crate::model::State;"]);
    caught(Rule::Layers, "src/os/linux/mod.rs", &["use crate::text;"]);
    caught(
        Rule::Layers,
        "src/os/mod.rs",
        &["use super::*;", "use super::text::Text;", "use super::{model, text};"],
    );
    caught(Rule::Layers, "src/lab/mod.rs", &["use crate::analysis::pair;"]);
    caught(
        Rule::Layers,
        "src/store/document.rs",
        &["use crate::os::host;", "use crate::report::EXPORTERS;"],
    );
    caught(Rule::Layers, "src/report/html.rs", &["use crate::store::load;"]);
    caught(
        Rule::Layers,
        "src/monitor/sampler.rs",
        &["use crate::text::Text;", "use crate::lab;", "use crate::gui;"],
    );
    caught(
        Rule::Layers,
        "src/cli/list.rs",
        &["use crate::os::live_source;", "use crate::gui::app;"],
    );
    caught(
        Rule::Layers,
        "src/gui/pages/lab.rs",
        &["use crate::os::live_source;", "use crate::cli::args;"],
    );
    caught(
        Rule::Layers,
        "src/main.rs",
        &[
            "use sockscope::os;",
            "fn main() { sockscope::monitor::start(); }",
            "use sockscope as s;",
        ],
    );
    caught(Rule::Layers, "src/helper.rs", &["fn f() {}"]);
}

#[test]
fn a_breach_is_told_with_its_own_line() {
    let text = "use crate::{\n    model::Socket,\n    os::{\n        host,\n        Pair,\n    },\n};\n\nfn f() {\n    crate::gui::open();\n}\n";
    assert_eq!(lines(Rule::Layers, "src/analysis/diff.rs", text), [4, 5, 10]);
    let found = violations("src/analysis/diff.rs", text);
    let told = found.last().map(ToString::to_string).unwrap();
    assert!(
        told.starts_with("src/analysis/diff.rs:10: `crate::gui::open`: analysis must not name gui"),
        "{told}"
    );
}

#[test]
fn imports_downwards_and_inside_pass() {
    clean(
        "src/analysis/rules/leak.rs",
        &[
            "use crate::model::{Socket, State as S};",
            "use crate::{model, text::{self, Text}};",
            "use super::super::groups::*;",
            "use super::super::super::model;",
            "mod tests { use super::*; use super::super::super::super::text; }",
            "pub(in crate::analysis) fn f() {}",
            "pub(crate) struct S { pub(super) a: u8, pub(self) b: u8 }",
            "fn f() { crate::text!(\"a.b\", n = 1_u32); }",
            "fn f(&self) { self.os.gui(); let os = 1; other::os::host(); }",
            "/// See `crate::os::host` and [`crate::gui`].\nfn f() { let s = \"crate::os::host\"; } // crate::os",
            "fn f() -> impl Iterator + use<'_> { x }",
        ],
    );
    clean("src/lib.rs", &["pub mod model; pub mod gui; rust_i18n::i18n!(\"x\");"]);
    clean("src/error.rs", &["use crate::model::PollFailure;"]);
    clean(
        "src/text/mod.rs",
        &[
            "fn f() { crate::_rust_i18n_try_translate(\"en\", \"a\"); }",
            "macro_rules! text { ($id:literal) => { $crate::text::Text::new($id, vec![]) } }",
        ],
    );
    clean(
        "src/monitor/mod.rs",
        &["use crate::{analysis::track, error::Error, model, os::live_source};"],
    );
    clean(
        "src/gui/app.rs",
        &["use crate::{lab, model, monitor, report, store, text}; use super::theme;"],
    );
    clean("src/main.rs", &["use sockscope::{cli, gui}; fn main() { println!(\"\"); cli::run(); }"]);
}

#[test]
fn a_choice_of_system_is_caught() {
    caught(
        Rule::System,
        "src/gui/app.rs",
        &[
            "#[cfg(windows)] fn f() {}",
            "#![cfg(unix)]",
            "#[cfg(all(feature = \"gui\", not(any(target_os = \"linux\"))))] fn f() {}",
            "#[cfg(target_family = \"wasm\")] fn f() {}",
            "#[cfg_attr(windows, path = \"w.rs\")] mod w;",
            "#[cfg_attr(test, cfg(unix))] mod w;",
            "fn f() { if cfg!(target_os = \"macos\") {} }",
            "fn f() { assert!(cfg!(not(windows))); }",
            "fn f() { cfg_select! { windows => { 1 } _ => { 2 } } }",
            "fn f() { cfg_if::cfg_if! { if #[cfg(unix)] {} } }",
            "fn f() { let os = std::env::consts::OS; }",
            "use std::env::consts::{FAMILY, ARCH};",
            "use std::env::consts as c; fn f() { c::OS; }",
            "use std::os::unix::fs::MetadataExt;",
            "use std::{fmt, os::fd::AsRawFd};",
        ],
    );
    caught(Rule::System, "src/lab/connection.rs", &["#[cfg(unix)] fn f() {}"]);
    caught(Rule::System, "src/gui/renderers.rs", &["#[cfg(unix)] fn f() {}"]);
    clean(
        "src/gui/app.rs",
        &[
            "#[cfg(test)] mod tests {}",
            "#[cfg(all(feature = \"windows\", target_arch = \"x86_64\", debug_assertions))] fn f() {}",
            "#[cfg_attr(test, derive(Debug))] struct S { windows: u8 }",
            "fn f(windows: u8) { g(windows); let unix = config(windows); }",
            "use std::env::consts::ARCH;",
        ],
    );
    for file in [
        "src/os/mod.rs",
        "src/os/linux/diag.rs",
        "src/lab/options.rs",
        "src/gui/renderer.rs",
        "src/main.rs",
    ] {
        clean(file, &["#[cfg(windows)] fn f() { std::env::consts::OS; }"]);
    }
}

#[test]
fn words_away_from_home_are_caught() {
    caught(
        Rule::Table,
        "src/gui/pages/sockets.rs",
        &[
            "use egui_table::Table;",
            "fn f() { egui_table::Table::new(); }",
            "fn f() { m!(egui_table::X) }",
        ],
    );
    caught(Rule::Plot, "src/gui/table.rs", &["use egui_plot::{Line, Plot};"]);
    caught(
        Rule::Colours,
        "src/gui/pages/overview.rs",
        &[
            "use eframe::egui::Color32;",
            "use eframe::egui::{Color32 as C, Ui};",
            "fn f() { ui.colored_label(egui::Color32::RED, \"\"); }",
            "const C: &str = \"#1a2B3c\";",
            "const C: &str = \"#fff\";",
            "const C: &str = \"#11223344\";",
            "fn f() { colour(0x1a_2b_3c); }",
        ],
    );
    caught(
        Rule::Sentences,
        "src/gui/pages/overview.rs",
        &["use rust_i18n::t;", "fn f() { rust_i18n::set_locale(\"zh\"); }"],
    );
    clean("src/gui/table.rs", &["use egui_table::Table;"]);
    clean("src/gui/chart.rs", &["use egui_plot::Plot;"]);
    clean("src/gui/chart/bands.rs", &["use egui_plot::Plot;"]);
    clean("src/gui/theme.rs", &["const C: Color32 = hex(\"#123456\");"]);
    clean("src/gui/theme/dark.rs", &["const C: Color32 = hex(0x12_34_56);"]);
    clean(
        "src/gui/app.rs",
        &[
            "const A: &str = \"#issue\"; const B: u32 = 0xff; const C: &str = \"#12345\"; // Color32, #123456",
        ],
    );
    clean("src/report/html.rs", &["const INK: &str = \"#123456\";"]);
}

#[test]
fn serde_in_the_model_is_caught() {
    caught(
        Rule::Serde,
        "src/model/socket.rs",
        &[
            "use serde::Serialize;",
            "#[derive(Debug, serde::Deserialize)] struct S;",
            "#[derive(Serialize)] struct S;",
            "#[cfg_attr(test, derive(Deserialize))] struct S;",
            "#[serde(rename_all = \"snake_case\")] struct S;",
            "fn f() { serde_json::json!({}); }",
        ],
    );
    clean("src/store/document.rs", &["#[derive(serde::Serialize)] struct S;"]);
    clean("src/model/socket.rs", &["/// Serialize is for `serde`.\n#[derive(Debug)] struct S;"]);
}

#[test]
fn reaching_outside_from_a_pure_layer_is_caught() {
    for file in ["src/model/state.rs", "src/text/number.rs", "src/analysis/track.rs"] {
        caught(
            Rule::Pure,
            file,
            &[
                "fn f() { std::time::Instant::now(); }",
                "fn f() { Instant::now(); }",
                "fn f() { let now = Instant::now; }",
                "fn f() { dbg_like!(SystemTime::now()) }",
                "use std::time::Instant as Clock; fn f() { Clock::now(); }",
                "use std::time as t; fn f() { t::SystemTime::now(); }",
                "fn f() { jiff::Timestamp::now(); }",
                "use std::fs;",
                "use std::{fmt, fs::File};",
                "use std as s; fn f() { s::fs::read(\"x\"); }",
                "fn f() { std::thread::sleep(d); }",
                "use std::process::Command;",
                "use ::std::process::Command;",
            ],
        );
        clean(
            file,
            &[
                "use std::time::{Duration, Instant, SystemTime}; fn f(now: Instant) { now.elapsed_since(now); }",
                "fn f() { self.fs.thread(); let process = model::process::Process; }",
                "use std::{fmt, net::SocketAddr};",
            ],
        );
    }
    clean("src/monitor/sampler.rs", &["fn f() { std::thread::sleep(d); Instant::now(); }"]);
}

#[test]
fn printing_outside_the_command_line_is_caught() {
    caught(
        Rule::Printing,
        "src/report/text.rs",
        &[
            "fn f() { println!(\"x\"); }",
            "fn f() { std::eprintln!(); }",
            "fn f() { print! { \"x\" } }",
            "fn f() { when!(x => eprint!(\"x\")) }",
            "#[cfg(test)] mod tests {} fn f() { println!(); }",
            "#[cfg(not(test))] mod tests { fn f() { println!(); } }",
        ],
    );
    clean("src/report/tests.rs", &["fn f() { println!(); }"]);
    clean(
        "src/report/text.rs",
        &[
            "#[cfg(test)] #[expect(x)] mod tests { fn f() { println!(); } }",
            "fn print() {} fn f() { print(); if print != (a) {} writeln!(out, \"println!\"); }",
        ],
    );
    clean("src/cli/list.rs", &["fn f() { println!(); }"]);
}

#[test]
fn long_files_are_caught() {
    let long = "\n".repeat(450);
    clean("src/model/state.rs", &[&long]);
    assert_eq!(lines(Rule::Length, "src/model/state.rs", &(long + "\n")), [451]);
    let thin = "\n".repeat(40);
    clean("src/main.rs", &[&thin]);
    assert_eq!(lines(Rule::Length, "src/main.rs", &(thin + "\n")), [41]);
}
