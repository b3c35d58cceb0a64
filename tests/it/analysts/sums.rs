//! Sums for reports: they say what the views say, whatever happened in between, they are what is read, and they tell how old they are.

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use kit::client::Client;
use kit::database;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::exports::files::visited;

/// What is answered from sums, with any filter but [`NOT_OF_A_DOCTOR`].
const FROM_SUMS: [&str; 19] = [
    "bookings_by_day",
    "time_to_payment",
    "cancellations",
    "doctor_utilisation",
    "urgent_response",
    "net_by_method",
    "patient_cohorts",
    "no_shows",
    "urgent_waits",
    "open_bookings",
    "funnel",
    "time_in_status",
    "doctor_changes",
    "failed_payments",
    "refunds",
    "earnings_by_clinic",
    "lead_time",
    "late_arrivals",
    "districts",
];

/// What is counted from the views where it is asked of one doctor.
const NOT_OF_A_DOCTOR: &str = "patient_cohorts";

/// How many reports one account may have under way.
const AT_ONCE: usize = 4;

/// Of what the scene has nothing to show.
const EMPTY: [&str; 4] = [
    "failed_payments",
    "late_arrivals",
    "open_bookings",
    "payouts_by_doctor",
];

/// Every table of sums that a report reads.
const TABLES: [&str; 14] = [
    "booking_days",
    "booking_day_visits",
    "booking_day_statuses",
    "booking_day_assignments",
    "booking_day_moments",
    "booking_day_waits",
    "booking_day_hours",
    "booking_month_waits",
    "booking_cohorts",
    "payment_days",
    "payment_day_refunds",
    "earning_days",
    "doctor_days",
    "district_months",
];

#[tokio::test]
async fn sums_say_what_the_views_say_whatever_has_happened() {
    let scene = visited().await;
    let owner = database::pool(scene.platform.owner_url()).await;
    least_facts(&owner, 0).await;
    same(&scene, &owner, "two bookings").await;

    let urgent = scene.booked_and_paid(Scene::urgent()).await;
    scene.assign(&urgent).await.expect(200);
    same(&scene, &owner, "an urgent call").await;
    let scene = scene.visited(&urgent).await;
    same(&scene, &owner, "a visit").await;
    let payment = scene.booking(&urgent).await["payment_id"].clone();
    let request = json!({"amount": "100.00", "reason": "complaint"});
    let path = format!("/payments/{}/refund", payment.as_str().unwrap());
    scene.admin.client.post_once(&path, request).await.expect(200);
    same(&scene, &owner, "a refund").await;

    let moved = scene.booked_and_paid(scene.scheduled(scene.slot(3, 0))).await;
    same(&scene, &owner, "a booking").await;
    let request = json!({"doctor_id": scene.doctor.id, "starts_at": scene.slot(4, 60).to_string()});
    let path = format!("/bookings/{moved}/reschedule");
    scene.patient.client.post(&path, request).await.expect(200);
    same(&scene, &owner, "another day").await;
    scene.cancel(&moved, "0.00").await.expect(200);
    same(&scene, &owner, "a cancellation").await;

    let blocks = format!("/doctors/{}/blocks", scene.doctor.id);
    let (from, until) = (scene.slot(3, 0), scene.slot(4, 30));
    let request = json!({"starts_at": from.to_string(), "ends_at": until.to_string()});
    let block = scene.doctor.client.post(&blocks, request).await.expect(200);
    same(&scene, &owner, "a block over two days").await;
    let back = format!("{blocks}/{}/unblock", block["id"].as_str().unwrap());
    scene.doctor.client.post(&back, json!({})).await.expect(200);
    same(&scene, &owner, "a block taken back").await;
    scene.open_day_of(&scene.stand_in, 2).await;
    same(&scene, &owner, "a day opened").await;
    // Two doctors had it, one after the other.
    let given = scene.booked_and_paid(scene.scheduled(scene.slot(4, 120))).await;
    let request = json!({"doctor_id": scene.stand_in.id, "starts_at": scene.slot(2, 240).to_string()});
    let path = format!("/bookings/{given}/reschedule");
    scene.patient.client.post(&path, request).await.expect(200);
    same(&scene, &owner, "another doctor").await;
    // As of a clinic of many bookings.
    for change in ["least_clinic_bookings = 1", "generation = null"] {
        let many = format!("update booking_days_state set {change}");
        sqlx::query(&many).execute(&owner).await.unwrap();
    }
    same(&scene, &owner, "a large clinic").await;
    sqlx::query("update identity.doctor_profiles set zone = 'Pacific/Honolulu'")
        .execute(&owner)
        .await
        .unwrap();
    same(&scene, &owner, "a doctor in another zone").await;

    is_empty_without_them(&scene, &owner).await;
    // What was summed of other generations is summed anew.
    for state in [
        "booking_days_state set generation",
        "report_sums_state set generations",
    ] {
        let other = format!("update {state} = null");
        sqlx::query(&other).execute(&owner).await.unwrap();
    }
    same(&scene, &owner, "everything again").await;
    owner.close().await;
    scene.finish().await;
}

