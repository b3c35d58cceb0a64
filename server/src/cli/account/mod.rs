//! `tot account`: what admins do to accounts, as whoever is signed in; history says who it was, and that it came from here.

mod edit;
mod shown;

use clap::{Args, Subcommand};
use commands::accounts::{
    self, DeactivateAccount, EditAccount, EndAccountSessions, ReactivateAccount, RefuseDoctor, UnverifyDoctor,
};
use commands::{AccountState, CommandError, CommandOutcome};
use domain::account::events::{ApplicationRefusedReason, DeactivationReason, UnverifiedReason};
use domain::ids::{AccountId, ClinicId, SessionId};
use domain::people::Role;
use history::find::FindQuery;
use identity::{AccountFilter, AccountOrder, FactorReset};
use serde_json::json;

use super::id::id;
use super::missing::{self, Missing};
use super::operator::{self, CommandResult, SignedIn};
use super::output::{self, Format};
use crate::config::Environment;

/// `tot account …`.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// List accounts, the newest first; who was shown is recorded.
    List(ListArgs),
    /// Show one account with its sessions; that it was shown is recorded.
    Show {
        /// The account.
        #[arg(value_parser = id::<AccountId>)]
        id: AccountId,
    },
    /// Answer for what a doctor says: from then on the doctor is offered.
    Verify {
        /// The doctor's account.
        #[arg(value_parser = id::<AccountId>)]
        id: AccountId,
    },
    /// Answer for a doctor no longer: the doctor is not offered, what was agreed stands.
    Unverify {
        /// The doctor's account.
        #[arg(value_parser = id::<AccountId>)]
        id: AccountId,
        /// Why: `documents_missing`, `accreditation_expired`, `accreditation_withdrawn` or `other`.
        #[arg(long, value_parser = unverified_reason)]
        reason: UnverifiedReason,
    },
    /// Refuse a doctor's application; the doctor reads why and may apply again.
    RefuseApplication {
        /// The doctor's account.
        #[arg(value_parser = id::<AccountId>)]
        id: AccountId,
        /// Why: `licence_not_found`, `licence_expired`, `licence_of_another`, `documents_missing` or `other`.
        #[arg(long, value_parser = refused_reason)]
        reason: ApplicationRefusedReason,
        /// Why, in own words: the doctor reads them; kept apart from the history.
        #[arg(long, value_parser = note)]
        note: Option<String>,
    },
    /// Change what an account says; history names the fields, never what they hold.
    Edit(Box<edit::EditArgs>),
    /// Switch an account off: its sessions end, nobody signs in with it.
    Deactivate {
        /// The account.
        #[arg(value_parser = id::<AccountId>)]
        id: AccountId,
        /// Why: `own_request`, `left`, `duplicate`, `compromised`, `misconduct` or `other`.
        #[arg(long, value_parser = deactivation_reason)]
        reason: DeactivationReason,
        /// Why, in own words; kept apart from the history.
        #[arg(long, value_parser = note)]
        note: Option<String>,
    },
    /// Switch an account on again; its sessions of before stay ended.
    Reactivate {
        /// The account.
        #[arg(value_parser = id::<AccountId>)]
        id: AccountId,
        /// Why, in own words; kept apart from the history.
        #[arg(long, value_parser = note)]
        note: Option<String>,
    },
    /// Take away the second factor of somebody who has lost app and recovery codes; their sessions end. Make sure before who asks.
    ResetFactor {
        /// The account.
        #[arg(value_parser = id::<AccountId>)]
        id: AccountId,
    },
    /// End an account's sessions.
    EndSessions {
        /// The account.
        #[arg(value_parser = id::<AccountId>)]
        id: AccountId,
        /// Only this one.
        #[arg(long, value_parser = id::<SessionId>)]
        session: Option<SessionId>,
    },
}

/// Arguments of `tot account list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only of this role: `patient`, `doctor`, `clinic`, `admin` or `analyst`.
    #[arg(long, value_parser = role)]
    role: Option<Role>,
    /// Only those whose owners may sign in (`true`), or only those whose may not (`false`).
    #[arg(long)]
    active: Option<bool>,
    /// Only doctors an admin answers for (`true`), or only doctors none does (`false`).
    #[arg(long)]
    verified: Option<bool>,
    /// Only doctors whose application waits for an admin (`true`), or only others (`false`).
    #[arg(long)]
    applied: Option<bool>,
    /// Only doctors of this clinic.
    #[arg(long, value_parser = id::<ClinicId>)]
    clinic: Option<ClinicId>,
    /// Only whoever is found by it: a whole id, e-mail address, telephone number, last name, or first and last name.
    #[arg(long)]
    q: Option<String>,
    /// The oldest first.
    #[arg(long)]
    oldest_first: bool,
    /// Behind this account, the last of the page before.
    #[arg(long, value_parser = id::<AccountId>)]
    after: Option<AccountId>,
    /// How many at most, 1 to 200.
    #[arg(long, default_value_t = 50)]
    limit: u16,
}

