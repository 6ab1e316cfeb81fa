//! The filter as people meet it: in the window's field, on the command line, in the README.

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

#[cfg(feature = "gui")]
mod window {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use eframe::egui::accesskit::Role;
    use eframe::egui::{Key, Modifiers, Vec2};
    use egui_kittest::Harness;
    use egui_kittest::kittest::{NodeT as _, Queryable as _};
    use jiff::tz::TimeZone;
    use sockscope::gui::{App, PAGES, Setup};
    use sockscope::monitor::SourceChoice;
    use sockscope::store::{self, Settings};

    const FIXTURE: &str = "tests/fixtures/document/version-1.json";
    const FIELD: &str = "Filter sockets";

    /// How long something that workers do may take on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(20);

    struct Window {
        harness: Harness<'static, App>,
        folder: tempfile::TempDir,
    }

    impl Window {
        /// The page Sockets, with these filters used before.
        fn open(recent: &[&str]) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("settings.json");
            let recent_filters = recent.iter().map(|filter| (*filter).to_owned()).collect();
            let settings = Settings { recent_filters, ..Settings::default() };
            settings.save(&file).expect("the settings");
            let snapshot = store::load_snapshot(Path::new(FIXTURE)).expect("the fixture");
            let source = SourceChoice::Replay { file: FIXTURE.into(), snapshots: vec![snapshot] };
            let setup = Setup {
                source,
                settings_file: Some(file),
                history_file: None,
                zone: TimeZone::UTC,
            };
            let harness = Harness::builder()
                .with_size(Vec2::new(1280.0, 800.0))
                .build_eframe(|cc| App::new(&cc.egui_ctx, setup).expect("threads"));
            let mut window = Self { harness, folder };
            let page = PAGES.iter().find(|page| page.name == "sockets").expect("the page");
            let title = (page.title)().plain();
            window.harness.get_by_role_and_label(Role::Tab, &title).click();
            window.until("7 of 7");
            window
        }

        fn names(&self) -> Vec<String> {
            let mut names = Vec::new();
            let mut nodes = vec![self.harness.root()];
            while let Some(node) = nodes.pop() {
                let accessible = node.accesskit_node();
                names.extend(accessible.label());
                names.extend(accessible.value());
                nodes.extend(node.children());
            }
            names
        }

        fn sees(&self, text: &str) -> bool {
            self.names().iter().any(|name| name.contains(text))
        }

        fn until(&mut self, text: &str) {
            self.draw_until(text, |window| window.sees(text));
        }

