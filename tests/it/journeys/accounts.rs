//! Admins switch accounts off and on, edit them, end their sessions and answer for doctors; history says who did it.

use kit::client::{ApiResponse, fresh_key};
use kit::persona::{PASSWORD, Persona};
use kit::platform::Platform;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_deactivated_account_is_out_at_once_and_its_owner_signs_in_anew_once_it_is_on_again() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let patient = platform.patient().await;
    let session = login(&platform, &patient.email).await.expect(200);
    let off = format!("/admin/accounts/{}/deactivate", patient.id);
    let why = json!({"reason": "compromised", "note": "Звонила сама, телефон украден"});
    let key = fresh_key();
    let answer = admin.client.post_keyed(&off, &key, why.clone()).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let answer = answer.expect(200);
    assert_eq!(
        (&answer["is_active"], &answer["deactivation_reason"]),
        (&json!(false), &json!("compromised"))
    );
    patient
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    login(&platform, &patient.email)
        .await
        .expect_problem(403, "account_deactivated");
    refresh(&platform, &session)
        .await
        .expect_problem(403, "account_deactivated");
    let again = admin.client.post_keyed(&off, &key, why).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = json!({"reason": "left"});
    let again = admin.client.post(&off, other).await.expect(200);
    assert_eq!(again["deactivation_reason"], "compromised", "it is off already");

    is_shown_off_with_its_sessions(&admin, &patient).await;

    let on = format!("/admin/accounts/{}/reactivate", patient.id);
    let answer = admin.client.post(&on, json!({})).await.expect(200);
    assert_eq!(answer["is_active"], true);
    admin.client.post(&on, json!({})).await.expect(200);
    login(&platform, &patient.email).await.expect(200);
    patient
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    refresh(&platform, &session)
        .await
        .expect_problem(401, "refresh_unknown");

    tells_who_did_it_and_not_why(&admin, &patient).await;
    let old = [("If-Match", "\"1\"")];
    let left = Some(json!({"reason": "left"}).to_string());
    let answer = admin.client.send(Method::POST, &off, left, &old).await;
    answer.expect_problem(412, "version_mismatch");
    platform.finish().await;
}

async fn is_shown_off_with_its_sessions(admin: &Persona, patient: &Persona) {
    let shown = details(admin, &patient.id).await;
    assert_eq!(shown["account"]["account"]["is_active"], false);
    assert_eq!(shown["deactivation"]["note"], "Звонила сама, телефон украден");
    let ended = shown["sessions"].as_array().unwrap();
    assert_eq!(ended.len(), 2);
    assert!(
        ended
            .iter()
            .all(|session| session["ended_reason"] == "deactivated")
    );
}

async fn tells_who_did_it_and_not_why(admin: &Persona, patient: &Persona) {
    let history = history(admin, &patient.id).await;
    assert_eq!(types(&history), ["AccountDeactivated", "AccountReactivated"]);
    assert!(
        history
            .iter()
            .all(|fact| fact["metadata"]["actor_id"] == admin.id.as_str()),
        "{history:?}"
    );
    assert!(
        !json!(history).to_string().contains("украден"),
        "the note stays apart"
    );
}

