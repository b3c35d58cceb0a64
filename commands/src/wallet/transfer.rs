//! The frame of cash that comes in or goes out: one append to the statement period in force.

use domain::ids::AccountId;
use domain::wallet::WalletCommand;
use event_store::{Outcome, StreamName};

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, WalletState};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};
use crate::wallet::StatementPeriods;
use crate::wallet::balance::answer;
use crate::wallet::decide_wallet;

/// How many past periods are searched for the first outcome of a repeated command.
const PAST_PERIODS_MAX: u32 = 6;

/// Carries out a transfer in the wallet's period in force.
pub(crate) async fn transfer<F>(
    services: &CommandServices,
    metadata: &CommandMetadata,
    owner_id: AccountId,
    mut command: F,
) -> Result<CommandOutcome<WalletState>, CommandError>
where
    F: FnMut(&mut UnitOfWork<'_>) -> Result<WalletCommand, DecisionError> + Send,
{
    let mut periods = StatementPeriods::of(services);
    let mut past = Vec::new();
    loop {
        let mut page = None;
        // An expected version speaks of the page the caller saw; if that was turned since, it has changed.
        let context = metadata.context(&streams::wallet(
            owner_id,
            services.period_hint(owner_id).unwrap_or(1),
        ));
        let outcome = event_store::execute(&services.log, &context, &past, |work| {
            let command = command(work)?;
            let name = periods.current(work, owner_id)?;
            decide_wallet(work, &name, command)?;
            page = Some(name);
            Ok(())
        })
        .await
        .map_err(CommandError::from);
        if periods.looked_up(&outcome).await? {
            continue;
        }
        if matches!(outcome, Err(CommandError::KeyReused)) && past.is_empty() {
            // The first outcome may stand in a period that has been closed since.
            past = before(services, owner_id);
            if !past.is_empty() {
                continue;
            }
        }
        let at = services.log.clock().now();
        return outcome.map(|outcome| {
            answer(
                &outcome,
                touched(&outcome, owner_id).or(page).as_ref(),
                owner_id,
                at,
            )
        });
    }
}

fn before(services: &CommandServices, owner_id: AccountId) -> Vec<StreamName> {
    let current = services.period_hint(owner_id).unwrap_or(1);
    (current.saturating_sub(PAST_PERIODS_MAX).max(1)..current)
        .map(|period| streams::wallet(owner_id, period))
        .collect()
}

/// The period that the command's last entry went to.
fn touched(outcome: &Outcome, owner_id: AccountId) -> Option<StreamName> {
    let fact = outcome.facts().last()?;
    let period = fact.aggregate_id.rsplit('_').next()?.parse().ok()?;
    Some(streams::wallet(owner_id, period))
}
