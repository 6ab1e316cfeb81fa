//! Every state of a TCP socket, held still long enough to be looked at.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::look::state;
use crate::lab::errno::CallError;
use crate::lab::museum::{Museum, Piece, Place};
use crate::lab::result::{Exhibit, Said};
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, Scenario};
use crate::model::{Socket, State};
use crate::os::{SocketSource, live_source};
use crate::text;
use crate::text::Text;

/// What counts as held still.
const STILL: Duration = Duration::from_millis(300);

/// How often a museum in which nothing changes is shown.
const SHOWN_EVERY: Duration = Duration::from_millis(250);

/// How often the rows are looked up.
const INTERVAL: Duration = Duration::from_millis(50);

/// How long to wait for states that have not been seen for long enough when the time is up.
const PATIENCE: Duration = Duration::from_secs(3);

/// A table is read whole after so many times as long as that took, and no sooner than this.
const REST_PER_COST: u32 = 20;
const TABLE_INTERVAL: Duration = Duration::from_millis(250);

pub(super) struct StateMuseum;

impl Scenario for StateMuseum {
    fn name(&self) -> &'static str {
        "state-museum"
    }

    fn title(&self) -> Text {
        text!("lab_reuse.museum.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_reuse.museum.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        const {
            &[Knob {
                name: "hold",
                title: || text!("lab_reuse.museum.hold"),
                range: Range::Number { min: 1, max: 600, default: 2, unit: "s" },
            }]
        }
    }

    fn lasts(&self, knobs: &Knobs) -> Duration {
        Duration::from_secs(knobs.number("hold")) + Duration::from_millis(200)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let hold = Duration::from_secs(run.knobs().number("hold"));
        run.step(text!("lab_reuse.museum.open"));
        let recorder = run.recorder().clone();
        let mut museum = Museum::open(&recorder, run.address())?;
        run.step(text!("lab_reuse.museum.look"));
        let mut visit = Visit::new(&museum, run.address());
        let opened = Instant::now();
        loop {
            visit.look(run, &mut museum)?;
            let (time, seen) = (opened.elapsed(), visit.has_seen_all(&museum, run.elapsed()));
            if time >= hold && (seen || time >= hold + PATIENCE) {
                break;
            }
            run.pause(INTERVAL)?;
        }
        visit.judge(run, &museum);
        Ok(())
    }
}

/// What is seen of the museum.
struct Visit {
    exhibits: Vec<Exhibit>,
    /// What the last look found of each, where that is another state.
    instead: Vec<Option<State>>,
    table: Table,
    /// When it was shown last.
    shown: Instant,
}

impl Visit {
    fn new(museum: &Museum, address: SocketAddr) -> Self {
        let exhibit = |piece: &Piece| Exhibit {
            state: piece.state,
            recipe: piece.recipe.clone(),
            local: piece.place.local().unwrap_or(address),
            remote: piece.place.remote(),
            since: None,
        };
        Self {
            exhibits: museum.pieces().iter().map(exhibit).collect(),
            instead: vec![None; museum.pieces().len()],
            table: Table::new(),
            shown: Instant::now(),
        }
    }

    /// Looks at every piece, and shows the exhibits where anything has changed.
    fn look(&mut self, run: &mut Run, museum: &mut Museum) -> Result<(), CallError> {
        let before = self.exhibits.clone();
        for (at, piece) in museum.pieces().iter().enumerate() {
            let found = match &piece.place {
                Place::End(pair, end) => state(&run.rows(*pair)?, *end),
                Place::Listener(address) => run.listener_row(*address)?.map(|row| row.state),
                Place::Bound(address) => self.table.state_of(*address),
                Place::Absent(_) => None,
            };
            let exhibit = &mut self.exhibits[at];
            exhibit.local = piece.place.local().unwrap_or(exhibit.local);
            exhibit.remote = piece.place.remote();
            let as_it_should = found == Some(piece.state);
            exhibit.since = as_it_should.then(|| exhibit.since.unwrap_or_else(|| run.elapsed()));
            self.instead[at] = found.filter(|_| !as_it_should);
        }
        let over = |exhibit: &Exhibit| exhibit.state == State::TimeWait && exhibit.since.is_none();
        if self.exhibits == before {
            // How long each has been held goes on.
            if self.shown.elapsed() >= SHOWN_EVERY {
                self.shown = Instant::now();
                run.show();
            }
        } else {
            // What is not there has no address to be shown with; that it is not is judged.
            let there = self.exhibits.iter().zip(museum.pieces());
            let there = there.filter(|(_, piece)| piece.place.local().is_some());
            run.show_exhibits(&there.map(|(exhibit, _)| exhibit.clone()).collect::<Vec<_>>());
            // It was there before, and its minute is over.
            if self.exhibits.iter().any(over) && !before.iter().any(over) {
                museum.renew_time_wait()?;
            }
        }
        Ok(())
    }

