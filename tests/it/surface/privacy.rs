//! What can name or reach a person is nowhere but in `identity`: not in the log, not on NATS, not in exports, not in what
//! processes and Postgres say.

use std::path::Path;
use std::process::Command;

use crate::exports::files::export_everything;
use kit::client::Client;
use kit::markers::{carried, holds, tables};
use kit::platform::{ALL, Platform};
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

/// What is planted: where, and the words. Each is unlike anything else the platform could say.
const MARKERS: [(&str, &str); 16] = [
    ("email", "zqmail77@example.com"),
    ("first name", "Zqfirstname"),
    ("last name", "Zqlastname"),
    ("new name", "Zqmarriedname"),
    ("phone", "9117654321"),
    ("password", "zqpassword-88"),
    ("address", "Zqstreet 99"),
    ("latitude", "55.771177"),
    ("longitude", "37.661166"),
    ("symptoms", "zqsymptom"),
    ("notes", "zqnotes"),
    ("cancellation note", "zqcancelnote"),
    ("name given by an admin", "Zqeditedname"),
    ("note on an account", "zqaccountnote"),
    ("wrong field", "zqwrongfield"),
    ("query string", "zqquerystring"),
];

/// The marker that everybody may read: an admin gives it to a doctor as a name.
const PUBLIC: &str = "Zqeditedname";

#[tokio::test]
async fn markers_in_every_personal_field_stand_plain_nowhere() {
    // Postgres is let talk: what it is never told to refuse it cannot quote, whatever an operator has set.
    let talkative = ["log_error_verbosity=verbose", "log_min_error_statement=error"];
    let mut platform = Platform::prepare_private_with(&talkative).await;
    platform.set("TOT_LOG", "debug");
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    let tokens = live(&scene).await;
    scene.platform.drain().await;
    let pool = scene.platform.pool().await;

    shown_to_its_owner(&scene).await;
    let secrets = MARKERS
        .iter()
        .map(|(_, marker)| *marker)
        .chain(tokens.iter().map(String::as_str));
    let secrets: Vec<&str> = secrets.collect();
    for table in &tables(&pool).await {
        for marker in &secrets {
            // What a doctor is called is public.
            let is_public = *marker == PUBLIC && table == "identity.doctor_profiles";
            assert_eq!(
                holds(&pool, table, marker).await,
                is_public,
                "{marker} is in {table}"
            );
        }
    }
    for password in ["zqpassword-88", tokens[1].as_str(), tokens[2].as_str()] {
        for table in [
            "identity.credentials",
            "identity.sessions",
            "identity.refresh_tokens",
            "identity.calendar_links",
        ] {
            assert!(
                !holds(&pool, table, password).await,
                "a secret stands readable in {table}"
            );
        }
    }
    export_everything(&scene.platform).await;
    files_hold_none_of(&scene, &secrets).await;
    let carried = carried(scene.platform.nats_url()).await;
    assert!(carried.contains("BookingRequested"), "NATS carried the facts");
    let mut platform = scene.platform;
    platform.halt().await;
    let said = std::fs::read_to_string(platform.log(ALL)).unwrap();
    assert!(said.lines().count() > 20, "the log has the requests: {said}");
    let kept = platform.stack().folder().join("postgres.log");
    let postgres = std::fs::read_to_string(kept).unwrap();
    assert!(postgres.contains("ready to accept connections"), "{postgres}");
    for marker in secrets {
        assert!(!carried.contains(marker), "{marker} was carried over NATS");
        for log in [&said, &postgres] {
            let line = log.lines().find(|line| line.contains(marker));
            assert!(line.is_none(), "{marker} was logged: {line:?}");
        }
    }
}

/// Looks into every file of Postgres and of NATS, and into exports, with all that is written flushed to them.
async fn files_hold_none_of(scene: &Scene, secrets: &[&str]) {
    let mut superuser = PgConnection::connect(&scene.platform.superuser_url())
        .await
        .unwrap();
    superuser.execute("checkpoint").await.unwrap();
    superuser.close().await.unwrap();
    let folder = scene.platform.stack().folder().to_owned();
    assert!(
        !files_with(&folder, &[PUBLIC]).is_empty(),
        "files of the databases are looked into"
    );
    let personal: Vec<&str> = secrets
        .iter()
        .copied()
        .filter(|marker| *marker != PUBLIC)
        .collect();
    let found = files_with(&folder, &personal);
    assert!(found.is_empty(), "markers stand plain in {found:?}");
}

