//! `sockscope lab connect`: a client for the user's own server.

use clap::Args;

use super::program::{Common, possible};
use crate::cli::Exit;
use crate::cli::output::Output;
use crate::error::Result;
use crate::lab::program::{Address, MAX_BYTES, MAX_TOTAL, Payload, Setup, Side, Treatment};

/// Connect to a server of yours, end each connection, and see whether it closes its end
#[derive(Args)]
pub struct Connect {
    /// Whom to: a name or an address, and a port; given up after 10 s without an answer
    #[arg(value_name = "HOST:PORT", value_parser = target)]
    target: Address,
    /// What to do to each connection: close, half-close, reset, never-read
    #[arg(long, value_name = "WHAT", default_value = "close", value_parser = treatment)]
    then: Treatment,
    /// How many connections to make; 64 at a time
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=MAX_TOTAL as i64))]
    count: u16,
    /// What to send on each: none, bytes:N, http
    #[arg(long, value_name = "WHAT", default_value = "none", value_parser = payload)]
    send: Payload,
    #[command(flatten)]
    common: Common,
}

impl Connect {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let side = Side::Client {
            target: self.target.clone(),
            payload: self.send,
            count: usize::from(self.count),
        };
        let Common { after, grace, time, .. } = self.common;
        self.common.run(Setup { side, treatment: self.then, after, grace, time }, output)
    }
}

fn target(text: &str) -> Result<Address, String> {
    Address::read(text).ok_or_else(|| match Address::lacks(text) {
        Some(lacking) => lacking.plain(),
        None => "expected a host and a port: localhost:8080, [::1]:8080".to_owned(),
    })
}

fn treatment(text: &str) -> Result<Treatment, String> {
    // A client accepts nothing.
    possible(text, &Treatment::ALL[..Treatment::ALL.len() - 1], Treatment::name)
}

fn payload(text: &str) -> Result<Payload, String> {
    match text.strip_prefix("bytes:") {
        Some(bytes) => match bytes.parse() {
            Ok(bytes) if bytes <= MAX_BYTES => Ok(Payload::Bytes(bytes)),
            _ => Err(format!("expected a number of bytes, {MAX_BYTES} at most")),
        },
        None => possible(text, &[Payload::Nothing, Payload::Http], |payload| match payload {
            Payload::Http => "http",
            _ => "none",
        })
        .map_err(|error| format!("{error}, bytes:N")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_bounded_and_a_client_accepts_nothing() {
        assert_eq!(payload("bytes:64"), Ok(Payload::Bytes(64)));
        assert_eq!(payload("http"), Ok(Payload::Http));
        assert_eq!(payload("none"), Ok(Payload::Nothing));
        assert!(payload("bytes:99999999999").is_err() && payload("bytes").is_err());
        assert!(treatment("never-accept").is_err());
        assert_eq!(treatment("reset"), Ok(Treatment::Reset));
    }
}
