//! Carries erasures out that are due: one after another, each in steps that can be taken again.

use std::time::Duration;

use api::{HoldsError, erasure_holds};
use commands::accounts::{DeactivateForErasure, deactivate_for_erasure};
use commands::{CommandError, CommandServices};
use domain::people::Role;
use event_store::Position;
use identity::{Destruction, Erasure, ErasureState, EventOrigin, IdentityError};
use jiff::{SignedDuration, Timestamp};
use projections::freshness::{Freshness, wait_read_after};
use projections::{Model, Models, QueryError};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::compose::APP_VERSION;

/// How often it is looked whether any is due.
const EVERY: Duration = Duration::from_secs(5);
/// How many are read at once.
const BATCH: i64 = 50;
/// How many are tried in one round at most.
const ROUND_MAX: usize = 1_000;
/// How long remains of erased people may lie in pages of the database before the tables are written anew.
const REWRITTEN_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// What the read models must show before it is believed that nothing is under way.
const MODELS: [Model; 3] = [Model::Bookings, Model::PaymentLedger, Model::Payouts];

/// Why an erasure was not carried out this time.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    #[error("what stands against it could not be found out")]
    Holds(#[from] HoldsError),
    #[error("the account could not be switched off")]
    Deactivate(#[from] CommandError),
    #[error("whether the read models are fresh could not be found out")]
    Query(#[from] QueryError),
    /// The read model is behind; the next round tries again.
    #[error("the read model {} is behind", .0.name())]
    Behind(Model),
    #[error("the person's data could not be destroyed")]
    Identity(#[from] IdentityError),
}

/// What a round came to.
#[derive(Debug, Default)]
pub struct RoundReport {
    /// Whose data are destroyed.
    pub erased: u64,
    /// Those that something stands against.
    pub held: u64,
    /// Those that could not be tried to the end, and why; they will be tried again.
    pub failed: Vec<(Uuid, ErasureError)>,
    /// Of how many erasures the remains were written over.
    pub rewritten: i64,
}

/// What came of one.
enum Tried {
    Erased,
    Held,
    /// Taken back or done meanwhile.
    Nothing,
}

/// Carries erasures out.
pub struct Eraser {
    services: CommandServices,
    models: Models,
    /// Who processes personal data, for the act.
    operator: Option<String>,
    origin: EventOrigin,
}

impl Eraser {
    /// Of this platform; `origin` says what carries them out.
    pub const fn new(
        services: CommandServices,
        models: Models,
        operator: Option<String>,
        origin: EventOrigin,
    ) -> Self {
        Self {
            services,
            models,
            operator,
            origin,
        }
    }

    /// Looks again and again, until it is told to stop. Several processes may: each step is taken by one.
    pub async fn run(self, stop: CancellationToken) {
        let mut turn = tokio::time::interval(EVERY);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = turn.tick() => {}
            }
            let round = async {
                let report = self.round().await?;
                let rewritten = self.rewrite_if_long_due().await?;
                Ok::<_, IdentityError>((report, rewritten))
            };
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = round => ended,
            };
            for (id, error) in ended.iter().flat_map(|(report, _)| &report.failed) {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "Erasure {id} is tried again"
                );
            }
            match ended {
                Ok((report, rewritten)) if report.erased > 0 || rewritten > 0 => {
                    tracing::info!(
                        "{} people erased, {} held; remains of {rewritten} written over",
                        report.erased,
                        report.held
                    );
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "Which erasures are due could not be read"
                ),
            }
        }
    }

    /// Tries each that is due.
    ///
    /// # Errors
    /// Faults of the database while they are listed; what one of them fails with is in the report.
    pub async fn round(&self) -> Result<RoundReport, IdentityError> {
        let mut report = RoundReport::default();
        let (mut after, mut tried) = (None, 0);
        loop {
            let now = self.now();
            let due = self.services.people.due_erasures(now, after, BATCH).await?;
            let Some(last) = due.last() else {
                return Ok(report);
            };
            after = Some((last.due_at, last.id));
            for erasure in &due {
                match self.carry_out(erasure).await {
                    Ok(Tried::Erased) => report.erased += 1,
                    Ok(Tried::Held) => report.held += 1,
                    Ok(Tried::Nothing) => {}
                    Err(error) => report.failed.push((erasure.id, error)),
                }
            }
            tried += due.len();
            if tried >= ROUND_MAX {
                return Ok(report);
            }
        }
    }

    /// Writes over what is left of erased people in the database's pages, now.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn rewrite(&self) -> Result<i64, IdentityError> {
        self.services.people.rewrite_after_erasures().await
    }

    async fn rewrite_if_long_due(&self) -> Result<i64, IdentityError> {
        let since = self.services.people.erasures_to_rewrite_since().await?;
        match since {
            Some(since) if self.now().duration_since(since) >= REWRITTEN_WITHIN => self.rewrite().await,
            Some(_) | None => Ok(0),
        }
    }

    async fn carry_out(&self, erasure: &Erasure) -> Result<Tried, ErasureError> {
        let people = &self.services.people;
        if erasure.state == ErasureState::Waiting && self.is_held(erasure).await? {
            return Ok(Tried::Held);
        }
        if !people.begin_erasure(erasure.id, self.now()).await? {
            return Ok(Tried::Nothing);
        }
        let by_owner = erasure.requested_by == erasure.subject;
        let role = if by_owner {
            erasure.subject_role
        } else {
            Role::Admin
        };
        let command = DeactivateForErasure {
            erasure_id: erasure.id,
            account_id: erasure.subject,
            requested_by: (erasure.requested_by, role),
        };
        let position = deactivate_for_erasure(&self.services, command).await?;
        self.wait_for(position).await?;
        // What was begun until the account was off is shown now, and nothing more can be begun.
        if self.is_held(erasure).await? {
            return Ok(Tried::Held);
        }
        let destruction = Destruction {
            operator: self.operator.as_deref(),
            app_version: APP_VERSION,
            origin: self.origin.clone(),
        };
        let is_done_here = people
            .carry_out_erasure(erasure, &destruction, self.now())
            .await?;
        Ok(if is_done_here {
            Tried::Erased
        } else {
            Tried::Nothing
        })
    }

    /// Whether anything stands against it, which is noted.
    async fn is_held(&self, erasure: &Erasure) -> Result<bool, ErasureError> {
        let holds = erasure_holds(&self.services, &self.models, erasure.subject).await?;
        if holds.is_empty() {
            return Ok(false);
        }
        let holds: Vec<String> = holds.into_iter().map(str::to_owned).collect();
        let people = &self.services.people;
        people.hold_erasure(erasure.id, &holds, self.now()).await?;
        Ok(true)
    }

    async fn wait_for(&self, position: Position) -> Result<(), ErasureError> {
        for model in MODELS {
            match wait_read_after(&self.models, model, position).await? {
                Freshness::Fresh => {}
                Freshness::Stale => return Err(ErasureError::Behind(model)),
            }
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.services.log.clock().now()
    }
}
