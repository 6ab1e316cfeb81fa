//! Holds the crate to its map (`src/lib.rs`, ARCHITECTURE.md): who may name whom, and what stands in
//! one place only.
//!
//! A file is read as the tokens the compiler sees, not as an expanded program. So code for another
//! operating system, behind a feature or inside a macro's argument is held to the same rules as the
//! rest, on every machine. [`rules::violations`] is a pure function of one file; `planted.rs` shows it a
//! breach of every rule and sees it caught.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and so do its helpers"
)]

#[path = "../sources/mod.rs"]
mod sources;

mod planted;
mod rules;
mod scan;

use rules::{Rule, violations};

/// Fails with every breach of the rule in the real sources, a line each.
fn hold(rule: Rule) {
    let breaches: Vec<String> = sources::all()
        .iter()
        .flat_map(|source| violations(&source.path, &source.text))
        .filter(|violation| violation.rule == rule)
        .map(|violation| format!("  {violation}"))
        .collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn imports_run_downwards_only() {
    hold(Rule::Layers);
}

#[test]
fn the_operating_system_is_chosen_in_few_places() {
    hold(Rule::System);
}

#[test]
fn only_the_table_names_the_table_crate() {
    hold(Rule::Table);
}

#[test]
fn only_the_chart_names_the_plot_crate() {
    hold(Rule::Plot);
}

#[test]
fn colours_are_named_in_the_theme() {
    hold(Rule::Colours);
}

#[test]
fn sentences_come_from_the_catalogue_through_text() {
    hold(Rule::Sentences);
}

#[test]
fn the_model_does_not_know_a_file_format() {
    hold(Rule::Serde);
}

#[test]
fn leaves_and_analysis_reach_for_no_clock_file_thread_or_process() {
    hold(Rule::Pure);
}

#[test]
fn only_the_command_line_prints() {
    hold(Rule::Printing);
}

#[test]
fn files_stay_short() {
    hold(Rule::Length);
}

/// The tests above would hold for an empty list too.
#[test]
fn the_sources_are_really_read() {
    let sources = sources::all();
    for path in ["src/lib.rs", "src/main.rs", "src/model/state.rs"] {
        assert!(sources.iter().any(|source| source.path == path), "{path} was not read");
    }
}
