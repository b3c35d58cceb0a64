//! Each process works under a database login that may do its own work and nothing else.

use kit::database;
use kit::platform::{Platform, ROLES};
use kit::scene::Scene;
use kit::wait::until;
use serde_json::json;
use sqlx::PgPool;

/// What nobody who serves may do to the log.
const NEVER: [&str; 23] = [
    "insert into events select 'booking', 'x', 1, 'Made', '1', '{}', '{}', 1000000, 0, 'x', now(), gen_random_uuid()",
    "insert into events select * from events where false",
    "update events set payload = '{}' where false",
    "delete from events where false",
    "truncate events",
    "alter table events disable trigger all",
    "update notary_leaves set first_position = 1 where false",
    "delete from notary_nodes where false",
    "update notary_heads set head = '{}' where false",
    "update log_identity set log_id = gen_random_uuid()",
    "select renew_log_identity()",
    "update identity.operator_acts set act = 'export' where false",
    "delete from identity.personal_data_uses where false",
    "update identity.command_line_acts set target = '' where false",
    "delete from identity.command_line_results where false",
    "update identity.security_events set result = 'done' where false",
    "delete from identity.security_events where false",
    "update identity.consents set given = true where false",
    "delete from identity.erasures where false",
    "select identity.purge_audit_trail(now() - interval '2 years')",
    "insert into former_logs (log_id, until) select gen_random_uuid(), 1 where false",
    "create table public.mine (number int)",
    "insert into model_indexes values ('bookings', 'mine', 'USING btree (booking_id)')",
];
/// An append of nothing: it is refused by privilege or answered.
const APPEND: &str = "select append_facts('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', \
     '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')";
const MARK: &str = "update relay_mark set position = position";
const NOTARY: &str = "insert into notary_heads select * from notary_heads where false";
const WITNESSES: &str = "delete from notary_witnesses where false";
const CHECKPOINTS: &str = "update checkpoints set fence = fence where false";
const MODEL: &str = "delete from bookings where false";
const GENERATION: &str = "select create_generation('bookings', 1)";
const INTENTS: &str = "update intents set attempts = 0 where false";
const LEAVE_INTENT: &str = "insert into intents (id, process, partition_key, ordinal, caused_by, body, due_at) \
     select gen_random_uuid(), 'x', 'x', 1, 1, '{}', now() where false";
const ACCOUNTS: &str = "insert into identity.accounts (id, role, created_at) select gen_random_uuid(), 'admin', now() where false";
const PASSWORDS: &str = "select password_hash from identity.credentials limit 1";
const CONTACTS: &str = "select email_sealed from identity.contacts limit 1";
const VAULT: &str = "select body from identity.vault limit 1";
/// What exports read.
const VIEWS: &str = "select count(*) from analytics.bookings";
const QUEUES: &str = "delete from webhooks.deliveries where false";
const VAULT_BY_HAND: &str = "update identity.vault set body = '{}' where false";

/// What one role or another may do.
const EVERYTHING: [&str; 16] = [
    APPEND,
    MARK,
    NOTARY,
    WITNESSES,
    CHECKPOINTS,
    MODEL,
    GENERATION,
    INTENTS,
    LEAVE_INTENT,
    ACCOUNTS,
    PASSWORDS,
    CONTACTS,
    VAULT,
    VIEWS,
    VAULT_BY_HAND,
    QUEUES,
];

