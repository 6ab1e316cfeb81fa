//! The experiments, one file each. A new one is a file here and a line in the slice.

pub(super) mod abort;
mod abort_out_of_close_wait;
mod backlog_overflow;
mod client_closes_first;
mod close_wait_peer_gone;
mod close_wait_peer_holds;
mod copy_keeps_open;
pub(super) mod descriptor_limit;
mod fill;
mod fin_wait_2;
mod first_close;
mod fixed_port_time_wait;
mod full_buffer;
mod hold;
mod keepalive;
mod linger;
mod look;
mod reconnect_habits;
mod reset_without_asking;
mod reuse;
mod server_closes_first;
pub(super) mod server_restart;
mod state_museum;
pub(super) mod time_wait;

use super::scenario::Scenario;

/// Every scenario, in the order in which they are offered. Menus, help and tests iterate it.
pub static SCENARIOS: &[&dyn Scenario] = &[
    &client_closes_first::ClientClosesFirst,
    &server_closes_first::ServerClosesFirst,
    &close_wait_peer_holds::CloseWaitPeerHolds,
    &close_wait_peer_gone::CloseWaitPeerGone,
    &reconnect_habits::ReconnectHabits,
    &fixed_port_time_wait::FixedPortTimeWait,
    &server_restart::ServerRestart,
    &full_buffer::FullBuffer,
    &abort::Abort,
    &linger::LingerSeconds,
    &reset_without_asking::ResetWithoutAsking,
    &abort_out_of_close_wait::AbortOutOfCloseWait,
    &keepalive::Keepalive,
    &descriptor_limit::DescriptorLimit,
    &backlog_overflow::BacklogOverflow,
    &state_museum::StateMuseum,
    &copy_keeps_open::CopyKeepsOpen,
];
