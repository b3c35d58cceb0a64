//! What is done on the command line stands in the audit trail: who, what, to what, how it ended; and what cannot be recorded is not done.

use std::process::Stdio;

use kit::database;
use kit::platform::Platform;
use kit::process::command;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::Value;
use sqlx::{Connection, PgConnection};

/// Entries of the trail as the command line shows them, the latest first.
async fn trail(platform: &Platform, more: &[&str]) -> Vec<Value> {
    let words = [&["audit-trail", "--json"][..], more].concat();
    serde_json::from_str(&platform.tot(&words, "").await).unwrap()
}

/// Commands, what they were about and how they ended, the first one first.
fn told(entries: &[Value]) -> Vec<(&str, &str, Option<&str>)> {
    let told = entries.iter().rev().map(|entry| {
        let (what, target) = (entry["what"].as_str().unwrap(), entry["target"].as_str().unwrap());
        (what, target, entry["result"].as_str())
    });
    told.collect()
}

#[tokio::test]
async fn what_an_operator_does_stands_in_the_trail_without_a_person_in_it() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    let admin = platform.made_by(&scene.admin, "admin").await;
    platform.sign_in_operator(&admin.email).await;
    let (patient, doctor) = (scene.patient.id.as_str(), scene.doctor.id.as_str());
    let file = platform.folder().join("freshness.csv").display().to_string();
    let (nothing, wallet) = (
        "00000000-0000-4000-8000-000000000000",
        format!("{patient}_000001"),
    );
    let credit = format!("wallet credit --owner {patient} --amount 10.00 --receipt Zqreceipt");
    for (line, code) in [
        (&["projections", "rebuild", "bookings", "--force"][..], 0),
        (&credit.split(' ').collect::<Vec<_>>(), 0),
        (&["find", &scene.patient.email], 0),
        (
            &["account", "edit", doctor, "--last-name", "Zqname", "--no-phone"],
            0,
        ),
        (&["export", "freshness", "--format", "csv", "--out", &file], 0),
        (&["stream", "show", "wallet", &wallet, "--json"], 0),
        (&["intents", "retry", nothing], 1),
        (&["stream", "show", "account", &scene.patient.email], 1),
    ] {
        let output = platform.try_tot(line, "").await;
        assert_eq!(output.status.code(), Some(code), "{line:?}");
    }
    let acts = trail(platform, &["--kind", "act", "--account", &admin.id]).await;
    let done = Some("done");
    let (credited, edited, exported, shown) = (
        format!("--owner {patient} --amount 10.00 --receipt …"),
        format!("{doctor} --no-phone --last-name …"),
        format!("freshness --format csv --out {file}"),
        format!("wallet {wallet}"),
    );
    assert_eq!(
        told(&acts),
        [
            ("tot projections rebuild", "bookings --force", done),
            ("tot wallet credit", credited.as_str(), done),
            ("tot find", "…", done),
            ("tot account edit", edited.as_str(), done),
            ("tot export", exported.as_str(), done),
            ("tot stream show", shown.as_str(), done),
            ("tot intents retry", nothing, Some("failed")),
            ("tot stream show", "account …", Some("failed")),
        ]
    );
    for act in &acts {
        assert_eq!((&act["channel"], &act["role"]), (&"cli".into(), &"admin".into()));
        assert!(
            act["os_user"].as_str().is_some_and(|name| !name.is_empty()),
            "{act}"
        );
        assert!(instant(&act["ended_at"]) >= instant(&act["at"]), "{act}");
    }
    let all = Value::from(trail(platform, &[]).await).to_string();
    for person in [&scene.patient.email, "Zqname", "Zqreceipt", &admin.email] {
        assert!(!all.contains(person), "{person} in {all}");
    }
    leads_to_the_facts(&scene, &acts).await;
    is_the_same_over_http(&scene, &admin.id, acts).await;
    scene.finish().await;
}

fn instant(value: &Value) -> jiff::Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// The facts that a command led to have its trace.
async fn leads_to_the_facts(scene: &Scene, acts: &[Value]) {
    let credit = acts
        .iter()
        .find(|act| act["what"] == "tot wallet credit")
        .unwrap();
    let path = format!("/admin/events?stream=wallet%2F{}_000001", scene.patient.id);
    let facts = scene.admin.client.get(&path).await.expect(200);
    let facts = facts["items"].as_array().unwrap().iter();
    let led_to: Vec<&Value> = facts
        .filter(|fact| fact["metadata"]["trace_id"] == credit["trace_id"])
        .collect();
    assert_eq!(led_to.len(), 1, "{led_to:?}");
    assert_eq!(
        (&led_to[0]["type"], &led_to[0]["metadata"]["channel"]),
        (&"WalletDeposited".into(), &"cli".into())
    );
}

