//! Waiting for rows: what a scenario judges or builds upon has arrived in the table, or does not come.

use std::time::{Duration, Instant};

use crate::lab::errno::CallError;
use crate::lab::scenario::Run;
use crate::model::lab::End;
use crate::model::{Socket, State};
use crate::os::Pair;

/// How long a row may be in coming. On loopback it takes microseconds; a busy machine takes longer to show it.
const ROW_PATIENCE: Duration = Duration::from_secs(3);

/// How often it is looked for.
const STEP: Duration = Duration::from_millis(1);

/// The rows of both ends of a connection.
pub(super) type Rows = [Option<Socket>; 2];

/// The state of one end; none without a row.
pub(super) fn state(rows: &Rows, end: End) -> Option<State> {
    rows[end as usize].as_ref().map(|row| row.state)
}

/// Looks until the rows are `enough` or do not become so, and gives the last ones. The error is a look-up that failed, or
/// the wish to stop.
pub(super) fn rows_until(
    run: &mut Run,
    pairs: &[Pair],
    mut enough: impl FnMut(&[Rows]) -> bool,
) -> Result<Vec<Rows>, CallError> {
    let deadline = Instant::now() + ROW_PATIENCE;
    loop {
        let rows = run.rows_of(pairs)?;
        if enough(&rows) || Instant::now() >= deadline {
            return Ok(rows);
        }
        run.pause(STEP)?;
    }
}

/// Looks until one end of a connection is in this state, none for no row; says whether it came to be. Where the system has no
/// room for what is left of a closed socket, one without a row is not waited for.
pub(super) fn comes_to(
    run: &mut Run,
    pair: Pair,
    end: End,
    wanted: Option<State>,
) -> Result<bool, CallError> {
    let found = |rows: &[Rows]| rows.first().and_then(|rows| state(rows, end));
    let may_be_skipped = run.no_room().is_some();
    let rows = rows_until(run, &[pair], |rows| {
        let found = found(rows);
        found == wanted || may_be_skipped && found.is_none()
    })?;
    Ok(found(&rows) == wanted)
}
