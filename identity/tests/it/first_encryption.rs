//! What a release before wrote in plain text is sealed, whenever that is stopped in between, and nobody serves before.

use domain::ids::{AccountId, PrivateId};
use domain::people::{PrivateRef, Role};
use identity::{
    AuditActor, EncryptionProgress, EventOrigin, IdentityError, MasterKeys, Sought, SoughtName,
    encrypt_what_is_plain, is_all_sealed, vault,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::kit::{TestIdentity, email, phone};

/// The tables as the release before left them: every column plain, and nothing that refuses it.
const BEFORE: &str = "
    alter table identity.contacts add column email text, add column phone text, add column first_name text,
        add column last_name text, alter column email_sealed drop not null, alter column first_name_sealed drop not null,
        alter column last_name_sealed drop not null, alter column email_index drop not null,
        alter column first_name_index drop not null, alter column last_name_index drop not null;
    alter table identity.payout_destinations add column phone text, add column bank_id text,
        alter column sealed drop not null;
    alter table identity.vault drop constraint vault_is_sealed;";

/// More than two batches of people, each with contacts and a row of the vault; some with a bank account.
const PEOPLE: u64 = 1_100;
const WITH_BANK: u64 = 3;
const ROWS: &str = "
    insert into identity.accounts (id, role, created_at)
    select md5('account' || n)::uuid, 'patient', '2026-11-01' from generate_series(1, 1100) n;
    insert into identity.contacts (account_id, email, phone, first_name, last_name)
    select md5('account' || n)::uuid, 'zqmail' || n || '@example.com', '+7900' || (1000000 + n), 'Zqfirst' || n, 'Zqlast Оглы' || n
    from generate_series(1, 1100) n;
    insert into identity.vault (id, subject_id, kind, salt, body)
    select md5('row' || n)::uuid, md5('account' || n)::uuid, 'visit_details', decode(repeat('ab', 32), 'hex'),
           jsonb_build_object('latitude', '55.771177', 'longitude', '37.661166', 'address', 'Zqstreet ' || n)
    from generate_series(1, 1100) n;
    insert into identity.payout_destinations (owner_id, id, phone, bank_id, set_at)
    select md5('account' || n)::uuid, md5('to' || n)::uuid, '+7900' || (2000000 + n), '100000000111', '2026-11-02'
    from generate_series(1, 3) n;";

/// What facts hold of row 7: SHA-256 over the salt, thirty-two times 0xab, and the canonical body, as this prints it:
/// `(printf '\xab%.0s' {1..32}; printf '{"address":"Zqstreet 7","latitude":"55.771177","longitude":"37.661166"}') | sha256sum`
const DIGEST_OF_7: &str = "97f1209cab7a8ddeaab59f3c4dd436ab4d5bee90500ac2acd2e620824387e9b8";

async fn before(fixture: &TestIdentity) -> PgPool {
    let owner = PgPoolOptions::new()
        .max_connections(2)
        .connect(fixture.database.owner_url())
        .await
        .unwrap();
    sqlx::raw_sql(BEFORE).execute(&owner).await.unwrap();
    sqlx::raw_sql(ROWS).execute(&owner).await.unwrap();
    owner
}

async fn id_of(pool: &PgPool, what: &str) -> Uuid {
    sqlx::query_scalar("select md5($1)::uuid")
        .bind(what)
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn plain_rows(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select (select count(*) from identity.contacts where email is not null) \
              + (select count(*) from identity.vault where not body ? 'sealed') \
              + (select count(*) from identity.payout_destinations where phone is not null)",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn what_was_plain_is_sealed_whenever_it_is_stopped_and_opens_as_it_was() {
    let fixture = TestIdentity::new().await;
    let owner = before(&fixture).await;
    let master = MasterKeys::load(&fixture.folder.master_file()).unwrap();
    let refused = fixture.people.require_opening().await.unwrap_err();
    assert!(matches!(refused, IdentityError::NotEncrypted), "{refused:?}");
    assert!(refused.to_string().contains("tot migrate"), "the mend is named");

    // It dies right after its first batch, again and again.
    let mut left = plain_rows(&owner).await;
    assert_eq!(left, i64::try_from(2 * PEOPLE + WITH_BANK).unwrap());
    for _ in 0..3 {
        let (pool, master) = (owner.clone(), master.clone());
        let of = u64::try_from(left).unwrap();
        let mut runs = JoinSet::new();
        runs.spawn(async move {
            let dies = |progress: EncryptionProgress| assert_eq!((progress.done, progress.of), (0, of));
            encrypt_what_is_plain(&pool, &master, dies).await
        });
        assert!(runs.join_next().await.unwrap().unwrap_err().is_panic());
        let now = plain_rows(&owner).await;
        assert!(now < left && now > 0, "{now} of {left}");
        left = now;
        assert!(
            fixture.people.require_opening().await.is_err(),
            "half-way is not enough"
        );
    }
    let done = encrypt_what_is_plain(&owner, &master, |_| {}).await.unwrap();
    assert_eq!(done, u64::try_from(left).unwrap());
    assert!(is_all_sealed(&owner).await.unwrap());
    assert_eq!(encrypt_what_is_plain(&owner, &master, |_| {}).await.unwrap(), 0);
    fixture.people.require_opening().await.unwrap();
    as_it_was(&fixture, &owner).await;
    nothing_plain(&owner).await;
}

async fn as_it_was(fixture: &TestIdentity, owner: &PgPool) {
    let people = &fixture.people;
    let id = AccountId::from_uuid(id_of(owner, "account7").await);
    let account = people.account(id).await.unwrap().unwrap();
    assert_eq!(account.email, email("zqmail7@example.com"));
    assert_eq!(account.phone, Some(phone("+79001000007")));
    assert_eq!(account.first_name.as_str(), "Zqfirst7");
    let reader = AuditActor {
        account_id: id,
        role: Role::Admin,
        origin: EventOrigin::default(),
    };
    for sought in [
        Sought::Email(email("zqmail7@example.com")),
        Sought::Phone(phone("+79001000007")),
        Sought::Name(SoughtName::parse("zqLAST  оглы7").unwrap()),
        Sought::Name(SoughtName::parse("Zqfirst7 Zqlast Оглы7").unwrap()),
    ] {
        let found = people.find_people(&reader, &sought).await.unwrap();
        assert_eq!(found.len(), 1, "{sought:?}");
        assert_eq!(found[0].id, id, "{sought:?}");
    }
    let row = PrivateId::from_uuid(id_of(owner, "row7").await);
    let opened = vault::open(people, &[row]).await.unwrap();
    let expected = json!({"address": "Zqstreet 7", "latitude": "55.771177", "longitude": "37.661166"});
    assert_eq!(opened[&row].body, expected);
    let reference = PrivateRef {
        id: row,
        digest: DIGEST_OF_7.to_owned(),
    };
    assert!(opened[&row].is_what(&reference), "facts of before still fit");
    let place: Value = sqlx::query_scalar("select body - 'sealed' from identity.vault where id = $1")
        .bind(row.uuid())
        .fetch_one(owner)
        .await
        .unwrap();
    assert_eq!(place, json!({"south": "55.75", "west": "37.60"}));
    let owner_of_bank = AccountId::from_uuid(id_of(owner, "account3").await);
    let to = people.payout_destination(owner_of_bank).await.unwrap().unwrap();
    assert_eq!(
        (to.phone.as_str(), to.bank_id.as_str()),
        ("+79002000003", "100000000111")
    );
}

/// Nothing in the tables, nor in what Postgres keeps to know about them.
async fn nothing_plain(owner: &PgPool) {
    for table in [
        "identity.contacts",
        "identity.vault",
        "identity.payout_destinations",
        "pg_catalog.pg_stats",
    ] {
        for marker in ["zqmail", "zqfirst", "zqstreet", "+7900200"] {
            let query = format!("select count(*) from {table} t where strpos(lower(t::text), $1) > 0");
            let found: i64 = sqlx::query_scalar(&query)
                .bind(marker)
                .fetch_one(owner)
                .await
                .unwrap();
            assert_eq!(found, 0, "{marker} in {table}");
        }
    }
}

#[tokio::test]
async fn what_is_left_plain_keeps_the_time_of_plain_text_from_ending() {
    let fixture = TestIdentity::new().await;
    let owner = before(&fixture).await;
    let ended = sqlx::query("select identity.end_plain_text()")
        .execute(&owner)
        .await;
    assert!(ended.is_err());
    assert_eq!(
        plain_rows(&owner).await,
        i64::try_from(2 * PEOPLE + WITH_BANK).unwrap()
    );
    let by_the_platform = sqlx::query("select identity.end_plain_text()")
        .execute(&fixture.pool)
        .await;
    assert!(by_the_platform.is_err(), "only the owner changes tables");
}
