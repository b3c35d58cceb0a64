//! A log that was restored is backed up and restored again, twice: its witness remembers all that was given up, and each time somebody
//! has to say so.

use std::sync::Arc;

use dev_stack::Stack;
use kit::platform::{ALL, Platform};
use kit::scene::Scene;
use serde_json::{Value, json};

use super::restore::identity;
use crate::durability::notary::{answer, with_key};

/// What the notary and its witness are named by.
const NOTARY: [&str; 3] = ["TOT_NOTARY_KEY_FILE", "TOT_NOTARY_INTERVAL", "TOT_WITNESS_FILE"];

#[tokio::test]
async fn alone_a_log_is_restored_again_and_again_once_somebody_names_what_was_given_up() {
    let (platform, key) = with_key().await;
    let mut platform = platform.with_owner();
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    let heads = scene.platform.variable("TOT_WITNESS_FILE").to_owned();
    let folder = scene.platform.folder().to_owned();
    let backup = |name: &str| folder.join(name).display().to_string();
    let [first, second, third] = ["first", "second", "third"].map(backup);
    let former_a = backed_up(&scene.platform, &first).await;
    signed_beyond(&scene).await;

    let stack = Arc::new(Stack::start_throwaway().await.unwrap());
    let restored_b = empty(&stack, "b", &scene.platform).await;
    let said = restored(&restored_b, &first, &key, &heads, &[]).await;
    assert_eq!(said["former_logs"], json!([as_json(&former_a)]));
    let mut restored_b = restored_b;
    restored_b.serve(ALL).await;
    let scene_b = Scene::on(restored_b).await;
    let former_b = backed_up(&scene_b.platform, &second).await;
    signed_beyond(&scene_b).await;

    let restored_c = empty(&stack, "c", &scene.platform).await;
    is_refused(&restored_c, &second, &key, &heads, &[], &[&former_a]).await;
    // That the witness kept nothing of it is no reason to name it.
    let unwitnessed = ["restore", "--from", &second, "--key", &key, "--json"];
    let scratch = empty(&stack, "scratch", &scene.platform).await;
    answer(&scratch.try_tot(&unwitnessed, "").await, 0);
    let said = restored(&restored_c, &second, &key, &heads, &[&former_a]).await;
    assert_eq!(
        said["former_logs"],
        json!([as_json(&former_a), as_json(&former_b)])
    );
    let line = ["audit", "verify", "--key", &key, "--witness", &heads];
    let unnamed = restored_c.try_tot(&line, "").await;
    let told = String::from_utf8(unnamed.stdout).unwrap();
    assert_eq!(unnamed.status.code(), Some(3), "{told}");
    for former in [&former_a, &former_b] {
        assert!(told.contains(&format!("`--former-log {former}`")), "{told}");
    }
    verified(&restored_c, &key, &heads, &[&former_a, &former_b]).await;

    let former_c = backed_up(&restored_c, &third).await;
    let restored_d = empty(&stack, "d", &scene.platform).await;
    is_refused(&restored_d, &third, &key, &heads, &[&former_a], &[&former_b]).await;
    let said = restored(&restored_d, &third, &key, &heads, &[&former_a, &former_b]).await;
    assert_eq!(said["former_logs"].as_array().unwrap().len(), 3, "{said}");
    verified(&restored_d, &key, &heads, &[&former_a, &former_b, &former_c]).await;
    for platform in [scratch, restored_c, restored_d] {
        platform.stop().await;
    }
    scene_b.finish().await;
    scene.finish().await;
}

/// Facts, a head over them, and a copy; answers how its log is named from then on.
async fn backed_up(platform: &Platform, out: &str) -> String {
    let pool = platform.pool().await;
    let log_id = identity(&pool).await;
    pool.close().await;
    platform.tot(&["audit", "head"], "").await;
    let made = answer(
        &platform.try_tot(&["backup", "--out", out, "--json"], "").await,
        0,
    );
    let log = &made["manifest"]["log"];
    assert_eq!(log["log_id"], log_id.as_str());
    format!("{log_id}@{}", log["position"])
}

/// What comes after the backup, under a head that the witness keeps.
async fn signed_beyond(scene: &Scene) {
    scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.drain().await;
    scene.platform.tot(&["audit", "head"], "").await;
}

/// A platform on an empty database, with the same notary and the same witness.
async fn empty(stack: &Arc<Stack>, name: &str, like: &Platform) -> Platform {
    let database = stack.cluster().database(name).await.unwrap();
    let mut platform = Platform::prepare_on(Arc::clone(stack), database)
        .await
        .with_owner();
    for variable in NOTARY.into_iter().chain(["TOT_MASTER_KEYS"]) {
        let value = like.variable(variable).to_owned();
        platform.set(variable, &value);
    }
    platform
}

async fn restored(platform: &Platform, from: &str, key: &str, heads: &str, former: &[&str]) -> Value {
    let mut line = vec![
        "restore",
        "--from",
        from,
        "--key",
        key,
        "--witness",
        heads,
        "--json",
    ];
    line.extend(former.iter().flat_map(|former| ["--former-log", *former]));
    answer(&platform.try_tot(&line, "").await, 0)
}

/// Nothing is changed, and what is to be said is told in words that can be copied.
async fn is_refused(
    platform: &Platform,
    from: &str,
    key: &str,
    heads: &str,
    former: &[&str],
    missing: &[&str],
) {
    let mut line = vec!["restore", "--from", from, "--key", key, "--witness", heads];
    line.extend(former.iter().flat_map(|former| ["--former-log", *former]));
    let output = platform.try_tot(&line, "").await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("Nothing was changed"), "{said}");
    for former in missing {
        assert!(said.contains(&format!("--former-log {former}")), "{said}");
    }
    for former in former {
        assert!(!said.contains(former), "{said}");
    }
    let owner = kit::database::pool(platform.owner_url()).await;
    let tables: i64 =
        sqlx::query_scalar("select count(*) from pg_class where relnamespace = 'public'::regnamespace")
            .fetch_one(&owner)
            .await
            .unwrap();
    assert_eq!(tables, 0);
    owner.close().await;
}

async fn verified(platform: &Platform, key: &str, heads: &str, former: &[&str]) {
    let mut line = vec!["audit", "verify", "--key", key, "--witness", heads, "--json"];
    line.extend(former.iter().flat_map(|former| ["--former-log", *former]));
    let verified = answer(&platform.try_tot(&line, "").await, 0);
    assert_eq!(verified["verified"], true, "{verified}");
}

fn as_json(former: &str) -> Value {
    let (log_id, until) = former.split_once('@').unwrap();
    json!({"log_id": log_id, "until": until.parse::<u64>().unwrap()})
}
