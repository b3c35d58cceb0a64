//! Operators sign in on the command line, and every command there acts as whoever did.

use std::os::unix::fs::PermissionsExt;

use kit::persona::{PASSWORD, Persona};
use kit::platform::Platform;
use kit::wait::until;
use serde_json::{Value, json};

#[tokio::test]
async fn a_command_acts_as_whoever_is_signed_in_and_its_facts_say_that_it_came_by_the_command_line() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let patient = platform.patient().await;
    platform.tot(&["logout"], "").await;
    let credit = [
        "wallet",
        "credit",
        "--owner",
        &patient.id,
        "--amount",
        "10.00",
        "--receipt",
    ];
    let by_nobody = [&credit[..], &["1"]].concat();
    refused(&platform, &by_nobody, "", "tot login --email <address>").await;
    let by_hand = [&credit[..], &["1", "--admin", &admin.id]].concat();
    refused(&platform, &by_hand, "", "--admin is not taken any more").await;
    let login = |of: &Persona| {
        [
            "login".to_owned(),
            "--email".to_owned(),
            of.email.clone(),
            "--password-stdin".to_owned(),
        ]
    };
    let words = login(&admin);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    refused(
        &platform,
        &words,
        "not the password",
        "the e-mail or the password is wrong",
    )
    .await;
    let theirs = login(&patient);
    let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
    refused(
        &platform,
        &theirs,
        PASSWORD,
        "operators are admins; this account is a patient",
    )
    .await;

    refused(
        &platform,
        &words,
        PASSWORD,
        "the code of the second factor is due: give --code",
    )
    .await;
    let wrong = [&words[..], &["--code", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA"]].concat();
    refused(&platform, &wrong, PASSWORD, "this code is not valid").await;
    let kept = platform.tot_login(&admin.email, &["--json"]).await;
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let file = std::fs::metadata(kept["kept_in"].as_str().unwrap()).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    let who = platform.tot(&["whoami"], "").await;
    assert!(who.contains(&admin.id) && who.contains(&admin.email), "{who}");
    platform.tot(&by_nobody, "").await;
    platform.credit(&admin, &patient, "20.00").await;
    say_who_and_by_which_way(&deposits(&admin, &patient).await, &admin);

    platform.tot(&["logout"], "").await;
    refused(&platform, &["whoami"], "", "nobody is signed in").await;
    platform.finish().await;
}

/// The first came by the command line, the second over HTTP.
fn say_who_and_by_which_way(facts: &[Value], admin: &Persona) {
    let of = |fact: &Value, name: &str| fact["metadata"][name].as_str().map(str::to_owned);
    assert_eq!(facts.len(), 2, "{facts:?}");
    for fact in facts {
        assert_eq!(of(fact, "actor_id").as_deref(), Some(admin.id.as_str()));
        let trace = of(fact, "trace_id").unwrap();
        assert!(
            trace.len() == 32 && trace.bytes().any(|digit| digit != b'0'),
            "{trace}"
        );
    }
    assert_eq!(of(&facts[0], "channel").as_deref(), Some("cli"));
    assert_eq!(of(&facts[1], "channel"), None, "it came over HTTP");
}

#[tokio::test]
async fn a_sign_in_on_the_command_line_ends_like_any_other() {
    let mut platform = Platform::start().await;
    let admin = platform.admin().await;
    let other = platform.made_by(&admin, "admin").await;
    platform.tot(&["logout"], "").await;
    let print = ["login", "--email", &other.email, "--password-stdin", "--print"];
    let token = platform.tot_login(&other.email, &["--print"]).await;
    platform.set("TOT_OPERATOR_TOKEN", token.trim());
    assert!(platform.tot(&["whoami"], "").await.contains(&other.id));
    let account = format!("/admin/accounts/{}", other.id);
    let shown = admin.client.get(&account).await.expect(200);
    let sessions = shown["sessions"].as_array().unwrap();
    let by_cli: Vec<&Value> = sessions
        .iter()
        .filter(|session| session["on_command_line"] == true)
        .collect();
    assert_eq!(by_cli.len(), 1, "{shown}");
    assert!(!shown.to_string().contains("toto_"));
    // It is no access token.
    let with_it = platform.anonymous().with_token(token.trim());
    with_it.get("/auth/me").await.expect_problem(401, "invalid_token");

    let end = json!({"session_id": by_cli[0]["id"]});
    admin
        .client
        .post(&format!("{account}/end-sessions"), end)
        .await
        .expect(200);
    refused(&platform, &["whoami"], "", "this sign-in has ended").await;
    let token = platform.tot_login(&other.email, &["--print"]).await;
    platform.set("TOT_OPERATOR_TOKEN", token.trim());
    let left = json!({"reason": "left"});
    admin
        .client
        .post(&format!("{account}/deactivate"), left)
        .await
        .expect(200);
    refused(&platform, &["whoami"], "", "this sign-in has ended").await;
    refused(&platform, &print, PASSWORD, "this account is deactivated").await;

    platform.unset("TOT_OPERATOR_TOKEN");
    leaves_no_session_that_nobody_has(&mut platform, &admin).await;
    platform.sign_in_operator(&admin.email).await;
    platform.advance(12 * 3_600 - 60).await;
    assert!(platform.tot(&["whoami"], "").await.contains(&admin.id));
    platform.advance(61).await;
    refused(&platform, &["whoami"], "", "this sign-in has ended").await;
    platform.finish().await;
}

/// A sign-in that cannot be kept is none.
async fn leaves_no_session_that_nobody_has(platform: &mut Platform, admin: &Persona) {
    let settings = platform.variable("XDG_CONFIG_HOME").to_owned();
    let file = platform.folder().join("a-file");
    std::fs::write(&file, "").unwrap();
    platform.set("XDG_CONFIG_HOME", file.to_str().unwrap());
    let code = platform.code_of(&admin.email).await;
    let login = [
        "login",
        "--email",
        &admin.email,
        "--password-stdin",
        "--code",
        &code,
    ];
    refused(platform, &login, PASSWORD, "could not be used").await;
    platform.set("XDG_CONFIG_HOME", &settings);
    let shown = admin
        .client
        .get(&format!("/admin/accounts/{}", admin.id))
        .await
        .expect(200);
    let sessions = shown["sessions"].as_array().unwrap();
    // The latest first.
    let last = sessions.iter().find(|session| session["on_command_line"] == true);
    assert_eq!(last.unwrap()["ended_reason"], "logout", "{shown}");
}

#[tokio::test]
async fn an_operator_looks_after_accounts_on_the_command_line() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let doctor = platform.made_by(&admin, "doctor").await;
    let id = doctor.id.as_str();
    platform.sign_in_operator(&admin.email).await;
    let tot = async |words: &[&str]| platform.tot(&[&["account"], words].concat(), "").await;
    let listed = tot(&["list", "--role", "doctor"]).await;
    assert!(
        listed.contains(id) && listed.contains(&doctor.email) && !listed.contains(&admin.id),
        "{listed}"
    );
    let found = tot(&["list", "--q", &admin.email, "--json"]).await;
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found[0]["id"], admin.id.as_str());
    let edited = tot(&["edit", id, "--last-name", "Zqnewname", "--no-phone"]).await;
    assert!(edited.contains("changed: phone, last_name"), "{edited}");
    let off = tot(&["unverify", id, "--reason", "documents_missing"]).await;
    assert!(off.contains("not verified: documents_missing"), "{off}");
    assert!(tot(&["list", "--verified", "false"]).await.contains(id));
    assert!(tot(&["verify", id]).await.contains(", verified"));
    let ended = tot(&["end-sessions", id]).await;
    assert!(
        ended.contains("is active") && ended.contains("1 session ended"),
        "{ended}"
    );
    // Another process did it: the API learns it within a second.
    until("the API to know that the session has ended", || async {
        let answer = doctor.client.get("/auth/me").await;
        (answer.code() == "token_revoked").then_some(())
    })
    .await;
    let left = tot(&["deactivate", id, "--reason", "left", "--note", "Уволился"]).await;
    assert!(
        left.contains("is deactivated since") && left.contains("left"),
        "{left}"
    );
    let shown = tot(&["show", id]).await;
    for word in ["Zqnewname", "no telephone", "is deactivated", "ended_by_admin"] {
        assert!(shown.contains(word), "{word} in {shown}");
    }
    assert!(
        shown.contains("deactivated by") && shown.contains("left, “Уволился”"),
        "{shown}"
    );
    assert!(
        tot(&["reactivate", id, "--note", "Вернулась"])
            .await
            .contains("is active")
    );
    both_notes_stay_readable(&platform, &admin, id).await;
    what_makes_no_sense_is_refused(&platform, &admin, id).await;
    stands_in_the_history(&platform, id).await;
    platform.finish().await;
}

