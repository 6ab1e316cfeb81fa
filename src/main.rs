//! The program: arguments in, exit status out. The library does the work.

use sockscope::cli::{self, Exit, Invocation};

#[cfg(not(feature = "gui"))]
use sockscope::cli::no_window as open_window;
#[cfg(feature = "gui")]
use sockscope::gui::open as open_window;

fn main() -> Exit {
    // Libraries warn of much that no user can mend; SOCKSCOPE_LOG=warn shows it.
    let level = std::env::var("SOCKSCOPE_LOG").ok().and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(tracing::Level::ERROR))
        .with_writer(std::io::stderr)
        .init();
    match cli::run(std::env::args_os()) {
        Invocation::Done(exit) => exit,
        Invocation::Window(source) => cli::report(open_window(source)),
    }
}
