//! What is due stays due, whoever was down when it became so.

use kit::platform::ALL;
use kit::scene::Scene;

#[tokio::test]
async fn a_hold_that_ran_out_while_nobody_was_there_expires_at_the_next_start() {
    let mut scene = Scene::set().await;
    let starts_at = scene.slot(2, 0);
    let booking = scene
        .patient
        .client
        .post("/bookings", scene.scheduled(starts_at))
        .await
        .expect(200);
    let id = booking["id"].as_str().unwrap().to_owned();
    scene.platform.drain().await;
    scene.platform.take(ALL).kill().await;
    dev_stack::advance_clock(scene.platform.owner_url(), 15 * 60 + 1)
        .await
        .unwrap();
    scene.platform.serve(ALL).await;
    let scene = scene.sign_in_again().await;
    scene
        .until_booking(&id, "the hold to expire", |booking| {
            booking["status"] == "expired"
        })
        .await;
    scene.platform.drain().await;
    assert!(scene.free_slots(2).await.contains(&starts_at.to_string()));
    scene.finish().await;
}

#[tokio::test]
async fn what_was_paid_in_time_does_not_expire_however_late_the_processes_come_back() {
    let scene = Scene::on(split().await).await;
    let mut scene = scene;
    let booking = scene
        .patient
        .client
        .post("/bookings", scene.scheduled(scene.slot(2, 0)))
        .await
        .expect(200);
    let id = booking["id"].as_str().unwrap().to_owned();
    scene.platform.drain().await;
    for role in ["workers", "intents"] {
        scene.platform.take(role).kill().await;
    }
    // Paid at the last moment; nobody is there to secure it before its time is up.
    scene.pay(&id).await.expect(200);
    let mut scene = scene.later(15 * 60 + 60).await;
    for role in ["intents", "workers"] {
        scene.platform.serve(role).await;
    }
    scene
        .until_booking(&id, "the booking to be secured", |booking| {
            booking["status"] == "assigned"
        })
        .await;
    scene.platform.drain().await;
    assert_eq!(scene.available().await, "18000.00");
    scene.finish().await;
}

async fn split() -> kit::platform::Platform {
    let mut platform = kit::platform::Platform::prepare().await;
    for role in kit::platform::ROLES {
        platform.serve(role).await;
    }
    platform
}
