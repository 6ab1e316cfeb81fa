//! What to try after making a connection failed. Nothing that is known to fail again.

use super::{Doing, Near};
use crate::gui::pages::lab::run::NotMade;
use crate::gui::pages::lab::seeing::in_use::{Has, shares};
use crate::lab::{Command, Holding, On, OptionName, OptionValue, Which, plain_errno};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

impl Near<'_> {
    pub(super) fn after(&self, failed: &NotMade) -> Vec<(Text, Doing)> {
        let mut found = Vec::new();
        let client = &self.choices.clients[self.choices.client as usize];
        let wanted_port = !client.port.trim().is_empty();
        let wanted_address = !client.address.trim().is_empty();
        let port_in_use = failed.is("bind", "EADDRINUSE") || failed.is("connect", "EADDRNOTAVAIL");
        let no_address = failed.is("bind", "EADDRNOTAVAIL") || failed.is("bind", "EAFNOSUPPORT");
        let anywhere = self.choices.anywhere();
        let is_refused =
            self.choices.connect(self.bench).is_err() && anywhere.connect(self.bench).is_ok();
        if wanted_port && port_in_use {
            self.in_use(failed, &mut found);
            let mut any = self.choices.clone();
            any.of_client().port.clear();
            found.push((text!("lab_bench_page.next.any_port"), Doing::Choose(Box::new(any))));
        } else if wanted_address && no_address || is_refused {
            let any = Doing::Choose(Box::new(anywhere));
            found.push((text!("lab_bench_page.next.any_local"), any));
        } else {
            if plain_errno(&failed.errno) == "ECONNREFUSED" {
                self.listen(&mut found);
            }
            self.connect(text!("lab_bench_page.next.connect_again"), &mut found);
        }
        let shown = self.bench.connection(self.number);
        if shown.is_some_and(|it| it.end(End::Client).holding == Holding::Held) {
            let close = Doing::Send(vec![Command::Close { on: self.on(End::Client) }]);
            let word = text!("lab_bench_page.word.client");
            found.push((text!("lab_bench_page.next.close_left", this = word), close));
        }
        found
    }

    /// A socket of the bench has the port: what would free it, or let both have it.
    fn in_use(&self, failed: &NotMade, found: &mut Vec<(Text, Doing)>) {
        let wants = self.bench.connection(self.number);
        let Some(has) = wants.and_then(|wants| Has::of(self.bench, wants)) else { return };
        let held = has.connection.end(End::Client).holding == Holding::Held;
        match has.state {
            // Its row is gone, and with it what was in the way.
            None => self.connect(text!("lab_bench_page.next.connect_same"), found),
            Some(State::CloseWait) if held => {
                let of = Which::Connection(has.connection.number);
                let close = Doing::Send(vec![Command::Close { on: On { end: End::Client, of } }]);
                found.push((text!("lab_seen.next.close_holder", holder = has.name()), close));
            }
            Some(State::TimeWait) if has.shares() && failed.is("bind", "EADDRINUSE") => {
                self.share(found);
            }
            Some(_) => {}
        }
    }

    /// TIME_WAIT shares the port: it is enough that the new socket does.
    fn share(&self, found: &mut Vec<(Text, Doing)>) {
        let mut again = self.choices.clone();
        if shares(&again.of_client().options) {
            self.connect(text!("lab_bench_page.next.connect_same"), found);
        } else {
            let on = Some(OptionValue::Switch(true));
            again.of_client().options.set(OptionName::ReuseAddress, on);
            found.push((text!("lab_bench_page.next.reuse"), Doing::Choose(Box::new(again))));
        }
    }

    /// On a port of the kernel's choice, which nobody has: the old one may still have accepted connections.
    fn listen(&self, found: &mut Vec<(Text, Doing)>) {
        let open = self.server.and_then(|server| {
            let address = self.bench.listener(server).last_address?;
            self.choices.open(server, address.ip(), None).ok()
        });
        if let Some(open) = open {
            found.push((text!("lab_bench_page.next.listen"), Doing::Send(vec![open])));
        }
    }
}