/// The files of Postgres (tables, write-ahead log, statistics) and of NATS that hold any of these words.
fn files_with(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut grep = Command::new("grep");
    grep.args([
        "--recursive",
        "--files-with-matches",
        "--binary-files=text",
        "--fixed-strings",
    ]);
    for word in words {
        grep.args(["-e", word]);
    }
    let output = grep.arg(folder).output().unwrap();
    // 1 says that there is none; files come and go while both run, and one that went says so.
    assert!(output.status.code().is_some_and(|code| code <= 2), "{output:?}");
    let found = String::from_utf8(output.stdout).unwrap();
    found.lines().map(str::to_owned).collect()
}

/// What is sealed is there for whom it belongs to.
async fn shown_to_its_owner(scene: &Scene) {
    let admin = &scene.admin.client;
    let found = admin
        .get("/admin/accounts?q=zqmail77%40example.com")
        .await
        .expect(200);
    let accounts = found["items"].as_array().unwrap().iter();
    let mut accounts = accounts.map(|entry| &entry["account"]);
    let account = accounts
        .find(|account| account["last_name"] == "Zqmarriedname")
        .unwrap();
    assert_eq!(account["first_name"], "Zqfirstname", "{account}");
    assert_eq!(account["last_name"], "Zqmarriedname", "{account}");
    assert_eq!(account["phone"], "+79117654321", "{account}");
}

/// A life that touches every personal field, also in wrong requests; answers the tokens it was given.
async fn live(scene: &Scene) -> Vec<String> {
    let anybody = scene.platform.anonymous();
    let register = json!({
        "email": "zqmail77@example.com", "password": "zqpassword-88", "first_name": "Zqfirstname",
        "last_name": "Zqlastname", "phone": "+79117654321",
    });
    let session = anybody.post("/auth/register", register.clone()).await.expect(200);
    let mut same_address = register.clone();
    same_address["last_name"] = json!("Zqotherlast");
    anybody
        .post("/auth/register", same_address)
        .await
        .expect_problem(409, "email_taken");
    // Others may say the same of themselves.
    let mut same = register.clone();
    same["password"] = json!("zqotherword-88");
    anybody.post("/auth/register", same).await.expect(200);
    let change = json!({"phone": "+79117654321"}).to_string();
    scene
        .patient
        .client
        .send(Method::PUT, "/auth/me", Some(change), &[])
        .await
        .expect(200);
    let login = json!({"email": "zqmail77@example.com", "password": "zqpassword-88 wrong"});
    anybody
        .post("/auth/login", login)
        .await
        .expect_problem(401, "wrong_credentials");
    let token = |name: &str| session[name].as_str().unwrap().to_owned();
    let mut tokens = vec![token("access_token"), token("refresh_token")];
    let client = anybody.with_token(&tokens[0]);
    tokens.push(shared_calendar(&client).await);
    let change = json!({"last_name": "Zqmarriedname"}).to_string();
    client
        .send(Method::PUT, "/auth/me", Some(change), &[])
        .await
        .expect(200);

    let patient = session["user"]["id"].as_str().unwrap();
    let (id, request) = booked(scene, &client, patient).await;
    mistaken(&client, request).await;
    cancelled(&client, &id).await;
    let refreshed = anybody
        .post("/auth/refresh", json!({"refresh_token": tokens[1]}))
        .await
        .expect(200);
    anybody
        .post(
            "/auth/logout",
            json!({"refresh_token": refreshed["refresh_token"]}),
        )
        .await
        .expect(200);
    handled(scene, patient).await;
    tokens
}

/// Makes a link to a calendar and reads it, also wrongly and in vain; answers its token.
async fn shared_calendar(client: &Client) -> String {
    let made = client.post("/me/calendar", json!({})).await.expect(200);
    let url = made["url"].as_str().unwrap();
    let path = &url[url.find("/api/").unwrap()..];
    let token = path.split('/').nth(4).unwrap().to_owned();
    assert!(token.starts_with("totc_"), "{path}");
    client.fetch(path).await.expect(200);
    client
        .fetch(&format!("{path}?zqquerystring"))
        .await
        .expect_problem(422, "invalid");
    client
        .fetch(&path.replace("visits.ics", "visits"))
        .await
        .expect_problem(404, "not_found");
    client.post("/me/calendar/revoke", json!({})).await.expect(200);
    let gone = client.fetch(path).await;
    assert!(!gone.text.contains(&token), "{}", gone.text);
    gone.expect_problem(404, "not_found");
    token
}