/// Why nothing was shown or done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error(
        "--q must be an account's id, an e-mail address, a telephone number, or a last name, with or without a first name"
    )]
    NotFindable,
}

/// The longest note, in characters.
const NOTE_CHARS_MAX: usize = 1_000;

fn role(word: &str) -> Result<Role, String> {
    Role::parse(word).ok_or_else(|| Role::ALL.map(Role::as_str).join(", "))
}

fn deactivation_reason(word: &str) -> Result<DeactivationReason, String> {
    let words = || DeactivationReason::ALL.map(DeactivationReason::as_str).join(", ");
    DeactivationReason::parse(word).ok_or_else(words)
}

fn unverified_reason(word: &str) -> Result<UnverifiedReason, String> {
    let words = || UnverifiedReason::ALL.map(UnverifiedReason::as_str).join(", ");
    UnverifiedReason::parse(word).ok_or_else(words)
}

fn refused_reason(word: &str) -> Result<ApplicationRefusedReason, String> {
    let words = || {
        ApplicationRefusedReason::ALL
            .map(ApplicationRefusedReason::as_str)
            .join(", ")
    };
    ApplicationRefusedReason::parse(word).ok_or_else(words)
}

fn note(text: &str) -> Result<String, String> {
    let length = text.trim().chars().count();
    if (1..=NOTE_CHARS_MAX).contains(&length) {
        Ok(text.trim().to_owned())
    } else {
        Err(format!("must have 1 to {NOTE_CHARS_MAX} characters"))
    }
}

/// Lists, shows or does.
pub async fn run(command: AccountCommand, environment: &Environment, format: Format) -> CommandResult {
    match command {
        AccountCommand::List(args) => list(args, environment, format).await,
        AccountCommand::Show { id } => show(id, environment, format).await,
        AccountCommand::Verify { id } => {
            let signed_in = operator::signed_in(environment, format!("tot account verify {id}")).await?;
            let done = accounts::verify(&signed_in.services, &signed_in.metadata, id).await;
            said(format, id, done)
        }
        AccountCommand::Unverify { id, reason } => {
            let request = format!("tot account unverify {id} {}", reason.as_str());
            let signed_in = operator::signed_in(environment, request).await?;
            let command = UnverifyDoctor {
                account_id: id,
                reason,
            };
            said(
                format,
                id,
                accounts::unverify(&signed_in.services, &signed_in.metadata, command).await,
            )
        }
        AccountCommand::RefuseApplication { id, reason, note } => {
            let request = format!("tot account refuse-application {id} {}", reason.as_str());
            let signed_in = operator::signed_in(environment, request).await?;
            let command = RefuseDoctor {
                account_id: id,
                reason,
                note,
            };
            said(
                format,
                id,
                accounts::refuse(&signed_in.services, &signed_in.metadata, command).await,
            )
        }
        AccountCommand::Edit(args) => {
            let (account_id, change) = args.read()?;
            let request = format!("tot account edit {account_id}");
            let signed_in = operator::signed_in(environment, request).await?;
            let command = EditAccount { account_id, change };
            said(
                format,
                account_id,
                accounts::edit(&signed_in.services, &signed_in.metadata, command).await,
            )
        }
        AccountCommand::Deactivate { id, reason, note } => {
            let request = format!("tot account deactivate {id} {}", reason.as_str());
            let signed_in = operator::signed_in(environment, request).await?;
            deactivate(&signed_in, id, reason, note, format).await
        }
        AccountCommand::Reactivate { id, note } => {
            let signed_in = operator::signed_in(environment, format!("tot account reactivate {id}")).await?;
            let command = ReactivateAccount { account_id: id, note };
            said(
                format,
                id,
                accounts::reactivate(&signed_in.services, &signed_in.metadata, command).await,
            )
        }
        AccountCommand::ResetFactor { id } => reset_factor(id, environment, format).await,
        AccountCommand::EndSessions { id, session } => {
            let signed_in =
                operator::signed_in(environment, format!("tot account end-sessions {id}")).await?;
            end_sessions(&signed_in, id, session, format).await
        }
    }
}

