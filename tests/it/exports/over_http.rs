//! `GET /exports/{name}`: views for analysts, the log for admins alone, the same bytes as the command line writes.

use kit::client::Client;
use kit::database;
use kit::wait::until;
use serde_json::json;

use super::files::{export, visited};

#[tokio::test]
async fn an_analyst_fetches_views_and_an_admin_the_log_too() {
    let scene = visited().await;
    let platform = &scene.platform;
    let analyst = platform.made_by(&scene.admin, "analyst").await.client;
    for (name, format, kind) in [
        ("bookings", "csv", "text/csv; charset=utf-8"),
        ("ledger_lines", "jsonl", "application/x-ndjson"),
        ("payments", "parquet", "application/vnd.apache.parquet"),
    ] {
        let file = platform.folder().join(format!("{name}.{format}"));
        export(platform, name, format, &file, &[]).await;
        let answer = fetched(&analyst, &format!("/exports/{name}?format={format}")).await;
        assert_eq!(answer.status(), 200, "{name}");
        assert_eq!(answer.headers()["content-type"], kind);
        let disposition = format!("attachment; filename=\"{name}.{format}\"");
        assert_eq!(answer.headers()["content-disposition"], disposition);
        let bytes = answer.bytes().await.unwrap();
        assert!(bytes == std::fs::read(&file).unwrap(), "{name}.{format}");
    }
    analyst
        .get("/exports/events")
        .await
        .expect_problem(403, "forbidden");
    let pool = platform.pool().await;
    let head = database::head(&pool).await;
    pool.close().await;
    let log = scene
        .admin
        .client
        .get(&format!("/exports/events?from_position={}", head - 1))
        .await;
    let positions: Vec<&str> = log
        .text
        .lines()
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(
        positions,
        ["position", &(head - 1).to_string(), &head.to_string()]
    );
    let nothing = scene
        .admin
        .client
        .get(&format!("/exports/events?from_position={}", head + 1))
        .await;
    assert_eq!(
        (nothing.status.as_u16(), nothing.text.lines().count()),
        (200, 1),
        "nothing new but the header"
    );
    scene.finish().await;
}

/// As `docs/how-to/export.md` tells it.
#[tokio::test]
async fn a_log_that_was_cut_off_goes_on_by_lines() {
    let scene = visited().await;
    let admin = &scene.admin.client;
    for (format, headers) in [("csv", 1), ("jsonl", 0)] {
        let path = format!("/exports/events?format={format}");
        let whole = admin.get(&path).await.text;
        let middle = whole.len() / 2;
        let line_end = middle + whole[middle..].find('\n').unwrap() + 1;
        for kept in [line_end, line_end - 1, line_end - 9, line_end + 3, whole.len()] {
            let lines: Vec<&str> = whole[..kept].lines().collect();
            let lines = &lines[..lines.len() - 1];
            let last = *lines.last().unwrap();
            let position: i64 = if format == "csv" {
                last.split(',').next().unwrap().parse().unwrap()
            } else {
                let fact: serde_json::Value = serde_json::from_str(last).unwrap();
                fact["position"].as_i64().unwrap()
            };
            let rest = admin
                .get(&format!("{path}&from_position={}", position + 1))
                .await
                .text;
            let rest = rest.lines().skip(headers);
            let joined: Vec<&str> = lines.iter().copied().chain(rest).collect();
            assert!(
                joined == whole.lines().collect::<Vec<&str>>(),
                "{format} cut off after {kept} bytes"
            );
        }
    }
    scene.finish().await;
}

#[tokio::test]
async fn an_export_that_there_is_not_is_refused_with_the_choices() {
    let scene = visited().await;
    let admin = &scene.admin.client;
    let absent = admin
        .get("/exports/accounts")
        .await
        .expect_problem(404, "not_found");
    let detail = absent["detail"].as_str().unwrap();
    assert!(
        detail.contains("ledger_lines") && detail.contains("events"),
        "{detail}"
    );
    let wrong = admin.get("/exports/bookings?format=xlsx&from_position=0").await;
    assert_eq!(wrong.pointers(), ["/query/format", "/query/from_position"]);
    assert!(wrong.text.contains("csv, jsonl, parquet"), "{}", wrong.text);
    wrong.expect_problem(422, "invalid");
    let present = admin.get("/exports/bookings?from_position=1").await;
    assert!(present.text.contains("shows the present"), "{}", present.text);
    present.expect_problem(422, "invalid");
    admin
        .get("/exports/events?from_position=1000000")
        .await
        .expect_problem(409, "unknown_position");
    scene.finish().await;
}

#[tokio::test]
async fn a_slow_client_keeps_its_place_until_its_session_ends() {
    let scene = visited().await;
    let platform = &scene.platform;
    let owner = database::pool(platform.owner_url()).await;
    let generation = database::live_generation(&owner, "payment_ledger").await;
    // Far more than what waits in sockets between two processes.
    sqlx::query(
        "insert into payment_ledger (generation, position, line, account, kind, amount, currency, at)
         select $1, 1000000 + n, 1, 'commission', 'earned', 1, 'RUB', now() from generate_series(1, 200000) n",
    )
    .bind(generation)
    .execute(&owner)
    .await
    .unwrap();
    let analyst = platform.made_by(&scene.admin, "analyst").await.client;
    let path = "/exports/ledger_lines?format=jsonl";
    let mut slow = [fetched(&analyst, path).await, fetched(&analyst, path).await];
    for answer in &mut slow {
        assert_eq!(answer.status(), 200);
        assert!(answer.chunk().await.unwrap().is_some());
    }
    analyst.get(path).await.expect_problem(429, "too_many_streams");

    analyst.post("/auth/logout", json!({})).await.expect(200);
    for mut answer in slow {
        let ended = loop {
            match answer.chunk().await {
                Ok(Some(_)) => {}
                other => break other,
            }
        };
        assert!(ended.is_err(), "a body that was cut off says so: {ended:?}");
    }
    // Both connections to the database are gone, though nobody read them to their end.
    until("the exports' connections are closed", || async {
        let open: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where application_name = 'tot export' and datname = current_database()",
        )
        .fetch_one(&owner)
        .await
        .unwrap();
        (open == 0).then_some(())
    })
    .await;
    owner.close().await;
    scene.platform.stop().await;
}

async fn fetched(client: &Client, path: &str) -> reqwest::Response {
    let request = client.request(reqwest::Method::GET, &format!("/api/v1{path}"), None, &[]);
    request.send().await.unwrap()
}
