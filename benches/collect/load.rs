//! Sockets to measure with, made by this program itself in workers of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};

use super::mix::State;
use super::workers;

/// The argument by which a bench is the load generator.
const LOAD: &str = "--load";

/// Becomes the load generator, or one of its workers, when the arguments say so.
pub fn serve(arguments: &[String]) -> Option<ExitCode> {
    let arguments = match arguments.first().map(String::as_str) {
        Some(LOAD) => &arguments[1..],
        Some("--worker") => arguments,
        _ => return None,
    };
    Some(workers::run(arguments.iter().cloned()))
}

/// The sockets, held by workers until it is dropped.
pub struct Load(Child);

impl Load {
    /// A third of the rows are in CLOSE_WAIT, as many in FIN_WAIT_2, the others open.
    pub fn start(size: usize) -> Self {
        let me = std::env::current_exe().expect("this program");
        let part = |state: State, count: usize| [format!("--{}", state.name()), count.to_string()];
        let mut child = Command::new(me)
            .arg(LOAD)
            .args(part(State::Established, size * 6 / 10))
            .args(part(State::CloseWait, size * 2 / 10))
            .args(["--workers", "8", "--net", "78"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the load generator");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("it says that it is ready");
        assert!(line.contains("\"failed\":0"), "{line}");
        Self(child)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        if let Err(error) = self.0.wait() {
            eprintln!("the load generator: {error}");
        }
    }
}
