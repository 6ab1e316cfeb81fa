//! `sockscope completions`: a script for a shell.

use clap::{Args, Command};
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
        let mut command = shown(&super::command());
        let name = command.get_name().to_owned();
        // The generator does not return errors, so it writes where none can happen.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        output.data().write_all(&script).map_err(Error::Output)?;
        Ok(Exit::Fine)
    }
}

/// The command line without the verbs that help does not show; the generators offer those too.
fn shown(command: &Command) -> Command {
    Command::new(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .args(command.get_arguments().cloned())
        .subcommands(command.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned())
}

#[cfg(test)]
mod tests {
    use super::super::command;
    use super::*;

    #[test]
    fn verbs_that_are_not_for_people_are_not_offered() {
        let names = |command: &Command| -> Vec<String> {
            command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect()
        };
        let mut whole = names(&command());
        let offered = names(&shown(&command()));
        whole.retain(|verb| verb != crate::lab::child::VERB);
        assert_eq!(offered, whole);
        assert!(command().find_subcommand(crate::lab::child::VERB).is_some());
    }
}
