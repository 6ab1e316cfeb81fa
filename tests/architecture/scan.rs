//! Reads one file's tokens into the few facts that the rules ask about.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as written, one for each leaf of a `use` tree; a glob ends in `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub segments: Vec<String>,
    /// The same from the crate's root, if it starts with `crate`, `self`, `super` or the crate's name.
    pub in_crate: Option<Vec<String>>,
    pub line: usize,
}

/// What a file says, as far as the rules care.
#[derive(Debug, Default)]
pub struct Facts {
    /// Every path, in code, attributes, visibilities aside, and macro arguments alike.
    pub paths: Vec<Named>,
    /// Every word, with its line.
    pub words: Vec<(String, usize)>,
    /// Every literal as written, with its line.
    pub literals: Vec<(String, usize)>,
    /// Every macro called outside tests, by its last name, with its line.
    pub macros: Vec<(String, usize)>,
    /// Every condition of compilation that asks for an operating system, with its line.
    pub system_conditions: Vec<(String, usize)>,
    /// What each imported name stands for.
    imports: BTreeMap<String, Vec<String>>,
}

impl Facts {
    /// Reads a file; `path` starts with `src/`.
    pub fn read(path: &str, text: &str) -> Self {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut scan = Scan {
            module: module_of(path),
            in_tests: path.ends_with("/tests.rs"),
            facts: Self::default(),
        };
        scan.walk(&trees(tokens));
        scan.facts
    }

    /// Every path with an imported first name written out, so that a rename hides nothing.
    pub fn full_paths(&self) -> impl Iterator<Item = (Vec<String>, usize)> {
        self.paths.iter().map(|named| {
            let mut full = named.segments.clone();
            // A few rounds serve an alias of an alias; a name imported under itself must not loop.
            for _ in 0..4 {
                match self.imports.get(&full[0]) {
                    Some(meant) if meant[0] != full[0] => {
                        full.splice(..1, meant.iter().cloned());
                    }
                    _ => break,
                }
            }
            (full, named.line)
        })
    }
}