/// Without a row in them, what is answered from them is empty.
async fn is_empty_without_them(scene: &Scene, owner: &PgPool) {
    for table in TABLES {
        let all = format!("delete from {table}");
        sqlx::query(&all).execute(owner).await.unwrap();
    }
    let (sums, views) = both(scene, owner).await;
    for ((question, rows), (_, of_views)) in sums.iter().zip(&views) {
        let (name, filters) = question.split_once('?').unwrap();
        let by_views = name == NOT_OF_A_DOCTOR && filters.contains("doctor=");
        let from_sums = FROM_SUMS.contains(&name) && !by_views;
        let expected = if from_sums { &json!([]) } else { of_views };
        assert_eq!(rows, expected, "{question}");
        if !filters.contains('=') {
            assert_eq!(*of_views == json!([]), EMPTY.contains(&name), "{question}");
        }
    }
}

#[tokio::test]
async fn sums_tell_how_old_they_are_and_show_nothing_later() {
    let scene = visited().await;
    let admin = &scene.admin.client;
    let owner = database::pool(scene.platform.owner_url()).await;
    // A log so short is counted anew, unless it is said otherwise.
    least_facts(&owner, 0).await;
    summed(&owner).await;
    assert_eq!(requested(admin).await.0, 2);

    scene.booked_and_paid(scene.scheduled(scene.slot(3, 0))).await;
    scene.platform.drain().await;
    let (found, as_of) = requested(admin).await;
    // Whoever summed meanwhile counted it, and says so.
    let recorded: String = sqlx::query_scalar(
        "select to_json(max(recorded_at) at time zone 'UTC') #>> '{}' || 'Z' from events where event_type = 'BookingRequested'",
    )
    .fetch_one(&owner)
    .await
    .unwrap();
    let recorded: Timestamp = recorded.parse().unwrap();
    assert_eq!(found, if as_of > recorded { 3 } else { 2 }, "{as_of} {recorded}");
    summed(&owner).await;
    assert_eq!(requested(admin).await.0, 3);
    owner.close().await;
    scene.finish().await;
}

#[tokio::test]
async fn what_was_set_aside_is_summed_again_once_it_is_freed() {
    let scene = visited().await;
    let admin = &scene.admin.client;
    let owner = database::pool(scene.platform.owner_url()).await;
    least_facts(&owner, 0).await;
    // As a worker leaves it that cannot apply a fact of it.
    sqlx::query(
        "insert into parked (consumer, generation, partition_key, shard, from_position, reason)
         select l.model, l.generation, e.partition_key, e.shard, e.position, 'unreadable'
         from analytics_private.live l
         cross join (select * from events where event_type = 'BookingRequested' order by position limit 1) e
         where l.model in ('bookings', 'payment_ledger')",
    )
    .execute(&owner)
    .await
    .unwrap();
    summed(&owner).await;
    assert_eq!(requested(admin).await.0, 2);
    for change in [
        "update booking_days set bookings = bookings + 1000",
        "update payment_days set captured = captured + 100000",
        "update district_months set bookings = bookings + 1000",
    ] {
        sqlx::query(change).execute(&owner).await.unwrap();
    }
    summed(&owner).await;
    assert!(requested(admin).await.0 > 1000, "nothing has happened");
    sqlx::query("delete from parked").execute(&owner).await.unwrap();
    same(&scene, &owner, "the key was freed").await;
    assert_eq!(requested(admin).await.0, 2);
    owner.close().await;
    scene.finish().await;
}

