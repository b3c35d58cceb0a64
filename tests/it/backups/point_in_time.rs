//! The drill of docs/how-to/back-up-and-restore.md: a database with a base backup and an archive of its WAL loses a table, and is brought
//! back to the moment before.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kit::database;
use kit::platform::{ALL, Platform, postgres_programs};
use kit::scene::Scene;
use kit::wait::until;
use serde_json::Value;
use sqlx::PgPool;
use tokio::process::Command;

/// The page whose steps are run here.
const PAGE: &str = include_str!("../../../docs/how-to/back-up-and-restore.md");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/recover-to-time");
/// What Postgres is started with; the page shows the same with its own folder.
const ARCHIVE_COMMAND: &str =
    "archive_command=test ! -f /archive/%f && cp %p /archive/%f.new && mv /archive/%f.new /archive/%f";

#[tokio::test]
async fn kill_of_a_database_that_lost_a_table_is_recovered_to_the_moment_before() {
    let archive = std::env::temp_dir().join(format!("tot-archive-{:016x}", rand::random::<u64>()));
    fs::create_dir(&archive).unwrap();
    fs::set_permissions(&archive, fs::Permissions::from_mode(0o777)).unwrap();
    let setting = ARCHIVE_COMMAND.replace("/archive", archive.to_str().unwrap());
    let mut platform = Platform::prepare_private_with(&["archive_mode=on", &setting]).await;
    platform.serve(ALL).await;
    let mut scene = Scene::on(platform).await;
    let stack = scene.platform.stack();
    let base = stack.folder().join("base");
    base_backup(stack.database_url(), &base).await;

    let kept = scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.drain().await;
    let pool = database::pool(&scene.platform.superuser_url()).await;
    let before = database::facts(&pool).await;
    let moment: String = sqlx::query_scalar("select clock_timestamp()::text")
        .fetch_one(&pool)
        .await
        .unwrap();
    let lost = scene.booked_and_paid(Scene::urgent()).await;
    sqlx::raw_sql("drop table identity.vault cascade")
        .execute(&pool)
        .await
        .unwrap();
    archived(&pool).await;
    pool.close().await;
    scene.platform.take(ALL).kill().await;
    stack.postgres().kill().unwrap();

    let recovered = stack.folder().join("recovered");
    recover(&base, &archive, &recovered, &moment).await;
    fs::rename(
        stack.folder().join("postgres"),
        stack.folder().join("postgres.lost"),
    )
    .unwrap();
    fs::rename(&recovered, stack.folder().join("postgres")).unwrap();
    stack.postgres().restart().await.unwrap();
    let owner = database::pool(scene.platform.owner_url()).await;
    until_recovered(&owner).await;
    let after = database::facts(&owner).await;
    assert_eq!(
        format!("{after:?}"),
        format!("{before:?}"),
        "the log as it was then"
    );
    sqlx::query("select renew_log_identity()")
        .execute(&owner)
        .await
        .unwrap();
    owner.close().await;

    scene.platform.serve(ALL).await;
    assert_eq!(scene.booking(&kept).await["payment_status"], "authorised");
    let gone = scene.patient.client.get(&format!("/bookings/{lost}")).await;
    assert_eq!(gone.status, 404, "{}", gone.text);
    scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.drain().await;
    let verified = scene.platform.tot(&["audit", "verify", "--json"], "").await;
    let verified: Value = serde_json::from_str(&verified).unwrap();
    assert_eq!(verified["verified"], true, "{verified}");
    scene.platform.rebuilt_equals_live().await;
    scene.finish().await;
    fs::remove_dir_all(&archive).unwrap();
}

