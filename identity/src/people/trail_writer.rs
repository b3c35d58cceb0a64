//! Writes events into the audit trail: at once where nobody may be answered before it stands there, else a moment later and many at once,
//! so that no request waits for it. What waits is bounded; what finds no place is counted, and the count is recorded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;
use uuid::Uuid;

use super::People;
use super::personal_fields::PersonalField;
use super::rows::sql;
use super::security_events::{AuditActor, AuditTarget, EventOrigin, NewSecurityEvent, SecurityEvent};
use crate::refusal::IdentityError;

/// How many events one statement writes at most.
const BATCH_MAX: usize = 512;
/// How long events are gathered before they are written.
const GATHER: Duration = Duration::from_millis(200);
/// How long the writer rests after the database refused, at first and at most.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);
/// How long the writer tries to write what is left when the process ends.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// An event and when it happened.
struct Waiting {
    event: NewSecurityEvent,
    at: Timestamp,
}

/// Events on their way into the trail.
pub(super) struct TrailQueue {
    sender: mpsc::Sender<Waiting>,
    receiver: Mutex<mpsc::Receiver<Waiting>>,
    /// How many found no place since the last entry that said so.
    lost: AtomicU64,
}

impl TrailQueue {
    /// An empty queue for this many events.
    pub(super) fn new(most: usize) -> Self {
        let (sender, receiver) = mpsc::channel(most);
        Self {
            sender,
            receiver: Mutex::new(receiver),
            lost: AtomicU64::new(0),
        }
    }

    fn push(&self, waiting: Waiting) -> bool {
        if self.sender.try_send(waiting).is_ok() {
            return true;
        }
        if self.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("Events of the audit trail are lost: too many wait to be written");
        }
        false
    }
}

impl People {
    /// Has an event recorded soon; never waits. False where it is lost, because too many wait: that is recorded once they do not.
    pub fn note_event(&self, event: NewSecurityEvent, at: Timestamp) -> bool {
        self.inner.trail.push(Waiting { event, at })
    }

    /// Records an event now.
    ///
    /// # Errors
    /// Faults of the database; then it does not stand there.
    pub async fn record_event(&self, event: NewSecurityEvent) -> Result<(), IdentityError> {
        let mut connection = self.pool().acquire().await?;
        let subjects: Vec<Uuid> = event.subject.into_iter().collect();
        insert(&mut connection, &event, &subjects, &[]).await?;
        Ok(())
    }

    /// Writes what [`People::note_event`] takes until `stopped` is done, then what is left. One of it runs in a process.
    pub async fn keep_trail(&self, stopped: impl Future<Output = ()>) {
        let mut receiver = self.inner.trail.receiver.lock().await;
        let mut batch = Vec::with_capacity(BATCH_MAX);
        tokio::pin!(stopped);
        // A write is never broken off: what was half told would be told twice.
        while is_still_on(&mut stopped, &mut receiver, &mut batch).await {
            let mut rest = RETRY_FIRST;
            while !self.write_waiting(&mut batch).await {
                tokio::select! {
                    () = &mut stopped => return self.finish_trail(&mut receiver, &mut batch).await,
                    () = tokio::time::sleep(rest) => rest = rest.saturating_mul(2).min(RETRY_MAX),
                }
            }
        }
        self.finish_trail(&mut receiver, &mut batch).await;
    }

    /// Writes what is left, as long as a process may take that ends.
    async fn finish_trail(&self, receiver: &mut mpsc::Receiver<Waiting>, batch: &mut Vec<Waiting>) {
        let until = Instant::now() + FINISH_WITHIN;
        loop {
            gather(receiver, batch);
            if batch.is_empty() && self.inner.trail.lost.load(Ordering::Relaxed) == 0 {
                return;
            }
            if !self.write_waiting(batch).await {
                if Instant::now() >= until {
                    break;
                }
                tokio::time::sleep(RETRY_FIRST).await;
            }
        }
        let left = batch.len() + receiver.len();
        tracing::error!(
            left,
            "Events of the audit trail could not be written before the process ended"
        );
    }

    /// Whether the database took them, and how many were lost before.
    async fn write_waiting(&self, batch: &mut Vec<Waiting>) -> bool {
        let lost = self.inner.trail.lost.load(Ordering::Relaxed);
        match write(self.pool(), batch, lost).await {
            Ok(()) => {
                batch.clear();
                self.inner.trail.lost.fetch_sub(lost, Ordering::Relaxed);
                true
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "Events of the audit trail wait: the database does not take them"
                );
                false
            }
        }
    }
}

/// Waits for a batch, or until there is to be no other.
async fn is_still_on(
    stopped: &mut (impl Future<Output = ()> + Unpin),
    receiver: &mut mpsc::Receiver<Waiting>,
    batch: &mut Vec<Waiting>,
) -> bool {
    tokio::select! {
        () = &mut *stopped => return false,
        first = receiver.recv() => match first {
            Some(first) => batch.push(first),
            None => return false,
        },
    }
    tokio::select! {
        () = stopped => return false,
        () = tokio::time::sleep(GATHER) => {}
    }
    gather(receiver, batch);
    true
}

/// Takes what waits, up to a batch.
fn gather(receiver: &mut mpsc::Receiver<Waiting>, batch: &mut Vec<Waiting>) {
    while batch.len() < BATCH_MAX
        && let Ok(waiting) = receiver.try_recv()
    {
        batch.push(waiting);
    }
}

