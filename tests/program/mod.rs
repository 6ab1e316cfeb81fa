//! The built program, as a script and a person at a terminal meet it.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// What a run of it left behind.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// It, without a display and with times in UTC, for whoever wants its process.
pub fn sockscope(arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("sockscope"));
    command.args(arguments).stdin(Stdio::null());
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env("TZ", "UTC");
    command
}

/// Runs it to its end, which comes within two minutes.
pub fn run(arguments: &[&str]) -> Ran {
    let output = assert_cmd::Command::from_std(sockscope(arguments))
        .timeout(Duration::from_mins(2))
        .output()
        .expect("it runs");
    Ran {
        status: output.status.code().expect("it is not killed"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// The one document that it printed.
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
