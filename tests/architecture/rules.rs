//! The rules themselves: each is a table and a few lines that hold one file against it.

use std::fmt;

use crate::scan::Facts;

/// What may be broken; each has its test in `main.rs` and its planted breaches in `planted.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A layer names only those that the table allows it.
    Layers,
    /// The operating system is chosen in few places.
    System,
    /// One file knows the table crate.
    Table,
    /// One file knows the plot crate.
    Plot,
    /// Colours are named in the theme.
    Colours,
    /// Sentences are looked up by `text` alone.
    Sentences,
    /// The model knows no file format.
    Serde,
    /// Leaves and analysis reach for nothing outside.
    Pure,
    /// Only the command line prints; tests may, since cargo keeps what they say to itself.
    Printing,
    /// No file is long.
    Length,
}

/// One breach, and what to do instead.
#[derive(Clone, Debug)]
pub struct Violation {
    pub rule: Rule,
    pub file: String,
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// What each layer may name beside itself. A layer is a folder of `src`, or a file beside `lib.rs`.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("text", &[]),
    ("os", &["model"]),
    ("analysis", &["model", "text"]),
    ("error", &["model", "text", "analysis"]),
    ("lab", &["model", "text", "os", "error"]),
    ("store", &["model", "text", "analysis", "error"]),
    ("report", &["model", "text", "analysis", "error"]),
    ("monitor", &["model", "os", "analysis", "error"]),
    ("cli", &["model", "text", "analysis", "lab", "store", "report", "monitor", "error"]),
    ("gui", &["model", "text", "analysis", "lab", "store", "report", "monitor", "error"]),
    ("main", &["cli", "gui", "error"]),
];

/// A word that has one home: the word, its rule, where it may stand, and what others use.
const HOMES: &[(&str, Rule, &[&str], &str)] = &[
    (
        "egui_table",
        Rule::Table,
        &["src/gui/table.rs", "src/gui/table/"],
        "draw rows through gui::table",
    ),
    (
        "egui_plot",
        Rule::Plot,
        &["src/gui/chart.rs", "src/gui/chart/"],
        "draw lines through gui::chart",
    ),
    ("Color32", Rule::Colours, THEME, "give the colour a name in gui::theme and use that"),
    (
        "rust_i18n",
        Rule::Sentences,
        &["src/text/", "src/lib.rs"],
        "make a Text and render it with an explicit locale",
    ),
];

const THEME: &[&str] = &["src/gui/theme.rs", "src/gui/theme/"];

const CHOOSES_SYSTEM: &[&str] =
    &["src/os/", "src/lab/options.rs", "src/main.rs", "src/gui/renderer.rs"];

const PRINTS: &[&str] = &["src/cli/", "src/cli.rs", "src/main.rs"];

const PURE: &[&str] = &["model", "text", "analysis"];

/// What a pure layer must be given instead of reaching for it.
const OUTSIDE: &[(&[&str], &str)] = &[
    (&["Instant", "now"], "let the caller pass the time in as data"),
    (&["SystemTime", "now"], "let the caller pass the time in as data"),
    (&["Timestamp", "now"], "let the caller pass the time in as data"),
    (&["Zoned", "now"], "let the caller pass the time in as data"),
    (&["std", "fs"], "take bytes or a reader; files belong to os and store"),
    (&["std", "thread"], "stay a function; threads belong to monitor and lab"),
    (&["std", "process"], "take what was found as data, from os"),
];

const MAX_LINES: usize = 450;
const MAX_LINES_MAIN: usize = 40;

/// Everything in one file that breaks a rule; `file` starts with `src/`.
pub fn violations(file: &str, text: &str) -> Vec<Violation> {
    let facts = Facts::read(file, text);
    let mut found = Found { file, violations: Vec::new() };
    layers(&facts, &mut found);
    system(&facts, &mut found);
    homes(&facts, &mut found);
    hex_colours(&facts, &mut found);
    serde(&facts, &mut found);
    purity(&facts, &mut found);
    printing(&facts, &mut found);
    length(text, &mut found);
    found.violations
}

struct Found<'a> {
    file: &'a str,
    violations: Vec<Violation>,
}

impl Found<'_> {
    fn add(&mut self, rule: Rule, line: usize, what: String) {
        let file = self.file.to_owned();
        self.violations.push(Violation { rule, file, line, what });
    }

    /// Whether the file is one of these, or in one of these folders.
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            self.file == *place || place.ends_with('/') && self.file.starts_with(place)
        })
    }

    fn layer(&self) -> &str {
        let inner = self.file.trim_start_matches("src/").trim_end_matches(".rs");
        inner.split('/').next().unwrap_or_default()
    }
}