/// Compares what sums and views say of every report, through every filter, once nothing waits.
async fn same(scene: &Scene, owner: &PgPool, after: &str) {
    scene.platform.drain().await;
    summed(owner).await;
    let (sums, views) = both(scene, owner).await;
    let wrong: Vec<_> = sums
        .iter()
        .zip(&views)
        .filter(|(sums, views)| sums != views)
        .collect();
    assert!(wrong.is_empty(), "after {after}: {wrong:#?}");
}

/// What is asked and the rows, from sums and from views.
async fn both(scene: &Scene, owner: &PgPool) -> (Vec<(String, Value)>, Vec<(String, Value)>) {
    let sums = rows(scene).await;
    // No log is so long.
    least_facts(owner, i64::MAX).await;
    let views = rows(scene).await;
    least_facts(owner, 0).await;
    (sums, views)
}

/// Every report, as its name and its filters, and its rows. Days that are ahead are asked for, too.
async fn rows(scene: &Scene) -> Vec<(String, Value)> {
    let admin = &scene.admin.client;
    let to = scene.date(40);
    let listed = admin.get("/reports").await.expect(200);
    let questions: Vec<String> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|report| questions(scene, report))
        .collect();
    stream::iter(questions)
        .map(|question| {
            let period = if question.starts_with("books?") {
                String::new()
            } else {
                format!("&to={to}")
            };
            async move {
                let shown = admin
                    .get(&format!("/reports/{question}{period}"))
                    .await
                    .expect(200);
                (question, shown["rows"].clone())
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// A report whole, through each of its filters, and of a doctor of the clinic.
fn questions(scene: &Scene, report: &Value) -> Vec<String> {
    let name = report["name"].as_str().unwrap();
    let taken = report["filters"].as_array().unwrap();
    let [clinic, doctor, stand_in] =
        [&scene.clinic, &scene.doctor, &scene.stand_in].map(|persona| persona.id.to_string());
    [
        vec![],
        vec![("clinic", clinic.as_str())],
        vec![("doctor", &doctor)],
        vec![("doctor", &stand_in)],
        vec![("clinic", &clinic), ("doctor", &doctor)],
        vec![("call_type", "scheduled")],
        vec![("clinic", &clinic), ("call_type", "urgent")],
        vec![("method", "wallet")],
    ]
    .into_iter()
    .filter(|filters| filters.iter().all(|(filter, _)| taken.contains(&json!(filter))))
    .map(|filters| {
        let set: Vec<String> = filters
            .iter()
            .map(|(filter, value)| format!("{filter}={value}"))
            .collect();
        format!("{name}?{}", set.join("&"))
    })
    .collect()
}

/// From how many facts on there are sums.
async fn least_facts(owner: &PgPool, facts: i64) {
    sqlx::query("update booking_days_state set least_facts = $1")
        .bind(facts)
        .execute(owner)
        .await
        .unwrap();
}

/// Sums whatever waits, unless a worker does so at this moment; then it is waited for.
async fn summed(owner: &PgPool) {
    until("everything is summed", || async {
        sqlx::query("select sum_booking_days(100), sum_report_days(100)")
            .execute(owner)
            .await
            .unwrap();
        let done: bool = sqlx::query_scalar(
            "select b.complete and b.position = head.position and not exists (select from booking_days_waiting)
                    and (select bool_and(complete) from report_sums) and r.position = head.position
                    and not exists (select from report_sums_waiting)
             from booking_days_state b
             cross join report_sums_state r
             cross join (select max(position) as position from events) head",
        )
        .fetch_one(owner)
        .await
        .unwrap();
        done.then_some(())
    })
    .await;
}

/// How many bookings the funnel shows, and as of when.
async fn requested(admin: &Client) -> (i64, Timestamp) {
    let funnel = admin.get("/reports/funnel").await.expect(200);
    let rows = funnel["rows"].as_array().unwrap();
    let requested = rows.iter().map(|row| row["requested"].as_i64().unwrap());
    (
        requested.sum(),
        funnel["as_of"].as_str().unwrap().parse().unwrap(),
    )
}
