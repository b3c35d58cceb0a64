//! A doctor asks to be verified with a licence; an admin verifies, or refuses and says why.
//!
//! What is said of the licence is personal: it stands in the vault, and facts name its row.

use domain::account::commands::{Apply, RefuseApplication};
use domain::account::decide::decide;
use domain::account::events::{ApplicationRefusedReason, UnverifiedReason};
use domain::account::{Account, Verification};
use domain::ids::{AccountId, PrivateId};
use domain::people::{Actor, Role};
use identity::{ApplicationDocument, LicenceIssuer, LicenceNumber, vault};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::accounts::execution::{decide_about_account, execute_on_account, role_of, sealed_note};
use crate::accounts::show;
use crate::bookings::execution::seal;
use crate::context::CommandMetadata;
use crate::outcome::{AccountState, CommandOutcome};
use crate::policy::{MayPractise, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;

/// The vault's word for what a doctor says of a licence.
const DOCTOR_APPLICATION: &str = "doctor_application";

/// What a doctor says of the licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Its number as its paper has it.
    pub number: LicenceNumber,
    /// Who issued it, if the doctor says.
    pub issued_by: Option<LicenceIssuer>,
    /// The last day on which it is good, if it has one.
    pub valid_until: Option<Date>,
}

/// Whose application is refused, and why.
#[derive(Clone)]
pub struct RefuseDoctor {
    /// The doctor's account.
    pub account_id: AccountId,
    /// Why.
    pub reason: ApplicationRefusedReason,
    /// What the doctor reads of it; goes to the vault.
    pub note: Option<String>,
}

/// How a doctor's application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationStatus {
    /// The doctor never applied, and no admin answers for them.
    NotApplied,
    /// It waits for an admin.
    Applied,
    /// An admin answers for the doctor.
    Verified,
    /// No admin does after what was shown.
    Refused(ApplicationRefusedReason),
    /// None does any more.
    Suspended(UnverifiedReason),
}

impl ApplicationStatus {
    /// The words of the contract.
    pub const WORDS: [&str; 5] = ["not_applied", "applied", "verified", "refused", "suspended"];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApplied => "not_applied",
            Self::Applied => "applied",
            Self::Verified => "verified",
            Self::Refused(_) => "refused",
            Self::Suspended(_) => "suspended",
        }
    }

    /// By an account's facts; where none says, a doctor is as verified as when made.
    pub const fn of(account: &Account, is_verified: bool) -> Self {
        match &account.verification {
            Verification::Unsaid if is_verified => Self::Verified,
            Verification::Unsaid => Self::NotApplied,
            Verification::Applied => Self::Applied,
            Verification::Verified => Self::Verified,
            Verification::Refused { reason, .. } => Self::Refused(*reason),
            Verification::Unverified { reason } => Self::Suspended(*reason),
        }
    }
}

/// A doctor's application, with what the vault still has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoctorApplication {
    /// How it stands.
    pub status: ApplicationStatus,
    /// What the admin who refused it says in own words; none where nobody said any, or they were erased.
    pub note: Option<String>,
    /// What the doctor says of the licence; none before the doctor applied, and after it was erased.
    pub licence: Option<Licence>,
    /// When the doctor last applied.
    pub applied_at: Option<Timestamp>,
    /// What the doctor attached to it, the oldest first.
    pub documents: Vec<ApplicationDocument>,
}

/// Applies as a doctor. The same again is nothing, unless it was refused or the doctor suspended; another licence is to be verified anew.
///
/// # Errors
/// `forbidden`, `licence_expired`, `account_deactivated`; and the errors of the log and the vault.
pub async fn apply(
    services: &CommandServices,
    metadata: &CommandMetadata,
    licence: Licence,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    MayPractise::RULE.permit(metadata.by)?;
    let Actor::Person { id: account_id, role } = metadata.by else {
        return Err(Refusal::NotYours.into());
    };
    let said = said(&licence);
    let before = show(services, account_id, role).await?;
    let same_as = same_as(services, &before.answer.account, &said).await?;
    let row_id = PrivateId::from_uuid(metadata.created_id(DOCTOR_APPLICATION));
    let (row, application) = seal(services, DOCTOR_APPLICATION, account_id, said, row_id).await?;
    let (by, valid_until) = (metadata.by, licence.valid_until);
    decide_about_account(
        services,
        metadata,
        (account_id, role),
        Some(row),
        move |account, at| {
            let application = application.clone();
            decide(
                account,
                Apply {
                    role,
                    application,
                    valid_until,
                    same_as,
                    by,
                    at,
                },
            )
        },
    )
    .await
}

