//! `tot export`: every view in every format, exact money, and refusals that name the choices.

use std::path::{Path, PathBuf};

use kit::database;
use kit::platform::Platform;
use kit::scene::Scene;
use serde_json::Value;

use crate::analysts::logins::{login, prepared};

pub const NAMES: [&str; 18] = [
    "bookings",
    "transitions",
    "assignments",
    "payments",
    "refunds",
    "payouts",
    "ledger_lines",
    "ledger_daily",
    "ledger_monthly",
    "ledger_balance",
    "doctor_hours",
    "districts",
    "dim_doctor",
    "dim_clinic",
    "dim_patient",
    "freshness",
    "settings",
    "events",
];

/// A platform on which one visit was paid and another was called off.
pub async fn visited() -> Scene {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.cancel(&id, "0.00").await.expect(200);
    scene.booked_and_paid(scene.scheduled(scene.slot(2, 60))).await;
    scene.platform.drain().await;
    scene
}

/// Exports by the command line; answers what it tells.
pub async fn export(platform: &Platform, name: &str, format: &str, file: &Path, more: &[&str]) -> Value {
    let file = file.to_str().unwrap();
    let arguments = [
        &["export", name, "--format", format, "--out", file, "--json"][..],
        more,
    ]
    .concat();
    serde_json::from_str(&platform.tot(&arguments, "").await).unwrap()
}

/// Exports everything there is as plain text, where the servers' files lie, too.
pub async fn export_everything(platform: &Platform) {
    let folder = platform.stack().folder().join("exports");
    std::fs::create_dir_all(&folder).unwrap();
    for name in NAMES {
        let file = folder.join(format!("{name}.csv"));
        let _ = std::fs::remove_file(&file);
        export(platform, name, "csv", &file, &[]).await;
    }
    let events = std::fs::read_to_string(folder.join("events.csv")).unwrap();
    assert!(events.contains("BookingRequested"), "the log is exported");
}

/// What a refused export says.
pub async fn refused(platform: &Platform, arguments: &[&str]) -> String {
    let output = platform.try_tot(arguments, "").await;
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn path(platform: &Platform, name: &str, format: &str) -> PathBuf {
    platform.folder().join(format!("{name}.{format}"))
}

#[tokio::test]
async fn every_view_and_the_log_are_exported_whole_in_every_format() {
    let scene = visited().await;
    let platform = &scene.platform;
    let owner = database::pool(platform.owner_url()).await;
    let views: Vec<String> =
        sqlx::query_scalar("select viewname::text from pg_views where schemaname = 'analytics' order by 1")
            .fetch_all(&owner)
            .await
            .unwrap();
    let mut exported: Vec<&str> = NAMES.into_iter().filter(|name| *name != "events").collect();
    exported.sort_unstable();
    assert_eq!(views, exported, "every view is exported");
    for name in NAMES {
        let relation = if name == "events" {
            "public.events".to_owned()
        } else {
            format!("analytics.{name}")
        };
        let rows: i64 = sqlx::query_scalar(&format!("select count(*) from {relation}"))
            .fetch_one(&owner)
            .await
            .unwrap();
        for format in ["csv", "jsonl", "parquet"] {
            let file = path(platform, name, format);
            let told = export(platform, name, format, &file, &[]).await;
            assert_eq!(told["rows"], rows, "{name}.{format}");
            let bytes = std::fs::read(&file).unwrap();
            assert_eq!(told["bytes"], bytes.len(), "{name}.{format}");
            looks_right(name, format, &bytes, usize::try_from(rows).unwrap());
            assert!(!platform.folder().join(format!("{name}.{format}.part")).exists());
        }
    }
    owner.close().await;
    scene.finish().await;
}

fn looks_right(name: &str, format: &str, bytes: &[u8], rows: usize) {
    if format == "parquet" {
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{name}");
        return;
    }
    let text = std::str::from_utf8(bytes).unwrap();
    if format == "csv" {
        let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        assert!(
            !header.contains(&"at"),
            "{name}: DuckDB cannot select a column of this name"
        );
        assert!(text.ends_with('\n'), "{name}");
        return;
    }
    assert_eq!(text.lines().count(), rows, "{name}");
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        for (column, value) in row.as_object().unwrap() {
            assert!(
                !value.is_f64(),
                "{name}.{column}: a decimal is a string, not {value}"
            );
            if column.ends_with("_at") && !value.is_null() {
                assert!(
                    value.as_str().unwrap().ends_with('Z'),
                    "{name}.{column}: {value} is UTC"
                );
            }
        }
    }
}

