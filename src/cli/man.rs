//! `sockscope man`: pages in roff, for man(1).

use clap::Args;

use super::Exit;
use super::output::Output;
use crate::error::{Error, Result};
use crate::text;

/// Print the manual page, of the program or of a verb
#[derive(Args)]
pub struct Man {
    /// The verb; without it the page of the program
    verb: Option<String>,
}

impl Man {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let mut command = super::command();
        // Once the whole is built, verbs know the program's name.
        command.build();
        let Some(verb) = &self.verb else {
            return render(command, output);
        };
        let Some(found) = command.find_subcommand(verb) else {
            let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
            let verbs: Vec<&str> = verbs.map(clap::Command::get_name).collect();
            let verbs = verbs.join(", ");
            output.note(&text!("man.no_such_verb", verb = verb.as_str(), verbs = verbs).plain());
            return Ok(Exit::Usage);
        };
        render(found.clone().version(env!("CARGO_PKG_VERSION")), output)
    }
}

fn render(command: clap::Command, output: &mut Output) -> Result<Exit> {
    clap_mangen::Man::new(command).render(&mut output.data()).map_err(Error::Output)?;
    Ok(Exit::Fine)
}
