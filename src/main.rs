//! The program: arguments in, exit status out. The library does the work.

use sockscope::cli::{self, Exit, Invocation};

fn main() -> Exit {
    match cli::run(std::env::args_os()) {
        Invocation::Done(exit) => exit,
        Invocation::Window(_source) => Exit::CouldNotRun,
    }
}
