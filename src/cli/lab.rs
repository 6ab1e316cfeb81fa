//! `sockscope lab`: the experiments, in a terminal.

mod article;
mod connect;
mod list;
mod listen;
mod printer;
mod program;
mod run;
mod show;

use clap::{Args, Subcommand};

use super::Exit;
use super::output::Output;
use crate::error::Result;
use crate::model::lab::Verdict;

/// See what sockets really do on this computer
#[derive(Args)]
pub struct Lab {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(list::List),
    Run(run::Run),
    Article(article::Article),
    Listen(listen::Listen),
    Connect(connect::Connect),
}

impl Lab {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        match &self.action {
            Action::List(list) => list.run(output),
            Action::Run(run) => run.run(output),
            Action::Article(article) => article.run(output),
            Action::Listen(listen) => listen.run(output),
            Action::Connect(connect) => connect.run(output),
        }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::AsExpected => Self::Fine,
            Verdict::Differs => Self::Found,
            Verdict::CouldNotTell => Self::CouldNotJudge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_ends_the_program_with_its_own_status() {
        let verdicts = [Verdict::AsExpected, Verdict::Differs, Verdict::CouldNotTell];
        assert_eq!(verdicts.map(|verdict| Exit::from(verdict) as u8), [0, 1, 4]);
    }
}