async fn both_notes_stay_readable(platform: &Platform, admin: &Persona, id: &str) {
    let shown = platform.tot(&["account", "show", id], "").await;
    assert!(
        shown.contains("“Уволился”") && shown.contains("“Вернулась”"),
        "{shown}"
    );
    let acts = admin
        .client
        .get(&format!("/admin/accounts/{id}"))
        .await
        .expect(200)["acts"]
        .clone();
    let told = |number: usize| (acts[number]["act"].as_str(), acts[number]["note"].as_str());
    assert_eq!(told(0), (Some("reactivated"), Some("Вернулась")), "{acts}");
    assert_eq!(told(1), (Some("deactivated"), Some("Уволился")), "{acts}");
}

async fn what_makes_no_sense_is_refused(platform: &Platform, admin: &Persona, id: &str) {
    let own = ["account", "deactivate", &admin.id, "--reason", "left"];
    refused(platform, &own, "", "nobody deactivates their own account").await;
    let wrong = ["account", "deactivate", id, "--reason", "whim"];
    refused(platform, &wrong, "", "own_request, left, duplicate").await;
    let nobody = "019a8f0e-0000-7000-8000-00000000dead";
    for verb in ["show", "verify", "end-sessions", "reactivate"] {
        let words = format!("there is no account {nobody}");
        refused(platform, &["account", verb, nobody], "", &words).await;
    }
    let (wallet, words) = (
        ["wallet", "show", "--owner", nobody],
        format!("there is no account {nobody}"),
    );
    refused(platform, &wallet, "", &words).await;
}

