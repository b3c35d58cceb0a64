//! Clinics invite doctors, doctors join and leave, clinics release them; what was agreed under a clinic stays with it alone.

use kit::client::fresh_key;
use kit::persona::Persona;
use kit::scene::Scene;
use serde_json::{Value, json};

use super::accounts::{history, types};

async fn invite(clinic: &Persona, whom: Value) -> Value {
    clinic
        .client
        .post_once("/clinic/invitations", whom)
        .await
        .expect(200)
}

async fn open_invitations(doctor: &Persona) -> Vec<Value> {
    let listed = doctor.client.get("/me/invitations").await.expect(200);
    listed["items"].as_array().unwrap().clone()
}

async fn status(clinic: &Persona, invitation: &Value) -> Value {
    let listed = clinic.client.get("/clinic/invitations").await.expect(200);
    let mut items = listed["items"].as_array().unwrap().iter();
    let found = items.find(|shown| shown["id"] == invitation["id"]).unwrap();
    found["status"].clone()
}

fn answer_to(invitation: &Value, answer: &str) -> String {
    format!("/me/invitations/{}/{answer}", invitation["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_clinic_learns_nothing_of_who_has_an_account_and_the_doctor_finds_the_invitation() {
    let scene = Scene::set().await;
    let clinic = scene.platform.made_by(&scene.admin, "clinic").await;
    let doctor = scene.platform.made_by(&scene.admin, "doctor").await;
    let theirs = invite(&clinic, json!({"email": doctor.email})).await;
    let nobodys = invite(&clinic, json!({"email": "nobody-at-all@example.com"})).await;
    let patients = invite(&clinic, json!({"email": scene.patient.email})).await;
    let without = |answer: &Value| {
        let mut answer = answer.clone();
        for field in ["id", "email", "made_at", "expires_at"] {
            assert!(answer[field].is_string(), "{answer}");
            answer[field] = Value::Null;
        }
        answer
    };
    assert_eq!(without(&theirs), without(&nobodys));
    assert_eq!(without(&theirs), without(&patients));
    assert_eq!(theirs["email"], doctor.email.as_str());
    // The same doctor again is the same invitation.
    let again = invite(&clinic, json!({"email": doctor.email})).await;
    assert_eq!(again["id"], theirs["id"]);

    let found = open_invitations(&doctor).await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (&found[0]["id"], &found[0]["clinic_id"], &found[0]["clinic"]),
        (
            &theirs["id"],
            &json!(clinic.id),
            &json!("Клиника на Чистых прудах")
        )
    );
    assert_eq!(open_invitations(&scene.doctor).await, [Value::Null; 0]);
    // Not theirs is not there, for doctors as for clinics.
    let foreign = answer_to(&theirs, "accept");
    scene
        .doctor
        .client
        .post(&foreign, json!({}))
        .await
        .expect_problem(404, "not_found");
    let withdraw = format!("/clinic/invitations/{}/withdraw", theirs["id"].as_str().unwrap());
    scene
        .clinic
        .client
        .post_once(&withdraw, json!({}))
        .await
        .expect_problem(404, "not_found");

    clinic.client.post_once(&withdraw, json!({})).await.expect(200);
    assert_eq!(status(&clinic, &theirs).await, "withdrawn");
    assert_eq!(open_invitations(&doctor).await, [Value::Null; 0]);
    doctor
        .client
        .post(&foreign, json!({}))
        .await
        .expect_problem(409, "invitation_ended");

    is_declined_and_names_one_doctor(&clinic, &doctor).await;
    scene.finish().await;
}

async fn is_declined_and_names_one_doctor(clinic: &Persona, doctor: &Persona) {
    let second = invite(clinic, json!({"doctor_id": doctor.id})).await;
    doctor
        .client
        .post_once(&answer_to(&second, "decline"), json!({}))
        .await
        .expect(200);
    assert_eq!(status(clinic, &second).await, "declined");
    let wrong = clinic.client.post_once("/clinic/invitations", json!({})).await;
    assert_eq!(wrong.pointers(), ["/email"], "{}", wrong.text);
    let both = json!({"doctor_id": doctor.id, "email": doctor.email});
    let wrong = clinic.client.post_once("/clinic/invitations", both).await;
    assert_eq!(wrong.pointers(), ["/email"], "{}", wrong.text);
}

#[tokio::test]
async fn a_doctor_joins_one_clinic_at_a_time_and_the_history_says_so() {
    let scene = Scene::set().await;
    let one = scene.platform.made_by(&scene.admin, "clinic").await;
    let other = scene.platform.made_by(&scene.admin, "clinic").await;
    let doctor = scene.platform.made_by(&scene.admin, "doctor").await;
    let first = invite(&one, json!({"doctor_id": doctor.id})).await;
    let second = invite(&other, json!({"email": doctor.email})).await;
    let (key, accept) = (fresh_key(), answer_to(&first, "accept"));
    let joined = doctor
        .client
        .post_keyed(&accept, &key, json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&joined["doctor_id"], &joined["clinic_id"]),
        (&json!(doctor.id), &json!(one.id))
    );
    let replayed = doctor.client.post_keyed(&accept, &key, json!({})).await;
    assert_eq!(replayed.header("idempotent-replayed"), "true");
    doctor.client.post(&accept, json!({})).await.expect(200);
    assert_eq!(status(&one, &first).await, "accepted");
    let mine = one.client.get(&format!("/doctors/{}/days", doctor.id)).await;
    mine.expect(200);

    let accept = answer_to(&second, "accept");
    doctor
        .client
        .post(&accept, json!({}))
        .await
        .expect_problem(409, "in_another_clinic");
    let left = doctor
        .client
        .post("/me/clinic/leave", json!({}))
        .await
        .expect(200);
    assert_eq!(left["clinic_id"], Value::Null);
    // Leaving twice is leaving once.
    doctor
        .client
        .post("/me/clinic/leave", json!({}))
        .await
        .expect(200);
    doctor.client.post(&accept, json!({})).await.expect(200);
    // What ended does not come back.
    let ended = answer_to(&first, "accept");
    doctor
        .client
        .post(&ended, json!({}))
        .await
        .expect_problem(409, "invitation_ended");
    let facts = history(&scene.admin, &doctor.id).await;
    assert_eq!(
        types(&facts),
        ["DoctorJoinedClinic", "DoctorLeftClinic", "DoctorJoinedClinic"]
    );
    scene.finish().await;
}

