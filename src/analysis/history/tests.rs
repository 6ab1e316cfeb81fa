use std::sync::Arc;

use super::tier::BLOCK;
use super::*;

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn counts(close_wait: u32) -> StateCounts {
    let mut counts = StateCounts::default();
    counts[State::CloseWait] = close_wait;
    counts
}

fn push(history: &mut History, second: u64, close_wait: u32) {
    history.push(at(second), counts(close_wait));
}

const DAY_S: u64 = 86_400;

#[test]
fn memory_does_not_grow_with_uptime() {
    let mut history = History::default();
    let mut largest = 0;
    for second in 0..3 * DAY_S {
        push(&mut history, second, 1);
        if second % 100 == 0 {
            history.interrupt(at(second), Cause::Paused);
        }
        if second % 3_600 == 0 {
            let kept = history.hour.since(at(0)).count() + history.day.since(at(0)).count();
            largest = largest.max(kept * size_of::<Sample>());
        }
    }
    assert!(largest <= history.most_bytes());
    assert!(history.most_bytes() <= 1_900 * 1_024, "{}", history.most_bytes());
    assert_eq!(history.breaks().count(), BREAKS);

    // It is all there: a day, the last hour of it by the second.
    let first = history.first().expect("samples");
    assert!(first.at <= at(2 * DAY_S) && first.at >= at(2 * DAY_S - 1_000), "{first:?}");
    assert!(history.since(at(3 * DAY_S - 3_600)).count() >= 3_600);
    assert_eq!(
        history.since(at(3 * DAY_S - 7_200)).take_while(|s| s.at < at(3 * DAY_S - 3_700)).count(),
        350
    );
    let parted = history.since(at(0)).filter(|sample| sample.parted).count();
    assert!(parted >= 860, "old breaks are forgotten, what they part is not: {parted}");
}

#[test]
fn memory_does_not_grow_with_the_rate_of_polls_nor_with_times_that_run_backwards() {
    let quarter = Duration::from_millis(250);
    let mut fast = History::default();
    for poll in 0..40_000_u32 {
        fast.push(at(DAY_S) + quarter * poll, counts(poll % 7));
    }
    assert!(fast.since(at(0)).count() <= fast.hour.most() + fast.day.most());
    assert!(fast.hour.since(at(0)).count() <= fast.hour.most());

    let mut backwards = History::default();
    for second in (0..100_000).rev() {
        push(&mut backwards, second * 10, 1);
    }
    assert!(backwards.hour.since(at(0)).count() <= backwards.hour.most());
    assert!(backwards.day.since(at(0)).count() <= backwards.day.most());
}

#[test]
fn a_clone_copies_no_more_than_the_newest_blocks() {
    let mut history = History::default();
    for second in 0..DAY_S - 1 {
        push(&mut history, second, 1);
    }
    let clone = history.clone();
    push(&mut history, DAY_S - 1, 2);
    for (one, other) in [(&clone.hour, &history.hour), (&clone.day, &history.day)] {
        let shared: usize = one
            .blocks()
            .filter(|block| other.blocks().any(|theirs| Arc::ptr_eq(block, theirs)))
            .map(|block| block.len())
            .sum();
        let all = one.since(at(0)).count();
        assert!(all - shared <= 2 * BLOCK, "{shared} of {all} samples are shared");
        assert!(all >= 3_600);
    }
    assert_eq!(clone.last().map(|sample| sample.counts[State::CloseWait]), Some(1));
}

#[test]
fn polls_in_one_second_become_one_sample_with_their_extremes() {
    let mut history = History::default();
    for (millis, count) in [(0, 10), (250, 90), (500, 1), (750, 11)] {
        history.push(at(50) + Duration::from_millis(millis), counts(count));
    }
    let samples: Vec<Sample> = history.since(at(0)).copied().collect();
    let [sample] = samples.as_slice() else { panic!("{samples:?}") };
    let close_wait = State::CloseWait;
    assert_eq!(
        (sample.low[close_wait], sample.counts[close_wait], sample.high[close_wait]),
        (1, 28, 90)
    );
    assert_eq!(sample.at, at(50) + Duration::from_millis(750));
}

#[test]
fn a_spike_of_one_second_is_still_seen_a_day_later() {
    let mut history = History::default();
    for second in 0..20 * 3_600 {
        push(&mut history, second, if second == 1_234 { 500 } else { 3 });
    }
    let spike = history.since(at(1_230)).next().expect("a sample");
    assert_eq!(spike.at, at(1_239));
    assert_eq!((spike.low[State::CloseWait], spike.high[State::CloseWait]), (3, 500));
    assert_eq!(spike.counts[State::CloseWait], 53);
}

