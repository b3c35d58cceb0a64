//! The command line: what it prints for programs and for people, command by command as docs/how-to/use-the-command-line.md lists them.

use std::collections::BTreeMap;
use std::process::Stdio;

use kit::persona::PASSWORD;
use kit::platform::{ALL, Platform};
use kit::process::command;
use kit::scene::Scene;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::commands_elsewhere::ELSEWHERE;
use crate::durability::notary::{answer, with_key};

const PAGE: &str = include_str!("../../../docs/how-to/use-the-command-line.md");
/// After all others: the platform that serves meanwhile does not know the new version.
const MASTER_KEYS: [(&str, &[&str]); 5] = [
    ("keys new-master", &[]),
    ("keys seal-with", &["2"]),
    ("keys rotate-master", &[]),
    ("keys status", &[]),
    ("keys retire-master", &["1"]),
];

const ANALYST: [&str; 5] = [
    "--email",
    "figures@example.com",
    "--role",
    "analyst",
    "--password-stdin",
];

#[tokio::test]
async fn every_command_prints_one_json_document_of_the_kind_that_is_told() {
    let (platform, key) = with_key().await;
    let mut platform = platform.with_owner();
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    let booking = scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.drain().await;
    let platform = &scene.platform;
    let head = answer(&platform.try_tot(&["audit", "head", "--json"], "").await, 0);
    let size = head["head"]["tree_size"].to_string();
    let file = |name: &str| platform.folder().join(name).display().to_string();
    let (proof, backup, exported) = (file("proof.json"), file("backup"), file("freshness.csv"));
    let prices = file("opening-prices.json");
    let (doctor, patient) = (scene.doctor.id.as_str(), scene.patient.id.as_str());
    platform.sign_in_operator(&scene.admin.email).await;
    let through = scene.date(-1);
    let credit = ["--owner", patient, "--amount", "10.00", "--receipt", "7"];
    let run: [(&str, &[&str]); 36] = [
        ("account list", &[]),
        ("account show", &[doctor]),
        ("account verify", &[doctor]),
        ("account end-sessions", &[doctor]),
        ("admin create", &ANALYST),
        ("analyst list", &[]),
        ("anomalies list", &[]),
        ("audit consistency", &[&size, &size]),
        ("audit head", &[]),
        ("audit heads", &[]),
        ("audit prove", &[&booking, "--out", &proof]),
        ("audit check", &[&proof, "--key", &key]),
        ("audit verify", &[]),
        ("audit-trail", &[]),
        ("backup", &["--out", &backup]),
        ("erasure list", &[]),
        ("erasure run", &[]),
        ("export", &["freshness", "--format", "csv", "--out", &exported]),
        ("find", &[&scene.patient.email]),
        ("intents list", &[]),
        ("ledger accounts", &[]),
        ("ledger statement", &["wallet_liability"]),
        ("migrate", &[]),
        ("payouts list", &[]),
        ("payouts run", &["--through", &through, "--dry-run"]),
        ("prices list", &[]),
        ("prices publish", &[&prices]),
        ("projections list", &[]),
        ("projections rebuild", &["bookings"]),
        ("projections unpark", &["bookings"]),
        ("replay booking", &[&booking]),
        ("report", &["bookings_by_day"]),
        ("stream show", &["booking", &booking]),
        ("wallet credit", &credit),
        ("wallet show", &["--owner", patient]),
        ("whoami", &[]),
    ];
    let kinds = kinds();
    for (command, more) in run.into_iter().chain(MASTER_KEYS) {
        let said = document(platform, command, more).await;
        let kind = if said.is_array() { "array" } else { "object" };
        assert_eq!(kinds[command], kind, "{command}: {said}");
    }
    let run = run.iter().chain(&MASTER_KEYS);
    none_is_left_out(run.map(|(command, _)| *command), &kinds);
    scene.finish().await;
}

fn none_is_left_out<'c>(run: impl Iterator<Item = &'c str>, kinds: &BTreeMap<&'static str, &'static str>) {
    let known: Vec<&str> = run.chain(ELSEWHERE).collect();
    let unknown: Vec<_> = kinds.keys().filter(|command| !known.contains(command)).collect();
    assert!(
        unknown.is_empty(),
        "run these here, or name them in ELSEWHERE: {unknown:?}"
    );
}

