//! Signals that a thread waits for, so that nothing has to be done inside a handler (signal-safety(7)).

use std::io;
use std::mem::MaybeUninit;
use std::thread;

/// Calls this for every SIGTERM from now on, on a thread of its own, for as long as the process lasts.
///
/// Threads that are there already may still be ended by it: the signal is kept from this one and from those that it starts.
/// A program that is started has it as ever, and a process that was told to ignore it goes on to.
pub fn on_terminate(act: impl Fn() + Send + 'static) -> io::Result<()> {
    let signals = block_terminate()?;
    thread::Builder::new().name("sigterm".to_owned()).spawn(move || {
        while wait_for(&signals).is_ok() {
            act();
        }
    })?;
    Ok(())
}

/// Keeps SIGTERM from this thread and from those that it starts.
fn block_terminate() -> io::Result<libc::sigset_t> {
    let mut signals = MaybeUninit::<libc::sigset_t>::uninit();
    #[expect(unsafe_code, reason = "no crate that is used wraps it")]
    // SAFETY: sigemptyset(3) writes the whole set to where it is told to, and what is read was written then; the others
    // take a set that is valid, and a null pointer for what was blocked before (pthread_sigmask(3)).
    let (signals, answer) = unsafe {
        libc::sigemptyset(signals.as_mut_ptr());
        let mut signals = signals.assume_init();
        libc::sigaddset(&raw mut signals, libc::SIGTERM);
        let before = std::ptr::null_mut();
        let answer = libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, before);
        (signals, answer)
    };
    if answer == 0 { Ok(signals) } else { Err(io::Error::from_raw_os_error(answer)) }
}

fn wait_for(signals: &libc::sigset_t) -> io::Result<()> {
    let mut signal = 0;
    #[expect(unsafe_code, reason = "no crate that is used wraps it")]
    // SAFETY: sigwait(3) reads a set that is valid, and writes one number to where it is told to.
    let answer = unsafe { libc::sigwait(signals, &raw mut signal) };
    if answer == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(answer)) }
}
