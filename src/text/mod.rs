//! Every sentence the program says, as an id with arguments, and how numbers are written.
//!
//! A [`Text`] carries no language; it is rendered with an explicit [`Locale`], never a global one. The
//! catalogue lies in `assets/languages`. Names of states, options and errors are not sentences and
//! are never translated.

pub mod markdown;
mod number;
mod time;

use std::borrow::Cow;

pub use number::{
    age, bytes, lasting, percent, plain_age, plain_took, rate, roughly, signed, thousands, took,
};
pub use time::{clock, clock_minutes, date, date_with_offset, stamp, utc};

/// A language that the catalogue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English: complete by definition, and what the command line speaks.
    #[default]
    English,
}

impl Locale {
    /// Every language, English first.
    pub const ALL: [Self; 1] = [Self::English];

    /// The name of its file in the catalogue.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
        }
    }
}

/// Something that stands in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A count. An argument named `n` also chooses between the `one` and `other` forms.
    Count(u64),
    /// A word that is the same in every language: a name, an address, an error code.
    Word(String),
    /// Another sentence or phrase.
    Text(Text),
}

/// A sentence without its language: an id of the catalogue, and what stands in its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    id: &'static str,
    args: Vec<(&'static str, Arg)>,
}

/// Where a text is going to stand, which decides how numbers in it are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// In the window: groups of three with a thin space.
    Grouped,
    /// In what is copied or saved: bare digits, which other programs can read.
    Bare,
}

impl Text {
    /// A text of the catalogue; [`crate::text!`] reads better.
    pub const fn new(id: &'static str, args: Vec<(&'static str, Arg)>) -> Self {
        Self { id, args }
    }

    /// The id in the catalogue.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The sentence as the window shows it.
    pub fn render(&self, locale: Locale) -> String {
        self.render_with(locale, Numbers::Grouped)
    }

    /// The English sentence with bare digits, for terminals and files.
    pub fn plain(&self) -> String {
        self.render_with(Locale::English, Numbers::Bare)
    }

    fn render_with(&self, locale: Locale, numbers: Numbers) -> String {
        let pattern = self.pattern(locale);
        let mut rendered = String::with_capacity(pattern.len() + 16);
        let mut rest = pattern.as_ref();
        while let Some((before, after)) = rest.split_once("%{") {
            rendered.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                rendered.push_str("%{");
                rest = after;
                continue;
            };
            match self.args.iter().find(|(key, _)| *key == name) {
                Some((_, Arg::Count(count))) if numbers == Numbers::Grouped => {
                    rendered.push_str(&thousands(*count));
                }
                Some((_, Arg::Count(count))) => rendered.push_str(&count.to_string()),
                Some((_, Arg::Word(word))) => rendered.push_str(&printable(word)),
                Some((_, Arg::Text(text))) => {
                    rendered.push_str(&text.render_with(locale, numbers));
                }
                // A missing argument stays visible as what it is; `tests/texts.rs` finds it first.
                None => {
                    rendered.push_str("%{");
                    rendered.push_str(name);
                    rendered.push('}');
                }
            }
            rest = behind;
        }
        rendered.push_str(rest);
        rendered
    }

    fn pattern(&self, locale: Locale) -> Cow<'static, str> {
        let count = self.args.iter().find_map(|(name, arg)| match arg {
            Arg::Count(count) if *name == "n" => Some(*count),
            _ => None,
        });
        let form = match count {
            Some(1) => Some("one"),
            Some(_) => Some("other"),
            None => None,
        };
        [locale, Locale::English]
            .into_iter()
            .find_map(|locale| {
                form.and_then(|form| look_up(locale, &format!("{}.{form}", self.id)))
                    .or_else(|| look_up(locale, self.id))
            })
            // An id without an entry shows itself; `tests/texts.rs` finds it first.
            .unwrap_or(Cow::Borrowed(self.id))
    }
}

/// Replaces what could steer a terminal or turn a line of text round: a process may call itself anything.
///
/// Control characters (Unicode category Cc) and the controls of the bidirectional algorithm (UAX 9).
pub fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn look_up(locale: Locale, id: &str) -> Option<Cow<'static, str>> {
    crate::_rust_i18n_try_translate(locale.tag(), id).map(|found| Cow::Owned(found.into_owned()))
}

impl From<Text> for Arg {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Arg {
    fn from(word: String) -> Self {
        Self::Word(word)
    }
}

impl From<&str> for Arg {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

impl From<u64> for Arg {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<u32> for Arg {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<usize> for Arg {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

/// Makes a [`Text`] from an id of the catalogue and named arguments:
/// `text!("coverage.hidden", n = 37_u32, user = "postgres")`.
#[macro_export]
macro_rules! text {
    ($id:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::text::Text::new($id, vec![$((stringify!($name), $crate::text::Arg::from($value))),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_chooses_its_form_and_is_grouped_in_the_window_only() {
        let one = text!("count.sockets", n = 1_u32);
        let many = text!("count.sockets", n = 1_704_u32);
        assert_eq!(one.render(Locale::English), "1 socket");
        assert_eq!(many.render(Locale::English), "1\u{2009}704 sockets");
        assert_eq!(many.plain(), "1704 sockets");
    }

    #[test]
    fn a_name_can_steer_nothing() {
        let text = text!("owner.remembered", processes = "a\u{1b}[2J\nb\u{202e}c");
        assert_eq!(text.plain(), "was a\u{fffd}[2J\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn what_is_missing_shows_itself() {
        assert_eq!(Text::new("no.such.id", vec![]).plain(), "no.such.id");
        assert!(Text::new("count.sockets.other", vec![]).plain().contains("%{n}"));
    }
}
