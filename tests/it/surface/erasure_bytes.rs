//! What the master key opened of a person before is in no file of the databases after: tables, write-ahead log, JetStream. What was theirs
//! stands plain in none of them, in no log of a process and in no export.

use std::path::Path;
use std::process::Command;

use crate::exports::files::export_everything;
use kit::client::Client;
use kit::markers::{carried, holds, tables};
use kit::platform::{ALL, Platform};
use kit::scene::Scene;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, PgPool};

/// How many bytes of a wrapped key are looked for: no others are like them by chance.
const LOOKED_FOR: usize = 24;

/// What is planted as an address and a complaint: unlike anything else the platform could say.
const PLANTED: &str = "Zqplanted lane 77, of the erased";

#[tokio::test]
async fn a_destroyed_key_is_in_no_table_no_log_and_no_stream() {
    // As docs/how-to/answer-an-erasure-request.md asks of operators: segments that are done are deleted, and not kept to be written again.
    let mut platform = Platform::prepare_private_with(&["wal_recycle=off"]).await;
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    let gone = scene.platform.patient().await;
    booked_and_cancelled(&scene, &gone.client).await;
    scene.platform.drain().await;
    let pool = scene.platform.pool().await;
    let (key, kept) = (
        wrapped(&pool, &gone.id).await,
        wrapped(&pool, &scene.patient.id).await,
    );
    let sealed: String = sqlx::query_scalar(
        "select body ->> 'sealed' from identity.vault where subject_id = $1::uuid limit 1",
    )
    .bind(&gone.id)
    .fetch_one(&pool)
    .await
    .unwrap();
    let index = index_of(&pool, &gone.id).await;
    written_out(&scene).await;
    let folder = scene.platform.stack().folder().to_owned();
    for bytes in [&key, &index] {
        assert!(
            !files_with(&folder, bytes).is_empty(),
            "what is to go is there before"
        );
    }

    gone.client.post("/me/erasure", json!({})).await.expect(200);
    let scene = scene.later(8 * 24 * 60 * 60).await;
    scene.platform.sign_in_operator(&scene.admin.email).await;
    scene.platform.tot(&["erasure", "run"], "").await;
    erased_for_good(&pool, &gone.id).await;
    for table in tables(&pool).await {
        assert!(
            !holds(&pool, &table, &sealed).await,
            "{table} holds what was sealed"
        );
    }
    export_everything(&scene.platform).await;
    written_out(&scene).await;
    let stays_plain = scene.doctor.id.as_bytes();
    for place in [folder.as_path(), scene.platform.folder()] {
        for bytes in [gone.email.as_bytes(), PLANTED.as_bytes()] {
            let found = files_with(place, bytes);
            assert!(found.is_empty(), "{bytes:?} stands plain in {found:?}");
        }
        assert!(
            !files_with(place, stays_plain).is_empty(),
            "{} is looked into",
            place.display()
        );
    }
    for bytes in [&key, &index] {
        let found = files_with(&folder, bytes);
        assert!(found.is_empty(), "what was destroyed is still in {found:?}");
    }
    assert!(
        !files_with(&folder, &kept).is_empty(),
        "files are looked into, and others' keys stay"
    );
    let carried = carried(scene.platform.nats_url()).await;
    assert!(carried.contains("AccountDeactivated") && !carried.contains(&gone.email));
    pool.close().await;
    scene.finish().await;
}

async fn booked_and_cancelled(scene: &Scene, client: &Client) {
    let mut asked = scene.scheduled(scene.slot(2, 0));
    for field in ["address", "symptoms", "notes"] {
        asked[field] = json!(PLANTED);
    }
    let booking = client.post("/bookings", asked).await.expect(200);
    let cancel = json!({"reason": "patient_request", "expected_fee": "0.00"});
    let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
    client.post(&path, cancel).await.expect(200);
}

/// It is done, nothing is left in the tables, and nobody makes another key.
async fn erased_for_good(pool: &PgPool, account: &str) {
    let erased: (bool, bool) = sqlx::query_as(
        "select state = 'erased', rewritten_at is not null from identity.erasures where subject_id = $1::uuid",
    )
    .bind(account)
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(erased, (true, true));
    let refused = sqlx::query(
        "insert into identity.data_keys (subject_id, wrapped, master_version) values ($1::uuid, '\\x00', 1)",
    )
    .bind(account)
    .execute(pool)
    .await
    .unwrap();
    assert_eq!(refused.rows_affected(), 0, "whoever was erased gets no key again");
}

async fn index_of(pool: &PgPool, account: &str) -> Vec<u8> {
    sqlx::query_scalar("select email_index from identity.contacts where account_id = $1::uuid")
        .bind(account)
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn wrapped(pool: &PgPool, account: &str) -> Vec<u8> {
    sqlx::query_scalar("select wrapped from identity.data_keys where subject_id = $1::uuid")
        .bind(account)
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Everything stands in files, and segments of the write-ahead log that are done are gone.
async fn written_out(scene: &Scene) {
    let mut superuser = PgConnection::connect(&scene.platform.superuser_url())
        .await
        .unwrap();
    for statement in [
        "vacuum",
        "checkpoint",
        "select pg_switch_wal()",
        "checkpoint",
        "checkpoint",
    ] {
        superuser.execute(statement).await.unwrap();
    }
    superuser.close().await.unwrap();
}

/// The files below `folder` that hold the end of these bytes: `grep` finds bytes by their numbers, but for line ends.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut windows = bytes.windows(LOOKED_FOR.min(bytes.len())).rev();
    let window = windows
        .find(|window| !window.contains(&b'\n'))
        .unwrap_or_else(|| &bytes[bytes.len() - 12..]);
    let pattern: String = window.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    let output = Command::new("grep")
        .env("LC_ALL", "C")
        .args([
            "--recursive",
            "--files-with-matches",
            "--binary-files=text",
            "--perl-regexp",
            "-e",
        ])
        .arg(pattern)
        .arg(folder)
        .output()
        .unwrap();
    // 1 says that there is none; files come and go while both run, and one that went says so.
    assert!(output.status.code().is_some_and(|code| code <= 2), "{output:?}");
    let found = String::from_utf8_lossy(&output.stdout);
    found.lines().map(str::to_owned).collect()
}