/// Page by page on both ways, and by the same cursors.
async fn is_the_same_over_http(scene: &Scene, account: &str, mut acts: Vec<Value>) {
    let mut turned = Vec::new();
    let mut after: Vec<String> = Vec::new();
    loop {
        let mut words = vec!["--kind", "act", "--account", account, "--limit", "1"];
        words.extend(after.iter().map(String::as_str));
        let words = [&["audit-trail", "--json"], &words[..]].concat();
        let page: Vec<Value> = serde_json::from_str(&scene.platform.tot(&words, "").await).unwrap();
        let Some(last) = page.last() else { break };
        after = vec!["--cursor".to_owned(), last["cursor"].as_str().unwrap().to_owned()];
        turned.extend(page);
    }
    assert_eq!(turned, acts);
    let behind = acts[2]["cursor"].as_str().unwrap().to_owned();
    for act in &mut acts {
        act.as_object_mut().unwrap().remove("cursor");
    }
    let path = format!("/admin/audit-trail?kind=act&account_id={account}");
    let answer = scene.admin.client.get(&path).await.expect(200);
    assert_eq!(answer["items"], Value::from(acts.clone()));
    let rest = format!("{path}&cursor={behind}");
    let answer = scene.admin.client.get(&rest).await.expect(200);
    assert_eq!(answer["items"], Value::from(acts[3..].to_vec()));
    let table = scene.platform.tot(&["audit-trail", "--limit", "2"], "").await;
    assert!(table.contains("\nmore: --cursor "), "{table}");
    let wrong = scene
        .platform
        .try_tot(&["audit-trail", "--cursor", "x"], "")
        .await;
    assert_eq!(wrong.status.code(), Some(2));
}

#[tokio::test]
async fn without_a_sign_in_nothing_is_changed_and_what_needs_none_says_whose_machine_it_was() {
    let mut platform = Platform::start().await.with_owner();
    platform.tot(&["logout"], "").await;
    let before = trail(&platform, &[]).await.len();
    let out = platform.folder().join("events.csv").display().to_string();
    for line in [
        &["projections", "rebuild", "bookings"][..],
        &["projections", "unpark", "bookings"],
        &["export", "events", "--out", &out],
        &["reconcile", "--from", "2026-11-01", "--to", "2026-11-02"],
    ] {
        refused(&platform, line, &["nobody is signed in", "tot login"]).await;
    }
    assert!(!std::path::Path::new(&out).exists());
    assert_eq!(trail(&platform, &[]).await.len(), before, "nothing was begun");

    let (made, _) = platform.new_admin().await;
    platform.tot(&["migrate"], "").await;
    platform.tot(&["analyst", "list"], "").await;
    platform
        .tot(&["stream", "show", "price_list", "platform"], "")
        .await;
    let entries = trail(&platform, &["--limit", "3"]).await;
    let done = Some("done");
    assert_eq!(
        told(&entries),
        [
            (
                "tot admin create",
                "--role admin --email … --password-stdin",
                done
            ),
            ("tot migrate", "", done),
            ("tot stream show", "price_list platform", done),
        ]
    );
    for entry in &entries {
        assert_eq!(
            (&entry["account_id"], &entry["role"]),
            (&Value::Null, &"operator".into()),
            "{entry}"
        );
        assert!(
            entry["os_user"].as_str().is_some_and(|name| !name.is_empty()),
            "{entry}"
        );
    }
    assert_eq!(entries[2]["made"], made.as_str());
    // A serving process' login is not one of operators.
    let login = platform.serving_url("api").unwrap();
    let application = platform.variable("TOT_DATABASE_URL").to_owned();
    platform.set("TOT_DATABASE_URL", &login);
    let line = ["stream", "show", "price_list", "platform"];
    refused(&platform, &line, &["may not record", "tot_app"]).await;
    let line = ["export", "events", "--out", &out];
    refused(&platform, &line, &["may not record", "tot_app"]).await;
    platform.set("TOT_DATABASE_URL", &application);
    platform.finish().await;
}

#[tokio::test]
async fn of_a_command_that_was_cut_short_it_stands_that_it_was_begun() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    let superuser = database::pool(&platform.superuser_url()).await;
    let mut holding = superuser.begin().await.unwrap();
    sqlx::query("lock table events in access exclusive mode")
        .execute(&mut *holding)
        .await
        .unwrap();
    let out = platform.folder().join("events.csv").display().to_string();
    let line = ["export", "events", "--out", &out];
    let mut exporting = command(&line, platform.environment())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the export to wait for the log", || async {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where application_name = 'tot export' and wait_event_type = 'Lock'
               and datname = current_database()",
        )
        .fetch_one(&superuser)
        .await
        .unwrap();
        (waiting == 1).then_some(())
    })
    .await;
    exporting.kill().await.unwrap();
    holding.rollback().await.unwrap();
    let entries = trail(platform, &["--limit", "1"]).await;
    assert_eq!(
        told(&entries),
        [("tot export", &*format!("events --out {out}"), None)]
    );
    assert_eq!(entries[0]["ended_at"], Value::Null);
    let table = platform.tot(&["audit-trail", "--limit", "1"], "").await;
    assert!(table.lines().nth(1).unwrap().ends_with('?'), "{table}");
    superuser.close().await;
    scene.finish().await;
}

#[tokio::test]
async fn a_database_that_records_no_commands_yet_is_changed_by_none_but_its_owner() {
    let platform = Platform::start().await.with_owner();
    let mut owner = PgConnection::connect(platform.owner_url()).await.unwrap();
    sqlx::raw_sql("drop table identity.command_line_results, identity.command_line_acts")
        .execute(&mut owner)
        .await
        .unwrap();
    refused(
        &platform,
        &["projections", "rebuild", "bookings"],
        &["does not record yet", "tot migrate"],
    )
    .await;
    // The backup before a migration.
    let out = platform.folder().join("backup").display().to_string();
    let output = platform.try_tot(&["backup", "--out", &out], "").await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("this one is not recorded"),
        "{said}"
    );
    owner.close().await.unwrap();
    platform.finish().await;
}

async fn refused(platform: &Platform, line: &[&str], words: &[&str]) {
    let output = platform.try_tot(line, "").await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "tot {line:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{word} in {said}");
    }
}
