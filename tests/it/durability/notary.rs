//! The notary beside the running platform: it signs, others keep what it signed, a stranger checks a proof, and whoever changes the
//! log as its owner is found.

use std::path::PathBuf;
use std::process::{Command, Output};

use kit::database;
use kit::platform::{ALL, Platform};
use kit::process::Process;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::Value;

/// A key made by `openssl genpkey -algorithm ed25519` for these tests alone.
const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIF4DJEC1uhWeoNMHo05gcix9efwwkDVXPiLqjfuCDeav\n\
                           -----END PRIVATE KEY-----\n";
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAeafCcz870CoB79KEH+6ELXO/Du02+hEkrxCubcgEuZI=\n\
                          -----END PUBLIC KEY-----\n";

#[tokio::test]
async fn a_booking_is_proven_to_a_stranger_and_a_change_by_the_owner_is_named() {
    let (platform, public_key) = with_key().await;
    let heads = platform.variable("TOT_WITNESS_FILE").to_owned();
    let scene = served(platform).await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    until("heads signed by themselves", || async {
        let notary = check_of(&scene.platform).await;
        let detail = notary["detail"].as_str().unwrap();
        let is_witnessed = detail.contains(" under a witnessed one") && !detail.contains(" 0 under");
        (notary["ok"] == true && is_witnessed).then_some(())
    })
    .await;
    scene.platform.tot(&["audit", "head"], "").await;
    let proof = scene.platform.folder().join("proof.json").display().to_string();
    scene
        .platform
        .tot(&["audit", "prove", &id, "--out", &proof], "")
        .await;
    let check = [
        "audit",
        "check",
        proof.as_str(),
        "--key",
        public_key.as_str(),
        "--json",
    ];
    let proven = answer(&scene.platform.try_tot(&check, "").await, 0);
    let streams: Vec<&str> = proven["streams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stream| stream["aggregate_type"].as_str().unwrap())
        .collect();
    assert_eq!(streams, ["booking", "payment"], "{proven}");
    let stranger = ask_stranger(&proof, &public_key);
    assert!(stranger.starts_with("PROVEN: "), "{stranger}");

    no_file_is_replaced_without_a_word(&scene.platform, &id, &proof).await;
    one_changed_byte_is_named(&scene.platform, &id, &proof, &public_key).await;
    a_change_by_the_owner_is_named(&scene.platform, &id, &heads).await;
    scene.finish().await;
}

/// A proof that was given away is not overwritten, and nothing but a file is.
async fn no_file_is_replaced_without_a_word(platform: &Platform, id: &str, proof: &str) {
    let prove = async |out: &str, more: &[&str]| {
        let output = platform
            .try_tot(&[&["audit", "prove", id, "--out", out], more].concat(), "")
            .await;
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, words) = prove(proof, &[]).await;
    assert!(code == Some(1) && words.contains("--force"), "{words}");
    assert_eq!(prove(proof, &["--force"]).await.0, Some(0));
    let (code, words) = prove("/dev/null", &["--force"]).await;
    assert!(code == Some(1) && words.contains("a device or a pipe"), "{words}");
    let nowhere = platform.folder().join("nowhere.json").display().to_string();
    let output = platform
        .try_tot(&["audit", "check", &nowhere, "--key", "/dev/null"], "")
        .await;
    assert_eq!(output.status.code(), Some(1));
}

/// One byte of the file changed: the fact it no longer proves is named, by us and by the stranger.
async fn one_changed_byte_is_named(platform: &Platform, id: &str, proof: &str, public_key: &str) {
    let text = std::fs::read_to_string(proof).unwrap();
    let changed = text.replacen("BookingSecured", "BookingSecureD", 1);
    assert_ne!(text, changed);
    std::fs::write(proof, changed).unwrap();
    let check = ["audit", "check", proof, "--key", public_key, "--json"];
    let refused = answer(&platform.try_tot(&check, "").await, 3);
    let why = refused["because"].as_str().unwrap();
    assert!(
        why.contains(&format!("of booking {id}")) && why.contains("bytes were changed"),
        "{why}"
    );
    let stranger = ask_stranger(proof, public_key);
    assert!(
        stranger.contains(id) && stranger.ends_with("bytes changed"),
        "{stranger}"
    );
}

/// As the owner of the database: the trigger is off and the fact another one, for a while.
async fn a_change_by_the_owner_is_named(platform: &Platform, id: &str, heads: &str) {
    let verify = ["audit", "verify", "--witness", heads, "--json"];
    let verified = answer(&platform.try_tot(&verify, "").await, 0);
    assert!(
        verified["signatures_checked"] == true && verified["witnessed"].as_i64() > Some(0),
        "{verified}"
    );
    a_witness_that_knows_nothing_of_it_vouches_for_nothing(platform, heads).await;
    let owner = database::pool(platform.owner_url()).await;
    let own = |statement: &'static str| sqlx::raw_sql(statement).execute(&owner);
    own("alter table events disable trigger facts_are_never_changed")
        .await
        .unwrap();
    own(
        "create table before as select position, recorded_at from events where event_type = 'BookingSecured'",
    )
    .await
    .unwrap();
    own("update events set recorded_at = recorded_at - interval '1 minute' where event_type = 'BookingSecured'").await.unwrap();
    let found = answer(&platform.try_tot(&verify, "").await, 3);
    let finding = &found["findings"][0];
    assert_eq!(
        (&finding["kind"], &finding["stream"]["aggregate_id"]),
        (&"backdated".into(), &id.into()),
        "{found}"
    );
    answer(&platform.try_tot(&["audit", "prove", id, "--json"], "").await, 3);
    own("update events e set recorded_at = b.recorded_at from before b where b.position = e.position")
        .await
        .unwrap();
    own("drop table before; alter table events enable trigger facts_are_never_changed")
        .await
        .unwrap();
    answer(&platform.try_tot(&verify, "").await, 0);
    owner.close().await;
}

/// Nor does one whose only line was torn.
async fn a_witness_that_knows_nothing_of_it_vouches_for_nothing(platform: &Platform, heads: &str) {
    let other = platform.folder().join("other.jsonl");
    let first = std::fs::read_to_string(heads).unwrap();
    let first = first.lines().next().unwrap();
    for text in ["", &first[..first.len() / 2]] {
        std::fs::write(&other, text).unwrap();
        let path = other.to_str().unwrap();
        let output = platform
            .try_tot(&["audit", "verify", "--witness", path, "--json"], "")
            .await;
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            words.contains("nobody knows") && words.contains("compared with itself"),
            "{words}"
        );
        let said = answer(&output, 1);
        assert_eq!(
            (&said["verified"], &said["known_to_witnesses"]),
            (&false.into(), &0.into()),
            "{said}"
        );
    }
    let both = [
        "audit",
        "verify",
        "--witness",
        heads,
        "--witness",
        other.to_str().unwrap(),
        "--json",
    ];
    answer(&platform.try_tot(&both, "").await, 0);
}

