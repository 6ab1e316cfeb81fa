//! How numbers, durations and rates are written (units after a thin space, true minus).

use std::time::Duration;

const THIN_SPACE: char = '\u{2009}';
const MINUS: char = '\u{2212}';

/// `1 704`: digits in groups of three, with thin spaces.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(THIN_SPACE);
        }
        grouped.push(digit);
    }
    grouped
}

/// `+38`, `−1 690`, `0`: a difference.
pub fn signed(number: i64) -> String {
    let size = thousands(number.unsigned_abs());
    match number {
        0 => size,
        1.. => format!("+{size}"),
        _ => format!("{MINUS}{size}"),
    }
}

/// `+38 / min`: a change per minute.
pub fn rate(per_minute: i64) -> String {
    format!("{}{THIN_SPACE}/{THIN_SPACE}min", signed(per_minute))
}

/// `62 B`, `4.3 MiB`: an amount of data, in powers of 1024.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut scaled = number;
    let mut tenths = 0;
    while scaled >= 1024 && unit + 1 < UNITS.len() {
        tenths = (scaled % 1024) * 10 / 1024;
        scaled /= 1024;
        unit += 1;
    }
    if unit == 0 || scaled >= 100 {
        format!("{}{THIN_SPACE}{}", thousands(scaled), UNITS[unit])
    } else {
        format!("{scaled}.{tenths}{THIN_SPACE}{}", UNITS[unit])
    }
}

/// `0.4 s`, `12 s`, `3 m 12 s`, `3 h 12 m`, `5 d 2 h`: an age in two units at most.
pub fn age(duration: Duration) -> String {
    age_with(duration, THIN_SPACE)
}

/// [`age`] with ordinary spaces, for terminals and files.
pub fn plain_age(duration: Duration) -> String {
    age_with(duration, ' ')
}

/// `40 ms`, `5.2 s`, `5 s` when that is all, `3 m 12 s`: how long something took or has to take, rounded down.
pub fn took(duration: Duration) -> String {
    took_with(duration, THIN_SPACE)
}

/// [`took`] with ordinary spaces, for terminals and files.
pub fn plain_took(duration: Duration) -> String {
    took_with(duration, ' ')
}

/// `40 ms`, `5 s`, `2 min`: how long something takes, more or less.
pub fn roughly(duration: Duration) -> String {
    if duration.as_secs() < 1 { took(duration) } else { lasting(duration) }
}

/// `40 s`, `2 min`, `3 h 12 min`, `2 d 4 h`: a duration in a sentence, without idle parts, rounded down.
pub fn lasting(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (large, small) = match seconds {
        0..60 => ((seconds, "s"), (0, "")),
        60..3_600 => ((seconds / 60, "min"), (0, "")),
        3_600..86_400 => ((seconds / 3_600, "h"), (seconds % 3_600 / 60, "min")),
        _ => ((seconds / 86_400, "d"), (seconds % 86_400 / 3_600, "h")),
    };
    let small =
        if small.0 > 0 { format!(" {}{THIN_SPACE}{}", small.0, small.1) } else { String::new() };
    format!("{}{THIN_SPACE}{}{small}", large.0, large.1)
}

/// `85 %`, `< 1 %`: a share of 1, without a fraction; what is used at all is never 0 %.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share, cut at zero")]
pub fn percent(share: f32) -> String {
    let hundredths = (share.max(0.0) * 100.0).round() as u64;
    if hundredths == 0 && share > 0.0 {
        format!("<{THIN_SPACE}1{THIN_SPACE}%")
    } else {
        format!("{}{THIN_SPACE}%", thousands(hundredths))
    }
}

