//! How a table is laid out, as the settings keep it.

use serde::{Deserialize, Serialize};

/// How a table is laid out. Ids that nobody knows are kept and not shown: another version may have written them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableLayout {
    /// The columns that are shown, from left to right; none stands for the usual ones.
    #[serde(default)]
    pub columns: Vec<ColumnLayout>,
    /// What rows are sorted by, unless it is the usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<SortLayout>,
}

/// A column that is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnLayout {
    /// Its name.
    pub id: String,
    /// How wide it is, in points, unless it is as wide as usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<f32>,
}

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SortLayout {
    /// The name of the column.
    pub column: String,
    /// Whether the order is turned round.
    #[serde(default)]
    pub descending: bool,
}

impl TableLayout {
    /// The narrowest and the widest that a column can be asked to be, in points.
    pub const WIDTHS: [f32; 2] = [20.0, 1_200.0];

    /// With every width in range and no column twice: a file may say anything.
    pub(super) fn in_range(mut self) -> Self {
        let [narrowest, widest] = Self::WIDTHS;
        let mut seen = std::collections::BTreeSet::new();
        self.columns.retain(|column| seen.insert(column.id.clone()));
        for column in &mut self.columns {
            let width = column.width.filter(|width| width.is_finite());
            column.width = width.map(|width| width.clamp(narrowest, widest));
        }
        self
    }
}
