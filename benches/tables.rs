//! What a table of 100 000 sockets costs: tracking it, filtering and sorting it, saving, loading and
//! comparing it. `cargo bench` prints the times; ARCHITECTURE.md keeps what was reached.

#![expect(clippy::expect_used, reason = "a bench that cannot go on should say so and end")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use divan::Bencher;
use sockscope::analysis::diff::Comparison;
use sockscope::analysis::track::Tracker;
use sockscope::model::{Host, Owner, Pids, Process, Snapshot, Socket, State};
use sockscope::monitor::{Column, Frame, GroupBy, View, ViewSpec};
use sockscope::store;

const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

fn main() {
    divan::main();
}

/// A table as a busy server has it; `shift` turns every tenth connection into another one.
fn table(sockets: u32, shift: u16) -> Snapshot {
    let holders: Vec<Pids> = (0..50_u32).map(|pid| Arc::from([1_000 + pid])).collect();
    let rows = (0..sockets)
        .map(|number| {
            let [_, high, middle, low] = number.to_be_bytes();
            let port = 20_000 + u16::from(low) + if number % 10 == 0 { shift } else { 0 };
            let (state, owner) = match number % 4 {
                0 => (State::Established, Owner::Known(Arc::clone(&holders[number as usize % 50]))),
                1 => (State::CloseWait, Owner::Known(Arc::clone(&holders[number as usize % 50]))),
                2 => (State::TimeWait, Owner::NoOwner),
                _ => (State::FinWait2, Owner::Hidden { user: None }),
            };
            let mut socket = Socket::new(
                SocketAddr::from(([10, high, middle, low], port)),
                Some(SocketAddr::from(([10, 0, 0, 9], 443))),
                state,
                owner,
            );
            // As Linux gives them: 16 at a time to each processor.
            socket.cookie =
                NonZeroU64::new(u64::from(number / 16 * 61 % 100_003 * 16 + number % 16) + 1);
            socket
        })
        .collect();
    let process = |pid| Process { pid, name: format!("worker-{pid}"), started_s: Some(1) };
    Snapshot {
        taken_at: SystemTime::UNIX_EPOCH + Duration::from_hours(500_000),
        host: Arc::new(Host { name: "build-17".to_owned(), os: "Linux".to_owned() }),
        source: "bench".to_owned(),
        took: None,
        sockets: rows,
        processes: (1_000..1_050).map(|pid| (pid, process(pid))).collect::<BTreeMap<_, _>>(),
        users: Arc::default(),
        gaps: Vec::new(),
    }
}

#[divan::bench(args = SIZES)]
fn track(bencher: Bencher<'_, '_>, sockets: u32) {
    let mut tracker = Tracker::new();
    let mut second = 0;
    bencher.with_inputs(|| table(sockets, 0)).bench_local_values(|mut snapshot| {
        second += 1;
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        black_box(tracker.observe(&mut snapshot, at))
    });
}

#[divan::bench(args = SIZES)]
fn filter_and_sort(bencher: Bencher<'_, '_>, sockets: u32) {
    let spec = ViewSpec {
        filter: "worker".to_owned(),
        sort: Column::Owner,
        descending: true,
        ..ViewSpec::default()
    };
    view(bencher, sockets, &spec);
}

#[divan::bench(args = SIZES)]
fn sort(bencher: Bencher<'_, '_>, sockets: u32) {
    view(bencher, sockets, &ViewSpec { sort: Column::Owner, ..ViewSpec::default() });
}

#[divan::bench(args = SIZES)]
fn sort_and_group(bencher: Bencher<'_, '_>, sockets: u32) {
    view(bencher, sockets, &ViewSpec { group_by: Some(GroupBy::Process), ..ViewSpec::default() });
}

fn view(bencher: Bencher<'_, '_>, sockets: u32, spec: &ViewSpec) {
    let mut frame = Frame::starting("bench".to_owned(), Duration::ZERO, SystemTime::UNIX_EPOCH);
    let mut snapshot = table(sockets, 0);
    frame.tracks = Tracker::new().observe(&mut snapshot, SystemTime::UNIX_EPOCH).tracks.into();
    frame.snapshot = Some(Arc::new(snapshot));
    let frame = Arc::new(frame);
    bencher.bench_local(|| black_box(View::new(Arc::clone(&frame), spec.clone())));
}

#[divan::bench(args = SIZES)]
fn write_document(bencher: Bencher<'_, '_>, sockets: u32) {
    let snapshot = table(sockets, 0);
    bencher.bench_local(|| store::write_snapshot(black_box(&snapshot), &mut std::io::sink()));
}

#[divan::bench(args = SIZES)]
fn load_document(bencher: Bencher<'_, '_>, sockets: u32) {
    with_file("s.json", sockets, |path| bencher.bench_local(|| store::load_snapshot(path)));
}

#[divan::bench(args = SIZES)]
fn load_compressed(bencher: Bencher<'_, '_>, sockets: u32) {
    with_file("s.json.gz", sockets, |path| bencher.bench_local(|| store::load_snapshot(path)));
}

#[divan::bench(args = SIZES)]
fn compare(bencher: Bencher<'_, '_>, sockets: u32) {
    let (a, b) = (Arc::new(table(sockets, 0)), Arc::new(table(sockets, 7)));
    bencher.bench_local(|| black_box(Comparison::new(Arc::clone(&a), Arc::clone(&b))));
}

fn with_file(name: &str, sockets: u32, measure: impl FnOnce(&std::path::Path)) {
    let folder = tempfile::tempdir().expect("a folder for the bench");
    let path = folder.path().join(name);
    store::save_snapshot(&table(sockets, 0), &path).expect("the file is saved");
    measure(&path);
}
