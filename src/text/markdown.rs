//! Text that Markdown takes as text: a process may be called anything, line breaks and markup included.

use super::printable;

/// Makes text safe inside a paragraph, a list item or a cell of a table.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '\\' | '#' | '~' | '&' => {
                // State names are full of underscores, and an underscore inside a word is no markup.
                if character != '_' {
                    escaped.push('\\');
                }
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// A table and an empty line; `alignment` has an `l` or an `r` for each column. Without rows there is nothing.
pub fn table<const N: usize>(
    header: &[String; N],
    alignment: &str,
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return String::new();
    }
    let rule = alignment.chars().map(|side| if side == 'r' { "---:" } else { "---" });
    let rule = format!("| {} |\n", rule.collect::<Vec<_>>().join(" | "));
    let rows: String = rows.map(|cells| row(&cells)).collect();
    format!("{}{rule}{rows}\n", row(header))
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Lines as they are, between fences that none of them can be.
pub fn fenced<S: AsRef<str>>(lines: impl IntoIterator<Item = S>) -> String {
    let text: String = lines.into_iter().map(|line| printable(line.as_ref()) + "\n").collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_in_its_cell() {
        let rows = [["a|b\n| <script>".to_owned(), "CLOSE_WAIT".to_owned()]];
        assert_eq!(
            table(&["x".to_owned(), "y".to_owned()], "lr", rows),
            "| x | y |\n| --- | ---: |\n| a\\|b\u{fffd}\\| \\<script\\> | CLOSE_WAIT |\n\n"
        );
    }

    #[test]
    fn no_line_closes_the_fence() {
        assert_eq!(
            fenced(["plain", "```", "a ````` b\nc"]),
            "``````text\nplain\n```\na ````` b\u{fffd}c\n``````\n"
        );
    }
}
