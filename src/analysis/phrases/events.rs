//! What happened, and why nothing was sampled, in words.

use super::process_label;
use crate::analysis::events::What;
use crate::analysis::history::Cause;
use crate::text;
use crate::text::{Text, thousands};

/// What happened: `feed-client started, pid 18422`.
pub fn event(what: &What) -> Text {
    match what {
        What::Started(process) if process.name.is_empty() => {
            text!("event.started_pid", pid = process.pid.to_string())
        }
        What::Started(process) => {
            text!("event.started", name = process.name.as_str(), pid = process.pid.to_string())
        }
        What::FirstSocket(process) => {
            text!("event.first_socket", process = process_label(&process.name, process.pid))
        }
        What::NoSocketsLeft(process) => {
            text!("event.no_sockets_left", process = process_label(&process.name, process.pid))
        }
        What::Jumped { state, from, to } => text!(
            "event.jumped",
            state = state.name(),
            from = thousands((*from).into()),
            to = thousands((*to).into())
        ),
    }
}

/// Why there are no samples.
pub fn cause(cause: Cause) -> Text {
    match cause {
        Cause::Paused => text!("cause.paused"),
        Cause::Failed => text!("cause.failed"),
        Cause::Slept => text!("cause.slept"),
        Cause::NotRunning => text!("cause.not_running"),
    }
}
