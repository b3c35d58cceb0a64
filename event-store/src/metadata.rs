//! What is stored beside every fact: who asked for it, why, and under which key. All values are strings, as
//! postgres-es expects.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::Position;
use crate::stream_name::StreamName;

/// Who asked, why, and under which key (one per command).
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug)]
pub struct CommandContext {
    /// Stored with the command's first fact; at most one command in the log has it.
    pub command_id: Uuid,
    /// Whether the id was derived from an idempotency key (or an intent), so that the command may have been carried out
    /// before.
    pub repeatable: bool,
    /// Whether it is kept too that the command found nothing to do: for a key of the caller's own, whose repeat must not act
    /// on what others did since. Where the command follows from a fact, a repeat looks at what there is.
    pub remembers_no_op: bool,
    /// A keyed digest of what was asked; another digest under the same id is another command.
    pub digest: String,
    /// The account, or the process, that asked.
    pub actor_id: String,
    pub actor_role: &'static str,
    /// Shared by everything that follows from one command.
    pub correlation_id: String,
    /// The fact that led to this command, if one did.
    pub causation: Option<Position>,
    /// The trace in which the command ran.
    pub trace_id: String,
    /// By which way it came, where that is not the usual one: `cli`.
    pub channel: Option<&'static str>,
    /// The app that asked for the account, if one did.
    pub app_id: Option<Uuid>,
    /// `If-Match`: the stream must be at this version.
    pub expected: Option<(StreamName, i64)>,
}

/// The metadata of a stored fact.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// A keyed digest of what was asked.
    pub command_digest: String,
    /// The account, or the process, that asked.
    pub actor_id: String,
    pub actor_role: String,
    /// Shared by everything that follows from one command.
    pub correlation_id: String,
    /// The fact that led here; stored as its digits, empty when there is none.
    #[serde(serialize_with = "digits", deserialize_with = "from_digits")]
    pub causation: Option<Position>,
    /// The trace in which the command ran.
    pub trace_id: String,
    /// The version of the platform that decided it.
    pub app_version: String,
    /// Database time of the decision.
    pub at: Timestamp,
    /// By which way the command came, where that was not the usual one: `cli`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The app that asked for the account, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<Uuid>,
}

/// The same without owning anything, for writing.
#[derive(Serialize)]
struct Written<'a> {
    command_digest: &'a str,
    actor_id: &'a str,
    actor_role: &'a str,
    correlation_id: &'a str,
    #[serde(serialize_with = "digits")]
    causation: &'a Option<Position>,
    trace_id: &'a str,
    app_version: &'a str,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<Uuid>,
}

/// The metadata, as stored, of the facts that `context` leads to at `at`.
pub(crate) fn written(
    context: &CommandContext,
    app_version: &str,
    at: Timestamp,
) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Written {
        command_digest: &context.digest,
        actor_id: &context.actor_id,
        actor_role: context.actor_role,
        correlation_id: &context.correlation_id,
        causation: &context.causation,
        trace_id: &context.trace_id,
        app_version,
        at,
        channel: context.channel,
        app_id: context.app_id,
    })
}

#[expect(clippy::ref_option, reason = "serde's shape")]
fn digits<S: Serializer>(causation: &Option<Position>, serializer: S) -> Result<S::Ok, S::Error> {
    match causation {
        Some(position) => serializer.collect_str(position),
        None => serializer.serialize_str(""),
    }
}

fn from_digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Position>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        Ok(None)
    } else {
        text.parse().map(Some).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn context(causation: Option<Position>) -> CommandContext {
        CommandContext {
            command_id: Uuid::nil(),
            repeatable: true,
            remembers_no_op: false,
            digest: "d1".to_owned(),
            actor_id: "a1".to_owned(),
            actor_role: "patient",
            correlation_id: "c1".to_owned(),
            causation,
            trace_id: "t1".to_owned(),
            channel: None,
            app_id: None,
            expected: None,
        }
    }

    #[test]
    fn metadata_is_read_back_as_written() {
        for causation in [None, Some(42)] {
            let text = written(&context(causation), "0.0.0", Timestamp::UNIX_EPOCH).unwrap();
            let read: Metadata = serde_json::from_str(&text).unwrap();
            assert_eq!(read.causation, causation);
            assert_eq!(read.command_digest, "d1");
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
    }

    #[test]
    fn a_way_other_than_the_usual_one_is_told_and_read_back() {
        let by_cli = CommandContext {
            channel: Some("cli"),
            ..context(None)
        };
        let text = written(&by_cli, "0.0.0", Timestamp::UNIX_EPOCH).unwrap();
        let read: Metadata = serde_json::from_str(&text).unwrap();
        assert_eq!(read.channel.as_deref(), Some("cli"));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn the_app_that_asked_for_an_account_is_told_and_read_back() {
        let app_id = Uuid::from_u128(7);
        let by_app = CommandContext {
            app_id: Some(app_id),
            ..context(None)
        };
        let text = written(&by_app, "0.0.0", Timestamp::UNIX_EPOCH).unwrap();
        let map: HashMap<String, String> = serde_json::from_str(&text).unwrap();
        assert_eq!(map["app_id"], app_id.to_string());
        let read: Metadata = serde_json::from_str(&text).unwrap();
        assert_eq!(read.app_id, Some(app_id));
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn every_value_of_the_metadata_is_a_string() {
        let text = written(&context(Some(7)), "0.0.0", Timestamp::UNIX_EPOCH).unwrap();
        let map: HashMap<String, String> = serde_json::from_str(&text).unwrap();
        assert_eq!(map.len(), 8);
        assert_eq!(map["causation"], "7");
    }
}
