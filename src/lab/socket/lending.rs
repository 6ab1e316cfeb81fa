//! A descriptor that a child process inherits.

use std::io;

use super::{LabSocket, closed};
use crate::lab::errno::CallError;
use crate::lab::options::set_inheritable;

impl LabSocket {
    /// Has the process that `start` starts inherit this descriptor: fork(2) and execve(2) with `FD_CLOEXEC` off. Whatever
    /// else is started meanwhile inherits it too, so the caller sees to it that nothing is.
    pub(in crate::lab) fn lend<T>(
        &mut self,
        start: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, CallError> {
        let socket = self.socket.as_ref();
        self.recorder.call(
            self.who,
            "fork(), execve() with FD_CLOEXEC off".to_owned(),
            || {
                let socket = socket.ok_or_else(closed)?;
                set_inheritable(socket, true)?;
                let started = start();
                set_inheritable(socket, false)?;
                started
            },
            |_| "a process".to_owned(),
        )
    }
}