    /// Whether every state has been seen for long enough, as far as it can be seen.
    fn has_seen_all(&self, museum: &Museum, now: Duration) -> bool {
        self.exhibits.iter().zip(museum.pieces()).all(|(exhibit, piece)| {
            let may_be_hidden = matches!(piece.place, Place::Bound(_) | Place::Absent(_));
            is_still(exhibit, now) || may_be_hidden && exhibit.since.is_none()
        })
    }

    fn judge(&self, run: &mut Run, museum: &Museum) {
        let now = run.elapsed();
        for ((piece, exhibit), instead) in
            museum.pieces().iter().zip(&self.exhibits).zip(&self.instead)
        {
            let subject = subject(piece.state);
            let expected = text!("lab_reuse.museum.at_least", n = millis(STILL));
            let observed: Said = match (exhibit.since, instead, &piece.place) {
                (Some(since), ..) => {
                    let time = now.saturating_sub(since);
                    text!("lab_reuse.museum.seen", n = millis(time)).into()
                }
                (None, _, Place::Absent(why)) => {
                    run.could_not_tell(subject, expected, why.clone());
                    continue;
                }
                (None, None, Place::Bound(_)) => {
                    let why = match &self.table.found {
                        Ok(_) => text!("lab_reuse.museum.not_listed"),
                        Err(cause) => text!("lab_reuse.museum.no_table", cause = cause.as_str()),
                    };
                    run.could_not_tell(subject, expected, why);
                    continue;
                }
                (None, None, _)
                    if piece.state == State::TimeWait
                        && let Some(why) = run.no_room() =>
                {
                    run.could_not_tell(subject, expected, why);
                    continue;
                }
                (None, Some(state), _) => (*state).into(),
                (None, None, _) => text!("lab_reuse.none").into(),
            };
            run.expect_that(subject, expected, observed, Known::linux(is_still(exhibit, now)));
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn is_still(exhibit: &Exhibit, now: Duration) -> bool {
    exhibit.since.is_some_and(|since| now.saturating_sub(since) >= STILL)
}

/// What is judged of a state, by name.
fn subject(state: State) -> Text {
    text!("lab_reuse.museum.held", state = state.name())
}

/// The whole table, for a socket that no single look-up finds: one that is bound and nothing else.
struct Table {
    source: Box<dyn SocketSource>,
    due: Instant,
    /// The error is why it could not be read.
    found: Result<Option<State>, String>,
}

impl Table {
    fn new() -> Self {
        Self { source: live_source(), due: Instant::now(), found: Ok(None) }
    }

    /// What the table says of the socket at this address, as of the last time that it was read.
    fn state_of(&mut self, local: SocketAddr) -> Option<State> {
        let began = Instant::now();
        if began >= self.due {
            let is_it = |row: &&Socket| row.local == local && row.remote.is_none();
            let table = self.source.poll().map_err(|failure| failure.cause);
            self.found = table.map(|table| Some(table?.sockets.iter().find(is_it)?.state));
            self.due = Instant::now() + (began.elapsed() * REST_PER_COST).max(TABLE_INTERVAL);
        }
        self.found.clone().unwrap_or_default()
    }
}