#[tokio::test]
async fn a_witness_of_another_process_takes_what_follows_and_refuses_a_fork_after_it_was_restarted() {
    let (mut platform, public_key) = with_key().await;
    let kept = platform.folder().join("witness.jsonl").display().to_string();
    let (witness, url) = witness(&platform, &kept, &public_key).await;
    platform.set("TOT_WITNESS_URL", &url);
    let mut scene = served(platform).await;
    scene.booked_and_paid(Scene::urgent()).await;
    let signed = answer(&scene.platform.try_tot(&["audit", "head", "--json"], "").await, 0);
    assert!(
        signed["witnesses"]
            .as_array()
            .unwrap()
            .iter()
            .all(|witness| witness["accepted"].is_string()),
        "{signed}"
    );
    scene.platform.drain().await;
    scene.platform.halt().await;
    let signed = answer(&scene.platform.try_tot(&["audit", "head", "--json"], "").await, 0);
    let size = signed["head"]["tree_size"].to_string();
    heads_are_listed_and_follow_from_each_other(&scene.platform, &signed["head"]).await;
    let verify = ["audit", "verify", "--witness", kept.as_str(), "--json"];
    let verified = answer(&scene.platform.try_tot(&verify, "").await, 0);
    assert_eq!(verified["witnessed"].to_string(), size, "{verified}");

    // The owner changes a fact and makes all hashes anew, and the key signs them: everything in the database agrees.
    let owner = database::pool(scene.platform.owner_url()).await;
    for statement in [
        "alter table events disable trigger user",
        "alter table notary_leaves disable trigger user",
        "alter table notary_nodes disable trigger user",
        "alter table notary_heads disable trigger user",
        "update events set payload = '{}' where event_type = 'BookingSecured'",
        "truncate notary_leaves, notary_nodes, notary_heads",
    ] {
        sqlx::raw_sql(statement).execute(&owner).await.unwrap();
    }
    owner.close().await;
    witness.stop().await;
    let (witness, url) = self::witness(&scene.platform, &kept, &public_key).await;
    scene.platform.set("TOT_WITNESS_URL", &url);
    scene.platform.unset("TOT_WITNESS_FILE");
    let forked = answer(&scene.platform.try_tot(&["audit", "head", "--json"], "").await, 3);
    let refused = forked["witnesses"][0]["refused"].as_str().unwrap();
    assert!(
        refused.contains("fork: another root hash for the same"),
        "{refused}"
    );
    let verified = answer(
        &scene.platform.try_tot(&["audit", "verify", "--json"], "").await,
        0,
    );
    assert_eq!(verified["verified"], true, "by itself the database tells nothing");
    let found = answer(&scene.platform.try_tot(&verify, "").await, 3);
    assert_eq!(found["findings"][0]["kind"], "head_contradicted", "{found}");
    another_name_hides_nothing(&scene.platform, &kept, &forked["head"]["log_id"]).await;
    witness.stop().await;
}