#[tokio::test]
async fn each_login_does_its_own_work_and_nothing_else() {
    let platform = Platform::prepare().await;
    for (role, own) in [
        (
            "api",
            &[
                APPEND,
                CHECKPOINTS,
                MODEL,
                GENERATION,
                INTENTS,
                LEAVE_INTENT,
                ACCOUNTS,
                PASSWORDS,
                CONTACTS,
                VAULT,
                VIEWS,
                QUEUES,
            ][..],
        ),
        ("workers", &[CHECKPOINTS, MODEL, GENERATION, LEAVE_INTENT]),
        ("relay", &[MARK, NOTARY, WITNESSES]),
        ("intents", &[APPEND, INTENTS, LEAVE_INTENT, CONTACTS, VAULT]),
        ("webhooks", &[QUEUES]),
    ] {
        let pool = database::pool(&platform.serving_url(role).unwrap()).await;
        for statement in EVERYTHING {
            let expected = if own.contains(&statement) {
                None
            } else {
                Some("42501")
            };
            assert_eq!(
                code(&pool, statement).await.as_deref(),
                expected,
                "{role}: {statement}"
            );
        }
        for statement in NEVER {
            assert_eq!(
                code(&pool, statement).await.as_deref(),
                Some("42501"),
                "{role}: {statement}"
            );
        }
        pool.close().await;
    }
    // Whoever plays every part, as `tot dev` does, may do all of it, and no more to the log.
    let pool = database::pool(platform.app_url()).await;
    for statement in NEVER {
        assert_eq!(
            code(&pool, statement).await.as_deref(),
            Some("42501"),
            "{statement}"
        );
    }
    pool.close().await;
    platform.stop().await;
}

/// The code of Postgres' refusal, if it refuses.
async fn code(pool: &PgPool, statement: &str) -> Option<String> {
    let refused = sqlx::query(statement).execute(pool).await.err()?;
    let code = refused.as_database_error().and_then(|error| error.code());
    Some(code.map_or_else(|| refused.to_string(), std::borrow::Cow::into_owned))
}

#[tokio::test]
async fn processes_of_one_role_each_do_all_the_work_under_logins_of_their_own() {
    let mut platform = Platform::prepare().await;
    for role in ROLES {
        platform.serve(role).await;
    }
    let owner = database::pool(platform.owner_url()).await;
    let logins: Vec<String> = sqlx::query_scalar(
        "select distinct usename::text from pg_stat_activity where datname = current_database() and usename like 'tot!_%' escape '!' \
         and usename <> 'tot_owner' order by 1",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert_eq!(
        logins,
        [
            "tot_api",
            "tot_intents",
            "tot_relay",
            "tot_webhooks",
            "tot_worker"
        ]
    );
    owner.close().await;

    let scene = Scene::on(platform).await;
    // More than a day ahead at any hour, so that it is cancelled for nothing.
    let id = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.cancel(&id, "0.00").await.expect(200);
    // A rebuild makes, fills and flips a generation where it was asked for.
    let pool = scene.platform.pool().await;
    let before = database::live_generation(&pool, "open_slots").await;
    let path = "/admin/projections/open_slots/rebuild";
    scene.admin.client.post(path, json!({})).await.expect(200);
    until("the flip", || async {
        (database::live_generation(&pool, "open_slots").await != before).then_some(())
    })
    .await;
    // The workers go on in the new one.
    let again = scene.booked_and_paid(scene.scheduled(scene.slot(2, 60))).await;
    scene
        .until_booking(&again, "the cancelled and the paid one", |booking| {
            booking["status"] != "pending"
        })
        .await;
    // Nor was anybody refused what it does beside, such as counting how far readers are behind.
    for role in ROLES {
        let told = std::fs::read_to_string(scene.platform.log(role)).unwrap();
        let refused: Vec<&str> = told
            .lines()
            .filter(|line| line.contains("permission denied"))
            .collect();
        assert!(refused.is_empty(), "{role}: {refused:?}");
    }
    pool.close().await;
    scene.finish().await;
}

#[tokio::test]
async fn migrate_makes_no_role_tells_which_there_are_not_and_the_platform_goes_on_without() {
    let mut platform = Platform::prepare_private().await;
    let superuser = database::pool(&platform.superuser_url()).await;
    sqlx::query("alter role tot_relay rename to another_relay")
        .execute(&superuser)
        .await
        .unwrap();
    superuser.close().await;
    let owner_url = platform.owner_url().to_owned();
    platform.set("TOT_DATABASE_OWNER_URL", &owner_url);
    let said = platform.tot(&["migrate", "--json"], "").await;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["missing_roles"], json!(["tot_relay"]), "{said}");
    platform.serve(kit::platform::ALL).await;
    platform.patient().await;
    platform.finish().await;
}