async fn deactivate(
    signed_in: &SignedIn,
    account_id: AccountId,
    reason: DeactivationReason,
    note: Option<String>,
    format: Format,
) -> CommandResult {
    let command = DeactivateAccount {
        account_id,
        reason,
        note,
    };
    said(
        format,
        account_id,
        accounts::deactivate(&signed_in.services, &signed_in.metadata, command).await,
    )
}

async fn reset_factor(id: AccountId, environment: &Environment, format: Format) -> CommandResult {
    let command = format!("tot account reset-factor {id}");
    let signed_in = operator::signed_in(environment, command.clone()).await?;
    let reset = FactorReset {
        by: &signed_in.reader(&command),
        account_id: id,
    };
    let (services, now) = (&signed_in.services, signed_in.services.log.clock().now());
    services.people.reset_second_factor(reset, now).await?;
    output::print(format, &json!({"id": id, "reset": true}), |_| {
        format!("{id} has no second factor any more; its sessions have ended")
    })?;
    Ok(())
}

async fn end_sessions(
    signed_in: &SignedIn,
    account_id: AccountId,
    session_id: Option<SessionId>,
    format: Format,
) -> CommandResult {
    let services = &signed_in.services;
    let living = async || {
        let now = services.log.clock().now();
        services.people.living_sessions(account_id, session_id, now).await
    };
    let before = living().await?;
    let command = EndAccountSessions {
        account_id,
        session_id,
    };
    let done = accounts::end_sessions(services, &signed_in.metadata, command).await;
    let done = done.map_err(missing::named("account", account_id))?;
    let ended = before.saturating_sub(living().await?);
    let mut shown = shown::standing(&done);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("ended_sessions".to_owned(), ended.into());
    }
    output::print(format, &shown, |_| {
        let sessions = match ended {
            0 => "no session was there to end".to_owned(),
            1 => "1 session ended".to_owned(),
            many => format!("{many} sessions ended"),
        };
        format!("{}; {sessions}", shown::standing_line(&done.answer))
    })?;
    Ok(())
}

async fn list(args: ListArgs, environment: &Environment, format: Format) -> CommandResult {
    let query = match &args.q {
        Some(text) => Some(FindQuery::parse(text).map_err(|_| AccountError::NotFindable)?),
        None => None,
    };
    let filter = AccountFilter {
        role: args.role,
        active: args.active,
        verified: args.verified,
        applied: args.applied,
        clinic_id: args.clinic,
        id: query.as_ref().and_then(FindQuery::account_id),
        sought: query.as_ref().and_then(FindQuery::person).cloned(),
    };
    if args.q.is_some() && filter.id.is_none() && filter.sought.is_none() {
        return Err(AccountError::NotFindable.into());
    }
    let order = if args.oldest_first {
        AccountOrder::OldestFirst
    } else {
        AccountOrder::NewestFirst
    };
    let limit = operator::limit(args.limit)?;
    let signed_in = operator::signed_in(environment, "tot account list".to_owned()).await?;
    let people = &signed_in.services.people;
    let page = people
        .accounts_for(
            &signed_in.reader("tot account list"),
            &filter,
            order,
            args.after,
            u32::from(limit.rows()),
        )
        .await?;
    let more = page.next.map(|next| format!("--after {next}"));
    output::print_list(format, &shown::page(&page), more.as_deref(), |_| {
        shown::table(&page)
    })?;
    Ok(())
}

async fn show(id: AccountId, environment: &Environment, format: Format) -> CommandResult {
    let signed_in = operator::signed_in(environment, format!("tot account show {id}")).await?;
    let people = &signed_in.services.people;
    let details = people
        .account_details_for(&signed_in.reader("tot account show"), id)
        .await?;
    let details = details.ok_or_else(|| Missing::new("account", id))?;
    let role = details.entry.account.role;
    let state = accounts::show(&signed_in.services, id, role).await?;
    let acts = accounts::latest_acts(&signed_in.services, id).await?;
    output::print(format, &shown::details(&details, &state, &acts), |_| {
        shown::lines(&details, &state, &acts)
    })?;
    Ok(())
}

/// How the account stands after a command.
fn said(
    format: Format,
    id: AccountId,
    done: Result<CommandOutcome<AccountState>, CommandError>,
) -> CommandResult {
    let done = done.map_err(missing::named("account", id))?;
    output::print(format, &shown::standing(&done), |_| {
        shown::standing_line(&done.answer)
    })?;
    Ok(())
}