async fn heads_are_listed_and_follow_from_each_other(platform: &Platform, last: &Value) {
    let listed = answer(&platform.try_tot(&["audit", "heads", "--json"], "").await, 0);
    assert_eq!(&listed[0], last);
    let size = last["tree_size"].to_string();
    let output = platform
        .try_tot(&["audit", "consistency", &size, &size], "")
        .await;
    assert_eq!(&answer(&output, 0)["first"], last);
    let verdict = String::from_utf8_lossy(&output.stderr);
    assert!(
        verdict.contains(&format!("CONSISTENT: the head of {size}")),
        "{verdict}"
    );
}

/// The log that was rewritten gets a new identity: the witness takes it for one it does not know, and says so; its old heads still tell.
async fn another_name_hides_nothing(platform: &Platform, kept: &str, old: &Value) {
    let owner = database::pool(platform.owner_url()).await;
    sqlx::raw_sql("select renew_log_identity()")
        .execute(&owner)
        .await
        .unwrap();
    owner.close().await;
    let signed = answer(&platform.try_tot(&["audit", "head", "--json"], "").await, 0);
    assert_eq!(signed["witnesses"][0]["accepted"], "first", "{signed}");
    let log = platform.folder().join("witness.log");
    until("the witness to tell of a new log", || async {
        let said = std::fs::read_to_string(&log).unwrap();
        said.contains("A NEW LOG BY A KNOWN KEY").then_some(())
    })
    .await;
    let verify = ["audit", "verify", "--witness", kept, "--json"];
    let found = answer(&platform.try_tot(&verify, "").await, 3);
    assert_eq!(found["findings"][0]["kind"], "head_contradicted", "{found}");
    assert_eq!(&found["other_logs"][0]["log_id"], old, "{found}");
    // Whoever knows that it was restored says so; nobody else can.
    let former = old.as_str().unwrap();
    let named = [verify.as_slice(), &["--former-log", former]].concat();
    let verified = answer(&platform.try_tot(&named, "").await, 0);
    assert_eq!(verified["other_logs"][0]["named"], true, "{verified}");
}

