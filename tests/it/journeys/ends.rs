//! Programs that mean "to the end" write the last instant they know; every list takes it.

use kit::scene::Scene;
use serde_json::Value;

const BEYOND: [&str; 2] = ["9999-12-31T23:59:59Z", "%2B275760-09-13T00:00:00.000Z"];

/// How many entries a list has.
fn count(list: &Value) -> usize {
    list["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn every_list_takes_an_end_beyond_the_calendar() {
    let scene = Scene::set().await;
    scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.drain().await;
    let admin = &scene.admin.client;
    let patient = scene.patient.id.as_str();
    for path in [
        format!("/bookings?patient_id={patient}&sort=requested_at"),
        format!("/bookings?patient_id={patient}"),
        "/admin/events?limit=200".to_owned(),
        "/admin/audit-trail?limit=200".to_owned(),
        "/admin/ledger/accounts/clinic_revenue/entries?limit=200".to_owned(),
        "/admin/ledger/accounts/wallet_liability/entries?limit=200".to_owned(),
    ] {
        let open = admin.get(&path).await.expect(200);
        for end in BEYOND {
            let separator = if path.contains('?') { '&' } else { '?' };
            let bounded = admin.get(&format!("{path}{separator}to={end}")).await.expect(200);
            // What staff read is recorded, so that some lists grow meanwhile.
            assert!(count(&bounded) >= count(&open), "{path} to {end}");
        }
    }
    let slots = format!("/doctors/{}/slots?limit=200", scene.doctor.id);
    let most = admin.get(&slots).await.expect(200);
    assert!(count(&most) > 0, "{most}");
    for end in BEYOND {
        for from in ["", "&from=2026-01-01T00:00:00Z"] {
            let bounded = admin.get(&format!("{slots}{from}&to={end}")).await.expect(200);
            assert_eq!(count(&bounded), count(&most), "{from} to {end}");
        }
    }
    for end in ["9999-12-31", "10000-01-01", "%2B275760-09-13"] {
        admin.get(&format!("/reports/funnel?to={end}")).await.expect(200);
    }
    admin
        .get("/admin/events?to=9999-13-01T00:00:00Z")
        .await
        .expect_problem(422, "invalid");
    scene.finish().await;
}