/// The module a file is, from the crate's root.
fn module_of(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

fn trees(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().collect()
}

fn word(tree: Option<&TokenTree>) -> Option<String> {
    match tree {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

fn is_punct(tree: Option<&TokenTree>, sign: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn group(tree: Option<&TokenTree>, delimiter: Option<Delimiter>) -> Option<Vec<TokenTree>> {
    match tree {
        Some(TokenTree::Group(group)) if delimiter.is_none_or(|it| it == group.delimiter()) => {
            Some(trees(group.stream()))
        }
        _ => None,
    }
}

fn line(tree: &TokenTree) -> usize {
    tree.span().start().line
}

struct Scan {
    /// Where we are: the file's module and the inline ones around.
    module: Vec<String>,
    in_tests: bool,
    facts: Facts,
}

impl Scan {
    fn walk(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            at = match &tokens[at] {
                TokenTree::Ident(_) => self.item(tokens, at),
                TokenTree::Group(inner) => {
                    self.walk(&trees(inner.stream()));
                    at + 1
                }
                TokenTree::Literal(literal) => {
                    let found = (literal.to_string(), line(&tokens[at]));
                    self.facts.literals.push(found);
                    at + 1
                }
                TokenTree::Punct(_) => at + 1,
            };
        }
    }

    /// Reads what starts with the word at `at`; gives the place behind what it has read.
    fn item(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let name = word(tokens.get(at)).unwrap_or_default();
        let next = tokens.get(at + 1);
        match name.as_str() {
            // `pub(crate)`, `pub(super)`, `pub(in ...)` can only name what the file is inside of.
            "pub" if visibility_is_limited(next) => return at + 2,
            "mod" => {
                let inside = group(tokens.get(at + 2), Some(Delimiter::Brace));
                if let (Some(child), Some(inside)) = (word(next), inside) {
                    let around = self.in_tests;
                    self.in_tests |= is_for_tests(&tokens[..at]);
                    self.module.push(child);
                    self.walk(&inside);
                    self.module.pop();
                    self.in_tests = around;
                    return at + 3;
                }
            }
            "use" => {
                // A leading `::` says "not from here"; the names behind it are the same.
                let start = at
                    + 1
                    + tokens[at + 1..].iter().take_while(|tree| is_punct(Some(tree), ':')).count();
                if word(tokens.get(start)).is_some() {
                    return self.tree(tokens, start, &[], true);
                }
            }
            "cfg" | "cfg_attr" | "cfg_select" | "cfg_if" => self.condition(&name, tokens, at),
            _ => {}
        }
        let behind = self.tree(tokens, at, &[], false);
        if is_punct(tokens.get(behind), '!')
            && group(tokens.get(behind + 1), None).is_some()
            && let Some(called) = word(tokens.get(behind - 1))
            && !self.in_tests
        {
            self.facts.macros.push((called, line(&tokens[at])));
        }
        behind
    }

    /// Reads a path or a `use` tree whose next name is at `at`; gives the place behind it.
    fn tree(
        &mut self,
        tokens: &[TokenTree],
        mut at: usize,
        prefix: &[String],
        imports: bool,
    ) -> usize {
        let mut segments = prefix.to_vec();
        let mut last = at;
        while let Some(name) = word(tokens.get(at)) {
            // `{self}` in a tree stands for what is in front of the braces.
            if name != "self" || segments.is_empty() {
                segments.push(name.clone());
            }
            self.facts.words.push((name, line(&tokens[at])));
            last = at;
            at += 1;
            if !(is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')) {
                break;
            }
            let behind = tokens.get(at + 2);
            if let Some(inside) = group(behind, Some(Delimiter::Brace)) {
                for leaf in inside.split(|tree| is_punct(Some(tree), ',')) {
                    if is_punct(leaf.first(), '*') {
                        self.name(with(&segments, "*"), line(&leaf[0]));
                    } else if !leaf.is_empty() {
                        self.tree(leaf, 0, &segments, imports);
                    }
                }
                return at + 3;
            }
            if is_punct(behind, '*') {
                self.name(with(&segments, "*"), line(&tokens[last]));
                return at + 3;
            }
            if word(behind).is_none() {
                break; // `Vec::<u8>::new`: the rest is read as a path of its own
            }
            at += 2;
        }
        if imports {
            let alias = word(tokens.get(at)).filter(|word| word == "as");
            let alias = alias.and_then(|_| word(tokens.get(at + 1)));
            if let Some(name) = alias.or_else(|| segments.last().cloned()) {
                self.facts.imports.insert(name, segments.clone());
            }
        }
        self.name(segments, line(&tokens[last]));
        at
    }

    fn name(&mut self, segments: Vec<String>, line: usize) {
        let in_crate = self.in_crate(&segments);
        self.facts.paths.push(Named { segments, in_crate, line });
    }

    fn in_crate(&self, segments: &[String]) -> Option<Vec<String>> {
        let mut module = match segments[0].as_str() {
            "crate" | "sockscope" => return Some(segments[1..].to_vec()),
            "super" => self.module.clone(),
            "self" if segments.len() > 1 => self.module.clone(),
            _ => return None,
        };
        let rest = segments.iter().skip_while(|segment| match segment.as_str() {
            "super" => {
                module.pop();
                true
            }
            "self" => true,
            _ => false,
        });
        let rest: Vec<String> = rest.cloned().collect();
        module.extend(rest);
        Some(module)
    }

    /// Notes each operating system that `cfg(...)`, `cfg!(...)` and their like ask for.
    fn condition(&mut self, name: &str, tokens: &[TokenTree], at: usize) {
        let open = at + 1 + usize::from(is_punct(tokens.get(at + 1), '!'));
        let Some(inside) = group(tokens.get(open), None) else {
            return;
        };
        let asked = match name {
            // Behind the comma stand attributes; a condition among them is met when they are walked.
            "cfg_attr" => inside.split(|tree| is_punct(Some(tree), ',')).next().unwrap_or_default(),
            _ => &inside,
        };
        self.systems_in(asked);
    }

    fn systems_in(&mut self, condition: &[TokenTree]) {
        for tree in condition {
            match tree {
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    if ["target_family", "target_os", "target_vendor", "unix", "windows"]
                        .contains(&name.as_str())
                    {
                        self.facts.system_conditions.push((name, line(tree)));
                    }
                }
                // Braces hold the code that `cfg_select!` chooses, not its conditions.
                TokenTree::Group(inner) if inner.delimiter() != Delimiter::Brace => {
                    self.systems_in(&trees(inner.stream()));
                }
                _ => {}
            }
        }
    }
}

/// Whether `#[cfg(test)]` is among the attributes at the end of these tokens.
fn is_for_tests(before: &[TokenTree]) -> bool {
    before
        .rchunks_exact(2)
        .take_while(|pair| is_punct(pair.first(), '#'))
        .filter_map(|pair| group(pair.get(1), Some(Delimiter::Bracket)))
        .any(|attribute| {
            let condition = group(attribute.get(1), Some(Delimiter::Parenthesis));
            word(attribute.first()).as_deref() == Some("cfg")
                && condition
                    .is_some_and(|it| it.len() == 1 && word(it.first()).as_deref() == Some("test"))
        })
}

fn visibility_is_limited(tree: Option<&TokenTree>) -> bool {
    group(tree, Some(Delimiter::Parenthesis))
        .and_then(|inside| word(inside.first()))
        .is_some_and(|first| ["crate", "in", "self", "super"].contains(&first.as_str()))
}

fn with(segments: &[String], last: &str) -> Vec<String> {
    let mut longer = segments.to_vec();
    longer.push(last.to_owned());
    longer
}
