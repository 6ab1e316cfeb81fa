//! `sockscope completions`: a script for a shell.

use clap::Args;
use clap_complete::Shell;

use super::Exit;
use super::output::Output;
use crate::error::{Error, Result};

/// Print completions for a shell
#[derive(Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let mut command = super::command();
        let name = command.get_name().to_owned();
        // The generator does not return errors, so it writes where none can happen.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        output.data().write_all(&script).map_err(Error::Output)?;
        Ok(Exit::Fine)
    }
}
