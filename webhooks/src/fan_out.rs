//! Tells the log, in its order, into the queues of the endpoints: the cursor moves in the commit that fills them, so nothing is skipped.
//! One process at a time leads.

use std::time::Duration;

use event_store::{EventLog, Fact, Position};
use sqlx::{Connection as _, PgConnection};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::error::WebhookError;
use crate::event::Event;
use crate::options::FanOutOptions;
use crate::queue::{self, Queued};
use crate::recipients::Recipients;
use crate::states::{FactEffect, States};

/// The advisory lock of the one leading fan-out of a database.
const LEADER_LOCK: i64 = 7_245_388;
/// Deliveries queued by one commit, but for those of a single fact.
const DELIVERIES_MAX: usize = 20_000;
/// Rows are found by index whatever the statistics say.
const SETTINGS: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("idle_in_transaction_session_timeout", "60s"),
    ("statement_timeout", "60s"),
    ("jit", "off"),
];

/// The fan-out of one process. Run as many as you like: one leads.
pub struct FanOut {
    log: EventLog,
    options: FanOutOptions,
    queued: watch::Sender<u64>,
    lead: Option<Lead>,
}

struct Lead {
    /// The direct connection that holds the lock. The leadership ends with it.
    connection: PgConnection,
    recipients: Option<Recipients>,
    /// As of the cursor.
    states: States,
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanOutStep {
    /// Another process leads.
    Follows,
    /// There is nobody to tell.
    Nobody,
    /// The cursor, and everybody behind it, has come to the head of the log.
    Quiet,
    /// So many deliveries were queued, and there may be more.
    Queued(usize),
}

impl FanOut {
    /// Of this log.
    pub fn new(log: EventLog, options: FanOutOptions) -> Self {
        Self {
            log,
            options,
            queued: watch::Sender::new(0),
            lead: None,
        }
    }

    /// Fires when something was queued by this process.
    pub fn queued(&self) -> watch::Receiver<u64> {
        self.queued.subscribe()
    }

