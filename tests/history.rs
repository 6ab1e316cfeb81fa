//! The counts of the last day, from one window to the next.

#![cfg(feature = "gui")]
#![expect(clippy::expect_used, reason = "a test that cannot go on should say so and end")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eframe::egui::Vec2;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use jiff::tz::TimeZone;
use sockscope::gui::{App, Setup};
use sockscope::model::{PollFailure, Snapshot};
use sockscope::monitor::SourceChoice;
use sockscope::os::SocketSource;
use sockscope::store;

const FIXTURE: &str = "tests/fixtures/document/version-1.json";

/// How long something that workers do may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Gives the same table for ever, as this machine would.
struct Same(Snapshot);

impl SocketSource for Same {
    fn name(&self) -> &'static str {
        "same"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        Ok(Some(self.0.clone()))
    }
}

struct Window(Harness<'static, App>);

impl Window {
    fn open(history_file: PathBuf) -> Self {
        let mut table = store::load_snapshot(Path::new(FIXTURE)).expect("the fixture");
        // The counts of a table that lacks rows are not kept.
        table.gaps.clear();
        let setup = Setup {
            executable: None,
            source: SourceChoice::Other(Box::new(Same(table))),
            settings_file: None,
            history_file: Some(history_file),
            zone: TimeZone::UTC,
        };
        let harness = Harness::builder()
            .with_size(Vec2::new(1280.0, 800.0))
            .build_eframe(|cc| App::new(&cc.egui_ctx, setup).expect("threads"));
        Self(harness)
    }

    fn until(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.0.run_steps(2);
            let names = self.names();
            if names.iter().any(|name| name.contains(text)) {
                return;
            }
            assert!(Instant::now() < deadline, "{text:?} is not seen in {names:#?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut nodes = vec![self.0.root()];
        while let Some(node) = nodes.pop() {
            names.extend(node.accesskit_node().label());
            names.extend(node.accesskit_node().value());
            nodes.extend(node.children());
        }
        names
    }
}

#[test]
fn a_window_goes_on_where_the_last_one_ended_and_says_that_nothing_ran_in_between() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state/history.json.gz");
    let mut first = Window::open(file.clone());
    first.until("Highest: CLOSE_WAIT 3");
    assert!(!first.names().iter().any(|name| name.contains("not running")));
    drop(first);
    let kept = store::load_history(&file).expect("it is whole").expect("it was saved at the end");
    assert!(!kept.samples.is_empty());

    std::thread::sleep(Duration::from_millis(1_200));
    let mut second = Window::open(file.clone());
    second.until("not running");
    drop(second);
    let later = store::load_history(&file).expect("it is whole").expect("it was saved again");
    assert!(later.samples.len() > kept.samples.len() || later.until > kept.until);
    assert_eq!(later.samples.first().map(|s| s.at), kept.samples.first().map(|s| s.at));
}

#[test]
fn a_damaged_history_is_said_and_set_aside_and_a_new_one_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("history.json.gz");
    fs::write(&file, b"{\"format\":\"something else\"}").expect("a file");
    let mut window = Window::open(file.clone());
    window.until("history.damaged-1.json.gz");
    window.until("Highest: CLOSE_WAIT 3");
    drop(window);
    let aside = folder.path().join("history.damaged-1.json.gz");
    assert_eq!(fs::read(aside).expect("nothing is lost"), b"{\"format\":\"something else\"}");
    assert!(store::load_history(&file).expect("it is whole").is_some());
}

#[test]
fn a_history_that_cannot_be_kept_is_said_once_and_the_window_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let in_the_way = folder.path().join("state");
    fs::write(&in_the_way, b"no folder").expect("a file");
    let mut window = Window::open(in_the_way.join("history.json.gz"));
    window.until("The counts of the last day are not kept for the next run.");
    window.until("Highest: CLOSE_WAIT 3");
}
