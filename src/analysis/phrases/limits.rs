//! What is limited, in words.

use super::process_label;
use crate::analysis::readings::Limited;
use crate::text;
use crate::text::Text;

/// What a reading is of: `File handles of feed-client 18422`, `Local ports to 10.0.0.9:443 from 10.0.0.5`.
pub fn limited(what: &Limited) -> Text {
    match what {
        Limited::Descriptors(process) => {
            text!("limited.descriptors", process = process_label(&process.name, process.pid))
        }
        Limited::AcceptQueue { local, process: Some(process) } => text!(
            "limited.accept_queue_of",
            local = local.to_string(),
            process = process_label(&process.name, process.pid)
        ),
        Limited::AcceptQueue { local, process: None } => {
            text!("limited.accept_queue", local = local.to_string())
        }
        Limited::LocalPorts { local, remote } => {
            text!("limited.local_ports", local = local.to_string(), remote = remote.to_string())
        }
        Limited::TimeWaitTable => text!("limited.time_wait"),
        Limited::Orphans => text!("limited.orphans"),
        Limited::Memory => text!("limited.memory"),
        Limited::SystemFiles => text!("limited.system_files"),
    }
}