/// Refuses a doctor's application, as an admin, with a reason that the doctor reads.
///
/// # Errors
/// `not_found`, `forbidden`, `not_a_doctor`, `no_application`, `account_deactivated`; and the errors of the log and the vault.
pub async fn refuse(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: RefuseDoctor,
) -> Result<CommandOutcome<AccountState>, CommandError> {
    let RefuseDoctor {
        account_id,
        reason,
        note,
    } = command;
    let role = role_of(services, account_id).await?;
    let (row, note) = sealed_note(services, metadata, account_id, note).await?.unzip();
    let by = metadata.by;
    execute_on_account(services, metadata, (account_id, role), row, move |account, at| {
        let note = note.clone();
        decide(
            account,
            RefuseApplication {
                role,
                reason,
                note,
                by,
                at,
            },
        )
    })
    .await
}

/// How the application of this account's facts stands. Whoever shows it to somebody else has recorded that before.
///
/// # Errors
/// The errors of the vault.
pub async fn application(
    services: &CommandServices,
    account_id: AccountId,
    account: &Account,
    is_verified: bool,
) -> Result<DoctorApplication, CommandError> {
    let says = account
        .application
        .as_ref()
        .map(|application| application.says.id);
    let note = match &account.verification {
        Verification::Refused { note, .. } => note.as_ref().map(|note| note.id),
        Verification::Unsaid
        | Verification::Applied
        | Verification::Verified
        | Verification::Unverified { .. } => None,
    };
    let rows: Vec<PrivateId> = says.into_iter().chain(note).collect();
    let opened = vault::open(&services.people, &rows).await?;
    let words = |id: Option<PrivateId>| id.and_then(|id| opened.get(&id)).map(|row| &row.body);
    let note = words(note).and_then(|body| body["note"].as_str());
    Ok(DoctorApplication {
        status: ApplicationStatus::of(account, is_verified),
        note: note.map(str::to_owned),
        licence: words(says).and_then(licence),
        applied_at: account.application.as_ref().map(|application| application.at),
        documents: services.people.documents_of(account_id).await?,
    })
}

/// How the caller's own application stands.
///
/// # Errors
/// `not_found` where the account is no doctor's; and the errors of the log and the vault.
pub async fn own_application(
    services: &CommandServices,
    account_id: AccountId,
) -> Result<CommandOutcome<DoctorApplication>, CommandError> {
    let state = show(services, account_id, Role::Doctor).await?;
    let is_verified = services.people.is_verified(account_id).await?;
    let application = application(services, account_id, &state.answer.account, is_verified).await?;
    Ok(state.map(|_| application))
}

/// The last application, if it says the same.
async fn same_as(
    services: &CommandServices,
    account: &Account,
    said: &Map<String, Value>,
) -> Result<Option<PrivateId>, CommandError> {
    let Some(application) = &account.application else {
        return Ok(None);
    };
    let id = application.says.id;
    let opened = vault::open(&services.people, &[id]).await?;
    let is_same = opened
        .get(&id)
        .is_some_and(|row| row.body.as_object() == Some(said));
    Ok(is_same.then_some(id))
}

/// As the vault has it.
fn said(licence: &Licence) -> Map<String, Value> {
    let text = |value: &str| Value::String(value.to_owned());
    [
        ("licence_number", Some(text(licence.number.as_str()))),
        (
            "licence_issued_by",
            licence.issued_by.as_ref().map(|issuer| text(issuer.as_str())),
        ),
        (
            "valid_until",
            licence.valid_until.map(|day| text(&day.to_string())),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// As it was said; nothing of a row that says something else.
fn licence(said: &Value) -> Option<Licence> {
    let text = |name: &str| said[name].as_str();
    Some(Licence {
        number: LicenceNumber::parse(text("licence_number")?).ok()?,
        issued_by: text("licence_issued_by").and_then(|raw| LicenceIssuer::parse(raw).ok()),
        valid_until: text("valid_until").and_then(|raw| raw.parse().ok()),
    })
}
