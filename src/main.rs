//! The program: arguments in, exit code out. The library does the work.

fn main() {}