        fn draw_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
            let deadline = Instant::now() + PATIENCE;
            loop {
                self.harness.run_steps(2);
                if done(self) {
                    return;
                }
                assert!(Instant::now() < deadline, "{what:?} is not seen in {:#?}", self.names());
                std::thread::sleep(Duration::from_millis(5));
            }
        }

        fn field(&self) -> egui_kittest::Node<'_> {
            self.harness.get_by_role_and_label(Role::TextInput, FIELD)
        }

        fn text(&self) -> String {
            self.field().accesskit_node().value().unwrap_or_default()
        }

        fn type_text(&mut self, text: &str) {
            self.field().focus();
            self.harness.run_steps(3);
            self.field().type_text(text);
            self.harness.run_steps(3);
        }

        fn key(&mut self, key: Key) {
            self.harness.key_press(key);
            self.harness.run_steps(3);
        }

        fn rows(&self) -> Vec<String> {
            let rows = self.harness.query_all_by_role(Role::Row);
            rows.filter_map(|row| row.accesskit_node().label()).collect()
        }

        fn offers(&self) -> Vec<String> {
            let offers = self.harness.query_all_by_role(Role::ListBoxOption);
            offers.filter_map(|offer| offer.accesskit_node().label()).collect()
        }
    }

    #[test]
    fn a_wrong_filter_says_what_was_expected_and_leaves_the_table_as_it_was() {
        let mut window = Window::open(&[]);
        window.type_text("state:close-wait");
        window.until("3 of 7");
        let rows = window.rows();
        window.type_text(" and age>5x");
        window.until("Column 26: “5x” does not fit “age”; expected ms, s, m, h or d.");
        assert!(window.sees("3 of 7"), "the rows stay: {:#?}", window.names());
        assert_eq!(window.rows(), rows);
        window.harness.get_by_label("Filter by state:close-wait and age>5s instead").click();
        window.until("0 of 7");
        assert_eq!(window.text(), "state:close-wait and age>5s");
        assert!(!window.sees("Column 26"));
    }

    #[test]
    fn what_is_offered_is_taken_by_keyboard() {
        let mut window = Window::open(&[]);
        window.type_text("sta");
        window.until("state:, the TCP state");
        window.key(Key::Tab);
        assert_eq!(window.text(), "state:");
        window.draw_until("the states", |window| {
            window.offers().first().is_some_and(|first| first == "close-wait, 3 sockets")
        });
        for key in [Key::ArrowDown, Key::ArrowDown, Key::ArrowDown, Key::ArrowUp, Key::Enter] {
            window.key(key);
        }
        assert_eq!(window.text(), "state:established");
        window.until("1 of 7");
        window.type_text(" feed");
        window.until("process:feed-client, 2 sockets");
        window.key(Key::ArrowDown);
        window.key(Key::Escape);
        assert_eq!(window.text(), "state:established feed", "the list is left first");
        assert!(window.offers().is_empty());
        window.key(Key::Escape);
        assert_eq!(window.text(), "");
        window.until("7 of 7");
    }

    #[test]
    fn rows_stay_while_a_key_is_typed_and_a_word_is_looked_for_in_the_end() {
        let mut window = Window::open(&[]);
        window.field().focus();
        window.harness.run_steps(3);
        window.field().type_text("proc");
        window.harness.run_steps(2);
        assert_eq!(window.text(), "proc");
        assert!(window.sees("7 of 7"), "{:#?}", window.names());
        window.until("No socket matches");
        window.type_text("ess:metrics");
        window.until("1 of 7");
    }

    #[test]
    fn what_is_offered_is_taken_by_the_pointer_and_so_is_a_proposal() {
        let mut window = Window::open(&[]);
        window.type_text("clo");
        window.until("state:close-wait, 3 sockets");
        window.harness.get_by_label("state:close-wait, 3 sockets").click();
        window.until("3 of 7");
        assert_eq!(window.text(), "state:close-wait");
        window.type_text(" or loopback");
        window.until("3 of 7");
        window.key(Key::Enter);
        window.harness.get_by_label("Add process:feed-client to the filter").click();
        window.until("2 of 7");
        assert_eq!(window.text(), "(state:close-wait or loopback) process:feed-client");
    }

    #[test]
    fn tab_leaves_an_empty_field_and_keys_lead_to_it() {
        let mut window = Window::open(&["state:listen", "rport:443"]);
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
        window.harness.run_steps(3);
        assert!(window.field().accesskit_node().is_focused());
        assert!(window.offers().is_empty(), "nothing covers the proposals");
        window.key(Key::Tab);
        assert!(!window.field().accesskit_node().is_focused());
        window.key(Key::Slash);
        assert!(window.field().accesskit_node().is_focused());
        assert_eq!(window.text(), "", "the key itself is not typed");
        window.key(Key::ArrowDown);
        assert_eq!(window.offers(), ["state:listen", "rport:443"]);
        window.key(Key::ArrowDown);
        window.key(Key::Enter);
        assert_eq!(window.text(), "rport:443");
        window.until("2 of 7");
    }

    #[test]
    fn filters_that_were_confirmed_are_offered_again_and_kept() {
        let mut window = Window::open(&["rport:443"]);
        window.type_text("state:listen");
        window.until("1 of 7");
        window.key(Key::Enter);
        let file = window.folder.path().join("settings.json");
        let kept = || Settings::load(&file).settings.recent_filters;
        window.draw_until("the settings", |_| kept() == ["state:listen", "rport:443"]);
        window.harness.get_by_label("Clear filter").click();
        window.until("7 of 7");
        window.harness.get_by_label("Filter again by state:listen").click();
        window.until("1 of 7");
        // What was never right is not kept, however long it stands.
        window.type_text(" age>");
        window.key(Key::Enter);
        window.harness.run_steps(60);
        assert_eq!(kept(), ["state:listen", "rport:443"]);
        // A filter that stands for a while was used, without Enter.
        window.type_text("5m");
        window.until("0 of 7");
        window.harness.run_steps(60);
        window.draw_until("the settings", |_| kept().len() == 3);
        assert_eq!(kept()[0], "state:listen age>5m");
    }

    #[test]
    fn a_filter_too_long_to_be_remembered_leaves_the_settings_alone() {
        let mut window = Window::open(&["rport:443"]);
        let file = window.folder.path().join("settings.json");
        let terms: Vec<String> = (0..200).map(|port| format!("lport:{port}")).collect();
        window.type_text(&terms.join(" or "));
        window.until("0 of 7");
        // Whatever is written from here on replaces this.
        std::fs::write(&file, "as it was").expect("the folder is there");
        window.key(Key::Enter);
        window.harness.run_steps(60);
        window.type_text(" or rport:443");
        window.until("2 of 7");
        assert_eq!(std::fs::read_to_string(&file).expect("the file"), "as it was");
    }

    #[test]
    fn a_tile_and_a_row_ask_in_the_language() {
        let mut window = Window::open(&[]);
        window.key(Key::End);
        window.until("0.0.0.0:9100 → any");
        assert!(window.sees("Add lport:9100 to the filter"), "{:#?}", window.names());
        window.type_text("state:listen or state:close-wait");
        window.until("4 of 7");
        window.key(Key::Enter);
        window.key(Key::Home);
        window.key(Key::ArrowDown);
        window.until("Only this process");
        window.harness.get_by_label("Only this process").click();
        window.until("2 of 7");
        assert_eq!(window.text(), "(state:listen or state:close-wait) pid:18422");
        let title = (PAGES[0].title)().plain();
        window.harness.get_by_role_and_label(Role::Tab, &title).click();
        window.until("CLOSE_WAIT, 3 sockets");
        window.harness.get_by_label("CLOSE_WAIT, 3 sockets").click();
        window.until("3 of 7");
        assert_eq!(window.text(), "state:close-wait");
    }
}
