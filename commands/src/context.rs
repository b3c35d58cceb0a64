//! Who asks, why and under which key: from an [`CommandMetadata`] to the context of one command.

use domain::ids::{AccountId, IntentId};
use domain::people::{Actor, Role};
use event_store::{CommandContext, Position, StreamName};
use uuid::Uuid;

/// The namespace of command ids drawn from (actor, idempotency key). Fixed for ever: a repeat must find its first.
const COMMANDS: Uuid = Uuid::from_u128(0x5a0c_9a52_7f0e_5c7e_9d1b_8f2c_41d6_0001);
/// The word for a process where metadata names a role.
const PROCESS_ROLE: &str = "process";

/// Who asks for something, and how the asking can be recognised when it is repeated.
#[derive(Clone, Debug)]
pub struct CommandMetadata {
    /// Who asks.
    pub by: Actor,
    /// The caller's idempotency key, if there is one; `api` has checked its length and alphabet.
    pub key: Option<String>,
    /// What was asked, as a keyed digest: the same key with another digest is refused.
    pub digest: String,
    /// The trace this belongs to.
    pub trace_id: String,
    /// The version the caller saw (`If-Match`), if it insists.
    pub expected_version: Option<i64>,
    /// The intent this carries out, if a process asks.
    origin: Option<Origin>,
}

/// Where an intent comes from.
#[derive(Clone, Debug)]
pub struct Origin {
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
    /// A wish of a signed-in account.
    pub fn from_account(id: AccountId, role: Role, digest: String, trace_id: String) -> Self {
        Self {
            by: Actor::Person { id, role },
            key: None,
            digest,
            trace_id,
            expected_version: None,
            origin: None,
        }
    }

    /// The same wish under an idempotency key.
    #[must_use]
    pub fn keyed(self, key: Option<String>) -> Self {
        Self { key, ..self }
    }

    /// The same wish, only if the aggregate still has this version.
    #[must_use]
    pub fn expecting(self, version: Option<i64>) -> Self {
        Self {
            expected_version: version,
            ..self
        }
    }

    /// A wish of one of the house's processes.
    pub fn by_process(origin: Origin, trace_id: String) -> Self {
        let digest = origin.intent_id.to_string();
        Self {
            by: Actor::Process,
            key: None,
            digest,
            trace_id,
            expected_version: None,
            origin: Some(origin),
        }
    }

    /// A look that leaves no fact.
    pub(crate) fn read_only() -> Self {
        let by = Actor::Process;
        Self {
            by,
            key: None,
            digest: String::new(),
            trace_id: String::new(),
            expected_version: None,
            origin: None,
        }
    }

    /// The context of the command about `subject`, the stream an expected version speaks of.
    pub(crate) fn context(&self, subject: &StreamName) -> CommandContext {
        self.begin().about(subject)
    }

    /// The command, before it is known which stream it creates.
    pub(crate) fn begin(&self) -> IdentifiedCommand<'_> {
        let command_id = match (&self.origin, &self.key) {
            (Some(origin), _) => origin.intent_id.uuid(),
            (None, Some(key)) => Uuid::new_v5(&COMMANDS, format!("{}\n{key}", actor_id(self)).as_bytes()),
            (None, None) => new_id(),
        };
        IdentifiedCommand {
            asked: self,
            command_id,
        }
    }

    /// A further command of the house's own, on the way to this one: an overdue hold is ended first.
    pub(crate) fn for_prerequisite(&self) -> Self {
        let correlation_id = self.correlation(new_id());
        let caused_by = self.origin.as_ref().map_or(0, |origin| origin.caused_by);
        let origin = Origin {
            intent_id: IntentId::from_uuid(new_id()),
            process: crate::processes::hold_expiry::NAME.to_owned(),
            caused_by,
            correlation_id,
        };
        Self::by_process(origin, self.trace_id.clone())
    }

    /// What follows when carrying the intent out ended in `how`, as a command of its own.
    pub(crate) fn for_follow_up(&self, how: &str) -> Self {
        let origin = self.origin.as_ref().map(|origin| {
            let intent_id = IntentId::from_uuid(Uuid::new_v5(&origin.intent_id.uuid(), how.as_bytes()));
            Origin {
                intent_id,
                ..origin.clone()
            }
        });
        Self {
            origin,
            ..self.clone()
        }
    }

    /// The same wish as a command of its own, also when it is asked again: what it decides is idempotent by its rules.
    pub(crate) fn as_new_command(&self) -> Self {
        let origin = self.origin.as_ref().map(|origin| Origin {
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
}

/// A command with its id, before it is known which stream it is about.
pub(crate) struct IdentifiedCommand<'a> {
    asked: &'a CommandMetadata,
    command_id: Uuid,
}

impl IdentifiedCommand<'_> {
    /// The id of the `nth` thing this command creates: derived from the command's when that can be repeated, else new
    /// and in the order of time.
    pub(crate) fn created_id(&self, nth: &str) -> Uuid {
        if self.repeatable() {
            Uuid::new_v5(&self.command_id, nth.as_bytes())
        } else {
            new_id()
        }
    }

    /// The context of the command about `subject`.
    pub(crate) fn about(&self, subject: &StreamName) -> CommandContext {
        let asked = self.asked;
        CommandContext {
            command_id: self.command_id,
            keyed: self.repeatable(),
            no_op_kept: asked.origin.is_none() && asked.key.is_some(),
            digest: asked.digest.clone(),
            actor_id: actor_id(asked),
            actor_role: match asked.by {
                Actor::Person { role, .. } => role.as_str(),
                Actor::Process => PROCESS_ROLE,
            },
            correlation_id: asked.correlation(self.command_id),
            causation: asked
                .origin
                .as_ref()
                .map(|origin| origin.caused_by)
                .filter(|position| *position > 0),
            trace_id: asked.trace_id.clone(),
            expected: asked.expected_version.map(|version| (subject.clone(), version)),
        }
    }

    fn repeatable(&self) -> bool {
        self.asked.key.is_some() || self.asked.origin.is_some()
    }
}

fn actor_id(asked: &CommandMetadata) -> String {
    match (&asked.by, &asked.origin) {
        (Actor::Person { id, .. }, _) => id.to_string(),
        (Actor::Process, Some(origin)) => origin.process.clone(),
        (Actor::Process, None) => PROCESS_ROLE.to_owned(),
    }
}

/// A fresh id, in the order of time.
#[expect(clippy::disallowed_methods, reason = "the one place where commands draws ids")]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}