fn layers(facts: &Facts, found: &mut Found<'_>) {
    let layer = found.layer().to_owned();
    if layer == "lib" {
        return; // declares the layers and uses none
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        let what = format!(
            "`{layer}` is no layer: put the file in one, or add a row to LAYERS in tests/architecture/rules.rs"
        );
        found.add(Rule::Layers, 1, what);
        return;
    };
    for named in &facts.paths {
        let Some(path) = &named.in_crate else {
            continue;
        };
        let written = named.segments.join("::");
        let Some(first) = path.first().filter(|first| *first != "*") else {
            let what = format!("`{written}` names the whole crate: name the layer you mean");
            found.add(Rule::Layers, named.line, what);
            continue;
        };
        // The catalogue's generated functions lie at the root but belong to `text`.
        let target = match first.strip_prefix("_rust_i18n_") {
            Some(_) => "text",
            None => first,
        };
        if target == layer || allowed.contains(&target) {
            continue;
        }
        let what = if LAYERS.iter().any(|(name, _)| *name == target) {
            format!(
                "`{written}`: {layer} must not name {target} (it may name {}): take what you need as data \
                 or through a trait, or move the code to a layer above both",
                list(allowed)
            )
        } else {
            format!("`{written}`: `{target}` at the crate's root is no layer: put it into one")
        };
        found.add(Rule::Layers, named.line, what);
    }
}

fn list(allowed: &[&str]) -> String {
    if allowed.is_empty() { "no other".to_owned() } else { allowed.join(", ") }
}

fn system(facts: &Facts, found: &mut Found<'_>) {
    if found.is_in(CHOOSES_SYSTEM) {
        return;
    }
    let places = CHOOSES_SYSTEM.join(", ");
    let conditions =
        facts.system_conditions.iter().map(|(name, line)| (format!("cfg({name})"), *line));
    let constants = facts.full_paths().filter_map(|(path, line)| {
        let asks = ["OS", "FAMILY"].iter().any(|name| has(&path, &["consts", name]));
        (asks || has(&path, &["std", "os"])).then(|| (path.join("::"), line))
    });
    for (what, line) in conditions.chain(constants) {
        let what = format!(
            "`{what}` depends on the operating system: ask a function of os through your caller, \
             the choice itself belongs in {places}"
        );
        found.add(Rule::System, line, what);
    }
}

fn homes(facts: &Facts, found: &mut Found<'_>) {
    for (word, rule, places, instead) in HOMES {
        if found.is_in(places) {
            continue;
        }
        for (_, line) in facts.words.iter().filter(|(name, _)| name == word) {
            let what = format!("`{word}` outside {}: {instead}", places[0]);
            found.add(*rule, *line, what);
        }
    }
}

fn hex_colours(facts: &Facts, found: &mut Found<'_>) {
    if found.layer() != "gui" || found.is_in(THEME) {
        return;
    }
    for (literal, line) in &facts.literals {
        if is_hex_colour(literal) {
            let what = format!(
                "{literal} looks like a colour outside {}: give the colour a name in gui::theme and use that",
                THEME[0]
            );
            found.add(Rule::Colours, *line, what);
        }
    }
}

/// `"#abc"`, `"#aabbcc"`, `"#aabbccdd"` or `0xaabbcc`, as a literal is written.
fn is_hex_colour(literal: &str) -> bool {
    let all_hex = |digits: &str| digits.chars().all(|digit| digit.is_ascii_hexdigit());
    let quoted = literal.strip_prefix("\"#").and_then(|rest| rest.strip_suffix('"'));
    if let Some(digits) = quoted {
        return [3, 6, 8].contains(&digits.len()) && all_hex(digits);
    }
    let number = literal.strip_prefix("0x").map(|rest| rest.replace('_', ""));
    number.is_some_and(|digits| digits.len() == 6 && all_hex(&digits))
}

fn serde(facts: &Facts, found: &mut Found<'_>) {
    if found.layer() != "model" {
        return;
    }
    for (word, line) in &facts.words {
        if word.starts_with("serde") || ["Serialize", "Deserialize"].contains(&word.as_str()) {
            let what = format!(
                "`{word}` in the model: the wire types of store::document mirror what is written to files"
            );
            found.add(Rule::Serde, *line, what);
        }
    }
}

fn purity(facts: &Facts, found: &mut Found<'_>) {
    if !PURE.contains(&found.layer()) {
        return;
    }
    for (path, line) in facts.full_paths() {
        for (reached, instead) in OUTSIDE {
            if has(&path, reached) {
                let what = format!("`{}` in {}: {instead}", path.join("::"), found.layer());
                found.add(Rule::Pure, line, what);
            }
        }
    }
}

/// Whether these names follow each other somewhere in the path.
fn has(path: &[String], names: &[&str]) -> bool {
    path.windows(names.len()).any(|window| window == names)
}

fn printing(facts: &Facts, found: &mut Found<'_>) {
    if found.is_in(PRINTS) {
        return;
    }
    for (name, line) in &facts.macros {
        if ["print", "println", "eprint", "eprintln"].contains(&name.as_str()) {
            let what = format!(
                "`{name}!` outside src/cli: return the text or write to a writer you are given; \
                 for a note to developers use tracing"
            );
            found.add(Rule::Printing, *line, what);
        }
    }
}

fn length(text: &str, found: &mut Found<'_>) {
    let lines = text.lines().count();
    let (limit, instead) = if found.file == "src/main.rs" {
        (MAX_LINES_MAIN, "the library does the work: move it there")
    } else {
        (MAX_LINES, "split it by what it is for, or give its tests a file of their own beside it")
    };
    if lines > limit {
        let what = format!("{lines} lines, more than {limit}: {instead}");
        found.add(Rule::Length, limit + 1, what);
    }
}
