//! The experiments, one file each. A new one is a file here and a line in the slice.

mod backlog_overflow;
mod client_closes_first;
pub(super) mod descriptor_limit;
mod fixed_port_time_wait;
mod look;
mod reconnect_habits;
mod reuse;
pub(super) mod server_restart;
pub(super) mod state_museum;

use super::scenario::Scenario;

/// Every scenario, in the order in which they are offered. Menus, help and tests iterate it.
pub static SCENARIOS: &[&dyn Scenario] = &[
    &client_closes_first::ClientClosesFirst,
    &reconnect_habits::ReconnectHabits,
    &fixed_port_time_wait::FixedPortTimeWait,
    &server_restart::ServerRestart,
    &descriptor_limit::DescriptorLimit,
    &backlog_overflow::BacklogOverflow,
    &state_museum::StateMuseum,
];
