//! What `--help` says beyond what stands at the arguments themselves.

use clap::Command;

/// What the program is.
pub const ABOUT: &str = if cfg!(feature = "gui") {
    "An oscilloscope for TCP sockets: which are in which state, who owns them, and how that changes. Without a verb it \
     opens its window."
} else {
    "An oscilloscope for TCP sockets: which are in which state, who owns them, and how that changes. This build is for \
     the terminal alone and wants a verb."
};

/// How the program ends, in a line.
pub const EXIT_STATUS: &str =
    "Exit status: 0 fine, 1 found, 2 called wrongly, 3 could not run, 4 could not judge.";

/// How the program ends, and where what it says goes.
pub const EXIT_STATUS_LONG: &str = "\
Exit status:
  0  fine; a closed pipe is not an error
  1  found: `diff --fail-over` more than that many differ, `lab` or `doctor` something differs,
     `lab listen` or `lab connect` a program keeps connections open
  2  called wrongly
  3  could not run
  4  could not judge: `lab` could not tell; `lab listen` or `lab connect` too, or nobody
     connected, or a program closed every connection first, so that it was not tried;
     `doctor` lacked descriptors

Data goes to stdout, everything else to stderr: what could not be seen, too.";

/// Of each verb what one types, and what comes of it. Every verb has some.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "list",
        &[
            ("sockscope list 'close-wait age>5m'", "what leaks, and who holds it"),
            ("sockscope list --by process", "counts by state, a line for each process"),
            (
                "sockscope list --columns state,remote,rtt,retransmits --sort rtt --reverse",
                "the slowest first",
            ),
            ("sockscope list --csv", "for a spreadsheet"),
            (
                "sockscope list --from before.json.gz time-wait",
                "a snapshot instead of this computer",
            ),
        ],
    ),
    (
        "watch",
        &[
            ("sockscope watch --interval 500ms", "twice a second, until Ctrl-C"),
            ("sockscope watch java --count 60 --json", "a minute of one program, for a script"),
        ],
    ),
    (
        "snapshot",
        &[
            ("sockscope snapshot before.json.gz", "to compare with later, or to hand on"),
            ("sockscope snapshot -", "to stdout"),
        ],
    ),
    (
        "diff",
        &[
            ("sockscope diff before.json.gz after.json.gz", "what is new, gone and stuck"),
            ("sockscope diff before.json after.json --fail-over 100", "for a script"),
        ],
    ),
    (
        "report",
        &[
            ("sockscope report -o now.md", "this computer now"),
            ("sockscope report before.json after.json -o ticket.md", "a comparison"),
        ],
    ),
    (
        "lab",
        &[
            ("sockscope lab list", "what there is"),
            ("sockscope lab run client-closes-first", "one experiment, with its verdict"),
            ("sockscope lab run linger seconds=5 -o ticket.md", "the same otherwise, for a ticket"),
            ("sockscope lab run --all --json", "all of them, for a script"),
            (
                "sockscope lab listen 127.0.0.1:8080 --then close --after 2s --answer http",
                "test a client: does it close when its server does?",
            ),
            (
                "sockscope lab connect localhost:8080 --then half-close --send http --count 20",
                "test a server the same way",
            ),
        ],
    ),
    (
        "limits",
        &[("sockscope limits", "the fullest first, then every setting and what it does not do")],
    ),
    (
        "doctor",
        &[
            ("sockscope doctor", "a table of checks and a conclusion"),
            ("sockscope doctor --json", "to send to whoever looks after an untested system"),
        ],
    ),
    (
        "completions",
        &[("sockscope completions bash", "put it where your shell looks for completions")],
    ),
    (
        "man",
        &[
            ("sockscope man", "the program's page; `sockscope man | man -l -` shows it"),
            ("sockscope man list", "the page of a verb"),
        ],
    ),
];

/// The command line with each verb's examples below what its help says already.
pub fn with_examples(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (verb, examples)| {
        command.mut_subcommand(verb, |command| {
            let lines = examples.iter().map(|(line, what)| format!("\n  {line}\n      {what}"));
            let before = command.get_after_help().map(|help| format!("{help}\n\n"));
            let help: String = before
                .into_iter()
                .chain(std::iter::once("Examples:".to_owned()))
                .chain(lines)
                .collect();
            command.after_help(help)
        })
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::{Arguments, command};
    use super::*;

    #[test]
    fn every_verb_has_examples_and_each_is_understood() {
        let verbs: Vec<String> = Arguments::command()
            .get_subcommands()
            .filter(|command| !command.is_hide_set())
            .map(|command| command.get_name().to_owned())
            .collect();
        let shown: Vec<&str> = EXAMPLES.iter().map(|(verb, _)| *verb).collect();
        assert_eq!(shown, verbs);
        for (verb, examples) in EXAMPLES {
            for (line, _) in *examples {
                let words: Vec<&str> = line.split(' ').collect();
                assert_eq!(words[1], *verb, "{line}");
                let parsed = command().try_get_matches_from(&words);
                assert!(parsed.is_ok(), "{line}: {:?}", parsed.err());
            }
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn a_build_without_a_window_does_not_speak_of_one() {
        let mut command = command();
        let mut help = command.render_long_help().to_string();
        for verb in command.get_subcommands_mut() {
            help += &verb.render_long_help().to_string();
        }
        let help = help.replace("congestion window", "");
        assert_eq!(help.contains(" window"), cfg!(feature = "gui"), "{help}");
    }
}
