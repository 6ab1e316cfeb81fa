//! The filter as people meet it on the command line and in the README; tests/gui has the window's field.

#![expect(clippy::expect_used, reason = "a test that cannot go on should say so and end")]

use sockscope::analysis::filter::{FLAGS, KEYS};

#[test]
fn the_readme_explains_every_key() {
    let readme = std::fs::read_to_string("README.md").expect("the README");
    let section = readme.split("\n## ").find(|section| section.starts_with("Filters"));
    let section = section.expect("a section on filters");
    for leaf in KEYS {
        let row = format!("| `{}` |", leaf.name);
        assert!(section.contains(&row), "{row}");
        let row = section.lines().find(|line| line.starts_with(&row)).expect("the row");
        assert!(row.contains(&(leaf.about)().plain()), "{row}");
        for example in leaf.examples {
            assert!(row.contains(&format!("`{example}`")), "{example}: {row}");
        }
    }
    for flag in FLAGS {
        assert!(section.contains(&format!("`{}`", flag.name)), "{}", flag.name);
    }
}

mod command_line {
    use assert_cmd::Command;

    const FIXTURE: &str = "tests/fixtures/document/version-1.json";

    fn list(filter: &[&str]) -> (i32, String, String) {
        let mut command = Command::cargo_bin("sockscope").expect("the program is built");
        let output = command.args(["list", "--from", FIXTURE, "--"]).args(filter).output();
        let output = output.expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().expect("a status"), text(&output.stdout), text(&output.stderr))
    }

    #[test]
    fn a_filter_of_the_language_lists_its_rows() {
        for (filter, rows) in [
            (&["state:close-wait"][..], 3),
            (&["state:close-wait", "not", "loopback"], 2),
            (&["(state:listen or owner:hidden)"], 2),
            (&["remote:10.0.0.0/16", "rport:443"], 2),
            (&["-state:close-wait", "-family:ipv6"], 3),
            (&["user:postgres"], 1),
            (&["age>=0s"], 7),
            (&["recvq>0"], 0),
        ] {
            let (status, out, err) = list(filter);
            assert_eq!((status, out.lines().count()), (0, rows + 1), "{filter:?} {out} {err}");
        }
    }

    #[test]
    fn a_user_has_the_rows_of_every_owner_by_name() {
        let text = std::fs::read_to_string(FIXTURE).expect("the fixture");
        let text = text.replacen("\"LISTEN\",", "\"LISTEN\",\"uid\":26,", 1);
        let text = text.replacen("\"gaps\"", "\"users\":{\"26\":\"postgres\"},\"gaps\"", 1);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("users.json");
        std::fs::write(&file, text).expect("a file");
        let list = |arguments: &[&str]| {
            let mut command = Command::cargo_bin("sockscope").expect("the program is built");
            let output = command.arg("list").arg("--from").arg(&file).args(arguments).output();
            String::from_utf8(output.expect("it runs").stdout).expect("text")
        };
        assert_eq!(list(&["user:postgres"]).lines().count(), 1 + 2);
        assert_eq!(list(&["user!=postgres"]).lines().count(), 1);
        let columns = ["listen", "--columns", "local,user"];
        assert!(list(&columns).contains("0.0.0.0:9100  postgres"), "{}", list(&columns));
        assert!(list(&[&columns[..], &["--csv"]].concat()).ends_with("0.0.0.0:9100,26\r\n"));
        let json = list(&["listen", "--json"]);
        assert!(json.contains("\"users\":{\"26\":\"postgres\"}"), "{json}");
        assert!(!list(&["close-wait", "--json"]).contains("\"users\""), "only of its own rows");
    }

    #[test]
    fn a_wrong_filter_ends_with_2_and_a_caret_under_the_place() {
        let (status, out, err) = list(&["state:close-wait", "and", "age>5x"]);
        assert_eq!((status, out.as_str()), (2, ""));
        let lines: Vec<&str> = err.lines().collect();
        assert_eq!(
            lines,
            [
                "Column 26: “5x” does not fit “age”; expected ms, s, m, h or d.",
                "  state:close-wait and age>5x",
                "                           ^^",
            ]
        );
        // A wide character takes two columns of a terminal, and one of the count.
        let (status, _, err) = list(&["字", "state:"]);
        assert_eq!(status, 2);
        assert!(err.starts_with("Column 9: "), "{err}");
        assert!(err.ends_with("\n  字 state:\n           ^\n"), "{err}");
        let mut watch = Command::cargo_bin("sockscope").expect("the program is built");
        assert_eq!(
            watch.args(["watch", "stat:x"]).output().expect("it runs").status.code(),
            Some(2)
        );
    }

    #[test]
    fn help_tells_every_key() {
        for verb in ["list", "watch"] {
            let mut command = Command::cargo_bin("sockscope").expect("the program is built");
            let output = command.args([verb, "--help"]).output().expect("it runs");
            let help = String::from_utf8_lossy(&output.stdout).into_owned();
            for leaf in super::KEYS {
                assert!(help.contains(&format!("\n  {}", leaf.examples[0])), "{}", leaf.name);
            }
        }
    }
}
