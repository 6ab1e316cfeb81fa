//! `sockscope lab listen`: a listener for the user's own client.

use clap::Args;

use super::program::{Common, possible};
use crate::cli::Exit;
use crate::cli::output::Output;
use crate::error::Result;
use crate::lab::program::{Address, Answer, MAX_TOTAL, Setup, Side, Treatment};

const DEFAULT_ANSWER: &str = Answer::DEFAULT.name();

/// Listen for a client of yours, end each connection, and see whether it closes its end
#[derive(Args)]
pub struct Listen {
    /// Where: a port, or an address or a name with one; port 0 is one that is free
    #[arg(default_value = "127.0.0.1:0", value_parser = address)]
    address: Address,
    /// What to do to each connection: close, half-close, reset, never-read, never-accept
    #[arg(long, value_name = "WHAT", default_value = "close", value_parser = treatment)]
    then: Treatment,
    /// What to answer until then: none, echo, http
    ///
    /// http answers requests of HTTP and nothing else, so that a client with a pool keeps its connection as it would with its
    /// own server, and a client of another protocol hears nothing. A client that ends after one answer, as curl does, closes
    /// first: none tries what it does when its server does
    #[arg(long, value_name = "WHAT", default_value = DEFAULT_ANSWER, value_parser = answer)]
    answer: Answer,
    /// End once so many connections came and all of them are closed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_TOTAL as i64))]
    connections: Option<u16>,
    #[command(flatten)]
    common: Common,
}

impl Listen {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let side = Side::Listener {
            address: self.address.clone(),
            answer: self.answer,
            connections: self.connections.map(usize::from),
        };
        let Common { after, grace, time, .. } = self.common;
        self.common.run(Setup { side, treatment: self.then, after, grace, time }, output)
    }
}

fn address(text: &str) -> Result<Address, String> {
    Address::read_local(text).ok_or_else(|| match Address::lacks(text) {
        Some(lacking) => lacking.plain(),
        None => {
            "expected a port, or an address or a name with one: 8080, [::1]:8080, localhost:8080"
                .to_owned()
        }
    })
}

fn treatment(text: &str) -> Result<Treatment, String> {
    possible(text, &Treatment::ALL, Treatment::name)
}

fn answer(text: &str) -> Result<Answer, String> {
    possible(text, &Answer::ALL, Answer::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_or_refused_with_what_is_wanted() {
        assert_eq!(address("8080").map(|it| it.to_string()).as_deref(), Ok("127.0.0.1:8080"));
        assert!(address("localhost").is_err_and(|error| error.contains("localhost:8080")));
        assert_eq!(treatment("never-accept"), Ok(Treatment::NeverAccept));
        assert_eq!(answer("http"), Ok(Answer::Http));
        assert!(answer("https").is_err_and(|error| error.contains("none, echo, http")));
    }
}
