//! Holds the catalogue of sentences and the sources that use it together: no id without an entry, no
//! entry without a use, and every place of a sentence filled.
//!
//! Calls are looked for in the sources' tokens, so that one inside `format!(...)` is seen as well. Tests
//! in the sources are left out: what only a test says is not said, and `text` tests missing entries.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and so do its helpers"
)]

mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One `text!(...)` or `Text::new(...)`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Call {
    place: String,
    /// None if it is not written out, which only `text` itself may do.
    id: Option<String>,
    /// The names of its arguments; none if they are put together elsewhere.
    args: Option<BTreeSet<String>>,
}

/// From id to pattern, plural forms under `id.one` and `id.other`.
type Catalogue = BTreeMap<String, String>;

#[test]
fn the_sources_and_the_catalogue_agree() {
    let calls: Vec<Call> =
        sources::all().iter().flat_map(|source| calls(&source.path, &source.text)).collect();
    let problems = problems(&calls, &english());
    assert!(problems.is_empty(), "\n  {}\n", problems.join("\n  "));
}

/// Two files with the same topic would overwrite each other's entries without a word.
#[test]
fn each_topic_lies_in_one_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/languages");
    let mut homes: BTreeMap<(String, String), String> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(language) = file.strip_suffix(".yml").and_then(|stem| stem.split('.').nth(1))
        else {
            continue;
        };
        for topic in topics(&std::fs::read_to_string(&path).unwrap()) {
            let key = (language.to_owned(), topic);
            if let Some(other) = homes.insert(key.clone(), file.clone()) {
                panic!("`{}` stands in {other} and in {file}: give it one home", key.1);
            }
        }
    }
    assert!(!homes.is_empty(), "no catalogue was read");
}

/// The keys at a catalogue file's left edge.
fn topics(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| line.starts_with(|first: char| first.is_alphabetic() || first == '"'))
        .filter_map(|line| line.split_once(':'))
        .map(|(topic, _)| topic.trim_matches('"').to_owned())
        .collect()
}

/// The catalogue as the program has it, read by rust-i18n itself.
fn english() -> Catalogue {
    let entries = sockscope::_rust_i18n_backend().messages_for_locale("en").unwrap_or_default();
    let entries = entries.into_iter();
    entries.map(|(id, pattern)| (id.into_owned(), pattern.into_owned())).collect()
}

/// Every text that a file of the sources makes, outside tests.
fn calls(path: &str, text: &str) -> Vec<Call> {
    if path.ends_with("/tests.rs") || path.contains("/tests/") {
        return Vec::new();
    }
    let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut found = Vec::new();
    walk(path, tokens, &mut found);
    found
}

fn walk(path: &str, tokens: TokenStream, found: &mut Vec<Call>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        let rest = &trees[at..];
        if let Some(length) = test_module(rest) {
            at += length;
            continue;
        }
        let place = || format!("{path}:{}", rest[0].span().start().line);
        if let Some(inside) = after(rest, &["text", "!"]) {
            found.push(from_macro(place(), &inside));
        } else if let Some(inside) = after(rest, &["Text", ":", ":", "new"]) {
            // `text!` is made of this call, with an id that only its own callers write out.
            let call = from_function(place(), &inside);
            if call.id.is_some() || !path.starts_with("src/text/") {
                found.push(call);
            }
        }
        if let TokenTree::Group(group) = &rest[0] {
            walk(path, group.stream(), found);
        }
        at += 1;
    }
}

/// How many trees `#[cfg(test)] mod name { ... }` takes, if it starts here.
fn test_module(rest: &[TokenTree]) -> Option<usize> {
    let attribute = rest.get(1)?.to_string().replace(' ', "");
    if rest[0].to_string() != "#" || attribute != "[cfg(test)]" {
        return None;
    }
    let module = rest.iter().position(|tree| tree.to_string() == "mod")?;
    // Further attributes may stand between, nothing else.
    let between = &rest[2..module];
    let attributes_only = between.iter().all(|tree| {
        tree.to_string() == "#"
            || matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
    });
    attributes_only.then_some(module + 3)
}

/// What stands in the brackets behind exactly these words and signs.
fn after(rest: &[TokenTree], head: &[&str]) -> Option<Vec<TokenTree>> {
    let matches = rest.len() > head.len()
        && head.iter().zip(rest).all(|(wanted, tree)| {
            !matches!(tree, TokenTree::Group(_)) && tree.to_string() == *wanted
        });
    match rest.get(head.len()) {
        Some(TokenTree::Group(group)) if matches => Some(group.stream().into_iter().collect()),
        _ => None,
    }
}

fn by_comma(trees: &[TokenTree]) -> impl Iterator<Item = &[TokenTree]> {
    trees.split(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ','))
}

/// `"id", name = value, ...`. A comma inside a value (`f::<A, B>()`) starts a piece without a name.
fn from_macro(place: String, inside: &[TokenTree]) -> Call {
    let mut pieces = by_comma(inside);
    let id = pieces.next().and_then(literal);
    let args = pieces.filter_map(|piece| match piece {
        [TokenTree::Ident(name), TokenTree::Punct(sign), next, ..]
            if sign.as_char() == '=' && next.to_string() != "=" =>
        {
            Some(name.to_string())
        }
        _ => None,
    });
    Call { place, id, args: Some(args.collect()) }
}

