//! What every command about an account has in common: who may, the streams of both accounts, and that this process knows at
//! once which sessions ended.

use domain::account::Account;
use domain::account::decide::{Decision, permit_actor};
use domain::account::events::{AccountEvent, AccountField};
use domain::any_event::AnyEvent;
use domain::ids::{AccountId, PrivateId};
use domain::people::{Actor, PrivateRef, Role};
use event_store::{Outcome, PrivateRow};
use jiff::Timestamp;

use crate::bookings::execution::seal;
use crate::context::CommandMetadata;
use crate::outcome::{AccountState, CommandOutcome};
use crate::policy::{MayOperate, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;

/// The vault's word for a free note on what was done to an account.
const ACCOUNT_NOTE: &str = "account_note";

/// A row of the vault, with what the fact says of it.
pub(super) type Sealed = (PrivateRow, PrivateRef);

/// The role of an account that is there.
///
/// # Errors
/// `not_found`, and the errors of the database.
pub(super) async fn role_of(services: &CommandServices, account_id: AccountId) -> Result<Role, CommandError> {
    let account = services.people.account(account_id).await?;
    let account = account.ok_or(Refusal::NotFound)?;
    Ok(account.role)
}

/// Seals a note on an account for the vault, if there is one.
pub(super) async fn sealed_note(
    services: &CommandServices,
    metadata: &CommandMetadata,
    account_id: AccountId,
    note: Option<String>,
) -> Result<Option<Sealed>, CommandError> {
    let note_id = PrivateId::from_uuid(metadata.created_id("note"));
    let Some(note) = note else { return Ok(None) };
    let body = [("note".to_owned(), note.into())].into_iter().collect();
    Ok(Some(
        seal(services, ACCOUNT_NOTE, account_id, body, note_id).await?,
    ))
}

/// Decides about an account, as an admin who is still active themselves; `row` is written with the fact, if there is one.
///
/// # Errors
/// `forbidden`, `account_deactivated`, the rule's refusal; and the errors of the log.
pub(super) async fn execute_on_account(
    services: &CommandServices,
    metadata: &CommandMetadata,
    (account_id, role): (AccountId, Role),
    row: Option<PrivateRow>,
    rule: impl Fn(&Account, Timestamp) -> Decision + Send + Sync,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    decide_about_account(services, metadata, (account_id, role), row, rule).await
}

/// The same for whoever another row of the policy lets in; that was asked before.
///
/// # Errors
/// `account_deactivated`, the rule's refusal; and the errors of the log.
pub(super) async fn decide_about_account(
    services: &CommandServices,
    metadata: &CommandMetadata,
    (account_id, role): (AccountId, Role),
    row: Option<PrivateRow>,
    rule: impl Fn(&Account, Timestamp) -> Decision + Send + Sync,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let name = streams::account(account_id);
    let acting = match metadata.by {
        Actor::Person { id, .. } => Some(streams::account(id)),
        Actor::Process => None,
    };
    let known: Vec<_> = std::iter::once(&name).chain(&acting).cloned().collect();
    let outcome =
        event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), &known, |work| {
            if let Some(acting) = &acting {
                permit_actor(work.state::<Account>(acting)?.as_ref()).map_err(Refusal::from)?;
            }
            let before = work.version::<Account>(&name)?;
            let now = work.now();
            work.decide(&name, |account: &Account| rule(account, now))?;
            if work.version::<Account>(&name)? != before {
                row.iter().cloned().for_each(|row| work.store_private(row));
            }
            Ok(())
        })
        .await?;
    learn_ended_sessions(services).await;
    let account = outcome.state_then::<Account>(&services.log, &name).await?;
    let state = AccountState {
        account_id,
        role,
        account,
        changed: changed(&outcome),
    };
    Ok(CommandOutcome::of(state, &outcome, &name))
}

/// The facts ended sessions; other processes learn it within a second, this one now.
pub(super) async fn learn_ended_sessions(services: &CommandServices) {
    let now = services.log.clock().now();
    if let Err(error) = services.people.sync_revocations(now).await {
        tracing::debug!(error = %error, "Which sessions ended is learned later");
    }
}

/// The fields that the facts say were changed.
fn changed(outcome: &Outcome) -> Vec<AccountField> {
    let event = |fact: &event_store::DecidedFact| {
        AnyEvent::decode(
            &fact.aggregate_type,
            &fact.event_type,
            &fact.event_version,
            &fact.payload,
        )
        .ok()
    };
    let mut changed = Vec::new();
    for event in outcome.facts().iter().filter_map(event) {
        if let AnyEvent::Account(AccountEvent::Edited { fields, .. }) = event {
            changed.extend(fields);
        }
    }
    changed
}