#[tokio::test]
async fn without_its_key_the_notary_is_a_warning_and_everything_else_goes_on() {
    let mut platform = Platform::prepare().await;
    let missing = platform.folder().join("no-such-key.pem").display().to_string();
    platform.set("TOT_NOTARY_KEY_FILE", &missing);
    platform.serve(ALL).await;
    let mut scene = Scene::on(platform).await;
    scene.booked_and_paid(Scene::urgent()).await;
    let notary = check_of(&scene.platform).await;
    assert_eq!(
        (&notary["ok"], &notary["required"]),
        (&false.into(), &false.into()),
        "{notary}"
    );
    assert!(
        notary["detail"].as_str().unwrap().contains("TOT_NOTARY_KEY_FILE"),
        "{notary}"
    );
    let output = scene.platform.try_tot(&["audit", "head"], "").await;
    assert_eq!(output.status.code(), Some(1));
    // Facts are hashed all the same, which needs no key; what needs one says so and asks nothing of the database.
    until("the facts to be hashed", || async {
        let notary = check_of(&scene.platform).await;
        let detail = notary["detail"].as_str().unwrap().to_owned();
        (!detail.starts_with("0 of")).then_some(())
    })
    .await;
    scene.platform.unset("TOT_NOTARY_KEY_FILE");
    let verified = scene.platform.try_tot(&["audit", "verify", "--json"], "").await;
    let verified = answer(&verified, 0);
    assert_eq!(verified["signatures_checked"], false, "{verified}");
    assert!(verified["hashed"].as_i64() > Some(0), "{verified}");
    scene.finish().await;
}

/// A platform whose notary has a key and a file to witness in, and the path of the public key.
pub async fn with_key() -> (Platform, String) {
    let mut platform = Platform::prepare().await;
    let path = |name: &str| platform.folder().join(name).display().to_string();
    let (key, public_key, heads) = (path("notary.pem"), path("notary.pub.pem"), path("heads.jsonl"));
    std::fs::write(&key, PRIVATE_KEY).unwrap();
    std::fs::write(&public_key, PUBLIC_KEY).unwrap();
    platform.set("TOT_NOTARY_KEY_FILE", &key);
    platform.set("TOT_NOTARY_INTERVAL", "1s");
    platform.set("TOT_WITNESS_FILE", &heads);
    (platform, public_key)
}

/// The scene on it.
async fn served(mut platform: Platform) -> Scene {
    platform.serve(ALL).await;
    Scene::on(platform).await
}

/// A witness in a process of its own, and where it answers.
async fn witness(platform: &Platform, heads: &str, public_key: &str) -> (Process, String) {
    let log: PathBuf = platform.folder().join("witness.log");
    let arguments = [
        "witness",
        "--listen",
        "127.0.0.1:0",
        "--heads",
        heads,
        "--key",
        public_key,
    ];
    let process = Process::start(&arguments, &[], &log).await;
    let printed = std::fs::read_to_string(log.with_extension("out")).unwrap();
    let url = printed
        .trim_end()
        .rsplit(' ')
        .next()
        .unwrap()
        .replace("localhost", "127.0.0.1");
    (process, url)
}

/// What `/readyz` says of the notary.
async fn check_of(platform: &Platform) -> Value {
    let ready = platform.anonymous().fetch("/readyz").await.expect(200);
    let checks = ready["checks"].as_array().unwrap();
    checks
        .iter()
        .find(|check| check["name"] == "notary")
        .unwrap()
        .clone()
}

/// What a command answered in JSON, which ended with this code.
pub fn answer(output: &Output, code: i32) -> Value {
    let (said, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(code), "{said}\n{errors}");
    serde_json::from_str(said.trim()).unwrap_or_else(|error| panic!("{error}: {said}\n{errors}"))
}

/// What a program that shares no line with the platform says of a proof.
fn ask_stranger(proof: &str, public_key: &str) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../notary/tests/check_proof.py");
    let output = Command::new("python3")
        .args([script, proof, public_key])
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8(said).unwrap().trim().to_owned()
}