async fn stands_in_the_history(platform: &Platform, id: &str) {
    let history = platform
        .tot(&["stream", "show", "account", id, "--json"], "")
        .await;
    let facts: Vec<Value> = serde_json::from_str(&history).unwrap();
    let types: Vec<&str> = facts.iter().map(|fact| fact["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "AccountEdited",
            "DoctorUnverified",
            "DoctorVerified",
            "AccountSessionsEnded",
            "AccountDeactivated",
            "AccountReactivated",
        ]
    );
    assert!(
        facts.iter().all(|fact| fact["metadata"]["channel"] == "cli"),
        "{history}"
    );
    assert!(
        !history.contains("Zqnewname") && !history.contains("Уволился"),
        "{history}"
    );
}

/// The facts of the patient's wallet that put money into it.
async fn deposits(admin: &Persona, patient: &Persona) -> Vec<Value> {
    let path = format!("/admin/events?stream=wallet%2F{}_000001", patient.id);
    let answer = admin.client.get(&path).await.expect(200);
    let facts = answer["items"].as_array().unwrap().iter();
    let credited = facts.filter(|fact| fact["type"] == "WalletDeposited");
    credited.cloned().collect()
}

/// The command fails and says this.
async fn refused(platform: &Platform, words: &[&str], input: &str, why: &str) {
    let output = platform.try_tot(words, input).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains(why),
        "tot {words:?}: {said}"
    );
}
