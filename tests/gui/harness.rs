//! A window without a display, on a source that gives what it is sent.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use jiff::tz::TimeZone;
use sockscope::gui::{App, Setup};
use sockscope::model::{PollFailure, Snapshot};
use sockscope::monitor::SourceChoice;
use sockscope::os::SocketSource;
use sockscope::store;

/// A snapshot of seven sockets.
pub const FIXTURE: &str = "tests/fixtures/document/version-1.json";

/// How long something that workers do may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What comes of a poll.
pub type Polled = Result<Snapshot, PollFailure>;

pub fn fixture() -> Snapshot {
    store::load_snapshot(Path::new(FIXTURE)).expect("the fixture")
}

/// A live source that gives what it is sent, and the last again when nothing new has come.
struct Fed {
    incoming: mpsc::Receiver<Polled>,
    last: Polled,
}

impl SocketSource for Fed {
    fn name(&self) -> &'static str {
        "fed"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        if let Ok(next) = self.incoming.try_recv() {
            self.last = next;
        }
        self.last.clone().map(Some)
    }
}

pub struct Window {
    pub harness: Harness<'static, App>,
    pub folder: tempfile::TempDir,
    feed: mpsc::Sender<Polled>,
}

impl Window {
    /// A window on a table that stays as it is until another is fed.
    pub fn on(size: [f32; 2], first: Snapshot) -> Self {
        Self::polling(size, Ok(first), tempfile::tempdir().expect("a folder"))
    }

    /// The same, with what is kept in this folder; the first poll may fail.
    pub fn polling(size: [f32; 2], first: Polled, folder: tempfile::TempDir) -> Self {
        let (feed, incoming) = mpsc::channel();
        let source = SourceChoice::Other(Box::new(Fed { incoming, last: first }));
        Self { feed, ..Self::open(size, source, folder) }
    }

    /// A window on the sockets of this machine.
    pub fn live(size: [f32; 2]) -> Self {
        Self::open(size, SourceChoice::Live, tempfile::tempdir().expect("a folder"))
    }

    /// A window on any source, with what is kept in this folder.
    pub fn open(size: [f32; 2], source: SourceChoice, folder: tempfile::TempDir) -> Self {
        let setup = Setup {
            source,
            settings_file: Some(settings_file(&folder)),
            history_file: None,
            zone: TimeZone::UTC,
            executable: Some(PathBuf::from(env!("CARGO_BIN_EXE_sockscope"))),
        };
        let harness = Harness::builder()
            .with_size(Vec2::from(size))
            .build_eframe(|cc| App::new(&cc.egui_ctx, setup).expect("threads"));
        Self { harness, folder, feed: mpsc::channel().0 }
    }

    /// Closes the window; what it kept is left.
    pub fn close(self) -> tempfile::TempDir {
        self.folder
    }

    pub fn settings_file(&self) -> PathBuf {
        settings_file(&self.folder)
    }

    /// Polls this table next.
    pub fn feed(&mut self, next: Snapshot) {
        self.prepare(Ok(next));
        self.key(Key::F5);
    }

    /// What the next poll will give.
    pub fn prepare(&mut self, next: Polled) {
        self.feed.send(next).expect("the source is held");
    }

    /// Draws until some node's name contains `text`.
    pub fn until(&mut self, text: &str) {
        self.draw_until(text, |window| window.sees(text));
    }

    pub fn draw_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
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

    /// What is named, without the thin spaces that numbers have.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut nodes = vec![self.harness.root()];
        while let Some(node) = nodes.pop() {
            let accessible = node.accesskit_node();
            names.extend(accessible.label());
            names.extend(accessible.value());
            nodes.extend(node.children());
        }
        names.iter().map(|name| name.replace('\u{2009}', " ")).collect()
    }

    pub fn sees(&self, text: &str) -> bool {
        self.names().iter().any(|name| name.contains(text))
    }

    /// The names of the rows of a table, from top to bottom.
    pub fn rows(&self) -> Vec<String> {
        let rows = self.harness.query_all_by_role(Role::Row);
        rows.filter_map(|row| row.accesskit_node().label()).collect()
    }

    pub fn press(&mut self, name: &str) {
        self.harness.get_by_label(name).click();
        self.harness.run_steps(3);
    }

    pub fn press_role(&mut self, role: Role, name: &str) {
        self.harness.get_by_role_and_label(role, name).click();
        self.harness.run_steps(3);
    }

    pub fn show(&mut self, page: &str) {
        self.press_role(Role::Tab, page);
    }

    pub fn key(&mut self, key: Key) {
        self.keys(Modifiers::NONE, key);
    }

    pub fn keys(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(3);
    }

    /// Types into the field so named; it has the focus already, or gets it.
    pub fn type_into(&mut self, name: &str, text: &str) {
        self.harness.get_by_role_and_label(Role::TextInput, name).focus();
        self.harness.run_steps(2);
        self.harness.get_by_role_and_label(Role::TextInput, name).type_text(text);
        self.harness.run_steps(3);
    }

    /// What stands in the field so named.
    pub fn text_of(&self, name: &str) -> String {
        let field = self.harness.get_by_role_and_label(Role::TextInput, name);
        field.accesskit_node().value().unwrap_or_default()
    }

    /// The name of what has the keyboard.
    pub fn focused(&self) -> Option<(Role, String)> {
        let mut nodes = vec![self.harness.root()];
        while let Some(node) = nodes.pop() {
            let accessible = node.accesskit_node();
            if accessible.is_focused() && accessible.role() != Role::Window {
                return Some((accessible.role(), accessible.label().unwrap_or_default()));
            }
            nodes.extend(node.children());
        }
        None
    }
}

fn settings_file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("settings.json")
}
