//! The filter on the command line: its language in the help, and where it is wrong.

use unicode_width::UnicodeWidthStr;

use super::output::Output;
use crate::analysis::filter::{FLAGS, Filter, KEYS};
use crate::analysis::phrases;
use crate::text;

/// What `--help` says of the language: every key with an example.
pub fn help() -> String {
    let keys = KEYS.iter().map(|leaf| {
        let example = leaf.examples.first().copied().unwrap_or(leaf.name);
        (example, (leaf.about)().plain())
    });
    let flags = FLAGS.iter().map(|flag| (flag.name, (flag.about)().plain()));
    let lines: Vec<(&str, String)> = keys.chain(flags).collect();
    let width = lines.iter().map(|(example, _)| example.len()).max().unwrap_or_default();
    let lines = lines.iter().map(|(example, about)| format!("\n  {example:width$}  {about}"));
    std::iter::once(text!("filter.help").plain()).chain(lines).collect()
}

/// The filter of these words; none when it cannot be read, which is said with the place.
pub fn read(words: &[String], output: &mut Output) -> Option<Filter> {
    let text = words.join(" ");
    match Filter::parse(&text) {
        Ok(filter) => Some(filter),
        Err(error) => {
            output.note(&phrases::filter_error(&text, &error).plain());
            // Each character of a control is printed as one column.
            let shown = text::printable(&text);
            let before: String = shown.chars().take(error.column(&text) - 1).collect();
            let place = text.get(error.span.clone()).unwrap_or_default();
            let width = text::printable(place).width().max(1);
            output.note(&format!("  {shown}"));
            output.note(&format!("  {}{}", " ".repeat(before.width()), "^".repeat(width)));
            None
        }
    }
}
