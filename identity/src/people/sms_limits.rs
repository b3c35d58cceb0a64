//! How many codes are sent by text message: each costs money, and whoever is sent them did not always ask.
//!
//! | by | an hour | a day |
//! |---|---|---|
//! | a number, whoever asks | 3 | 6 |
//! | an account, whatever its number | 5 | 10 |
//! | a network: an IPv4 address, an IPv6 /64 | 20 | 60 |
//!
//! Counted in the database: all processes together.

use domain::ids::AccountId;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::rows::{instant, sql};
use super::trail_hashes::TrailHash;
use crate::random;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// By which column, within how long, how many.
const LIMITS: [(&str, SignedDuration, i64); 6] = [
    ("phone_index", HOUR, 3),
    ("phone_index", DAY, 6),
    ("account_id", HOUR, 5),
    ("account_id", DAY, 10),
    ("network", HOUR, 20),
    ("network", DAY, 60),
];
/// One is counted after another: few are sent.
const LOCK: &str = "text messages";

/// A text message about to be sent.
pub(super) struct SmsSend {
    /// What the number is found by.
    pub(super) phone_index: Vec<u8>,
    pub(super) account: AccountId,
    /// A keyed hash of where it was asked from.
    pub(super) network: TrailHash,
}

/// Counts it, or answers how long the next has to wait.
pub(super) async fn count(
    connection: &mut PgConnection,
    send: &SmsSend,
    now: Timestamp,
) -> Result<Option<SignedDuration>, sqlx::Error> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(LOCK)
        .execute(&mut *connection)
        .await?;
    let mut wait: Option<SignedDuration> = None;
    for (column, within, most) in LIMITS {
        let query = format!(
            "select sent_at from identity.sms_sends where {column} = $1 and sent_at > $2 \
             order by sent_at desc offset $3 limit 1"
        );
        let query = sqlx::query(&query);
        let query = match column {
            "phone_index" => query.bind(&send.phone_index),
            "network" => query.bind(&send.network[..]),
            _ => query.bind(send.account.uuid()),
        };
        let full = query
            .bind(sql(now.checked_sub(within).unwrap_or(Timestamp::MIN)))
            .bind(most - 1)
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(row) = full {
            let free_in = within - now.duration_since(instant(&row, "sent_at")?);
            wait = Some(wait.map_or(free_in, |wait| wait.max(free_in)));
        }
    }
    if wait.is_none() {
        sqlx::query(
            "insert into identity.sms_sends (id, phone_index, account_id, network, sent_at) values ($1, $2, $3, $4, $5)",
        )
        .bind(random::id_at(now))
        .bind(&send.phone_index)
        .bind(send.account.uuid())
        .bind(&send.network[..])
        .bind(sql(now))
        .execute(connection)
        .await?;
    }
    Ok(wait)
}
