//! Prices are published, and every process of the platform quotes the same one at the same moment.

use std::net::TcpListener;

use jiff::{SignedDuration, Timestamp};
use kit::client::Client;
use kit::opening::example_prices;
use kit::persona;
use kit::platform::{ALL, Platform};
use kit::process::Process;
use kit::redacted::redacted;
use kit::scene::Scene;
use serde_json::{Value, json};

/// The example list as this version, urgent visits at another price.
fn list(version: u32, urgent: &str, valid_from: Option<Timestamp>) -> Value {
    let mut list = example_prices();
    list["version"] = json!(version);
    list["prices"][0]["amount"] = json!(urgent);
    if let Some(valid_from) = valid_from {
        list["valid_from"] = json!(valid_from.to_string());
    }
    list
}

/// What an urgent visit costs, as (amount, version).
async fn quoted(client: &Client) -> (String, u64) {
    let quote = client.get("/tariffs?call_type=urgent").await.expect(200);
    let amount = quote["items"][0]["amount"].as_str().unwrap().to_owned();
    (amount, quote["version"].as_u64().unwrap())
}

/// One more API process of this platform, at an address of its own.
async fn another_api(platform: &Platform) -> (Process, Client) {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut environment = platform.environment().to_vec();
    environment.retain(|(name, _)| name != "TOT_LISTEN");
    environment.push(("TOT_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
    let log = platform.log("another-api");
    let process = Process::start(&["serve", "--role", "api"], &environment, &log).await;
    (process, Client::anonymous(&format!("http://127.0.0.1:{port}")))
}

#[tokio::test]
async fn a_list_is_published_once_in_order_and_in_good_time() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    let valid_from = platform.now().await + SignedDuration::from_hours(2);
    let soon = platform.now().await + SignedDuration::from_mins(3);
    let admin = &scene.admin.client;
    let too_soon = admin
        .post("/admin/price-lists", list(2, "1800.00", Some(soon)))
        .await;
    let problem = too_soon.expect_problem(409, "price_list_too_soon");
    assert!(
        problem["earliest"]
            .as_str()
            .unwrap()
            .parse::<Timestamp>()
            .unwrap()
            > soon
    );
    let request = list(2, "1800.00", Some(valid_from));
    let published = admin
        .post_keyed("/admin/price-lists", "list-2", request.clone())
        .await;
    assert_eq!(published.header("location"), "/api/v1/admin/price-lists/2");
    let published = published.expect(200);
    assert_eq!(published["state"], "scheduled");
    assert_eq!(published["published_by"], json!(scene.admin.id));
    let again = admin.post_keyed("/admin/price-lists", "list-2", request).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = admin.post("/admin/price-lists", list(2, "1900.00", None)).await;
    other.expect_problem(409, "price_list_not_newer");
    let ahead = format!("/tariffs?call_type=urgent&at={valid_from}");
    let quote = platform.anonymous().get(&ahead).await.expect(200);
    insta::assert_json_snapshot!(redacted(quote), @r#"
    {
      "hold_minutes": 15,
      "items": [
        {
          "amount": "1800.00",
          "call_type": "urgent",
          "cancellation": {
            "after_departure_percent": 30
          },
          "currency": "RUB"
        }
      ],
      "urgent_visit_minutes": 60,
      "valid_from": "[time]",
      "version": 2,
      "visit": {
        "arrive_before_minutes": 10,
        "complete_after_minutes": 5,
        "depart_before_minutes": 180,
        "earning_rest_hours": 24,
        "missed_after_minutes": 1440,
        "missed_alarm_minutes": 120,
        "no_show_after_minutes": 15,
        "start_after_end_minutes": 120,
        "start_before_minutes": 30,
        "unfinished_alarm_minutes": 360,
        "urgent_search_alarm_minutes": 10,
        "urgent_search_minutes": 60
      }
    }
    "#);
    scene.finish().await;
}

#[tokio::test]
async fn two_processes_quote_the_new_price_from_its_time_on_and_never_before() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    let (second, elsewhere) = another_api(platform).await;
    let here = platform.anonymous();
    let valid_from = platform.now().await + SignedDuration::from_hours(2);
    let request = list(2, "1800.00", Some(valid_from));
    let published = scene.admin.client.post("/admin/price-lists", request).await;
    published.expect(200);

    // Just before: both quote the old price, and both know of the new one.
    platform.advance(2 * 3_600 - 60).await;
    for client in [&here, &elsewhere] {
        assert_eq!(quoted(client).await, ("1500.00".to_owned(), 1));
        let ahead = client
            .get(&format!("/tariffs?call_type=urgent&at={valid_from}"))
            .await;
        assert_eq!(ahead.expect(200)["items"][0]["amount"], "1800.00");
        let by_version = client.get("/tariffs?call_type=urgent&version=2").await;
        assert_eq!(by_version.expect(200)["items"][0]["amount"], "1800.00");
    }
    let scene = scene.sign_in_again().await;
    let platform = &scene.platform;
    let old = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    assert_eq!(old["amount"], "1500.00");

    // Its time has come: both quote the new one, and the old price is refused with the right one.
    dev_stack::advance_clock(platform.owner_url(), 61).await.unwrap();
    for client in [&here, &elsewhere] {
        kit::wait::until("the clock to move", || async {
            let now = client.get("/version").await.expect(200)["now"]
                .as_str()
                .unwrap()
                .to_owned();
            (now.parse::<Timestamp>().unwrap() >= valid_from).then_some(())
        })
        .await;
        assert_eq!(quoted(client).await, ("1800.00".to_owned(), 2));
    }
    let there = persona::login(&elsewhere, &scene.patient.email).await;
    let mut problems = Vec::new();
    for client in [&scene.patient.client, &there.client] {
        let refused = client.post("/bookings", Scene::urgent()).await;
        problems.push(redacted(refused.expect_problem(409, "price_changed")));
    }
    assert_eq!(problems[0], problems[1]);
    insta::assert_json_snapshot!(problems[0], @r#"
    {
      "code": "price_changed",
      "detail": "the price is now 1800.00 RUB (price list 2)",
      "instance": "/api/v1/bookings",
      "price": {
        "amount": "1800.00",
        "currency": "RUB"
      },
      "price_list_version": 2,
      "status": 409,
      "title": "The price is another one",
      "trace_id": "[trace_id]",
      "type": "http://[address]/problems/price_changed"
    }
    "#);
    let mut insisting = Scene::urgent();
    insisting["amount"] = json!("1800.00");
    insisting["price_list_version"] = json!(1);
    let patient = &scene.patient.client;
    patient
        .post("/bookings", insisting.clone())
        .await
        .expect_problem(409, "price_changed");
    insisting["price_list_version"] = json!(2);
    patient.post("/bookings", insisting).await.expect(200);
    second.stop().await;
    scene.finish().await;
}

fn is_warned_of(platform: &Platform) {
    let log = std::fs::read_to_string(platform.log(ALL)).unwrap();
    let told = log
        .lines()
        .find(|line| line.contains("No price list is in force"))
        .unwrap();
    assert!(
        told.contains("WARN") && told.contains("tot prices publish"),
        "{told}"
    );
}

#[tokio::test]
async fn a_deployment_without_a_list_says_so_and_serves_what_needs_no_price() {
    let mut platform = Platform::prepare().await.without_prices();
    platform.serve(ALL).await;
    let patient = platform.patient().await;
    patient.client.get("/wallet").await.expect(200);
    let refused = patient.client.post("/bookings", Scene::urgent()).await;
    refused.expect_problem(503, "no_price_list");
    patient
        .client
        .get("/tariffs")
        .await
        .expect_problem(503, "no_price_list");
    let ready = platform.anonymous().fetch("/readyz").await.expect(200);
    let checks = ready["checks"].as_array().unwrap();
    let prices = checks.iter().find(|check| check["name"] == "prices").unwrap();
    assert_eq!(
        (&prices["ok"], &prices["required"]),
        (&json!(false), &json!(false))
    );
    is_warned_of(&platform);

    // What is wrong with a file is told all at once, by field; nothing is published.
    let (admin, email) = platform.new_admin().await;
    platform.sign_in_operator(&email).await;
    let file = platform.folder().join("prices.json");
    let path = file.display().to_string();
    let mut wrong = list(1, "1500.001", None);
    wrong["cancellation"]["scheduled"]["steps"][2]["percent"] = json!(101);
    std::fs::write(&file, wrong.to_string()).unwrap();
    let publish = ["prices", "publish", &path];
    let output = platform.try_tot(&publish, "").await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    for field in [
        "/prices/0/amount must",
        "/cancellation/scheduled/steps/2/percent must",
    ] {
        assert!(said.contains(field), "{said}");
    }
    assert!(
        platform
            .tot(&["prices", "list"], "")
            .await
            .contains("No price list is published")
    );

    // The first list is in force at once, in the process that refused a moment ago too.
    std::fs::write(&file, list(1, "1500.00", None).to_string()).unwrap();
    platform.tot(&publish, "").await;
    platform.tot(&publish, "").await;
    kit::wait::until("the process to have come to the time of the list", || async {
        (patient.client.get("/tariffs").await.status == 200).then_some(())
    })
    .await;
    patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let listed = platform.tot(&["prices", "list"], "").await;
    assert!(listed.contains("in_force") && listed.contains(&admin), "{listed}");
    platform.finish().await;
}
