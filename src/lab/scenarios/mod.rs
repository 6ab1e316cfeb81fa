//! The experiments, one file each. A new one is a file here and a line in the slice.

mod client_closes_first;

use super::scenario::Scenario;

/// Every scenario, in the order in which they are offered. Menus, help and tests iterate it.
pub static SCENARIOS: &[&dyn Scenario] = &[&client_closes_first::ClientClosesFirst];