/// What an admin does to accounts, also in vain.
async fn handled(scene: &Scene, patient: &str) {
    let admin = &scene.admin.client;
    let doctor = format!("/admin/accounts/{}", scene.stand_in.id);
    let edit = async |change: Value| {
        admin
            .send(Method::PATCH, &doctor, Some(change.to_string()), &[])
            .await
    };
    edit(json!({"first_name": "Zqeditedname"})).await.expect(200);
    // Given to one by an admin they are nobody else's.
    let other = format!("/admin/accounts/{}", scene.doctor.id);
    let contacts = json!({"phone": "+79117654321", "email": "zqmail77@example.com"}).to_string();
    admin
        .send(Method::PATCH, &other, Some(contacts), &[])
        .await
        .expect(200);
    edit(json!({"phone": "+79117654321"}))
        .await
        .expect_problem(409, "phone_taken");
    edit(json!({"email": "zqmail77@example.com"}))
        .await
        .expect_problem(409, "email_taken");
    let off = format!("/admin/accounts/{patient}/deactivate");
    let why = json!({"reason": "other", "note": "zqaccountnote"});
    admin.post(&off, why).await.expect(200);
    admin
        .get("/admin/accounts?q=zqmail77%40example.com")
        .await
        .expect(200);
    admin.get(&format!("/admin/accounts/{patient}")).await.expect(200);
}

/// Books, pays and is looked at; answers the booking and what was asked for.
async fn booked(scene: &Scene, client: &Client, patient: &str) -> (String, Value) {
    let starts_at = scene.slot(2, 0).to_string();
    let request = json!({
        "call_type": "scheduled", "doctor_id": scene.doctor.id, "starts_at": starts_at, "amount": "2000.00",
        "address": "Zqstreet 99", "latitude": 55.771177, "longitude": "37.661166", "symptoms": "zqsymptom",
        "notes": "zqnotes",
    });
    let booking = client.post("/bookings", request.clone()).await.expect(200);
    let id = booking["id"].as_str().unwrap().to_owned();
    let deposit = json!({"amount": "2000.00"});
    scene
        .admin
        .client
        .post_once(&format!("/admin/wallets/{patient}/deposits"), deposit)
        .await
        .expect(200);
    client
        .post("/payments", json!({"booking_id": id, "payment_method": "wallet"}))
        .await
        .expect(200);
    scene.platform.drain().await;
    // Seen by those who may, which is where a careless log line would be written.
    let seen = scene
        .doctor
        .client
        .get(&format!("/bookings/{id}"))
        .await
        .expect(200);
    assert_eq!(seen["details"]["address"], "Zqstreet 99", "{seen}");
    scene
        .admin
        .client
        .get(&format!("/bookings/{id}"))
        .await
        .expect(200);
    (id, request)
}

/// Mistakes that show personal data where none belongs.
async fn mistaken(client: &Client, request: Value) {
    let mut wrong: Value = request.clone();
    wrong["symptoms"] = json!({"zqwrongfield": "zqsymptom"});
    wrong["zqwrongfield"] = json!("zqwrongfield");
    client
        .post("/bookings", wrong)
        .await
        .expect_problem(422, "invalid");
    let broken = Some("{\"address\": \"Zqstreet 99\", \"zqwrongfield".to_owned());
    client
        .send(Method::POST, "/bookings", broken, &[])
        .await
        .expect_problem(400, "malformed_json");
    let mut again = request;
    again["allow_overlap"] = json!(true);
    client
        .post("/bookings", again)
        .await
        .expect_problem(409, "slot_taken");
    client
        .get("/bookings?status=zqquerystring")
        .await
        .expect_problem(422, "invalid");
    client
        .get("/bookings/zqquerystring?zqquerystring=zqquerystring")
        .await;
}

/// Calls the visit off with words of their own.
async fn cancelled(client: &Client, id: &str) {
    let quote = client
        .get(&format!("/bookings/{id}/cancellation-quote"))
        .await
        .expect(200);
    let cancel = json!({"reason": "other", "note": "zqcancelnote", "expected_fee": quote["amount"]});
    client
        .post(&format!("/bookings/{id}/cancel"), cancel)
        .await
        .expect(200);
}