/// All of them and how many were lost, or none.
async fn write(pool: &PgPool, batch: &[Waiting], lost: u64) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin().await?;
    if !batch.is_empty() {
        insert_batch(&mut tx, batch).await?;
    }
    if lost > 0 {
        let origin = EventOrigin {
            operation: "platform".into(),
            ..EventOrigin::default()
        };
        let event = NewSecurityEvent::new(SecurityEvent::EntriesLost, origin);
        let event = event.on(Some(AuditTarget::new("entries", lost)));
        insert(&mut tx, &event, &[], &[]).await?;
    }
    tx.commit().await
}

async fn insert_batch(connection: &mut PgConnection, batch: &[Waiting]) -> Result<(), sqlx::Error> {
    let of = |value: fn(&NewSecurityEvent) -> Option<String>| -> Vec<Option<String>> {
        batch.iter().map(|waiting| value(&waiting.event)).collect()
    };
    let hash = |value: fn(&NewSecurityEvent) -> Option<[u8; 16]>| -> Vec<Option<Vec<u8>>> {
        batch
            .iter()
            .map(|waiting| value(&waiting.event).map(|hash| hash.to_vec()))
            .collect()
    };
    let actors: Vec<Option<Uuid>> = batch
        .iter()
        .map(|waiting| waiting.event.actor.map(|(id, _)| id.uuid()))
        .collect();
    let subjects: Vec<Option<Uuid>> = batch.iter().map(|waiting| waiting.event.subject).collect();
    let app = |waiting: &Waiting| waiting.event.origin.app_id.map(domain::ids::AppId::uuid);
    let apps: Vec<Option<Uuid>> = batch.iter().map(app).collect();
    sqlx::query(
        "insert into identity.security_events (happened_at, kind, result, actor_id, actor_role, operation, purpose, \
         subject_ids, target_type, target_id, address_hash, typed_hash, trace_id, app_id) \
         select at, kind, result, actor, role, left(operation, 64), left(purpose, 64), \
                case when subject is null then '{}'::uuid[] else array[subject] end, \
                left(target_type, 64), left(target_id, 256), address, typed, left(trace, 64), app \
         from unnest($1::timestamptz[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::uuid[], \
                     $9::text[], $10::text[], $11::bytea[], $12::bytea[], $13::text[], $14::uuid[]) \
              as e (at, kind, result, actor, role, operation, purpose, subject, target_type, target_id, address, typed, trace, app)",
    )
    .bind(batch.iter().map(|waiting| sql(waiting.at)).collect::<Vec<_>>())
    .bind(of(|event| Some(event.event.kind().as_str().to_owned())))
    .bind(of(|event| Some(event.event.result().as_str().to_owned())))
    .bind(actors)
    .bind(of(|event| event.actor.map(|(_, role)| role.as_str().to_owned())))
    .bind(of(|event| Some(event.origin.operation.to_string())))
    .bind(of(|event| event.purpose.as_ref().map(ToString::to_string)))
    .bind(subjects)
    .bind(of(|event| event.target.as_ref().map(|target| target.kind.to_string())))
    .bind(of(|event| event.target.as_ref().map(|target| target.id.clone())))
    .bind(hash(|event| event.origin.address_hash))
    .bind(hash(|event| event.typed_hash))
    .bind(of(|event| event.origin.trace_id.clone()))
    .bind(apps)
    .execute(connection)
    .await
    .map(drop)
}

/// In the transaction of what is shown or done, where that is one of ours: what cannot be recorded is not.
pub(super) async fn insert(
    connection: &mut PgConnection,
    event: &NewSecurityEvent,
    subjects: &[Uuid],
    fields: &[PersonalField],
) -> Result<(), sqlx::Error> {
    let fields: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
    let (actor, role) = event.actor.unzip();
    sqlx::query(
        "insert into identity.security_events (kind, result, actor_id, actor_role, operation, purpose, subject_ids, fields, \
         target_type, target_id, address_hash, typed_hash, trace_id, app_id) \
         values ($1, $2, $3, $4, left($5, 64), left($6, 64), $7, $8, left($9, 64), left($10, 256), $11, $12, left($13, 64), $14)",
    )
    .bind(event.event.kind().as_str())
    .bind(event.event.result().as_str())
    .bind(actor.map(domain::ids::AccountId::uuid))
    .bind(role.map(domain::people::Role::as_str))
    .bind(&*event.origin.operation)
    .bind(event.purpose.as_deref())
    .bind(subjects)
    .bind(fields)
    .bind(event.target.as_ref().map(|target| &*target.kind))
    .bind(event.target.as_ref().map(|target| target.id.as_str()))
    .bind(event.origin.address_hash.as_ref().map(<[u8; 16]>::as_slice))
    .bind(event.typed_hash.as_ref().map(<[u8; 16]>::as_slice))
    .bind(event.origin.trace_id.as_deref())
    .bind(event.origin.app_id.map(domain::ids::AppId::uuid))
    .execute(connection)
    .await
    .map(drop)
}

/// That `reader` is about to be shown these data of these people.
pub(super) async fn insert_read(
    connection: &mut PgConnection,
    reader: &AuditActor,
    (purpose, target): (&'static str, Option<AuditTarget>),
    subjects: &[Uuid],
    fields: &[PersonalField],
) -> Result<(), sqlx::Error> {
    let event = NewSecurityEvent {
        purpose: Some(purpose.into()),
        ..NewSecurityEvent::new(SecurityEvent::DataRead, reader.origin.clone())
    };
    let event = event.by(Some((reader.account_id, reader.role))).on(target);
    insert(connection, &event, subjects, fields).await
}
