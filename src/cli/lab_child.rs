//! `sockscope lab-child`: what a scenario of the lab wants done in a process of its own. No verb for people.

use std::io;
use std::net::SocketAddr;

use clap::{Args, Subcommand};

use super::Exit;
use super::output::Output;
use crate::error::{Error, Result};
use crate::lab;

/// Does one thing for the lab, until its standard input ends
#[derive(Args)]
pub struct LabChild {
    #[command(subcommand)]
    duty: Duty,
}

#[derive(Subcommand)]
enum Duty {
    /// Holds what it inherited
    Hold,
    /// Opens sockets until there are no descriptors left, and closes none
    Leak {
        /// The limit of its descriptors
        #[arg(long, value_parser = clap::value_parser!(u32).range(32..=256))]
        limit: u32,
        /// Where the sockets go to
        #[arg(long)]
        to: SocketAddr,
    },
}

impl LabChild {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        if let Duty::Leak { to, .. } = self.duty
            && !to.ip().is_loopback()
        {
            return Ok(Exit::Usage);
        }
        output.line(lab::child::STARTED)?;
        output.data().flush().map_err(Error::Output)?;
        let input = io::stdin().lock();
        match self.duty {
            Duty::Hold => lab::child::hold(input).map_err(Error::Output)?,
            Duty::Leak { limit, to } => lab::child::leak(limit, to, input, |leaked| {
                let line = serde_json::to_string(leaked)?;
                writeln!(output.data(), "{line}")?;
                output.data().flush()
            })
            .map_err(Error::Output)?,
        }
        Ok(Exit::Fine)
    }
}
