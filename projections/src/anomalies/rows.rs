//! The columns of anomalies: written together, read back by name.

use domain::ids::AccountId;
use domain::payment::anomaly::{AnomalyKind, Resolution, Source};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::anomalies::{AnomalyRow, AnomalySubject, Settled};
use crate::bulk_write::BulkWrite;
use crate::sql_types;

pub(crate) const LOAD: &str = "select * from anomalies where generation = $1 and subject_id = any($2)";

const WRITE: &str = "
    insert into anomalies
        (generation, subject, subject_id, number, position, kind, source, call, provider_id, seen, currency, seen_at,
         resolution, resolved_by, resolved_at)
    select $1, r.* from unnest($2::text[], $3::uuid[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::text[],
                               $9::text[], $10::bigint[], $11::text[], $12::timestamptz[], $13::text[], $14::uuid[],
                               $15::timestamptz[]) as r
    on conflict (generation, subject_id, subject, number) do update
    set resolution = excluded.resolution, resolved_by = excluded.resolved_by, resolved_at = excluded.resolved_at";

pub(crate) async fn write(
    tx: &mut PgConnection,
    generation: i32,
    rows: &[AnomalyRow],
) -> Result<(), sqlx::Error> {
    BulkWrite::new(WRITE, generation, rows)
        .column(|row| row.subject.as_str())
        .column(|row| row.subject.uuid())
        // Numbers are small; a column has a sign.
        .column(|row| i32::try_from(row.number).unwrap_or(i32::MAX))
        .column(|row| row.position)
        .column(|row| row.kind.as_str())
        .column(|row| row.source.as_str())
        .column(|row| row.call.as_deref())
        .column(|row| row.provider_id.as_deref())
        .column(|row| row.seen.map(|seen| seen.minor))
        .column(|row| row.seen.map(|seen| seen.currency.code()))
        .time(|row| row.seen_at)
        .column(|row| row.settled.map(|how| how.resolution.as_str()))
        .column(|row| row.settled.and_then(|how| how.by).map(AccountId::uuid))
        .maybe_time(|row| row.settled.map(|how| how.at))
        .execute(tx)
        .await
}

impl FromRow<'_, PgRow> for AnomalyRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let subject = AnomalySubject::read(row.try_get("subject")?, row.try_get("subject_id")?);
        let number: i32 = row.try_get("number")?;
        let resolution = sql_types::get_maybe_word(row, "resolution", Resolution::parse)?;
        let settled = match (resolution, sql_types::get_maybe_time(row, "resolved_at")?) {
            (Some(resolution), Some(at)) => Some(Settled {
                resolution,
                by: sql_types::get_maybe_id(row, "resolved_by")?,
                at,
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(sql_types::unreadable("resolution")),
        };
        Ok(Self {
            subject: subject.ok_or_else(|| sql_types::unreadable("subject"))?,
            number: u32::try_from(number).map_err(|_| sql_types::unreadable("number"))?,
            position: row.try_get("position")?,
            kind: sql_types::get_word(row, "kind", AnomalyKind::parse)?,
            source: sql_types::get_word(row, "source", Source::parse)?,
            call: row.try_get("call")?,
            provider_id: row.try_get("provider_id")?,
            seen: sql_types::get_maybe_money(row, "seen")?,
            seen_at: sql_types::get_time(row, "seen_at")?,
            settled,
        })
    }
}