#[test]
fn samples_come_back_in_order_from_any_time() {
    let mut history = History::default();
    for second in 0..150 {
        push(&mut history, second, 0);
    }
    let times: Vec<SystemTime> = history.since(at(100)).map(|sample| sample.at).collect();
    assert_eq!(times, (100..150).map(at).collect::<Vec<_>>());
    assert_eq!(history.last().map(|sample| sample.at), Some(at(149)));
    for second in 150..9_000 {
        push(&mut history, second, 0);
    }
    assert!(history.since(at(0)).is_sorted_by(|one, other| one.at < other.at));
}

#[test]
fn a_break_spans_from_the_last_sample_to_the_next() {
    let mut history = History::default();
    push(&mut history, 1, 0);
    history.interrupt(at(2), Cause::Paused);
    history.interrupt(at(3), Cause::Paused);
    history.interrupt(at(4), Cause::Failed);
    push(&mut history, 6, 0);
    let breaks: Vec<Break> = history.breaks().copied().collect();
    assert_eq!(
        breaks,
        [
            Break { from: at(1), to: Some(at(4)), cause: Cause::Paused },
            Break { from: at(4), to: Some(at(6)), cause: Cause::Failed },
        ]
    );
    assert!(breaks[0].covers(at(3), at(9)) && !breaks[0].covers(at(4), at(9)));
}

#[test]
fn growth_is_per_minute_and_is_not_told_across_a_break() {
    let minute = Duration::from_mins(1);
    let mut history = History::default();
    assert_eq!(history.per_minute(State::CloseWait, minute), None);
    for second in 0..=60 {
        push(&mut history, second, u32::try_from(second).expect("small"));
    }
    assert_eq!(history.per_minute(State::CloseWait, minute), Some(60));
    assert_eq!(history.per_minute(State::Established, minute), Some(0));
    history.interrupt(at(61), Cause::Failed);
    push(&mut history, 70, 90);
    assert_eq!(history.per_minute(State::CloseWait, minute), None);
}

#[test]
fn an_earlier_run_goes_on_after_a_break_that_says_so() {
    let mut before = History::default();
    for second in 0..100 {
        push(&mut before, second, 5);
    }
    let mut after =
        History::carried_over(before.day().copied(), before.breaks().copied(), at(110), at(500));
    assert!(after.is_interrupted());
    push(&mut after, 501, 7);
    let breaks: Vec<Break> = after.breaks().copied().collect();
    assert_eq!(breaks, [Break { from: at(99), to: Some(at(501)), cause: Cause::NotRunning }]);
    let parted: Vec<SystemTime> =
        after.since(at(0)).filter(|sample| sample.parted).map(|sample| sample.at).collect();
    assert_eq!(parted, [at(501)]);
    assert_eq!(after.since(at(0)).count(), 11);
}

#[test]
fn a_pause_that_was_open_at_the_end_of_a_run_ends_with_it() {
    let mut before = History::default();
    push(&mut before, 1, 5);
    before.interrupt(at(2), Cause::Paused);
    let after =
        History::carried_over(before.day().copied(), before.breaks().copied(), at(60), at(500));
    let breaks: Vec<Break> = after.breaks().copied().collect();
    assert_eq!(
        breaks,
        [
            Break { from: at(1), to: Some(at(60)), cause: Cause::Paused },
            Break { from: at(60), to: None, cause: Cause::NotRunning },
        ]
    );
}

#[test]
fn what_an_earlier_run_saw_in_the_future_or_too_long_ago_is_left_out() {
    let sample = |second| Sample {
        at: at(second),
        counts: counts(1),
        low: counts(1),
        high: counts(1),
        parted: false,
    };
    let seen = [sample(5), sample(DAY_S), sample(DAY_S - 1), sample(DAY_S + 20), sample(9 * DAY_S)];
    let gap = Break { from: at(9 * DAY_S), to: None, cause: Cause::Paused };
    let history = History::carried_over(seen, [gap], at(9 * DAY_S), at(DAY_S + 100));
    let kept: Vec<SystemTime> = history.since(at(0)).map(|sample| sample.at).collect();
    assert_eq!(kept, [at(DAY_S), at(DAY_S + 20)]);
    let breaks: Vec<Break> = history.breaks().copied().collect();
    assert_eq!(breaks, [Break { from: at(DAY_S + 20), to: None, cause: Cause::NotRunning }]);
}
