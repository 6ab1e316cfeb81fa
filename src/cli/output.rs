//! Where a verb writes: data to stdout, buffered; everything else to stderr.

use std::io::{self, BufWriter, Write};

use crate::error::{Error, Result};
use crate::text::printable;

/// The program's two streams.
pub struct Output {
    data: Box<dyn Write>,
    notes: Box<dyn Write>,
}

impl Output {
    /// Takes stdout for as long as the verb runs.
    pub fn new() -> Self {
        Self::to(BufWriter::new(io::stdout().lock()), io::stderr())
    }

    /// Two other streams.
    pub fn to(data: impl Write + 'static, notes: impl Write + 'static) -> Self {
        Self { data: Box::new(data), notes: Box::new(notes) }
    }

    /// The stream for data.
    pub fn data(&mut self) -> &mut dyn Write {
        &mut *self.data
    }

    /// A line of data for people. What came from elsewhere cannot steer their terminal.
    pub fn line(&mut self, line: &str) -> Result<()> {
        writeln!(self.data, "{}", printable(line)).map_err(Error::Output)
    }

    /// A line that is not data.
    pub fn note(&mut self, line: &str) {
        // With stderr gone there is nobody left to tell.
        let _ = writeln!(self.notes, "{}", printable(line));
    }

    /// Writes out what is buffered, so that a reader at the other end of a pipe sees it now.
    pub fn flush(&mut self) -> Result<()> {
        self.data.flush().map_err(Error::Output)
    }
}
