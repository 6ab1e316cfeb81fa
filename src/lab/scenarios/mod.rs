//! The experiments, one file each. A new one is a file here and a line in the slice.

mod abort;
mod abort_out_of_close_wait;
mod client_closes_first;
mod close_wait_peer_gone;
mod close_wait_peer_holds;
mod copy_keeps_open;
mod fill;
mod fin_wait_2;
mod first_close;
mod full_buffer;
mod keepalive;
mod linger;
mod reset_without_asking;
mod server_closes_first;
mod time_wait;

use super::scenario::Scenario;

/// Every scenario, in the order in which they are offered. Menus, help and tests iterate it.
pub static SCENARIOS: &[&dyn Scenario] = &[
    &client_closes_first::ClientClosesFirst,
    &server_closes_first::ServerClosesFirst,
    &close_wait_peer_holds::CloseWaitPeerHolds,
    &close_wait_peer_gone::CloseWaitPeerGone,
    &full_buffer::FullBuffer,
    &abort::Abort,
    &linger::LingerSeconds,
    &reset_without_asking::ResetWithoutAsking,
    &abort_out_of_close_wait::AbortOutOfCloseWait,
    &keepalive::Keepalive,
    &copy_keeps_open::CopyKeepsOpen,
];