#[tokio::test]
async fn sums_of_exported_money_are_exact_where_a_float_would_not_be() {
    let scene = visited().await;
    let platform = &scene.platform;
    let owner = database::pool(platform.owner_url()).await;
    let generation = database::live_generation(&owner, "payment_ledger").await;
    // 1200 lines of 99 999 999 999.93 rubles are more kopecks than 2^53.
    sqlx::query(
        "insert into payment_ledger (generation, position, line, account, kind, amount, currency, at)
         select $1, 1000000 + n, 1, 'commission', 'earned', 9999999999993, 'RUB', now() from generate_series(1, 1200) n",
    )
    .bind(generation)
    .execute(&owner)
    .await
    .unwrap();
    let expected: String =
        sqlx::query_scalar("select (sum(amount) * 100)::bigint::text from analytics.ledger_lines")
            .fetch_one(&owner)
            .await
            .unwrap();
    let expected: i128 = expected.parse().unwrap();
    assert!(expected > 1 << 53, "{expected}");
    let file = path(platform, "ledger_lines", "csv");
    export(platform, "ledger_lines", "csv", &file, &[]).await;
    let text = std::fs::read_to_string(&file).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let amount = header.iter().position(|column| *column == "amount").unwrap();
    assert_eq!(lines.map(|cells| kopecks(cells[amount])).sum::<i128>(), expected);
    let file = path(platform, "ledger_lines", "jsonl");
    export(platform, "ledger_lines", "jsonl", &file, &[]).await;
    let text = std::fs::read_to_string(&file).unwrap();
    let amounts = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        kopecks(row["amount"].as_str().unwrap())
    });
    assert_eq!(amounts.sum::<i128>(), expected);
    sqlx::query("delete from payment_ledger where position > 1000000")
        .execute(&owner)
        .await
        .unwrap();
    owner.close().await;
    scene.finish().await;
}

/// Rubles with two decimals, in kopecks.
fn kopecks(rubles: &str) -> i128 {
    let (whole, fraction) = rubles.split_once('.').unwrap();
    assert_eq!(fraction.len(), 2, "{rubles}");
    format!("{whole}{fraction}").parse().unwrap()
}

#[tokio::test]
async fn the_log_is_exported_from_a_position_or_an_instant_on() {
    let scene = visited().await;
    let platform = &scene.platform;
    let pool = platform.pool().await;
    let head = database::head(&pool).await;
    let since: String = sqlx::query_scalar(
        "select to_json(recorded_at at time zone 'UTC') #>> '{}' || 'Z' from events where position = $1",
    )
    .bind(head)
    .fetch_one(&pool)
    .await
    .unwrap();
    let earlier: i64 =
        sqlx::query_scalar("select count(*) from events where recorded_at < $1::text::timestamptz")
            .bind(&since)
            .fetch_one(&pool)
            .await
            .unwrap();
    pool.close().await;
    let file = path(platform, "events", "jsonl");
    let told = export(platform, "events", "jsonl", &file, &["--from-position", "3"]).await;
    assert_eq!(
        (&told["rows"], &told["position"]),
        (&Value::from(head - 2), &Value::from(head))
    );
    let told = export(platform, "events", "jsonl", &file, &["--since", &since]).await;
    assert_eq!(told["rows"], head - earlier);
    scene.finish().await;
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused_with_the_choices() {
    let platform = Platform::prepare().await;
    let (_, email) = platform.new_admin().await;
    platform.sign_in_operator(&email).await;
    let file = path(&platform, "wrong", "csv");
    let out = file.to_str().unwrap();
    let said = refused(&platform, &["export", "accounts", "--out", out]).await;
    for name in NAMES {
        assert!(said.contains(name), "{name}: {said}");
    }
    let said = refused(
        &platform,
        &["export", "bookings", "--format", "xlsx", "--out", out],
    )
    .await;
    assert!(said.contains("csv, jsonl, parquet"), "{said}");
    for (wrong, told) in [
        (out, "is called as a file of csv"),
        ("-", "is not taken for standard output"),
    ] {
        let said = refused(
            &platform,
            &["export", "bookings", "--format", "parquet", "--out", wrong],
        )
        .await;
        assert!(said.contains(told), "{said}");
    }
    let said = refused(
        &platform,
        &["export", "bookings", "--from-position", "1", "--out", out],
    )
    .await;
    assert!(
        said.contains("bookings shows the present") && said.contains("events"),
        "{said}"
    );
    let said = refused(
        &platform,
        &["export", "events", "--from-position", "1000000", "--out", out],
    )
    .await;
    assert!(said.contains("the log ends at position"), "{said}");
    let since = "2026-01-01T00:00:00Z";
    let said = refused(&platform, &["export", "bookings", "--since", since, "--out", out]).await;
    assert!(said.contains("only events"), "{said}");
    assert!(!file.exists());
    platform.stop().await;
}

#[tokio::test]
async fn an_analyst_exports_with_a_login_of_their_own_what_it_may_read() {
    let mut platform = prepared().await;
    let analyst = login(&platform, &["--login", "anna"]).await;
    let application = platform.app_url().to_owned();
    platform.set("TOT_DATABASE_URL", &analyst);
    let file = path(&platform, "settings", "csv");
    assert_eq!(export(&platform, "settings", "csv", &file, &[]).await["rows"], 1);
    let out = file.to_str().unwrap();
    let said = refused(&platform, &["export", "events", "--out", out]).await;
    assert!(said.contains("this database login may not read events"), "{said}");
    platform.set("TOT_DATABASE_URL", &application);
    platform.stop().await;
}
