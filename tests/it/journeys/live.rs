//! Watching live: the log as server-sent events; whoever comes back misses nothing, whoever may no more sees no more.

use kit::event_stream::EventStream;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::json;

/// How many streams one account may have open.
const STREAMS_PER_ACCOUNT: usize = 10;

#[tokio::test]
async fn a_booking_is_watched_live_and_a_reconnect_misses_nothing() {
    let scene = Scene::set().await;
    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let (id, position) = (
        booking["id"].as_str().unwrap(),
        booking["position"].as_i64().unwrap(),
    );
    let path = format!("/api/v1/bookings/{id}/events");
    let mut watched = EventStream::open(&scene.patient.client, &path, Some(position)).await;
    scene.pay(id).await.expect(200);
    let seen = watched.until_fact("BookingSecured").await;
    assert!(seen.is_sorted_by(|one, other| one.id < other.id), "{seen:?}");
    drop(watched);
    // While nobody watches.
    scene.cancel(id, "0.00").await.expect(200);
    scene.platform.drain().await;
    let mut watched =
        EventStream::open(&scene.patient.client, &path, seen.last().map(|event| event.id)).await;
    let missed = watched.until_fact("PaymentCancelled").await;
    assert!(
        missed.iter().any(|event| event.name == "BookingCancelled"),
        "{missed:?}"
    );
    assert!(missed[0].id > seen.last().unwrap().id, "nothing comes twice");
    drop(watched);
    scene.finish().await;
}

#[tokio::test]
async fn an_admin_watches_the_whole_log_in_order() {
    let scene = Scene::set().await;
    let mut watched = EventStream::open(&scene.admin.client, "/api/v1/admin/events/live", Some(0)).await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.cancel(&id, "0.00").await.expect(200);
    let seen = watched.until_fact("WalletVoided").await;
    let positions: Vec<i64> = seen.iter().map(|event| event.id).collect();
    assert_eq!(
        positions,
        (1..=i64::try_from(positions.len()).unwrap()).collect::<Vec<_>>(),
        "dense from 1"
    );
    drop(watched);
    scene.finish().await;
}

#[tokio::test]
async fn a_watcher_does_not_keep_the_platform_from_stopping() {
    let scene = Scene::set().await;
    let _watched = EventStream::open(&scene.admin.client, "/api/v1/admin/events/live", Some(0)).await;
    scene.finish().await;
}

#[tokio::test]
async fn a_stream_ends_with_the_session_whichever_process_ended_it() {
    let scene = Scene::set().await;
    let mut watched = EventStream::open(&scene.admin.client, "/api/v1/admin/events/live", Some(0)).await;
    scene
        .admin
        .client
        .post("/auth/logout", json!({}))
        .await
        .expect(200);
    watched.ends().await;

    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let path = format!("/api/v1/bookings/{}/events", booking["id"].as_str().unwrap());
    let mut watched = EventStream::open(&scene.patient.client, &path, Some(0)).await;
    // What another process leaves behind when the patient signs out there.
    let pool = scene.platform.pool().await;
    sqlx::query(
        "update identity.sessions set revoked_at = clock_timestamp(), revoked_reason = 'logout' \
         where account_id = $1::uuid and revoked_at is null",
    )
    .bind(&scene.patient.id)
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    watched.ends().await;
    scene.finish().await;
}

#[tokio::test]
async fn a_doctor_taken_off_is_shown_nothing_more_not_even_that() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    scene.assign(&id).await.expect(200);
    let path = format!("/api/v1/bookings/{id}/events");
    // The doctor's relation comes from a read model that may be a moment behind.
    scene.platform.drain().await;
    let mut patients = EventStream::open(&scene.patient.client, &path, Some(0)).await;
    let mut doctors = EventStream::open(&scene.doctor.client, &path, Some(0)).await;
    doctors.until_fact("BookingAssigned").await;
    scene.act(&scene.admin.client, &id, "unassign").await.expect(200);
    let seen = doctors.ends().await;
    assert!(seen.is_empty(), "{seen:?}");
    patients.until_fact("BookingUnassigned").await;
    EventStream::refused(&scene.doctor.client, &path, Some(0))
        .await
        .expect_problem(404, "not_found");
    drop(patients);
    scene.finish().await;
}

#[tokio::test]
async fn an_account_has_ten_streams_open_and_takes_no_place_from_others() {
    let scene = Scene::set().await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    let path = format!("/api/v1/bookings/{id}/events");
    let mut open = Vec::new();
    for _ in 0..STREAMS_PER_ACCOUNT {
        open.push(EventStream::open(&scene.patient.client, &path, Some(0)).await);
    }
    let refused = EventStream::refused(&scene.patient.client, &path, Some(0)).await;
    assert_ne!(refused.header("retry-after"), "", "{}", refused.text);
    refused.expect_problem(429, "too_many_streams");
    open.push(EventStream::open(&scene.admin.client, &path, Some(0)).await);
    // Whoever leaves makes room.
    open.remove(0);
    until("a place to be free", || async {
        let again = EventStream::ask(&scene.patient.client, &path, Some(0)).await;
        (again.status() == 200).then_some(())
    })
    .await;
    drop(open);
    scene.finish().await;
}
