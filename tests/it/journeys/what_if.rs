//! Another price list is tried on what happened, and nothing happens by it.

use kit::database;
use kit::opening::example_prices;
use kit::scene::Scene;
use serde_json::{Value, json};

#[tokio::test]
async fn an_operator_sees_what_another_price_list_would_have_changed_and_nothing_is_touched() {
    let scene = Scene::set().await;
    let visit = scene.booked_and_paid(scene.scheduled(scene.slot(1, 0))).await;
    let call = scene.booked_and_paid(Scene::urgent()).await;
    scene.assign(&call).await.expect(200);
    scene.act(&scene.doctor.client, &call, "depart").await.expect(200);
    scene.cancel(&call, "450.00").await.expect(200);
    let unpaid = scene.patient.client.post("/bookings", Scene::urgent()).await;
    let unpaid = unpaid.expect(200)["id"].as_str().unwrap().to_owned();
    let start = scene.slot(1, 0);
    let scene = scene.at(start).await.visited(&visit).await;
    scene.platform.drain().await;
    let pool = scene.platform.pool().await;
    let before = untouched(&pool).await;

    under_the_list_in_force(&scene, [&visit, &call, &unpaid]).await;

    let mut prices = example_prices();
    prices["version"] = json!(2);
    prices["prices"][1]["amount"] = json!("2500.00");
    prices["commission_percent"]["scheduled"] = json!(10);
    prices["cancellation"]["urgent"]["after_departure_percent"] = json!(50);
    let other = policy(&scene, "other.json", &prices);
    let told = lines(&scene, &["--policy", &other]).await;
    let figures = |price: &str, due: &str, fee: Value, commission: &str, earning: &str| json!({"price": price, "due": due, "fee": fee, "commission": commission, "earning": earning});
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(
        (&told[0]["booking_id"], &told[0]["status"]),
        (&json!(visit), &json!("completed"))
    );
    assert_eq!(
        told[0]["before"],
        figures("2000.00", "2000.00", Value::Null, "400.00", "1600.00")
    );
    assert_eq!(
        told[0]["after"],
        figures("2500.00", "2500.00", Value::Null, "250.00", "2250.00")
    );
    assert_eq!(
        (&told[1]["booking_id"], &told[1]["status"]),
        (&json!(call), &json!("cancelled"))
    );
    assert_eq!(
        told[1]["before"],
        figures("1500.00", "450.00", json!("450.00"), "90.00", "360.00")
    );
    assert_eq!(
        told[1]["after"],
        figures("1500.00", "750.00", json!("750.00"), "150.00", "600.00")
    );
    assert_eq!(
        told[2]["totals"]["sums"],
        json!({
            "price": {"before": "5000.00", "after": "5500.00", "difference": "500.00"},
            "due": {"before": "2450.00", "after": "3250.00", "difference": "800.00"},
            "fee": {"before": "450.00", "after": "750.00", "difference": "300.00"},
            "commission": {"before": "490.00", "after": "400.00", "difference": "-90.00"},
            "earning": {"before": "1960.00", "after": "2850.00", "difference": "890.00"},
        })
    );
    printed_for_people_and_programs(&scene, &other, &visit).await;
    ranges(&scene, &other).await;
    assert_eq!(untouched(&pool).await, before);
    pool.close().await;
    scene.finish().await;
}

/// Nothing differs; who asks for all sees all.
async fn under_the_list_in_force(scene: &Scene, bookings: [&String; 3]) {
    let same = policy(scene, "same.json", &example_prices());
    let nothing = lines(scene, &["--policy", &same]).await;
    assert_eq!(
        nothing.len(),
        1,
        "under the list that was in force nothing differs: {nothing:?}"
    );
    let totals = &nothing[0]["totals"];
    assert_eq!(
        (&totals["bookings"], &totals["differing"], &totals["undefined"]),
        (&json!(3), &json!(0), &json!(0))
    );
    let all = lines(scene, &["--policy", &same, "--all"]).await;
    let ids: Vec<&str> = all[..3]
        .iter()
        .map(|row| row["booking_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, bookings, "in the order of their requests");
}

async fn printed_for_people_and_programs(scene: &Scene, other: &str, visit: &str) {
    let table = scene.platform.tot(&["replay", "--policy", other], "").await;
    for told in [
        visit,
        "2000.00 -> 2500.00",
        "450.00 -> 750.00",
        "difference",
        "3 bookings, 2 differ",
    ] {
        assert!(table.contains(told), "{told} in\n{table}");
    }
    let csv = scene
        .platform
        .try_tot(&["replay", "--policy", other, "--format", "csv"], "")
        .await;
    let (rows, sums) = (
        String::from_utf8(csv.stdout).unwrap(),
        String::from_utf8(csv.stderr).unwrap(),
    );
    let rows: Vec<&str> = rows.lines().collect();
    assert_eq!(rows.len(), 3, "{rows:?}");
    let columns = rows[0].split(',').count();
    assert!(
        rows.iter().all(|row| row.split(',').count() == columns),
        "{rows:?}"
    );
    assert!(
        rows[1].ends_with(",completed,1,2000.00,2500.00,2000.00,2500.00,,,400.00,250.00,1600.00,2250.00,"),
        "{}",
        rows[1]
    );
    assert!(sums.contains("-90.00"), "{sums}");
}

async fn ranges(scene: &Scene, other: &str) {
    let day = scene.date(0);
    let tomorrow = scene.date(1);
    for (from, to, bookings) in [
        ("@1", "@1", 0),
        ("@1", "@999999", 3),
        (day.as_str(), day.as_str(), 3),
        (tomorrow.as_str(), tomorrow.as_str(), 0),
    ] {
        let told = lines(scene, &["--policy", other, "--from", from, "--to", to]).await;
        let totals = &told.last().unwrap()["totals"];
        assert_eq!(totals["bookings"], bookings, "{from} {to}");
    }
    let broken = policy(scene, "broken.json", &json!({"version": 0}));
    for (arguments, why) in [
        (vec![], "Usage"),
        (vec!["--from", "@1"], "--policy"),
        (vec!["--policy", "/there/is/no/list.json"], "cannot be read"),
        (vec!["--policy", &broken], "is not a price list"),
        (
            vec!["--policy", other, "--from", "@9", "--to", "@3"],
            "--to is before --from",
        ),
        (vec!["--policy", other, "--from", "yesterday"], "must be a date"),
        (
            vec!["--policy", other, "--zone", "Moscow"],
            "must be an IANA name",
        ),
    ] {
        let answer = scene
            .platform
            .try_tot(&[["replay"].as_slice(), arguments.as_slice()].concat(), "")
            .await;
        let said = String::from_utf8(answer.stderr).unwrap();
        assert!(
            !answer.status.success() && said.contains(why),
            "{arguments:?}: {said}"
        );
    }
}

/// What `tot replay` prints as JSON, line by line.
async fn lines(scene: &Scene, arguments: &[&str]) -> Vec<Value> {
    let arguments = [["replay", "--format", "json"].as_slice(), arguments].concat();
    let told = scene.platform.tot(&arguments, "").await;
    told.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn policy(scene: &Scene, name: &str, prices: &Value) -> String {
    let path = scene.platform.folder().join(name);
    std::fs::write(&path, prices.to_string()).unwrap();
    path.display().to_string()
}

/// How far the log is, and how many instructions there are.
async fn untouched(pool: &sqlx::PgPool) -> (i64, i64) {
    let intents = sqlx::query_scalar(
        "select (select count(*) from intents where state = 'open') + (select count(*) from closed_intents)",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    (database::head(pool).await, intents)
}
