//! What is done on the command line, for the audit trail: written before a command begins, and how it ended once it has.

use domain::ids::AccountId;
use jiff::Timestamp;
use sqlx::Row;

use super::{People, rows};
use crate::refusal::IdentityError;

/// Who does something on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandLineActor {
    /// The admin who is signed in there.
    Admin(AccountId),
    /// Nobody is signed in: whoever the operating system knows, who has the credentials that the command needs.
    Operator,
}

impl CommandLineActor {
    /// As which role it is recorded: `admin` or `operator`.
    pub const fn role(self) -> &'static str {
        match self {
            Self::Admin(_) => "admin",
            Self::Operator => "operator",
        }
    }

    const fn account(self) -> Option<AccountId> {
        match self {
            Self::Admin(id) => Some(id),
            Self::Operator => None,
        }
    }
}

/// A command that somebody runs.
#[derive(Clone, Copy, Debug)]
pub struct CommandLineAct<'a> {
    /// Who.
    pub actor: CommandLineActor,
    /// Whom the operating system knows; cut off after 128 characters.
    pub os_user: &'a str,
    /// As it is typed, without arguments: `tot projections rebuild`.
    pub command: &'a str,
    /// Its arguments, without secrets and personal data; cut off after 512 characters.
    pub target: &'a str,
    /// The trace of what it does, as its facts tell it.
    pub trace_id: &'a str,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandLineResult {
    /// It did what it was asked for.
    Done,
    /// It did not; standard error said why.
    Failed,
    /// It showed that something is not as it should be.
    NotSo,
    /// It could not look at all of it.
    Incomplete,
    /// Somebody interrupted it.
    Interrupted,
}

impl CommandLineResult {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Done,
        Self::Failed,
        Self::NotSo,
        Self::Incomplete,
        Self::Interrupted,
    ];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::NotSo => "not_so",
            Self::Incomplete => "incomplete",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Whether this database records what is done on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandLineTrail {
    /// It does, and this login may write there.
    Kept,
    /// This login may not write there, though it reads the log: it is one of serving processes.
    Closed,
    /// This login may neither write there nor read the log: it is an analyst's.
    Analyst,
    /// The database has no such table yet, or no platform at all.
    Missing,
    /// The server is a standby, which takes no writes.
    Standby,
}

impl People {
    /// Whether commands can be recorded here with this login.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn command_line_trail(&self) -> Result<CommandLineTrail, IdentityError> {
        // By the catalogue: whoever may not use the schema may not even ask for a table by its name.
        let (is_standby, writes, reads): (bool, Option<bool>, Option<bool>) = sqlx::query_as(
            "select pg_is_in_recovery(), \
                    bool_and(has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'insert')) \
                        filter (where n.nspname = 'identity'), \
                    bool_and(has_table_privilege(c.oid, 'select')) filter (where n.nspname = 'public') \
             from pg_class c join pg_namespace n on n.oid = c.relnamespace \
             where (n.nspname, c.relname) in \
                   (('identity', 'command_line_acts'), ('identity', 'command_line_results'), ('public', 'events'))",
        )
        .fetch_one(self.pool())
        .await?;
        if is_standby {
            return Ok(CommandLineTrail::Standby);
        }
        Ok(match (writes, reads) {
            (Some(true), _) => CommandLineTrail::Kept,
            (Some(false), Some(false)) => CommandLineTrail::Analyst,
            (Some(false), _) => CommandLineTrail::Closed,
            (None, _) => CommandLineTrail::Missing,
        })
    }

    /// The platform's time.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn now(&self) -> Result<Timestamp, IdentityError> {
        let row = sqlx::query("select house_now() as now")
            .fetch_one(self.pool())
            .await?;
        Ok(rows::instant(&row, "now")?)
    }

    /// Records what somebody is about to do, and answers its number: it stands even when nothing comes of it.
    ///
    /// # Errors
    /// Faults of the database; nothing may be done then.
    pub async fn record_command(&self, act: &CommandLineAct<'_>) -> Result<i64, IdentityError> {
        let row = sqlx::query(
            "insert into identity.command_line_acts (actor_id, actor_role, os_user, command, target, trace_id) \
             values ($1, $2, left($3, 128), $4, left($5, 512), $6) returning id",
        )
        .bind(act.actor.account().map(AccountId::uuid))
        .bind(act.actor.role())
        .bind(act.os_user)
        .bind(act.command)
        .bind(act.target)
        .bind(act.trace_id)
        .fetch_one(self.pool())
        .await?;
        Ok(row.try_get("id")?)
    }

    /// Records how what was recorded under this number ended, and the id of what it made.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn record_command_result(
        &self,
        act: i64,
        result: CommandLineResult,
        made: Option<&str>,
    ) -> Result<(), IdentityError> {
        sqlx::query(
            "insert into identity.command_line_results (act_id, result, made) values ($1, $2, left($3, 256))",
        )
        .bind(act)
        .bind(result.as_str())
        .bind(made)
        .execute(self.pool())
        .await?;
        Ok(())
    }
}
