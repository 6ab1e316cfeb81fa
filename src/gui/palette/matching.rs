//! Which commands a few letters mean.

use crate::model::State;

/// How well a title fits what was typed, more being better; none when it does not. Every word must be in the title in
/// some way: at the start of one of its words, anywhere in it, or with other letters in between.
pub(super) fn score(typed: &str, title: &str) -> Option<u32> {
    let title = fold(title);
    typed.split_whitespace().map(|word| word_score(&fold(word), &title)).sum()
}

/// Whether what was typed reads like a filter for sockets: keys and comparisons, numbers, addresses, states.
pub(super) fn is_filter(typed: &str) -> bool {
    let marks = |c: char| matches!(c, ':' | '<' | '>' | '=' | '/' | '(') || c.is_ascii_digit();
    typed.contains(marks) || typed.split_whitespace().any(|word| word.parse::<State>().is_ok())
}

/// Lower case, and no matter how a state is written.
fn fold(text: &str) -> String {
    text.to_lowercase().replace(['-', '_'], "")
}

fn word_score(word: &str, title: &str) -> Option<u32> {
    if title.split_whitespace().any(|part| part.starts_with(word)) {
        return Some(3);
    }
    if title.contains(word) {
        return Some(2);
    }
    let mut letters = title.chars();
    word.chars().all(|wanted| letters.any(|letter| letter == wanted)).then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(typed: &str, titles: &[&'a str]) -> Option<&'a str> {
        let scored = titles.iter().filter_map(|title| Some((score(typed, title)?, *title)));
        scored.max_by_key(|(score, _)| *score).map(|(_, title)| title)
    }

    #[test]
    fn a_few_letters_find_their_command() {
        let titles =
            ["Go to Snapshots", "Take snapshot", "Poll now", "Show the CLOSE_WAIT sockets"];
        assert_eq!(best("take", &titles), Some("Take snapshot"));
        assert_eq!(best("close-wait", &titles), Some("Show the CLOSE_WAIT sockets"));
        assert_eq!(best("closewait", &titles), Some("Show the CLOSE_WAIT sockets"));
        assert_eq!(best("pnow", &titles), Some("Poll now"));
        assert_eq!(best("GO SNAP", &titles), Some("Go to Snapshots"));
        assert_eq!(best("zebra", &titles), None);
        assert_eq!(score("", "anything"), Some(0));
    }

    #[test]
    fn a_beginning_is_better_than_a_middle_and_that_than_scattered_letters() {
        let beginning = score("sn", "Take snapshot");
        let middle = score("naps", "Take snapshot");
        let scattered = score("tks", "Take snapshot");
        assert!(beginning > middle && middle > scattered && scattered.is_some());
        assert_eq!(score("take zebra", "Take snapshot"), None, "every word counts");
    }

    #[test]
    fn a_filter_is_known_by_its_marks() {
        for filter in ["state:close-wait", "age>5m", "443", "10.0.0.9", "close_wait", "java ESTAB"]
        {
            assert!(is_filter(filter), "{filter}");
        }
        for command in ["pause", "go to lab", "dark"] {
            assert!(!is_filter(command), "{command}");
        }
    }
}
