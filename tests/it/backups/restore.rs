//! A backup of a running platform, restored into a fresh server.

use std::sync::Arc;

use dev_stack::Stack;
use kit::database;
use kit::platform::{ALL, Platform};
use kit::scene::Scene;
use serde_json::Value;

use crate::durability::notary::{answer, with_key};

#[tokio::test]
async fn alone_a_restore_into_a_fresh_server_is_the_same_log_under_a_new_identity() {
    let (platform, key) = with_key().await;
    let mut platform = platform.with_owner();
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    let heads = scene.platform.variable("TOT_WITNESS_FILE").to_owned();
    let kept = scene.booked_and_paid(scene.scheduled(scene.slot(1, 0))).await;
    let cancelled = scene.booked_and_paid(Scene::urgent()).await;
    scene.cancel(&cancelled, "0.00").await.expect(200);
    scene.platform.drain().await;
    scene.platform.tot(&["audit", "head"], "").await;
    let source = scene.platform.pool().await;
    let rows = database::live_rows(&source).await;
    let facts = database::facts(&source).await;
    let old_identity = identity(&source).await;
    let out = scene.platform.folder().join("backup").display().to_string();
    let made = ["backup", "--out", out.as_str(), "--json"];
    let made = answer(&scene.platform.try_tot(&made, "").await, 0);
    let log = &made["manifest"]["log"];
    assert_eq!(log["position"], i64::try_from(facts.len()).unwrap());
    assert_eq!(log["log_id"], old_identity.as_str());
    assert_eq!(log["head"]["tree_size"], log["position"], "{made}");
    // What happens afterwards is not in it.
    scene.booked_and_paid(Scene::urgent()).await;

    let stack = Arc::new(Stack::start_throwaway().await.unwrap());
    let database = stack.cluster().database("restored").await.unwrap();
    let mut restored = Platform::prepare_on(Arc::clone(&stack), database)
        .await
        .with_owner();
    restored.set("TOT_MASTER_KEYS", scene.platform.variable("TOT_MASTER_KEYS"));
    let restore = format!("restore --from {out} --key {key} --witness {heads} --json");
    let restore: Vec<_> = restore.split(' ').collect();
    let said = answer(&restored.try_tot(&restore, "").await, 0);
    let pool = restored.pool().await;
    assert_eq!(said["log_id"], identity(&pool).await.as_str());
    assert_ne!(said["log_id"], old_identity.as_str());
    assert_eq!(said["report"]["signed"], log["position"], "{said}");
    assert_eq!(said["report"]["signatures_checked"], true);
    let again = database::facts(&pool).await;
    assert_eq!(format!("{again:?}"), format!("{facts:?}"));
    assert_eq!(database::live_rows(&pool).await, rows);
    what_was_done_stands_there(&restored).await;
    let former = format!("{old_identity}@{}", facts.len());
    verified(&restored, &key, &heads, &former).await;
    pool.close().await;
    restored.rebuilt_equals_live().await;

    restored.serve(ALL).await;
    let patient = restored.again(&scene.patient).await;
    let booking = patient.client.get(&format!("/bookings/{kept}")).await.expect(200);
    assert_eq!(booking["status"], "assigned", "{booking}");
    let booked = patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    assert_eq!(booked["position"], i64::try_from(facts.len() + 1).unwrap());
    restored.drain().await;
    verified(&restored, &key, &heads, &former).await;
    restored.finish().await;
    source.close().await;
    scene.finish().await;
}

/// That it was restored, by whoever could; and that the backup was begun: how it ended came after its snapshot.
async fn what_was_done_stands_there(restored: &Platform) {
    let trail = restored
        .tot(&["audit-trail", "--kind", "act", "--json"], "")
        .await;
    let trail: Vec<Value> = serde_json::from_str(&trail).unwrap();
    let told: Vec<_> = trail
        .iter()
        .take(2)
        .map(|entry| (&entry["what"], &entry["result"], &entry["role"]))
        .collect();
    let [done, admin, operator] = ["done", "admin", "operator"].map(Value::from);
    assert_eq!(
        told,
        [
            (&"tot restore".into(), &done, &operator),
            (&"tot backup".into(), &Value::Null, &admin),
        ]
    );
}

pub async fn identity(pool: &sqlx::PgPool) -> String {
    sqlx::query_scalar("select log_id::text from log_identity")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// The whole log once more, as an operator would: heads of the log before are another one's now.
async fn verified(platform: &Platform, key: &str, heads: &str, former: &str) {
    let verify = [
        "audit",
        "verify",
        "--key",
        key,
        "--witness",
        heads,
        "--former-log",
        former,
        "--json",
    ];
    let verified: Value = answer(&platform.try_tot(&verify, "").await, 0);
    assert_eq!(verified["verified"], true, "{verified}");
    assert!(verified["other_heads"].as_i64() > Some(0), "{verified}");
}
