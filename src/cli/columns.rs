//! Text in aligned columns for a terminal.

use unicode_width::UnicodeWidthStr;

use crate::text::printable;

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The lines of a table: each column as wide as its widest cell, two spaces between. Every row has as many cells as
/// the header.
pub fn table<R: AsRef<[String]>>(
    header: R,
    align: impl AsRef<[Align]>,
    rows: impl IntoIterator<Item = R>,
) -> Vec<String> {
    let cells = |row: R| row.as_ref().iter().map(|cell| printable(cell)).collect();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).map(cells).collect();
    let mut widths = vec![0; align.as_ref().len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    rows.iter().map(|row| line(row, &widths, align.as_ref())).collect()
}

/// One line of a table whose columns have these widths.
pub fn line(cells: &[String], widths: &[usize], align: &[Align]) -> String {
    let mut line = String::new();
    for ((cell, width), align) in cells.iter().zip(widths).zip(align) {
        let padding = " ".repeat(width.saturating_sub(cell.width()));
        match align {
            Align::Left => line.extend([cell.as_str(), &padding, "  "]),
            Align::Right => line.extend([&padding, cell.as_str(), "  "]),
        }
    }
    line.truncate(line.trim_end().len());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_seen() {
        let lines = table(
            ["NAME".to_owned(), "N".to_owned()],
            [Align::Left, Align::Right],
            [["测试".to_owned(), "5".to_owned()], ["a".to_owned(), "100".to_owned()]],
        );
        assert_eq!(lines, ["NAME    N", "测试    5", "a     100"]);
    }
}
