//! Text in aligned columns for a terminal.

use unicode_width::UnicodeWidthStr;

use crate::text::printable;

/// On which side of its column a cell stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The lines of a table: each column as wide as its widest cell, two spaces between.
pub fn table<const N: usize>(
    header: [String; N],
    align: [Align; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Vec<String> {
    let rows: Vec<[String; N]> =
        std::iter::once(header).chain(rows).map(|row| row.map(|cell| printable(&cell))).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    rows.iter().map(|row| line(row, widths, align)).collect()
}

/// One line of a table whose columns have these widths.
pub fn line<const N: usize>(cells: &[String; N], widths: [usize; N], align: [Align; N]) -> String {
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
