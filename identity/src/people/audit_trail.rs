//! The audit trail beside the log: what concerns security, whose personal data were read, what admins did, and what was done on the
//! command line; what an entry says, and which entries somebody asks for.

use domain::ids::{AccountId, AppId};
use jiff::Timestamp;
use uuid::Uuid;

use super::People;
use super::command_line::CommandLineResult;
use super::personal_fields::PersonalField;
use super::security_events::{AuditActor, AuditResult, AuditTarget, NewSecurityEvent, SecurityEvent};
use super::trail_hashes::TrailHash;
use super::trail_writer;
use crate::refusal::IdentityError;

/// What staff may have the machinery do where no fact says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorAct {
    /// A read model is built anew.
    Rebuild,
    /// What is parked in a read model is tried again.
    Unpark,
    /// An intent is tried again.
    RetryIntent,
    /// Our books are compared with the providers'.
    Reconcile,
    /// A view or the log leaves as a file.
    Export,
    /// An account is made.
    CreateAccount,
    /// An app is made.
    CreateApp,
    /// The second factor of an account is taken away from it.
    ResetSecondFactor,
    /// An endpoint of webhooks is made, changed or taken away.
    CreateWebhookEndpoint,
    EditWebhookEndpoint,
    DeleteWebhookEndpoint,
    /// It gets another secret.
    RotateWebhookSecret,
    /// It is sent a test, one delivery once more, or the log anew.
    TestWebhookEndpoint,
    RetryWebhookDelivery,
    ReplayWebhookEndpoint,
}

impl OperatorAct {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Rebuild,
        Self::Unpark,
        Self::RetryIntent,
        Self::Reconcile,
        Self::Export,
        Self::CreateAccount,
        Self::CreateApp,
        Self::ResetSecondFactor,
        Self::CreateWebhookEndpoint,
        Self::EditWebhookEndpoint,
        Self::DeleteWebhookEndpoint,
        Self::RotateWebhookSecret,
        Self::TestWebhookEndpoint,
        Self::RetryWebhookDelivery,
        Self::ReplayWebhookEndpoint,
    ];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::Unpark => "unpark",
            Self::RetryIntent => "retry_intent",
            Self::Reconcile => "reconcile",
            Self::Export => "export",
            Self::CreateAccount => "create_account",
            Self::CreateApp => "create_app",
            Self::ResetSecondFactor => "reset_second_factor",
            Self::CreateWebhookEndpoint => "create_webhook_endpoint",
            Self::EditWebhookEndpoint => "edit_webhook_endpoint",
            Self::DeleteWebhookEndpoint => "delete_webhook_endpoint",
            Self::RotateWebhookSecret => "rotate_webhook_secret",
            Self::TestWebhookEndpoint => "test_webhook_endpoint",
            Self::RetryWebhookDelivery => "retry_webhook_delivery",
            Self::ReplayWebhookEndpoint => "replay_webhook_endpoint",
        }
    }

    /// The act of `actor` on `target`, as an event.
    pub(super) fn event(
        self,
        actor: &AuditActor,
        event: SecurityEvent,
        target: AuditTarget,
    ) -> NewSecurityEvent {
        let event = NewSecurityEvent {
            purpose: Some(self.as_str().into()),
            ..NewSecurityEvent::new(event, actor.origin.clone())
        };
        event.by(Some((actor.account_id, actor.role))).on(Some(target))
    }
}

/// Of which kind an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditKind {
    /// Personal data were shown.
    Read,
    /// An admin did something, or somebody on the command line.
    Act,
    /// Somebody signed in or would have.
    SignIn,
    /// An account was made by its owner.
    Registration,
    /// A session ended otherwise than by its time.
    Session,
    /// A password was changed, or would have been.
    Password,
    /// A forgotten password was to be replaced by a code.
    PasswordReset,
    /// An e-mail address was to be proven.
    Email,
    /// Proving a telephone number.
    Phone,
    /// A second factor was changed.
    SecondFactor,
    /// Somebody who is signed in was to prove who they are.
    Proof,
    /// An access token was refused.
    Token,
    /// Somebody asked for what is not theirs.
    Access,
    /// Somebody asked too often.
    RateLimit,
    /// Somebody consented to something, or took it back.
    Consent,
    /// Somebody took their own data along.
    OwnData,
    /// A doctor attached a document, or removed it.
    Document,
    /// Somebody is erased, or is to be.
    Erasure,
    /// An app signed in or would have.
    AppSignIn,
    /// A patient let an app act for them, or ended it.
    AppLink,
    /// The trail tells of itself.
    Trail,
}

/// Where an entry is kept. Entries of one instant stand in this order, the last one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuditSource {
    /// Among the uses of personal data until migration 0103.
    Reads,
    /// Among what staff had the machinery do over HTTP until migration 0103.
    Acts,
    /// Among what was done on the command line.
    CommandLine,
    /// Among the events of security, where all else stands.
    Events,
}

impl AuditSource {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reads, Self::Acts, Self::CommandLine, Self::Events];

    /// Its number, for a cursor.
    pub const fn number(self) -> u64 {
        match self {
            Self::Reads => 0,
            Self::Acts => 1,
            Self::CommandLine => 2,
            Self::Events => 3,
        }
    }

    /// The one of this number.
    pub fn numbered(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.number() == number)
    }
}