async fn until_recovered(owner: &sqlx::PgPool) {
    until("the recovery to end", || async {
        let over: Option<bool> = sqlx::query_scalar("select not pg_is_in_recovery()")
            .fetch_one(owner)
            .await
            .ok();
        over.filter(|over| *over).map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_recovery_that_cannot_be_is_refused_with_its_mend() {
    let folder = std::env::temp_dir().join(format!("tot-recover-{:016x}", rand::random::<u64>()));
    fs::create_dir(&folder).unwrap();
    let [base, archive, target] = ["base", "archive", "target"].map(|name| folder.join(name));
    let moment = "2026-11-30 14:05:00+03";
    fs::create_dir(&archive).unwrap();
    refused(&[&base, &archive, &target], moment, "is no base backup").await;
    fs::create_dir(&base).unwrap();
    fs::write(base.join("backup_manifest"), "{}").unwrap();
    fs::write(base.join("backup_label"), "").unwrap();
    refused(&[&base, &folder.join("none"), &target], moment, "is no folder").await;
    refused(&[&base, &archive, &archive], moment, "nothing is overwritten").await;
    refused(&[&base, &archive, &target], "yesterday", "is no moment").await;
    refused(&[&base, &archive, &target], moment, "is damaged").await;
    // Begun before the moment and ended after it, as the archive tells.
    let place = "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n";
    let label = format!("{place}START TIME: 2026-11-30 11:04:00 UTC\n");
    fs::write(base.join("backup_label"), &label).unwrap();
    refused(&[&base, &archive, &target], moment, "is damaged").await;
    let history = archive.join("000000010000000000000002.00000028.backup");
    fs::write(&history, format!("{label}STOP TIME: 2026-11-30 11:06:00 UTC\n")).unwrap();
    refused(&[&base, &archive, &target], moment, "take an older base backup").await;
    fs::write(&history, format!("{label}STOP TIME: 2026-11-30 11:04:59 UTC\n")).unwrap();
    refused(&[&base, &archive, &target], moment, "is damaged").await;
    fs::remove_file(&history).unwrap();
    fs::write(base.join("backup_label"), label.replace("11:04", "11:06")).unwrap();
    refused(&[&base, &archive, &target], moment, "take an older base backup").await;
    assert!(!target.exists());
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_page_shows_the_settings_and_the_script_that_the_drill_runs() {
    let (name, command) = ARCHIVE_COMMAND.split_once('=').unwrap();
    for line in [
        "archive_mode = on".to_owned(),
        format!("{name} = '{command}'"),
        "pg_basebackup".to_owned(),
        "deploy/recover-to-time".to_owned(),
        "select renew_log_identity()".to_owned(),
    ] {
        assert!(PAGE.contains(&line), "{line}");
    }
}

async fn base_backup(url: &str, base: &Path) {
    let url = url::Url::parse(url).unwrap();
    let output = Command::new(Path::new(&postgres_programs()).join("pg_basebackup"))
        .env("PGPASSWORD", url.password().unwrap())
        .args([
            "--format=plain",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--no-password",
        ])
        .args(["--host", url.host_str().unwrap(), "--username", url.username()])
        .args(["--port", &url.port().unwrap().to_string()])
        .arg("--pgdata")
        .arg(base)
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Everything so far is in the archive.
async fn archived(pool: &PgPool) {
    let segment: String = sqlx::query_scalar("select pg_walfile_name(pg_switch_wal())")
        .fetch_one(pool)
        .await
        .unwrap();
    until("the WAL to be archived", || async {
        let last: Option<String> = sqlx::query_scalar("select last_archived_wal from pg_stat_archiver")
            .fetch_one(pool)
            .await
            .unwrap();
        last.filter(|last| *last >= segment).map(drop)
    })
    .await;
}

async fn recover(base: &Path, archive: &Path, target: &Path, moment: &str) {
    let output = script(&[base, archive, target], moment).await;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

async fn refused(folders: &[&Path; 3], moment: &str, words: &str) {
    let output = script(folders, moment).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains(words) && said.contains("mend: "),
        "{said}"
    );
}

async fn script(folders: &[&Path; 3], moment: &str) -> std::process::Output {
    Command::new(SCRIPT)
        .env("TOT_POSTGRES_BIN", postgres_programs())
        .args(folders)
        .arg(moment)
        .output()
        .await
        .unwrap()
}