/// The one document in the one line that a command prints.
async fn document(platform: &Platform, command: &str, more: &[&str]) -> Value {
    let words: Vec<&str> = command
        .split(' ')
        .chain(more.iter().copied())
        .chain(["--json"])
        .collect();
    let input = if command == "admin create" { PASSWORD } else { "" };
    let output = platform.try_tot(&words, input).await;
    let said = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {said}\n{errors}");
    assert_eq!(said.lines().count(), 1, "{command}: {said}");
    serde_json::from_str(&said).unwrap()
}

#[tokio::test]
async fn tables_are_wrapped_and_bold_where_they_are_told_to_be_and_plain_behind_a_pipe() {
    let platform = Platform::prepare().await;
    let plain = platform.tot(&["projections", "list"], "").await;
    let header = plain.lines().next().unwrap();
    assert!(
        header.starts_with("read model  ") && !plain.contains('\u{1b}') && !plain.contains('\t'),
        "{plain}"
    );
    let models = plain.lines().count() - 1;
    let narrow = platform
        .tot(&["projections", "list", "--width", "72", "--color", "always"], "")
        .await;
    assert!(narrow.starts_with("\u{1b}[1mread"), "{narrow}");
    assert!(narrow.lines().count() > models + 1, "{narrow}");
    for line in narrow.lines() {
        let shown = line.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        assert!(shown.chars().count() <= 72, "{shown:?}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn exit_codes_tell_a_wrong_command_line_from_a_failure() {
    let mut platform = Platform::prepare().await;
    for wrong in [
        &["projection"][..],
        &["stream", "show", "frob", "1"],
        &["intents", "list", "--limit", "many"],
        &["projections", "list", "--width", "3"],
    ] {
        let output = platform.try_tot(wrong, "").await;
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    platform.set("TOT_DATABASE_URL", "postgres://tot_app:pa55w0rd@127.0.0.1:9/tot");
    for failing in [
        &["projections", "list"][..],
        &["audit", "verify"],
        &["audit", "head"],
    ] {
        let output = platform
            .try_tot(&[failing, &["--color", "always"]].concat(), "")
            .await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{failing:?}: {said}");
        assert!(said.starts_with("\u{1b}[31mtot:\u{1b}[0m "), "{said}");
    }
    let help = platform.tot(&["--help"], "").await;
    assert!(help.contains("Exit codes:"), "{help}");
    platform.stop().await;
}

#[tokio::test]
async fn what_is_missing_beyond_the_end_or_cut_is_said_and_what_is_no_file_stays() {
    let scene = Scene::set().await;
    let first = scene.booked_and_paid(Scene::urgent()).await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.platform.drain().await;
    let platform = &scene.platform;
    platform.sign_in_operator(&scene.admin.email).await;
    what_is_missing_is_named(platform).await;
    the_end_of_a_history_is_named(&scene, &id).await;
    a_list_that_is_cut_says_so(platform).await;
    what_is_no_file_is_not_replaced(platform).await;
    let words = ["replay", "booking", &first, "--lang", "ru", "--text"];
    let russian = platform.tot(&words, "").await;
    for english in [
        "because",
        "led to",
        "asked for by",
        "changed",
        " facts",
        "instructions",
    ] {
        assert!(!russian.contains(english), "{english} in {russian}");
    }
    scene.finish().await;
}

const NOBODY: &str = "019a8f0e-0000-7000-8000-00000000dead";

async fn what_is_missing_is_named(platform: &Platform) {
    let open = platform
        .tot(&["intents", "list", "--state", "open", "--json"], "")
        .await;
    let open: Vec<Value> = serde_json::from_str(&open).unwrap();
    let open = open[0]["id"].as_str().unwrap();
    let credit = [
        "wallet",
        "credit",
        "--owner",
        NOBODY,
        "--amount",
        "1",
        "--receipt",
        "8",
    ];
    let resolve = ["anomalies", "resolve", NOBODY, "1", "--resolution", "accepted"];
    for (words, expected) in [
        (&["intents", "retry", open][..], "is open and needs no retry"),
        (&["intents", "retry", NOBODY], "there is no intent 019a8f0e"),
        (
            &["intents", "give-up", NOBODY, "--reason", "obsolete"],
            "there is no intent 019a",
        ),
        (&credit, "there is no patient 019a8f0e"),
        (&resolve, "there is no anomaly 1 of"),
        (&["find", "x=1"], "must be an id"),
    ] {
        says(platform, words, 1, expected).await;
    }
}

async fn the_end_of_a_history_is_named(scene: &Scene, id: &str) {
    for (version, code, expected) in [
        ("99", 0, "there is no version 99 yet: the last one is"),
        ("@9999999", 0, "the log does not reach position @9999999 yet"),
        ("@1", 1, "as of then: there are versions 1 to "),
    ] {
        let replay = ["replay", "booking", id, "--as-of", version];
        says(&scene.platform, &replay, code, expected).await;
        let stream = ["stream", "show", "booking", id, "--as-of", version];
        says(&scene.platform, &stream, code, expected).await;
    }
    for query in ["as_of=@1", "from_version=1&to_version=999"] {
        let path = format!("/admin/bookings/{id}/history?{query}");
        let refused = scene
            .admin
            .client
            .get(&path)
            .await
            .expect_problem(404, "not_found");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains("there are versions 1 to "), "{query}: {detail}");
    }
}

async fn a_list_that_is_cut_says_so(platform: &Platform) {
    let intents = ["intents", "list", "--state", "all", "--limit", "1"];
    says(
        platform,
        &[&intents[..], &["--json"]].concat(),
        0,
        "there are more than these",
    )
    .await;
    let table = platform.tot(&intents, "").await;
    assert!(
        table.lines().last().unwrap().starts_with("more: --limit"),
        "{table}"
    );
    let accounts = ["account", "list", "--limit", "1", "--json"];
    says(platform, &accounts, 0, "there are more than these: --after").await;
}

async fn what_is_no_file_is_not_replaced(platform: &Platform) {
    let link = platform.folder().join("link.csv");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    let path = link.to_str().unwrap();
    for words in [
        &["export", "freshness", "--out", path][..],
        &["report", "bookings_by_day", "--chart", path],
    ] {
        says(platform, words, 1, "is a link, and would be replaced").await;
    }
    let full = ["export", "freshness", "--out", "/dev/full"];
    says(platform, &full, 1, "is a device or a pipe").await;
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
}

/// Runs it: how it ends, and what standard error says, once and about a thing that has a name.
async fn says(platform: &Platform, words: &[&str], code: i32, expected: &str) {
    let output = platform.try_tot(words, "").await;
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(code) && errors.contains(expected),
        "{words:?}: {:?} {errors}",
        output.status
    );
    assert!(
        !errors.contains("such thing") && !errors.contains("because"),
        "{words:?}: {errors}"
    );
}

#[tokio::test]
async fn bash_takes_the_completions() {
    let platform = Platform::prepare().await;
    let script = platform.folder().join("completions.bash");
    std::fs::write(&script, platform.tot(&["completions", "bash"], "").await).unwrap();
    let question =
        "source \"$1\" && COMP_WORDS=(tot rec) COMP_CWORD=1 && _tot tot rec tot && echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["-c", question, "bash"])
        .arg(&script)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        said.trim(),
        "reconcile",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    platform.stop().await;
}

/// What the page tells of each command.
fn kinds() -> BTreeMap<&'static str, &'static str> {
    let rows = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `tot ")?.split_once("` | "));
    rows.map(|(command, kind)| (command, kind.trim_end_matches(" |")))
        .collect()
}

/// Of the platform it asks nothing but its time, and without one it takes this machine's.
#[tokio::test]
async fn a_code_is_computed_where_there_is_no_platform() {
    let mut command = command(&["second-factor", "code", "--json"], &[]);
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(b"DEMOTOT2ADMINSECRETFORNOBODYELSE\n")
        .await
        .unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let code = said["code"].as_str().unwrap();
    assert!(
        code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()),
        "{said}"
    );
}
