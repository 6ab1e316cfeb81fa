//! placeholder until the lab lands
use super::Exit;
use super::output::Output;
use crate::error::Result;
use clap::Args;
/// Lab
#[derive(Args)]
pub struct Lab {}
impl Lab {
    pub fn run(&self, _o: &mut Output) -> Result<Exit> {
        Ok(Exit::CouldNotRun)
    }
}