/// `"id", vec![("name", value), ...]`.
fn from_function(place: String, inside: &[TokenTree]) -> Call {
    let mut pieces = by_comma(inside);
    let id = pieces.next().and_then(literal);
    let args = pieces.next().and_then(|piece| {
        let words: Vec<String> = piece.iter().map(ToString::to_string).collect();
        if words.concat().replace(' ', "") == "Vec::new()" {
            return Some(BTreeSet::new());
        }
        let pairs = after(piece, &["vec", "!"])?;
        by_comma(&pairs)
            .filter(|pair| !pair.is_empty())
            .map(|pair| match pair {
                [TokenTree::Group(pair)] => {
                    let pair: Vec<TokenTree> = pair.stream().into_iter().collect();
                    by_comma(&pair).next().and_then(literal)
                }
                _ => None,
            })
            .collect()
    });
    Call { place, id, args }
}

/// The content of a plain string literal standing alone; ids and names need no escapes.
fn literal(piece: &[TokenTree]) -> Option<String> {
    match piece {
        [TokenTree::Literal(literal)] => {
            let written = literal.to_string();
            Some(written.strip_prefix('"')?.strip_suffix('"')?.to_owned())
        }
        _ => None,
    }
}

/// The names in `%{...}`.
fn places(pattern: &str) -> BTreeSet<String> {
    pattern
        .split("%{")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Where calls and catalogue disagree, a sentence each.
fn problems(calls: &[Call], catalogue: &Catalogue) -> Vec<String> {
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    for call in calls {
        let place = &call.place;
        let Some(id) = &call.id else {
            problems.push(format!(
                "{place}: the id is not written out: use text!(\"an.id\", ...), keep a Text instead of an id"
            ));
            continue;
        };
        let forms = forms(catalogue, id);
        used.extend(forms.iter().map(|(key, _)| key.clone()));
        if forms.is_empty() {
            problems.push(format!("{place}: `{id}` is in no file of assets/languages"));
        } else if is_form(catalogue, id) {
            problems.push(format!(
                "{place}: `{id}` is one plural form: leave its last name out and pass n"
            ));
        } else if let Some(args) = &call.args {
            problems.extend(
                misfits(args, &forms)
                    .into_iter()
                    .map(|misfit| format!("{place}: `{id}`: {misfit}")),
            );
        }
    }
    for key in catalogue.keys() {
        if !used.contains(key) {
            problems
                .push(format!("assets/languages: `{key}` is said nowhere: use it or take it out"));
        }
        if let Some(stem) = key.strip_suffix(".one")
            && !catalogue.contains_key(&format!("{stem}.other"))
        {
            problems.push(format!("assets/languages: `{key}` lacks its `other` form"));
        }
    }
    problems
}

/// The entries that a text with this id may show: itself, or its two plural forms.
fn forms(catalogue: &Catalogue, id: &str) -> Vec<(String, String)> {
    let plural = [format!("{id}.one"), format!("{id}.other")];
    let keys =
        if catalogue.contains_key(&plural[0]) { plural.to_vec() } else { vec![id.to_owned()] };
    keys.into_iter().filter_map(|key| Some((key.clone(), catalogue.get(&key)?.clone()))).collect()
}

fn is_form(catalogue: &Catalogue, id: &str) -> bool {
    id.strip_suffix(".one")
        .or_else(|| id.strip_suffix(".other"))
        .is_some_and(|stem| catalogue.contains_key(&format!("{stem}.one")))
}

fn is_singular(key: &str) -> bool {
    key.strip_suffix(".one").is_some()
}

fn misfits(args: &BTreeSet<String>, forms: &[(String, String)]) -> Vec<String> {
    let mut misfits = Vec::new();
    let plural = forms.iter().any(|(key, _)| is_singular(key));
    if plural && !args.contains("n") {
        misfits.push("has plural forms and needs `n`".to_owned());
    }
    for (key, pattern) in forms {
        let places = places(pattern);
        for missing in places.difference(args) {
            if !(plural && missing == "n") {
                misfits.push(format!("`{missing}` of `{key}` is not passed"));
            }
        }
        for extra in args.difference(&places) {
            // "one socket" needs no number.
            if !(extra == "n" && is_singular(key)) {
                misfits.push(format!("`{extra}` is passed but `{key}` has no place for it"));
            }
        }
    }
    misfits
}

mod planted {
    use super::{Call, Catalogue, calls, problems, topics};

    fn catalogue() -> Catalogue {
        [
            ("plain", "Refresh"),
            ("greeting", "%{who} has %{port}"),
            ("count.sockets.one", "one socket of %{who}"),
            ("count.sockets.other", "%{n} sockets of %{who}"),
            ("state.other", "another state"),
        ]
        .map(|(id, pattern)| (id.to_owned(), pattern.to_owned()))
        .into()
    }

    const CLEAN: &str = r#"
        fn f() -> Text {
            let a = text!("plain");
            let b = crate::text!("greeting", who = name, port = map::<A, B>(x == y, z));
            format!("{}", text!("count.sockets", n = rows.len(), who = "me").plain());
            Text::new("state.other", vec![])
        }
    "#;

    #[track_caller]
    fn told(extra: &str, expected: &[&str]) {
        let calls = calls("src/gui/app.rs", &format!("{CLEAN}{extra}"));
        let problems = problems(&calls, &catalogue());
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, part) in problems.iter().zip(expected) {
            assert!(problem.contains(part), "{problem:?} lacks {part:?}");
        }
    }

    #[test]
    fn what_fits_passes() {
        told("", &[]);
        told("const T: Text = Text::new(\"plain\", Vec::new());", &[]);
        told("fn f() { Text::new(\"greeting\", args) }", &[]);
        told("fn f() { Text::new(\"greeting\", vec![(\"who\", a.into()), (\"port\", b),]) }", &[]);
        told("fn f() { a.text(\"no\"); let text = 1; context!(\"no\"); }", &[]);
        told("#[cfg(test)] #[expect(x)] mod tests { fn f() { text!(\"no\") } } fn g() {}", &[]);
        told("/// text!(\"no\")\nfn f() { \"text!(\\\"no\\\")\"; }", &[]);
    }

    #[test]
    fn an_id_without_an_entry_is_caught_at_its_line() {
        told("\nfn f() { text!(\"no\") }", &["src/gui/app.rs:9: `no` is in no file"]);
        told("fn f() { println!(\"{}\", vec![text!(\"no\")]) }", &["`no` is in no file"]);
        told("fn f() { m!(a => { m!(text!{\"no\"}) }) }", &["`no` is in no file"]);
        told("fn f() { crate::text::Text::new(\"no\", vec![]) }", &["`no` is in no file"]);
        told(
            "fn f() { text!(\"plain\", x = text!(\"no\")) }",
            &["no place for it", "`no` is in no"],
        );
        told("#[cfg(test)] mod t { } fn f() { text!(\"no\") }", &["`no` is in no file"]);
        told("#[cfg(test)] use a; mod t { fn f() { text!(\"no\") } }", &["`no` is in no file"]);
        told("fn f() { text!(\"count\", n = 1) }", &["`count` is in no file"]);
    }

    #[test]
    fn a_hidden_id_is_caught() {
        told("fn f() { Text::new(self.id, vec![]) }", &["not written out"]);
        told("fn f() { text!(concat!(\"a\", \"b\")) }", &["not written out"]);
        let own = "macro_rules! text { ($id:literal) => { $crate::text::Text::new($id, vec![]) } }";
        assert_eq!(calls("src/text/mod.rs", own), Vec::<Call>::new());
    }

    #[test]
    fn arguments_that_do_not_fit_are_caught() {
        told("fn f() { text!(\"greeting\", who = 1) }", &["`port` of `greeting` is not passed"]);
        told("fn f() { text!(\"plain\", n = 1) }", &["`n` is passed but `plain` has no place"]);
        told(
            "fn f() { Text::new(\"greeting\", vec![(\"who\", a), (\"prot\", b)]) }",
            &["`port` of `greeting` is not passed", "`prot` is passed but"],
        );
        told("fn f() { text!(\"count.sockets\", who = 1) }", &["needs `n`"]);
        told(
            "fn f() { text!(\"count.sockets\", n = 1) }",
            &["`who` of `count.sockets.one`", "`who` of `count.sockets.other`"],
        );
        told("fn f() { text!(\"count.sockets.other\", n = 1, who = 2) }", &["one plural form"]);
    }

    #[test]
    fn entries_without_a_use_or_a_form_are_caught() {
        let mut more = catalogue();
        more.insert("spare".to_owned(), "never said".to_owned());
        more.insert("half.one".to_owned(), "one".to_owned());
        let found = problems(&calls("src/gui/app.rs", CLEAN), &more);
        let parts = ["`half.one` is said nowhere", "`half.one` lacks", "`spare` is said nowhere"];
        assert_eq!(found.len(), parts.len(), "{found:?}");
        for (problem, part) in found.iter().zip(parts) {
            assert!(problem.contains(part), "{problem:?} lacks {part:?}");
        }
        let tested = CLEAN.replace("fn f()", "#[cfg(test)] mod tests { fn f()") + "}";
        let found = problems(&calls("src/gui/app.rs", &tested), &catalogue());
        assert_eq!(found.len(), 5, "{found:?}");
        let found = problems(&calls("src/gui/tests.rs", CLEAN), &catalogue());
        assert_eq!(found.len(), 5, "{found:?}");
    }

    #[test]
    fn topics_are_the_keys_at_the_left_edge() {
        let text = "# a: b\ncount:\n  one: 1\n\"state\": x\n\nplain: \"a: b\"\n";
        assert_eq!(topics(text), ["count", "state", "plain"]);
    }
}