fn age_with(duration: Duration, space: char) -> String {
    let seconds = duration.as_secs();
    let (large, small) = match seconds {
        0..10 => return format!("{}.{}{space}s", seconds, duration.subsec_millis() / 100),
        10..60 => return format!("{seconds}{space}s"),
        60..3_600 => ((seconds / 60, 'm'), (seconds % 60, 's')),
        3_600..86_400 => ((seconds / 3_600, 'h'), (seconds % 3_600 / 60, 'm')),
        _ => ((seconds / 86_400, 'd'), (seconds % 86_400 / 3_600, 'h')),
    };
    format!("{}{space}{} {:02}{space}{}", large.0, large.1, small.0, small.1)
}

fn took_with(duration: Duration, space: char) -> String {
    let (seconds, tenths) = (duration.as_secs(), duration.subsec_millis() / 100);
    match seconds {
        0 => format!("{}{space}ms", duration.subsec_millis()),
        1..60 if duration.subsec_nanos() == 0 => format!("{seconds}{space}s"),
        1..60 => format!("{seconds}.{tenths}{space}s"),
        _ => age_with(duration, space),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_something_took_is_as_exact_as_it_is_short() {
        let written = |micros| plain_took(Duration::from_micros(micros));
        let short = [0, 900, 40_000, 999_999].map(written);
        assert_eq!(short, ["0 ms", "0 ms", "40 ms", "999 ms"]);
        let long = [1_000_000, 1_000_001, 5_290_000, 59_999_999, 192_000_000].map(written);
        assert_eq!(long, ["1 s", "1.0 s", "5.2 s", "59.9 s", "3 m 12 s"]);
        let about = [200, 5_200, 125_000].map(|millis| roughly(Duration::from_millis(millis)));
        assert_eq!(about.map(|it| with_spaces(&it)), ["200 ms", "5 s", "2 min"]);
    }

    fn with_spaces(text: &str) -> String {
        text.replace(THIN_SPACE, " ")
    }

    #[test]
    fn thousands_are_grouped_from_the_right() {
        for (number, text) in [(0, "0"), (999, "999"), (1_704, "1 704"), (1_234_567, "1 234 567")] {
            assert_eq!(with_spaces(&thousands(number)), text);
        }
    }

    #[test]
    fn a_difference_has_its_sign_and_none_has_none() {
        assert_eq!(with_spaces(&signed(1_690)), "+1 690");
        assert_eq!(with_spaces(&signed(-1_690)), "\u{2212}1 690");
        assert_eq!(signed(0), "0");
        assert_eq!(with_spaces(&signed(i64::MIN)), "\u{2212}9 223 372 036 854 775 808");
    }

    #[test]
    fn an_age_has_two_units_at_most() {
        for (millis, text) in [
            (0, "0.0 s"),
            (430, "0.4 s"),
            (9_999, "9.9 s"),
            (12_000, "12 s"),
            (192_000, "3 m 12 s"),
            (3 * 3_600_000 + 12 * 60_000, "3 h 12 m"),
            (5 * 86_400_000 + 2 * 3_600_000, "5 d 02 h"),
        ] {
            assert_eq!(plain_age(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn a_duration_in_a_sentence_has_no_idle_parts() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (150, "2 min"),
            (3_600, "1 h"),
            (3 * 3_600 + 12 * 60, "3 h 12 min"),
            (2 * 86_400 + 4 * 3_600, "2 d 4 h"),
        ] {
            assert_eq!(with_spaces(&lasting(Duration::from_secs(seconds))), text);
        }
    }

    #[test]
    fn a_share_that_is_not_zero_never_reads_as_zero() {
        for (share, text) in
            [(0.0, "0 %"), (0.001, "< 1 %"), (0.849, "85 %"), (1.0, "100 %"), (12.5, "1 250 %")]
        {
            assert_eq!(with_spaces(&percent(share)), text);
        }
    }

    #[test]
    fn data_is_scaled_by_1024() {
        for (number, text) in [
            (0, "0 B"),
            (1_023, "1 023 B"),
            (1_024, "1.0 KiB"),
            (4_500_000, "4.2 MiB"),
            (u64::MAX, "16 777 215 TiB"),
        ] {
            assert_eq!(with_spaces(&bytes(number)), text);
        }
    }
}
