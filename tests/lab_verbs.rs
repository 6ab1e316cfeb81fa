//! `sockscope lab list`, `run` and `article`, as a script and a person at a terminal meet them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say so and end"
)]

mod program;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use program::{json, run, sockscope};
use serde_json::Value;
use sockscope::lab::SCENARIOS;
use sockscope::lab::article::CLAIMS;

fn start(arguments: &[&str]) -> Child {
    let command = &mut sockscope(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts")
}

fn names() -> Vec<&'static str> {
    SCENARIOS.iter().map(|scenario| scenario.name()).collect()
}

#[test]
fn the_list_tells_what_there_is_and_what_can_be_chosen() {
    let list = json(&run(&["lab", "list", "--json"]).stdout);
    let listed: Vec<&str> = list
        .as_array()
        .expect("an array")
        .iter()
        .map(|scenario| scenario["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(listed, names());
    for scenario in list.as_array().expect("an array") {
        assert!(scenario["lasts_ms"].is_u64(), "{scenario}");
        for knob in scenario["knobs"].as_array().expect("knobs") {
            let default = &knob["default"];
            match (&knob["choices"], knob["min"].as_u64(), knob["max"].as_u64()) {
                (Value::Array(words), None, None) => assert!(words.contains(default), "{knob}"),
                (Value::Null, Some(min), Some(max)) => {
                    let default = default.as_u64().expect("a number");
                    assert!((min..=max).contains(&default), "{knob}");
                }
                _ => panic!("{knob}"),
            }
        }
    }
    let text = run(&["lab", "list"]).stdout;
    for name in names() {
        assert!(text.lines().any(|line| line.starts_with(&format!("{name}  "))), "{name}: {text}");
    }
    assert!(text.contains("    hold=5  1 to 300 s: "), "{text}");
}

#[test]
fn a_run_shows_its_steps_the_verdict_and_what_it_rests_on() {
    let ran = run(&["lab", "run", "client-closes-first"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    let verdict = ran.stdout.find("\n\nas expected: ").expect("the verdict");
    let (steps, summary) = ran.stdout.split_at(verdict);
    assert!(
        steps.lines().count() > 0 && steps.lines().all(|line| line.contains(" s  ")),
        "{steps}"
    );
    let header = summary.lines().find(|line| line.starts_with("JUDGED")).expect("a table");
    assert!(header.contains("HOW IT IS KNOWN"), "{header}");
    assert!(!summary.contains("socket(AF_INET"), "calls only where they are asked for: {summary}");
    let calls = run(&["lab", "run", "client-closes-first", "--calls"]).stdout;
    assert!(calls.contains("socket(AF_INET"), "{calls}");
}

#[test]
fn all_of_them_run_side_by_side_and_are_told_in_their_order() {
    let ran = run(&["lab", "run", "--all", "--json"]);
    let results: Vec<Value> = ran.stdout.lines().map(json).collect();
    let order: Vec<&str> =
        results.iter().map(|result| result["scenario"].as_str().expect("a name")).collect();
    assert_eq!(order, names());
    // The lines for people go the other way, one for each, the checks that are not as expected beneath.
    let told: Vec<&str> = ran.stderr.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(told.len(), names().len() + 1, "{}", ran.stderr);
    for (line, name) in told.iter().zip(names()) {
        assert!(line.contains(&format!(" {name} ")), "{line}");
    }
    let count =
        |verdict: &str| results.iter().filter(|result| result["verdict"] == verdict).count();
    let [fine, differs, untold] = ["as_expected", "differs", "could_not_tell"].map(count);
    let sentence = format!("{fine} as expected, {differs} differ, {untold} could not tell, in ");
    assert!(told.last().is_some_and(|last| last.starts_with(&sentence)), "{told:?}");
    let status = match (differs, untold) {
        (0, 0) => 0,
        (0, _) => 4,
        (_, _) => 1,
    };
    assert_eq!(ran.status, status, "{}", ran.stderr);
}

#[test]
fn what_there_is_not_is_status_2_with_what_there_is() {
    let name = run(&["lab", "run", "client-close-first"]);
    assert_eq!((name.status, name.stdout.as_str()), (2, ""));
    assert!(name.stderr.contains("similar value exists: 'client-closes-first'"), "{}", name.stderr);
    for there in names() {
        assert!(name.stderr.contains(there), "{there}: {}", name.stderr);
    }
    let run_holds = |knob: &str| run(&["lab", "run", "close-wait-peer-holds", knob]);
    for (knob, said) in [
        ("hol=5", "error: there is no knob \"hol\"; there is hold, eof; did you mean hold?\n"),
        ("zzz=5", "error: there is no knob \"zzz\"; there is hold, eof\n"),
        ("hold=0", "error: hold takes 1 to 300 s, not \"0\"\n"),
        ("hold", "error: \"hold\" is not NAME=VALUE\n"),
    ] {
        let ran = run_holds(knob);
        assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (2, "", said), "{knob}");
    }
    for wrong in [
        &["lab", "run"][..],
        &["lab", "run", "abort", "--all"],
        &["lab", "run", "--all", "hold=5"],
        &["lab", "run", "abort", "--json", "--markdown"],
        &["lab", "run", "abort", "-o", "ticket.txt"],
    ] {
        let ran = run(wrong);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{wrong:?}");
        assert!(!ran.stderr.is_empty(), "{wrong:?}");
    }
}

#[test]
fn what_cannot_be_done_as_asked_is_said_before_anything_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = folder.path().join("not-there").join("result.json");
    let nowhere = nowhere.to_str().expect("text");
    let ran = run(&["lab", "run", "close-wait-peer-holds", "hold=300", "-o", nowhere]);
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains(nowhere), "{}", ran.stderr);
    let ran = run(&["lab", "run", "linger", "seconds=1", "seconds=2"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: seconds is given more than once"), "{}", ran.stderr);
    for arguments in [&["lab", "run", "--all", "hold=5"][..], &["lab", "run", "hold=5"]] {
        let ran = run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("“hold=5” sets a knob of one scenario"), "{}", ran.stderr);
    }
}

#[test]
fn a_document_goes_where_it_is_asked_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let [saved, ticket, lines] = ["a.json", "a.md", "lines.txt"].map(path);

    let ran = run(&["lab", "run", "client-closes-first", "delay=0", "-o", &saved]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("as expected: "), "people still see it: {}", ran.stdout);
    let document = json(&fs::read_to_string(&saved).expect("a file"));
    assert_eq!(document["knobs"]["delay"], "0 s", "{document:#}");

    run(&["lab", "run", "client-closes-first", "-o", &ticket]);
    assert!(fs::read_to_string(&ticket).expect("a file").starts_with("# "));
    run(&["lab", "run", "client-closes-first", "--json", "-o", &lines]);
    assert_eq!(json(&fs::read_to_string(&lines).expect("a file"))["verdict"], "as_expected");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 3, "nothing is left over");

    let ran = run(&["lab", "run", "client-closes-first", "--markdown", "-o", "-"]);
    assert!(ran.stdout.starts_with("# ") && ran.stderr.contains("as expected: "), "{}", ran.stderr);
    let ran = run(&["lab", "run", "client-closes-first", "-o", &path("no/folder.json")]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(!Path::new(&path("no")).exists());
}

#[test]
fn a_closed_pipe_ends_a_run_and_is_not_an_error() {
    let mut child = start(&["lab", "run", "close-wait-peer-holds", "hold=300"]);
    drop(child.stdout.take());
    // It is stopped long before its five minutes, or this test is.
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_its_verdict() {
    use std::io::{BufRead as _, BufReader};

    let mut child = start(&["lab", "run", "close-wait-peer-holds", "hold=300"]);
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let step = lines.next().expect("a step").expect("text");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    let rest: Vec<String> = lines.map(|line| line.expect("text")).collect();
    assert_eq!(child.wait().expect("it ends").code(), Some(4), "{step}\n{rest:#?}");
    let verdict = rest.iter().find(|line| line.starts_with("could not tell: stopped. "));
    assert!(verdict.is_some(), "{rest:#?}");
    assert!(rest.iter().any(|line| line.contains("stopped by the user")), "{rest:#?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_document_for_each_that_did_not_run() {
    use std::io::{BufRead as _, BufReader};

    let mut child = start(&["lab", "run", "--all", "--json"]);
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let first = json(&lines.next().expect("a result").expect("text"));
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    let mut results = vec![first];
    results.extend(lines.map(|line| json(&line.expect("text"))));
    assert_eq!(child.wait().expect("it ends").code(), Some(4), "{results:#?}");
    let told: Vec<&str> = results.iter().filter_map(|it| it["scenario"].as_str()).collect();
    assert_eq!(told, names());
    let last = results.last().expect("a result");
    assert_eq!((&last["verdict"], &last["took_ms"]), (&"could_not_tell".into(), &0.into()));
    assert_eq!((&results[0]["finished"], &last["finished"]), (&true.into(), &false.into()));
    assert_eq!(last["checks"][0]["observed"], "stopped by the user", "{last:#}");
}

#[test]
fn beside_a_document_people_see_how_far_it_is_and_the_verdict() {
    let ran = run(&["lab", "run", "client-closes-first", "--json"]);
    assert_eq!(json(&ran.stdout)["verdict"], "as_expected", "{}", ran.stderr);
    let (verdict, steps) = match ran.stderr.lines().collect::<Vec<_>>().split_last() {
        Some((last, steps)) => ((*last).to_owned(), steps.to_vec().join("\n")),
        None => panic!("nothing was said"),
    };
    assert!(verdict.starts_with("as expected: "), "{verdict}");
    assert!(steps.lines().all(|line| line.contains(" s  ")), "{steps}");
}

#[test]
fn the_article_is_told_claim_by_claim() {
    let claims = json(&run(&["lab", "article", "--json"]).stdout);
    let text = run(&["lab", "article"]);
    assert_eq!(text.status, 0, "{}", text.stderr);
    assert_eq!(claims.as_array().map(Vec::len), Some(CLAIMS.len()));
    for claim in claims.as_array().expect("an array") {
        let scenario = claim["scenario"].as_str().expect("a name");
        assert!(names().contains(&scenario), "{claim:#}");
        assert!(!claim["shown_by"].as_array().expect("what shows it").is_empty(), "{claim:#}");
        for said in ["says", "because"] {
            assert!(text.stdout.contains(claim[said].as_str().expect("a sentence")), "{claim:#}");
        }
        assert!(text.stdout.contains(&format!("sockscope lab run {scenario}")), "{scenario}");
    }
}

#[test]
fn a_child_ends_with_whoever_started_it() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sockscope"))
        .args(["lab-child", "hold"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    thread::sleep(Duration::from_millis(200));
    let early = child.try_wait().expect("it is ours");
    drop(child.stdin.take());
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut ended = None;
    while ended.is_none() && Instant::now() < deadline {
        ended = child.try_wait().expect("it is ours");
        thread::sleep(Duration::from_millis(5));
    }
    if ended.is_none() {
        child.kill().and_then(|()| child.wait()).expect("it is ours");
    }
    assert_eq!(early, None, "it holds for as long as its input lasts");
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
}
