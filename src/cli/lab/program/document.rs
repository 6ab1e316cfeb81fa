//! The objects that `lab listen` and `lab connect` print with `--json`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::said;
use crate::lab::program::{Connection, Fate, Holder, Judged, Obstacle, Party, ProgramState};

/// A connection and what became of it, at a moment.
pub(super) fn connection(connection: &Connection) -> Value {
    let mut value = json!({
        "connection": connection.number,
        "local": Some(connection.ours).filter(|it| it.port() > 0).map(|it| it.to_string()),
        "remote": connection.theirs.to_string(),
        "owner": holder(&connection.holder),
        "state": connection.our_state.map(crate::model::State::name),
        "remote_state": connection.their_state.map(crate::model::State::name),
        "inferred": connection.inferred,
        "closed_as_process_ended": connection.with_process,
        "unread": connection.unread,
        "send_queue": connection.send_queue,
    });
    value["fate"] = json!(match &connection.fate {
        Fate::Connecting => "connecting",
        Fate::Open => "open",
        Fate::Waiting { .. } => "waiting",
        Fate::Unreached { .. } => "fin_not_arrived",
        Fate::Unseen { .. } => "descriptor_held",
        Fate::Closed { .. } => "closed",
        Fate::NotMade(_) => "not_made",
        Fate::NoAnswer { .. } => "no_answer",
        Fate::Unknown { .. } => "unknown",
    });
    match &connection.fate {
        Fate::Closed { took, kept, .. } => {
            value["closed_after_us"] = json!(took.map(micros));
            value["kept_us"] = json!(took.map(|_| micros(*kept)));
        }
        Fate::Unknown { kept, .. } => value["kept_us"] = json!(kept.map(micros)),
        Fate::Unreached { obstacle, .. } => {
            value["obstacle"] = json!(match obstacle {
                Obstacle::Bytes(_) => "bytes",
                Obstacle::NoOtherEnd => "no_other_end",
                Obstacle::NotSeen => "not_seen",
            });
            if let Obstacle::Bytes(bytes) = obstacle {
                value["bytes_before_fin"] = json!(bytes);
            }
        }
        Fate::NotMade(error) => value["errno"] = json!(error.errno),
        _ => {}
    }
    value
}

fn holder(holder: &Holder) -> Value {
    match holder {
        Holder::Processes(processes) => {
            let processes: Vec<Value> =
                processes.iter().map(|it| json!({ "pid": it.pid, "name": it.name })).collect();
            json!({ "kind": "known", "processes": processes })
        }
        Holder::Hidden(user) => json!({ "kind": "hidden", "user": user.as_deref() }),
        Holder::NotAccepted => json!({ "kind": "not_accepted" }),
        Holder::Elsewhere(address) => {
            json!({ "kind": "elsewhere", "address": address.to_string() })
        }
        Holder::NotReached => json!({ "kind": "not_reached" }),
        Holder::NotSeen => json!({ "kind": "not_seen" }),
    }
}

/// What is told at the end.
pub(super) fn verdict(state: &ProgramState) -> Value {
    let parties: Vec<Value> = state.parties.iter().map(|it| party(it, state)).collect();
    json!({
        "event": "verdict",
        "verdict": state.judged.map_or("could_not_tell", Judged::name),
        "treatment": state.setup.treatment.name(),
        "connections": state.connections.len(),
        "refused": state.refused,
        "took_ms": millis(state.elapsed),
        "look_ms": state.interval.as_secs_f64() * 1_000.0,
        "parties": parties,
    })
}

fn party(party: &Party, state: &ProgramState) -> Value {
    json!({
        "owner": holder(&party.holder),
        "verdict": party.judged.name(),
        "sentence": said(party, state),
        "connections": party.connections,
        "reconnects": party.reconnects,
        "kept": party.kept,
        "kept_without_row": party.unseen,
        "kept_until_gone": party.gone,
        "kept_for_ms": party.kept_for.map(millis),
        "closed": party.closed,
        "closed_late": party.late,
        "closed_late_as_process_ended": party.late_as_ended,
        "closed_as_process_ended": party.with_process,
        "process_ended_after_us": party.ended_after.map(micros),
        "unread": party.unread,
        "closed_first": party.closed_first,
        "closed_after_us": party.took.map(|times| times.map(micros)),
        "fin_not_arrived": party.unreached,
        "open": party.open,
        "not_blocked": party.idle,
        "not_made": party.not_made,
        "unknown": party.unknown.values().sum::<usize>(),
        "states": party.states.iter().map(|(state, count)| (state.name(), count)).collect::<BTreeMap<_, _>>(),
    })
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