    /// Tells until stopped.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut appends = self.log.subscribe_appends();
        let mut last_warning: Option<String> = None;
        while !stop.is_cancelled() {
            appends.mark_unchanged();
            let stepped = tokio::select! {
                () = stop.cancelled() => break,
                stepped = self.step() => stepped,
            };
            let pause = match stepped {
                Ok(step) => {
                    if last_warning.take().is_some() {
                        info!("webhooks are told of the log again");
                    }
                    match step {
                        FanOutStep::Queued(_) => Duration::ZERO,
                        FanOutStep::Quiet => {
                            tokio::select! {
                                () = stop.cancelled() => {}
                                _ = appends.changed() => {}
                                () = tokio::time::sleep(self.options.poll) => {}
                            }
                            Duration::ZERO
                        }
                        FanOutStep::Nobody => self.options.nobody,
                        FanOutStep::Follows => self.options.follow,
                    }
                }
                Err(error) => {
                    let text = error.to_string();
                    if last_warning.as_ref() != Some(&text) {
                        warn!(
                            error = &error as &dyn std::error::Error,
                            "webhooks cannot be told of the log at present"
                        );
                    }
                    last_warning = Some(text);
                    self.options.pause
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        if let Some(lead) = self.lead.take() {
            drop(lead.connection.close().await);
        }
    }

    /// Tells one batch to those that follow, and one to those that are furthest behind.
    ///
    /// # Errors
    /// What Postgres answers, or a fact that needs newer code; the leadership ends with it, and nothing is skipped.
    pub async fn step(&mut self) -> Result<FanOutStep, WebhookError> {
        let Some(mut lead) = self.lead().await? else {
            return Ok(FanOutStep::Follows);
        };
        if known(&mut lead).await?.is_empty() {
            self.jump(&mut lead).await?;
            let step = match lead.recipients {
                Some(_) => FanOutStep::Nobody,
                // Somebody has come meanwhile.
                None => FanOutStep::Queued(0),
            };
            self.lead = Some(lead);
            return Ok(step);
        }
        let followed = self.tell_followers(&mut lead).await?;
        let behind = self.tell_those_behind(&mut lead).await?;
        self.lead = Some(lead);
        let queued = followed.unwrap_or_default() + behind.unwrap_or_default();
        if queued > 0 {
            self.queued.send_modify(|times| *times = times.wrapping_add(1));
        }
        Ok(match (followed, behind) {
            (None, None) => FanOutStep::Quiet,
            (Some(_), _) | (_, Some(_)) => FanOutStep::Queued(queued),
        })
    }

    async fn lead(&mut self) -> Result<Option<Lead>, WebhookError> {
        if let Some(lead) = self.lead.take() {
            return Ok(Some(lead));
        }
        let options = self
            .log
            .pool()
            .connect_options()
            .as_ref()
            .clone()
            .options(SETTINGS);
        let mut connection = PgConnection::connect_with(&options).await?;
        let log_id: Uuid = sqlx::query_scalar("select log_id from log_identity")
            .fetch_one(&mut connection)
            .await?;
        if log_id != self.log.identity().log_id() || self.log.is_another_log() {
            return Err(WebhookError::AnotherLog);
        }
        let won: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(LEADER_LOCK)
            .fetch_one(&mut connection)
            .await?;
        if !won {
            connection.close().await?;
            return Ok(None);
        }
        Ok(Some(Lead {
            connection,
            recipients: None,
            states: States::new(self.log.clone(), self.options.states_max),
        }))
    }

    /// Those that follow, and those that the cursor reaches; nothing when there was nothing new.
    async fn tell_followers(&self, lead: &mut Lead) -> Result<Option<usize>, WebhookError> {
        let cursor: Position = sqlx::query_scalar("select position from webhooks.cursor")
            .fetch_one(&mut lead.connection)
            .await?;
        let facts = self.log.read_after(cursor, self.options.batch_max).await?;
        if facts.is_empty() {
            // Somebody may have come, or gone, meanwhile.
            forget_if_changed(lead).await?;
            return Ok(None);
        }
        let batch = Batch::of(&facts, &lead.states, &lead.recipients, |position, recipient| {
            recipient
                .position
                .is_none_or(|told| (cursor..position).contains(&told))
        })
        .await?;
        let changes = changes_of(lead);
        let mut transaction = lead.connection.begin().await?;
        if queue::lock_cursor(&mut transaction).await? != (cursor, changes) {
            // What was told is told again, to whoever wants it now.
            transaction.rollback().await?;
            lead.recipients = None;
            lead.states.forget();
            return Ok(Some(0));
        }
        queue::fill(&mut transaction, &batch.events, &batch.queued).await?;
        queue::move_cursor(&mut transaction, batch.until).await?;
        let joined = queue::join_cursor(&mut transaction, cursor, batch.until).await?;
        if let Some(owner) = batch.ended_owner {
            queue::end_owner(&mut transaction, owner, batch.until).await?;
        }
        transaction.commit().await?;
        if joined > 0 || batch.ended_owner.is_some() {
            lead.recipients = None;
        }
        Ok(Some(batch.queued.len()))
    }

    /// There is nobody: the cursor may go to the head at once.
    async fn jump(&self, lead: &mut Lead) -> Result<(), WebhookError> {
        let (cursor, changes, head) = queue::cursor_and_head(&mut lead.connection).await?;
        lead.states.forget();
        if changes != changes_of(lead) {
            lead.recipients = None;
            return Ok(());
        }
        // Nearly always there is nothing new either, and a look is all it costs.
        if cursor < head {
            let mut transaction = lead.connection.begin().await?;
            if queue::lock_cursor(&mut transaction).await?.1 == changes {
                queue::move_cursor(&mut transaction, head).await?;
            }
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Those that are furthest behind the cursor, all that are at the same stretch of the log together; nothing when nobody is. Whose
    /// account was deactivated there, the cursor has met already, or it is long past.
    async fn tell_those_behind(&self, lead: &mut Lead) -> Result<Option<usize>, WebhookError> {
        let cursor: Position = sqlx::query_scalar("select position from webhooks.cursor")
            .fetch_one(&mut lead.connection)
            .await?;
        let Some(from) = known(lead).await?.furthest_behind(cursor) else {
            return Ok(None);
        };
        let mut facts = self.log.read_after(from, self.options.batch_max).await?;
        facts.retain(|fact| fact.position <= cursor);
        let states = States::new(self.log.clone(), self.options.states_max);
        let batch = Batch::of(&facts, &states, &lead.recipients, |position, recipient| {
            recipient.position.is_some_and(|told| told < position)
        })
        .await?;
        // Without facts they have come to the cursor, or stand beyond it.
        let until = if facts.is_empty() {
            from.max(cursor)
        } else {
            batch.until
        };
        let moved: Vec<Uuid> = lead
            .recipients
            .iter()
            .flat_map(|recipients| recipients.behind(from, until.max(from + 1)))
            .map(|recipient| recipient.id)
            .collect();
        let changes = changes_of(lead);
        let mut transaction = lead.connection.begin().await?;
        if queue::lock_cursor(&mut transaction).await?.1 == changes {
            queue::fill(&mut transaction, &batch.events, &batch.queued).await?;
            queue::move_endpoints(&mut transaction, &moved, until).await?;
        }
        transaction.commit().await?;
        lead.recipients = None;
        Ok(Some(batch.queued.len()))
    }
}

/// What one commit queues.
struct Batch {
    events: Vec<Event>,
    queued: Vec<Queued>,
    /// The last fact that is told with it.
    until: Position,
    /// Whose endpoints end with that fact.
    ended_owner: Option<Uuid>,
}

impl Batch {
    /// As many of the facts as go into one commit, told to those recipients that `is_meant`.
    async fn of(
        facts: &[Fact],
        states: &States,
        recipients: &Option<Recipients>,
        is_meant: impl Fn(Position, &crate::recipients::Recipient) -> bool,
    ) -> Result<Self, WebhookError> {
        let mut batch = Self {
            events: Vec::new(),
            queued: Vec::new(),
            until: 0,
            ended_owner: None,
        };
        for fact in facts {
            match states.apply(fact).await? {
                Some(FactEffect::Event(event)) => {
                    let meant = recipients
                        .iter()
                        .flat_map(|recipients| recipients.of_event(&event))
                        .filter(|recipient| is_meant(fact.position, recipient));
                    let before = batch.queued.len();
                    batch.queued.extend(meant.map(|recipient| Queued {
                        endpoint_id: recipient.id,
                        event: batch.events.len(),
                    }));
                    if batch.queued.len() > before {
                        batch.events.push(event);
                    }
                }
                Some(FactEffect::OwnerDeactivated(owner)) => batch.ended_owner = Some(owner),
                None => {}
            }
            batch.until = fact.position;
            if batch.ended_owner.is_some() || batch.queued.len() >= DELIVERIES_MAX {
                break;
            }
        }
        Ok(batch)
    }
}

/// The recipients, read if they are not known.
async fn known(lead: &mut Lead) -> Result<&Recipients, WebhookError> {
    let recipients = match lead.recipients.take() {
        Some(recipients) => recipients,
        None => Recipients::read(&mut lead.connection).await?,
    };
    Ok(lead.recipients.insert(recipients))
}

/// Forgets the recipients if an endpoint was changed since they were read.
async fn forget_if_changed(lead: &mut Lead) -> Result<(), WebhookError> {
    let changes: i64 = sqlx::query_scalar("select changes from webhooks.cursor")
        .fetch_one(&mut lead.connection)
        .await?;
    if changes != changes_of(lead) {
        lead.recipients = None;
    }
    Ok(())
}

/// The count of changes as of which the recipients are known.
fn changes_of(lead: &Lead) -> i64 {
    lead.recipients
        .as_ref()
        .map_or(-1, |recipients| recipients.changes)
}
