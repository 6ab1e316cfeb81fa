//! A listener that could not be opened again, which changes nothing in the connections that are shown.

use std::net::SocketAddr;

use super::in_use::{end_shares, shares};
use super::next::Doing;
use crate::gui::pages::lab::listener::last_failure;
use crate::gui::pages::lab::meaning::meaning;
use crate::gui::pages::lab::setup::Choices;
use crate::lab::{
    BenchState, Command, ConnectionState, Holding, NUMBERING, Numbering, On, OptionName,
    OptionValue, Seen, Which, plain_errno,
};
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

/// Why the chosen listener did not open, and what to do.
#[derive(Default)]
pub(super) struct NotOpened {
    pub(super) said: Vec<Text>,
    pub(super) next: Vec<(Text, Doing)>,
}

impl NotOpened {
    /// Nothing where it is open, or where opening it did not fail.
    pub(super) fn of(bench: &BenchState, choices: &Choices) -> Self {
        let server = choices.server();
        let listener = bench.listener(server);
        let failure = last_failure(bench, server).filter(|_| listener.address.is_none());
        let Some((call, errno)) = failure else { return Self::default() };
        let mut not_opened = Self::default();
        not_opened.said.push(text!("lab_seen.listener.failed", call = call, errno = errno));
        let address = call.strip_prefix("bind(").and_then(|rest| rest.strip_suffix(')'));
        let Some(address) = address.and_then(|address| address.parse::<SocketAddr>().ok()) else {
            not_opened.said.extend(meaning(call, errno));
            return not_opened;
        };
        let here = |it: &&ConnectionState| {
            it.pair.is_some_and(|pair| pair.peer == address)
                && matches!(bench.seen(it, End::Peer), Seen::State(_))
        };
        let accepted: Vec<&ConnectionState> = bench.connections.iter().filter(here).collect();
        let in_use = plain_errno(errno) == "EADDRINUSE";
        if in_use && !accepted.is_empty() {
            not_opened.explain(choices, &accepted);
            not_opened.share(bench, choices, address, &accepted);
        } else {
            not_opened.said.extend(meaning(call, errno));
        }
        let mut elsewhere = choices.clone();
        elsewhere.listeners[server as usize].port.clear();
        if in_use && let Ok(open) = elsewhere.open(server, address.ip(), None) {
            let text = text!("lab_bench_page.next.listen");
            not_opened.next.push((text, Doing::Both(Box::new(elsewhere), vec![open])));
        }
        not_opened
    }

    fn explain(&mut self, choices: &Choices, accepted: &[&ConnectionState]) {
        self.said.push(text!("lab_seen.listener.accepted", n = accepted.len()));
        if NUMBERING != Numbering::Linux {
            return;
        }
        let old = accepted.iter().all(|it| end_shares(it.end(End::Peer)));
        let new = shares(&choices.listeners[choices.server() as usize].options);
        self.said.extend(match (old, new) {
            (false, _) => Some(text!("lab_seen.listener.old_lacks")),
            (true, false) => Some(text!("lab_seen.listener.new_lacks")),
            (true, true) => None,
        });
    }

    /// Where every accepted socket is still held it can be made to share.
    fn share(
        &mut self,
        bench: &BenchState,
        choices: &Choices,
        address: SocketAddr,
        accepted: &[&ConnectionState],
    ) {
        let held = accepted.iter().all(|it| it.end(End::Peer).holding == Holding::Held);
        if NUMBERING != Numbering::Linux || !held {
            return;
        }
        let server = choices.server();
        let on = Some(OptionValue::Switch(true));
        let mut commands: Vec<Command> = accepted
            .iter()
            .map(|it| {
                let mut options = it.end(End::Peer).asked;
                options.set(OptionName::ReuseAddress, on);
                let on = On { end: End::Peer, of: Which::Connection(it.number) };
                Command::SetOptions { on, options }
            })
            .collect();
        let mut sharing = choices.clone();
        sharing.listeners[server as usize].options.set(OptionName::ReuseAddress, on);
        let Ok(open) = sharing.open(server, address.ip(), Some(address.port())) else { return };
        commands.push(open);
        if bench.failure.is_none() {
            let text = text!("lab_seen.listener.share");
            self.next.push((text, Doing::Both(Box::new(sharing), commands)));
        }
    }
}
