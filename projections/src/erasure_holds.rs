//! What of bookings and money is under way for one person, so that their data cannot be erased yet.

use domain::ids::AccountId;
use sqlx::{PgPool, Row};

use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

/// What stands against an erasure, by the words that clients are told.
pub const HOLDS: [&str; 4] = [
    "visit_under_way",
    "payment_under_way",
    "refund_under_way",
    "payout_under_way",
];

/// The visits of a patient that are not over, and those of a doctor that are not, or were a day ago: what they earn may be on its way.
const VISITS: &str = "select exists (select from bookings where {LIVE} and patient_id = $3 \
        and status in ('pending', 'assigned', 'en_route', 'arrived', 'in_progress')) \
    or exists (select from bookings where {LIVE} and doctor_id = $3 and assigned \
        and (status in ('pending', 'assigned', 'en_route', 'arrived', 'in_progress') \
             or completed_at > house_now() - interval '1 day')) as held";

/// Payments that still move, or whose last request nobody knows the end of.
const PAYMENTS: &str = "select exists (select from payment_ledger__payments where {LIVE} and patient_id = $3 \
        and (checking or status in ('pending', 'authorised'))) as held";

const REFUNDS: &str = "select exists (select from payment_ledger__payments p \
        cross join lateral jsonb_array_elements(coalesce(p.refunds, '[]')) r \
        where {LIVE} and patient_id = $3 and r ->> 'stage' in ('requested', 'pending')) as held";

const PAYOUTS: &str = "select exists (select from payouts where {LIVE} and owner_id = $3 \
        and (checking or status = 'pending')) as held";

/// What the read models show to be under way for this person: words of [`HOLDS`]. Whoever relies on it waits for them to be fresh first.
///
/// # Errors
/// Faults of the database.
pub async fn of(pool: &PgPool, person: AccountId) -> Result<Vec<&'static str>, QueryError> {
    let [visit, payment, refund, payout] = HOLDS;
    let questions = [
        (visit, Model::Bookings, VISITS),
        (payment, Model::PaymentLedger, PAYMENTS),
        (refund, Model::PaymentLedger, REFUNDS),
        (payout, Model::Payouts, PAYOUTS),
    ];
    let mut holds = Vec::new();
    for (word, model, question) in questions {
        let question = question.replace("{LIVE}", LIVE);
        let row = sql_types::live(model, &question)
            .bind(person.uuid())
            .fetch_one(pool)
            .await?;
        if row.try_get("held")? {
            holds.push(word);
        }
    }
    Ok(holds)
}