#[tokio::test]
async fn of_two_admins_who_deactivate_each_other_at_once_one_remains() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let own = format!("/admin/accounts/{}/deactivate", admin.id);
    let left = json!({"reason": "left"});
    admin
        .client
        .post(&own, left.clone())
        .await
        .expect_problem(409, "own_account");
    for _ in 0..4 {
        let pair = [
            platform.made_by(&admin, "admin").await,
            platform.made_by(&admin, "admin").await,
        ];
        let off = |of: &Persona| format!("/admin/accounts/{}/deactivate", of.id);
        let (one, other) = (off(&pair[1]), off(&pair[0]));
        let (first, second) = tokio::join!(
            pair[0].client.post(&one, left.clone()),
            pair[1].client.post(&other, left.clone())
        );
        let done = [&first, &second]
            .iter()
            .filter(|answer| answer.status == 200)
            .count();
        assert_eq!(done, 1, "{} {}", first.text, second.text);
        let refused = if first.status == 200 { second } else { first };
        assert!(
            ["account_deactivated", "token_revoked"].contains(&refused.code()),
            "{}",
            refused.text
        );
        let mut active = 0;
        for persona in &pair {
            let answer = login(&platform, &persona.email).await;
            active += usize::from(answer.code() == "second_factor_due");
        }
        assert_eq!(active, 1);
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_doctor_who_is_off_or_not_verified_is_not_offered_and_what_was_agreed_stands() {
    let scene = Scene::set().await;
    let admin = &scene.admin.client;
    let booking = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene
        .until_booking(&booking, "the doctor to be assigned", |booking| {
            booking["status"] == "assigned"
        })
        .await;
    let account = format!("/admin/accounts/{}", scene.doctor.id);
    let steps = [
        ("deactivate", json!({"reason": "left"}), "reactivate"),
        ("unverify", json!({"reason": "accreditation_expired"}), "verify"),
    ];
    for (nth, (off, why, on)) in steps.into_iter().enumerate() {
        assert!(offered(&scene).await);
        admin.post(&format!("{account}/{off}"), why).await.expect(200);
        assert!(!offered(&scene).await, "{off}");
        let slot = scene.slot(3, i64::try_from(nth).unwrap() * 60);
        scene
            .patient
            .client
            .post("/bookings", scene.scheduled(slot))
            .await
            .expect_problem(409, "doctor_not_available");
        assert_eq!(scene.booking(&booking).await["status"], "assigned");
        scene.platform.drain().await;
        let shown = details(&scene.admin, &scene.doctor.id).await;
        assert_eq!(shown["open_bookings"], 1);
        let theirs = admin
            .get(&format!(
                "/bookings?status=assigned&doctor_id={}",
                scene.doctor.id
            ))
            .await
            .expect(200);
        assert_eq!(theirs["items"].as_array().unwrap().len(), 1);
        assert_eq!(theirs["items"][0]["id"], booking.as_str());
        admin
            .post(&format!("{account}/{on}"), json!({}))
            .await
            .expect(200);
        let made = scene
            .patient
            .client
            .post("/bookings", scene.scheduled(slot))
            .await;
        let made = made.expect(200);
        scene
            .cancel(made["id"].as_str().unwrap(), "0.00")
            .await
            .expect(200);
    }
    is_told_of_the_doctor_alone(&scene).await;
    scene.finish().await;
}

async fn is_told_of_the_doctor_alone(scene: &Scene) {
    let admin = &scene.admin.client;
    let nobody_s = admin
        .get(&format!("/bookings?doctor_id={}", scene.stand_in.id))
        .await
        .expect(200);
    assert_eq!(nobody_s["items"], json!([]));
    let patient = format!("/admin/accounts/{}/verify", scene.patient.id);
    admin
        .post(&patient, json!({}))
        .await
        .expect_problem(409, "not_a_doctor");
    let history = history(&scene.admin, &scene.doctor.id).await;
    assert_eq!(
        types(&history),
        [
            "AccountDeactivated",
            "AccountReactivated",
            "DoctorUnverified",
            "DoctorVerified"
        ]
    );
    let listed = admin.get("/admin/accounts?verified=false").await.expect(200);
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn sessions_are_shown_without_secrets_and_ended_one_by_one_or_all() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let patient = platform.patient().await;
    let second = login(&platform, &patient.email).await.expect(200);
    let other = platform
        .anonymous()
        .with_token(second["access_token"].as_str().unwrap());
    let shown = details(&admin, &patient.id).await;
    let sessions = shown["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    assert!(!shown.to_string().contains("totr_"));
    let newest = sessions[0]["id"].clone();
    let end = format!("/admin/accounts/{}/end-sessions", patient.id);
    admin
        .client
        .post(&end, json!({"session_id": newest}))
        .await
        .expect(200);
    other.get("/auth/me").await.expect_problem(401, "token_revoked");
    patient.client.get("/auth/me").await.expect(200);
    let nothing = admin.client.post(&end, json!({"session_id": newest})).await;
    assert_eq!(nothing.header("etag"), "\"1\"", "it has ended already");
    nothing.expect(200);
    admin.client.post(&end, json!({})).await.expect(200);
    patient
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    login(&platform, &patient.email).await.expect(200);
    assert_eq!(
        types(&history(&admin, &patient.id).await),
        ["AccountSessionsEnded", "AccountSessionsEnded"]
    );
    platform.finish().await;
}

/// What cannot be carried out is not recorded, and holds nobody else up.
#[tokio::test]
async fn a_fact_and_what_it_means_are_one_commit() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let patient = platform.patient().await;
    let bystander = platform.patient().await;
    let pool = platform.pool().await;
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("select id from identity.accounts where id::text = $1 for update")
        .bind(&patient.id)
        .execute(&mut *holder)
        .await
        .unwrap();
    let off = |of: &Persona| format!("/admin/accounts/{}/deactivate", of.id);
    let (held, free) = (off(&patient), off(&bystander));
    let (left, key) = (json!({"reason": "left"}), fresh_key());
    let (refused, done) = tokio::join!(
        admin.client.post_keyed(&held, &key, left.clone()),
        admin.client.post(&free, left.clone())
    );
    refused.expect_problem(503, "busy");
    done.expect(200);
    let recorded: i64 = sqlx::query_scalar("select count(*) from events where aggregate_id = $1")
        .bind(&patient.id)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(recorded, 0);
    patient.client.get("/auth/me").await.expect(200);
    holder.rollback().await.unwrap();
    admin.client.post_keyed(&held, &key, left).await.expect(200);
    patient
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    platform.finish().await;
}

pub(super) async fn login(platform: &Platform, email: &str) -> ApiResponse {
    let request = json!({"email": email, "password": PASSWORD});
    platform.anonymous().post("/auth/login", request).await
}

async fn refresh(platform: &Platform, session: &Value) -> ApiResponse {
    let request = json!({"refresh_token": session["refresh_token"]});
    platform.anonymous().post("/auth/refresh", request).await
}

pub(super) async fn details(admin: &Persona, id: &str) -> Value {
    admin
        .client
        .get(&format!("/admin/accounts/{id}"))
        .await
        .expect(200)
}

/// The facts of an account.
pub(super) async fn history(admin: &Persona, id: &str) -> Vec<Value> {
    let answer = admin.client.get(&format!("/admin/streams/account/{id}")).await;
    answer.expect(200)["items"].as_array().unwrap().clone()
}

pub(super) fn types(history: &[Value]) -> Vec<&str> {
    history
        .iter()
        .map(|fact| fact["type"].as_str().unwrap())
        .collect()
}

/// Whether the doctor is among those whom everybody sees.
async fn offered(scene: &Scene) -> bool {
    let doctors = scene.platform.anonymous().get("/doctors").await.expect(200);
    let mut doctors = doctors["items"].as_array().unwrap().iter();
    doctors.any(|doctor| doctor["id"] == scene.doctor.id.as_str())
}
