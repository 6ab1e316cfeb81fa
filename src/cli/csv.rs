//! Comma-separated values (RFC 4180), for spreadsheets and scripts.

use super::output::Output;
use crate::error::{Error, Result};
use crate::text::printable;

/// A word begins a formula in a spreadsheet when it begins so.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// One record, without the end of its line.
pub fn record<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    cells.join(",")
}

/// Prints one record.
pub fn print<'a>(cells: impl IntoIterator<Item = &'a str>, output: &mut Output) -> Result<()> {
    write!(output.data(), "{}\r\n", record(cells)).map_err(Error::Output)
}

/// A process may call itself anything, a formula too: an apostrophe before it makes it a word again, as spreadsheets
/// have it. None of our numbers is negative, so none is touched.
fn cell(text: &str) -> String {
    let mut cell = printable(text);
    if cell.starts_with(FORMULA) {
        cell.insert(0, '\'');
    }
    if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_part_a_cell_is_quoted() {
        assert_eq!(record(["a", "", "7"]), "a,,7");
        assert_eq!(
            record(["nginx 1, nginx 2", "say \"hi\""]),
            "\"nginx 1, nginx 2\",\"say \"\"hi\"\"\""
        );
        // A line's end and what steers a terminal are replaced, so no cell has more than one line.
        assert_eq!(record(["a\r\nb\u{1b}"]), "a\u{fffd}\u{fffd}b\u{fffd}");
    }

    #[test]
    fn no_name_is_a_formula() {
        assert_eq!(record(["=1+1", "+1", "-1", "@sum"]), "'=1+1,'+1,'-1,'@sum");
        assert_eq!(record(["=a,b"]), "\"'=a,b\"");
        assert_eq!(record(["a=1", "127.0.0.1:80"]), "a=1,127.0.0.1:80");
    }
}
