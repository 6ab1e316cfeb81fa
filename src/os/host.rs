//! The machine's name and its system's name for itself.

use sysinfo::System;

use crate::model::Host;

/// This machine. What the system does not tell is named by what the program was built for.
pub fn host() -> Host {
    let os = System::long_os_version().unwrap_or_else(|_| std::env::consts::OS.to_owned());
    Host {
        name: System::host_name().unwrap_or_else(|_| "localhost".to_owned()),
        os: match System::kernel_version() {
            Ok(kernel) if !os.contains(&kernel) => {
                format!("{os}, {} {kernel}", std::env::consts::OS)
            }
            _ => os,
        },
    }
}
