//! `close()`, which may block, in a lab that can be stopped.

use std::io;
use std::sync::{RwLockReadGuard, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::STEP;
use crate::lab::cancel::Cancel;
use crate::lab::errno::cancelled;
use crate::os::Descriptor;

/// How long a close that should stop may take to do so. On loopback it is a reset away; towards another machine nothing
/// ends it before its time.
const GRACE: Duration = Duration::from_millis(200);

/// Drops the socket, and says 0. The gate opens once the descriptor is gone, however long the close takes.
///
/// Dropping loses what `close()` answers. On Linux it has nothing to say: its `sock_close` returns 0
/// always, which held when measured (idle, full buffer, unread data, after a reset; linger off, 0, 1, 20).
/// Elsewhere the documented errors of a close are those of a non-blocking or a foreign descriptor.
pub(super) fn close(
    socket: Socket,
    gate: RwLockReadGuard<'_, ()>,
    cancel: &Cancel,
    unblock: impl FnOnce(),
) -> io::Result<()> {
    let may_block = socket.linger().is_ok_and(|time| time.is_some_and(|time| !time.is_zero()));
    if !may_block {
        drop(socket);
        return Ok(());
    }
    let descriptor = Descriptor::of(&socket);
    let mut gate = Some(gate);
    let (done, closing) = mpsc::channel();
    let closer = thread::Builder::new().name("lab-close".to_owned()).spawn(move || {
        drop(socket);
        // The other side waits for this until the thread is joined, or no longer.
        let _ = done.send(());
    })?;
    let mut unblock = Some(unblock);
    let mut give_up = None;
    while let Err(mpsc::RecvTimeoutError::Timeout) = closing.recv_timeout(STEP) {
        // What unblocks it closes as well, and would wait for a start that waits for this.
        if !descriptor.is_open() || cancel.is_cancelled() {
            drop(gate.take());
        }
        if !cancel.is_cancelled() {
            continue;
        }
        if let Some(unblock) = unblock.take() {
            unblock();
        }
        if Instant::now() >= *give_up.get_or_insert_with(|| Instant::now() + GRACE) {
            // The thread ends with the linger time; the socket is closing already, and nobody can reach it.
            return Err(cancelled());
        }
    }
    closer.join().map_err(|_| io::Error::other("the closing thread panicked"))
}
