//! Who asks, why and under which key: from [`CommandMetadata`] to the context of one command.

use domain::ids::{AccountId, AppId, IntentId};
use domain::people::{Actor, Role};
use event_store::{CommandContext, Position, StreamName};
use uuid::Uuid;

/// The namespace of command ids drawn from (actor, idempotency key). Fixed for ever: a repeat must find its first.
const COMMANDS: Uuid = Uuid::from_u128(0x5a0c_9a52_7f0e_5c7e_9d1b_8f2c_41d6_0001);
/// The word for a process where metadata names a role.
pub(crate) const PROCESS_ROLE: &str = "process";
/// The word for the command line where metadata names a channel.
const COMMAND_LINE: &str = "cli";
/// The process that ends holds nobody paid for; also on the way to another command.
pub const HOLD_EXPIRY: &str = "hold_expiry";

/// Who asks for something, and how the asking can be recognised when it is repeated.
#[derive(Clone, Debug)]
pub struct CommandMetadata {
    /// Who asks, and in which role.
    pub by: Actor,
    /// The caller's idempotency key, if there is one; `api` has checked its length and alphabet.
    pub key: Option<String>,
    /// What was asked, as a keyed digest: the same key with another digest is refused.
    pub digest: String,
    /// The trace this belongs to.
    pub trace_id: String,
    /// By which way it came, where that is not the usual one.
    channel: Option<&'static str>,
    /// The app that asks for the account, if one does.
    app: Option<AppId>,
    /// The version the caller saw (`If-Match`), if it insists.
    pub expected_version: Option<i64>,
    /// The intent this carries out, if a process asks.
    origin: Option<IntentOrigin>,
}

/// Where an intent comes from.
#[derive(Clone, Debug)]
pub struct IntentOrigin {
    /// The intent; its id is the command's id.
    pub intent_id: IntentId,
    /// The process that stated it.
    pub process: String,
    /// The fact that led to it.
    pub caused_by: Position,
    /// The correlation of that fact.
    pub correlation_id: String,
}

impl CommandMetadata {
    fn new(by: Actor, digest: String, trace_id: String) -> Self {
        Self {
            by,
            key: None,
            digest,
            trace_id,
            channel: None,
            app: None,
            expected_version: None,
            origin: None,
        }
    }

    /// A command of a signed-in account.
    pub fn from_account(id: AccountId, role: Role, digest: String, trace_id: String) -> Self {
        Self::new(Actor::Person { id, role }, digest, trace_id)
    }

    /// A command of one of the platform's processes.
    pub fn by_process(origin: IntentOrigin, trace_id: String) -> Self {
        let digest = origin.intent_id.to_string();
        Self {
            origin: Some(origin),
            ..Self::new(Actor::Process, digest, trace_id)
        }
    }

    /// A look that leaves no fact.
    pub(crate) fn read_only() -> Self {
        Self::new(Actor::Process, String::new(), String::new())
    }

    /// The same command, given on the command line; its facts say so.
    #[must_use]
    pub fn on_command_line(self) -> Self {
        Self {
            channel: Some(COMMAND_LINE),
            ..self
        }
    }

    /// The same command, asked for by an app that acts for the account; its facts say so.
    #[must_use]
    pub fn by_app(self, app: Option<AppId>) -> Self {
        Self { app, ..self }
    }

    /// The same command under an idempotency key.
    #[must_use]
    pub fn with_key(self, key: Option<String>) -> Self {
        Self { key, ..self }
    }

    /// The same command, only if the aggregate still has this version.
    #[must_use]
    pub fn expecting(self, version: Option<i64>) -> Self {
        Self {
            expected_version: version,
            ..self
        }
    }

