//! `sockscope lab article`: what the article says that the lab grew out of, and whether it is so.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::output::Output;
use crate::error::{Error, Result};
use crate::lab::article::{CLAIMS, Claim, Proof, Shows, speaks_of_this_system};
use crate::text;
use crate::text::roughly;

/// Print an old article's claims on `CLOSE_WAIT`, whether each is so, and the scenario that shows it
#[derive(Args)]
pub struct Article {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Article {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        if self.json {
            let claims: Value = CLAIMS.iter().map(document).collect();
            writeln!(output.data(), "{claims}").map_err(Error::Output)?;
            return Ok(Exit::Fine);
        }
        if !speaks_of_this_system() {
            output.note(&text!("lab_terminal.article.other_system").plain());
        }
        for (place, claim) in CLAIMS.iter().enumerate() {
            if place > 0 {
                output.line("")?;
            }
            output.line(&format!("{}. {}", claim.number, (claim.says)().plain()))?;
            let standing = claim.standing.said().plain();
            output.line(&format!("   {standing}. {}", (claim.because)().plain()))?;
            let mut shown = text!("lab_terminal.article.shown_by", command = command(&claim.proof));
            if let Some(time) = claim.proof.takes_long() {
                shown = text!("lab_article.lasting", what = shown, time = roughly(time));
            }
            output.line(&format!("   {}", shown.plain()))?;
        }
        Ok(Exit::Fine)
    }
}

/// What one types to see it.
fn command(proof: &Proof) -> String {
    let words =
        ["sockscope lab run", proof.scenario].into_iter().chain(proof.knobs.iter().copied());
    words.collect::<Vec<_>>().join(" ")
}

fn document(claim: &Claim) -> Value {
    let shown_by = claim.proof.shown_by.iter().map(|shows| match shows {
        Shows::Habit(name) => json!({ "habit": name }),
        Shows::Check(subject) => json!({ "check": subject().plain() }),
    });
    json!({
        "number": claim.number,
        "name": claim.name,
        "says": (claim.says)().plain(),
        "standing": claim.standing.name(),
        "because": (claim.because)().plain(),
        "scenario": claim.proof.scenario,
        "knobs": claim.proof.knobs,
        "shown_by": shown_by.collect::<Vec<_>>(),
    })
}