impl AuditKind {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Read,
        Self::Act,
        Self::SignIn,
        Self::Registration,
        Self::Session,
        Self::Password,
        Self::PasswordReset,
        Self::Email,
        Self::Phone,
        Self::SecondFactor,
        Self::Proof,
        Self::Token,
        Self::Access,
        Self::RateLimit,
        Self::Consent,
        Self::OwnData,
        Self::Document,
        Self::Erasure,
        Self::AppSignIn,
        Self::AppLink,
        Self::Trail,
    ];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Act => "act",
            Self::SignIn => "sign_in",
            Self::Registration => "registration",
            Self::Session => "session",
            Self::Password => "password",
            Self::PasswordReset => "password_reset",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::SecondFactor => "second_factor",
            Self::Proof => "proof",
            Self::Token => "token",
            Self::Access => "access",
            Self::RateLimit => "rate_limit",
            Self::Consent => "consent",
            Self::OwnData => "own_data",
            Self::Document => "document",
            Self::Erasure => "erasure",
            Self::AppSignIn => "app_sign_in",
            Self::AppLink => "app_link",
            Self::Trail => "trail",
        }
    }

    /// The kind of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Where in the trail an entry stands; the latest entry has the greatest place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPlace {
    /// When it was recorded.
    pub at: Timestamp,
    /// Where it is kept.
    pub source: AuditSource,
    /// Its number there.
    pub id: i64,
}

/// One entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Where it stands.
    pub place: AuditPlace,
    /// Of which kind it is: a word of [`AuditKind`].
    pub kind: String,
    /// How an act came about: `http` or `cli`; it is not told of what was read before migration 0103.
    pub channel: Option<&'static str>,
    /// Who acted or read; nobody's account where nobody was known.
    pub account_id: Option<AccountId>,
    /// Which app asked, of itself or for whoever acted.
    pub app_id: Option<AppId>,
    /// As which role: one of the platform's, or `operator` on the command line without an account.
    pub role: Option<String>,
    /// Whom the operating system knew on the command line.
    pub os_user: Option<String>,
    /// By which operation of the description.
    pub operation: Option<String>,
    /// What for (`history`, `search_by_phone`), what was asked ([`OperatorAct`]), the operation, or a command as it is typed.
    pub what: String,
    /// Of which sort that is which it was about.
    pub target_type: Option<String>,
    /// What it was about: a booking, a read model, an intent, a view, a command's arguments.
    pub target: Option<String>,
    /// Whose data were shown, or whose account it was about; nobody's where a search found nobody.
    pub subject_ids: Vec<Uuid>,
    /// Which of their data: words of [`PersonalField`].
    pub fields: Vec<String>,
    /// The keyed hash of the client's address.
    pub address_hash: Option<Vec<u8>>,
    /// The keyed hash of the e-mail address that was typed.
    pub typed_hash: Option<Vec<u8>>,
    /// The trace of the request.
    pub trace_id: Option<String>,
    /// How it ended; nothing of a command that was cut short or still runs.
    pub result: Option<String>,
    /// When a command ended.
    pub ended_at: Option<Timestamp>,
    /// The id of what a command made.
    pub made: Option<String>,
}

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only of this kind.
    pub kind: Option<AuditKind>,
    /// Only those that ended so: a word of [`AuditResult`] or of a command's results.
    pub result: Option<String>,
    /// Only of this account's.
    pub account_id: Option<AccountId>,
    /// Only about this person.
    pub subject_id: Option<Uuid>,
    /// Only about what has this id or name.
    pub target: Option<String>,
    /// Only from the address with one of these keyed hashes; none asks for nobody's.
    pub address_hashes: Option<Vec<TrailHash>>,
    /// Only of this trace.
    pub trace_id: Option<String>,
    /// Only from this instant on.
    pub from: Option<Timestamp>,
    /// Only before this instant.
    pub to: Option<Timestamp>,
    /// Only what stands before this place: where the page before ended.
    pub before: Option<AuditPlace>,
    /// How many entries at most.
    pub rows: i64,
}

/// The words that an entry's result can be.
pub fn audit_results() -> Vec<&'static str> {
    let mut words: Vec<&str> = AuditResult::ALL.map(AuditResult::as_str).to_vec();
    for word in CommandLineResult::ALL.map(CommandLineResult::as_str) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

impl People {
    /// Records what `actor` asks for, before it is done: it stands even when nothing comes of it.
    ///
    /// # Errors
    /// Faults of the database; nothing may be done then.
    pub async fn record_act(
        &self,
        actor: &AuditActor,
        act: OperatorAct,
        target: AuditTarget,
    ) -> Result<(), IdentityError> {
        let event = act.event(actor, SecurityEvent::ActRequested, target);
        self.record_event(event).await
    }

    /// Records that `reader` is about to be shown these data of `subject`, what for, and what they belong to.
    ///
    /// # Errors
    /// Faults of the database; nothing may be shown then.
    pub async fn record_read(
        &self,
        reader: &AuditActor,
        about: (&'static str, AuditTarget),
        subject: AccountId,
        fields: &[PersonalField],
    ) -> Result<(), IdentityError> {
        let mut connection = self.pool().acquire().await?;
        let about = (about.0, Some(about.1));
        trail_writer::insert_read(&mut connection, reader, about, &[subject.uuid()], fields).await?;
        Ok(())
    }
}