    /// The context of the command about `subject`, the stream an expected version speaks of. A command that can be repeated
    /// has the same id each time.
    pub(crate) fn context(&self, subject: &StreamName) -> CommandContext {
        let command_id = self.repeatable_id().unwrap_or_else(new_id);
        CommandContext {
            command_id,
            repeatable: self.key.is_some() || self.origin.is_some(),
            remembers_no_op: self.origin.is_none() && self.key.is_some(),
            digest: self.digest.clone(),
            actor_id: self.actor_id(),
            actor_role: match self.by {
                Actor::Person { role, .. } => role.as_str(),
                Actor::Process => PROCESS_ROLE,
            },
            correlation_id: self.correlation(command_id),
            causation: self
                .origin
                .as_ref()
                .map(|origin| origin.caused_by)
                .filter(|position| *position > 0),
            trace_id: self.trace_id.clone(),
            channel: self.channel,
            app_id: self.app.map(AppId::uuid),
            expected: self.expected_version.map(|version| (subject.clone(), version)),
        }
    }

    /// The id of what this command creates under this label: derived from the command's when that can be repeated, else new
    /// and in the order of time.
    pub fn created_id(&self, label: &str) -> Uuid {
        self.repeatable_id()
            .map_or_else(new_id, |command_id| Uuid::new_v5(&command_id, label.as_bytes()))
    }

    /// The id of a command that can be recognised when it is repeated: an intent's, or drawn from caller and key.
    fn repeatable_id(&self) -> Option<Uuid> {
        match (&self.origin, &self.key) {
            (Some(origin), _) => Some(origin.intent_id.uuid()),
            (None, Some(key)) => {
                // An app's keys are its own: they never meet those of the patient it acts for.
                let named = match self.app {
                    Some(app) => format!("{}\n{app}\n{key}", self.actor_id()),
                    None => format!("{}\n{key}", self.actor_id()),
                };
                Some(Uuid::new_v5(&COMMANDS, named.as_bytes()))
            }
            (None, None) => None,
        }
    }

    /// A further command of the platform's own, on the way to this one: an overdue hold is ended first. It belongs to the
    /// fact that gave the hold its time, as if its own process had come to it; the trace tells what met it.
    pub(crate) fn for_prerequisite(&self, caused_by: Position, correlation_id: String) -> Self {
        let origin = IntentOrigin {
            intent_id: IntentId::from_uuid(new_id()),
            process: HOLD_EXPIRY.to_owned(),
            caused_by,
            correlation_id,
        };
        Self::by_process(origin, self.trace_id.clone())
    }

    /// What follows when carrying the intent out ended in `how`, as a command of its own.
    pub(crate) fn for_follow_up(&self, how: &str) -> Self {
        let origin = self.origin.as_ref().map(|origin| {
            let intent_id = IntentId::from_uuid(Uuid::new_v5(&origin.intent_id.uuid(), how.as_bytes()));
            IntentOrigin {
                intent_id,
                ..origin.clone()
            }
        });
        Self {
            origin,
            ..self.clone()
        }
    }

    /// The same command as a command of its own, also when it is sent again: what it decides is idempotent by its rules.
    pub(crate) fn as_new_command(&self) -> Self {
        let origin = self.origin.as_ref().map(|origin| IntentOrigin {
            intent_id: IntentId::from_uuid(new_id()),
            ..origin.clone()
        });
        Self {
            key: None,
            origin,
            ..self.clone()
        }
    }

    fn correlation(&self, command_id: Uuid) -> String {
        self.origin
            .as_ref()
            .map_or_else(|| command_id.to_string(), |origin| origin.correlation_id.clone())
    }

    fn actor_id(&self) -> String {
        match (&self.by, &self.origin) {
            (Actor::Person { id, .. }, _) => id.to_string(),
            (Actor::Process, Some(origin)) => origin.process.clone(),
            (Actor::Process, None) => PROCESS_ROLE.to_owned(),
        }
    }
}

/// A fresh id, in the order of time.
#[expect(clippy::disallowed_methods, reason = "the one place where commands draws ids")]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}
