//! Where connections lead, in words.

use crate::analysis::towards::Towards;
use crate::text;
use crate::text::Text;

/// Where connections lead: `to 10.0.0.9:443`, `from 10.0.0.7 to port 8080`.
pub fn towards(towards: &Towards) -> Text {
    match towards {
        Towards::Service(remote) => text!("towards.service", remote = remote.to_string()),
        Towards::Host { host, port } => {
            text!("towards.host", host = host.to_string(), port = port.to_string())
        }
    }
}