#[tokio::test]
async fn of_two_invitations_accepted_at_once_one_is() {
    let scene = Scene::set().await;
    let clinics = [
        scene.platform.made_by(&scene.admin, "clinic").await,
        scene.platform.made_by(&scene.admin, "clinic").await,
    ];
    for _ in 0..4 {
        let doctor = scene.platform.made_by(&scene.admin, "doctor").await;
        let mut accepts = Vec::new();
        for clinic in &clinics {
            accepts.push(answer_to(
                &invite(clinic, json!({"doctor_id": doctor.id})).await,
                "accept",
            ));
        }
        let (first, second) = tokio::join!(
            doctor.client.post(&accepts[0], json!({})),
            doctor.client.post(&accepts[1], json!({}))
        );
        let done = [&first, &second]
            .iter()
            .filter(|answer| answer.status == 200)
            .count();
        assert_eq!(done, 1, "{} {}", first.text, second.text);
        let refused = if first.status == 200 { second } else { first };
        assert!(
            ["in_another_clinic", "busy"].contains(&refused.code()),
            "{}",
            refused.text
        );
        assert_eq!(
            types(&history(&scene.admin, &doctor.id).await),
            ["DoctorJoinedClinic"]
        );
    }
    scene.finish().await;
}

#[tokio::test]
async fn a_released_doctors_visits_of_before_stay_with_the_clinic_and_no_later_one_is_seen() {
    let scene = Scene::set().await;
    let before = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    let path = format!("/bookings/{before}");
    let clinic = &scene.clinic.client;
    let assigned = |booking: &Value| booking["status"] == "assigned";
    scene
        .until_booking(&before, "the doctor to be assigned", assigned)
        .await;
    let stranger = scene.platform.made_by(&scene.admin, "clinic").await;
    let release = format!("/clinic/doctors/{}/release", scene.doctor.id);
    stranger
        .client
        .post(&release, json!({}))
        .await
        .expect_problem(404, "not_found");
    let (key, days) = (fresh_key(), format!("/doctors/{}/days", scene.doctor.id));
    clinic.get(&days).await.expect(200);

    let released = clinic.post_keyed(&release, &key, json!({})).await.expect(200);
    assert_eq!(released["clinic_id"], Value::Null);
    let replayed = clinic.post_keyed(&release, &key, json!({})).await;
    assert_eq!(replayed.header("idempotent-replayed"), "true");
    clinic
        .post(&release, json!({}))
        .await
        .expect_problem(404, "not_found");
    clinic.get(&days).await.expect_problem(404, "not_found");

    let after = scene.booked_and_paid(scene.scheduled(scene.slot(3, 0))).await;
    scene
        .until_booking(&after, "the doctor to be assigned", assigned)
        .await;
    scene.platform.drain().await;
    clinic
        .get(&format!("/bookings/{after}"))
        .await
        .expect_problem(404, "not_found");
    assert_eq!(
        clinic.get(&path).await.expect(200)["doctor_id"],
        scene.doctor.id.as_str()
    );
    let listed = clinic.get("/bookings").await.expect(200);
    let ids: Vec<&str> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [before.as_str()]);
    // The doctor still has the visit, the clinic may still act on it, and the free way out is the patient's as ever.
    assert_eq!(
        scene.doctor.client.get(&path).await.expect(200)["status"],
        "assigned"
    );
    let call_off = json!({"reason": "clinic_request"});
    clinic
        .post(&format!("{path}/cancel"), call_off.clone())
        .await
        .expect(200);
    clinic
        .post(&format!("/bookings/{after}/cancel"), call_off)
        .await
        .expect_problem(404, "not_found");
    scene.finish().await;
}

#[tokio::test]
async fn what_a_released_doctor_earns_with_a_visit_of_before_is_the_doctors_and_counts_for_the_clinic() {
    let scene = Scene::set().await;
    let before = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    let assigned = |booking: &Value| booking["status"] == "assigned";
    scene
        .until_booking(&before, "the doctor to be assigned", assigned)
        .await;
    let release = format!("/clinic/doctors/{}/release", scene.doctor.id);
    scene.clinic.client.post(&release, json!({})).await.expect(200);
    let at = scene.slot(2, 0);
    let scene = scene.at(at).await.visited(&before).await;
    scene.platform.drain().await;
    let of_clinic = format!("/bookings?status=completed&clinic_id={}", scene.clinic.id);
    let listed = scene.admin.client.get(&of_clinic).await.expect(200);
    assert_eq!(listed["items"][0]["id"], before.as_str(), "{listed}");
    let wallet = scene.doctor.client.get("/wallet").await.expect(200);
    assert_ne!(wallet["balance"], "0.00", "{wallet}");
    scene.finish().await;
}
