//! Facts by what they have in common: a partition, a correlation, who asked, a stretch of time. Every question is bounded, and
//! reads an index or a named number of positions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::read::{BEFORE_EACH, COLUMNS, reading_failed};
use crate::Position;
use crate::error::LogError;
use crate::fact::Fact;
use crate::log::EventLog;
use crate::store::retried;

/// How many facts one page looks at, at most, before it says how far it came.
const SCANNED_MAX: i64 = 10_000;
/// How many facts of one stream one page looks at.
const STREAM_FACTS_MAX: i64 = 1_000;
/// How many commands of one actor or correlation one page looks at.
const COMMANDS_MAX: i64 = 500;

/// Which facts of the log.
#[derive(Clone, Debug, Default)]
pub struct FactFilter {
    /// Only of this type.
    pub event_type: Option<String>,
    /// Only of this stream: its aggregate's type, and its id.
    pub stream: Option<(String, String)>,
    /// Only by this account or process.
    pub actor: Option<String>,
    /// Only what follows from this command.
    pub correlation: Option<String>,
    /// Behind this position.
    pub after: Position,
    /// Before this position, if there is an end.
    pub before: Option<Position>,
}

/// Some of the facts that a filter lets through.
#[derive(Clone, Debug)]
pub struct FactPage {
    /// In the order of positions.
    pub facts: Vec<Fact>,
    /// Go on behind this position; none at the end. A page may be empty and have one: it looked at as many facts as a page may.
    pub next: Option<Position>,
}

/// Where a command begins in the log, and what led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandStart {
    /// Its first fact.
    pub position: Position,
    /// The fact that led to it, if one did.
    pub causation: Option<Position>,
}

/// Where some commands begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandStarts {
    /// In the order of positions.
    pub starts: Vec<CommandStart>,
    /// Whether there are more of a correlation than were asked for: the later ones are missing.
    pub is_cut: bool,
}

/// What a page looked at, and how far it came if there may be more.
struct Looked {
    facts: Vec<Fact>,
    reached: Option<Position>,
}

impl EventLog {
    /// The first position recorded at this instant or later; one behind the last if there is none. By bisection, since the log is
    /// recorded in the order of positions.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn position_at(&self, instant: Timestamp) -> Result<Position, LogError> {
        retried(|| async {
            sqlx::query_scalar("select position_at($1)")
                .bind(instant.to_sqlx())
                .fetch_one(self.reading())
                .await
                .map_err(reading_failed)
        })
        .await
    }

    /// The facts of every stream of a partition in the order of positions, at most `limit` of them.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn read_partition(&self, partition_key: &str, limit: u32) -> Result<Vec<Fact>, LogError> {
        let mut query = QueryBuilder::new(format!(
            "select e.position, {BEFORE_EACH}, {COLUMNS} from events s cross join lateral (\
                 select * from events f where f.aggregate_type = s.aggregate_type and f.aggregate_id = s.aggregate_id \
                 order by f.sequence limit "
        ));
        query.push_bind(i64::from(limit));
        query
            .push(") e where s.sequence = 1 and s.partition_key = ")
            .push_bind(partition_key.to_owned());
        query
            .push(" order by e.position limit ")
            .push_bind(i64::from(limit));
        self.all(query).await
    }

    /// The commands that share one of these correlations and stand behind the position beside it, at most `limit` of each
    /// correlation.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn commands_of(
        &self,
        correlations: &BTreeMap<String, Position>,
        limit: u32,
    ) -> Result<CommandStarts, LogError> {
        let mut query = QueryBuilder::new("select c.number, b.position, b.causation from unnest(");
        query.push_bind(correlations.keys().cloned().collect::<Vec<String>>());
        query.push("::text[], ");
        query.push_bind(correlations.values().copied().collect::<Vec<Position>>());
        query.push(
            "::bigint[]) with ordinality c (id, after, number) cross join lateral (\
                 select e.position, nullif(e.metadata ->> 'causation', '')::bigint as causation from events e \
                 where e.command_id is not null \
                   and hashtextextended(e.metadata ->> 'correlation_id', 0) = hashtextextended(c.id, 0) \
                   and e.metadata ->> 'correlation_id' = c.id and e.position > c.after order by e.position limit ",
        );
        // One more of each than is answered tells that there are more.
        query
            .push_bind(i64::from(limit).saturating_add(1))
            .push(") b order by b.position");
        let rows: Vec<(i64, Position, Option<Position>)> = self.all(query).await?;
        let mut found = CommandStarts::default();
        let mut of_correlation: BTreeMap<i64, u32> = BTreeMap::new();
        for (number, position, causation) in rows {
            let count = of_correlation.entry(number).or_default();
            *count += 1;
            if *count > limit {
                found.is_cut = true;
            } else {
                found.starts.push(CommandStart { position, causation });
            }
        }
        Ok(found)
    }

    /// The whole commands that the facts at these positions came from, in the order of positions.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn whole_commands(&self, positions: &[Position]) -> Result<Vec<Fact>, LogError> {
        let mut query = QueryBuilder::new("select distinct b.position from unnest(");
        query.push_bind(positions.to_vec());
        query.push(
            "::bigint[]) c (position) cross join lateral (\
                 select e.position from events e where e.position <= c.position and e.command_id is not null \
                 order by e.position desc limit 1) b",
        );
        let begins: Vec<(Position,)> = self.all(query).await?;
        let begins: Vec<Position> = begins.into_iter().map(|(position,)| position).collect();
        self.read_commands(&begins, 0, None).await
    }

    /// The streams of a partition, each as `type/id`, the newest first, at most `limit` of them.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn streams_of(&self, partition_key: &str, limit: u32) -> Result<Vec<String>, LogError> {
        let mut query = QueryBuilder::new(
            "select aggregate_type || '/' || aggregate_id from events where sequence = 1 and partition_key = ",
        );
        query.push_bind(partition_key.to_owned());
        query
            .push(" order by position desc limit ")
            .push_bind(i64::from(limit));
        let streams: Vec<(String,)> = self.all(query).await?;
        Ok(streams.into_iter().map(|(stream,)| stream).collect())
    }

    /// Where the first fact of this command stands, if it led to one.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn position_of_command(&self, command_id: Uuid) -> Result<Option<Position>, LogError> {
        let mut query = QueryBuilder::new("select position from events where command_id = ");
        query.push_bind(command_id);
        let found: Vec<(Position,)> = self.all(query).await?;
        Ok(found.first().map(|(position,)| *position))
    }

    /// The facts at these positions, in order.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn read_at(&self, positions: &[Position]) -> Result<Vec<Fact>, LogError> {
        let mut query = QueryBuilder::new(format!(
            "select e.position, {BEFORE_EACH}, {COLUMNS} from events e where e.position = any("
        ));
        query.push_bind(positions.to_vec()).push(") order by e.position");
        self.all(query).await
    }

    /// A page of the facts that the filter lets through, at most `limit` of them.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn find_facts(&self, filter: &FactFilter, limit: u32) -> Result<FactPage, LogError> {
        let looked = if let Some((aggregate_type, id)) = &filter.stream {
            self.of_stream(filter, aggregate_type, id).await?
        } else if let Some(correlation) = &filter.correlation {
            self.of_commands(filter, "correlation_id", correlation).await?
        } else if let Some(actor) = &filter.actor {
            self.of_commands(filter, "actor_id", actor).await?
        } else {
            self.scanned(filter, limit).await?
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut facts: Vec<Fact> = looked
            .facts
            .into_iter()
            .filter(|fact| filter.lets_through(fact))
            .collect();
        let cut = facts.len() > limit;
        facts.truncate(limit);
        let next = if cut {
            facts.last().map(|fact| fact.position)
        } else {
            looked.reached
        };
        Ok(FactPage { facts, next })
    }

    async fn of_stream(
        &self,
        filter: &FactFilter,
        aggregate_type: &str,
        id: &str,
    ) -> Result<Looked, LogError> {
        let mut query = QueryBuilder::new(format!(
            "select e.position, {BEFORE_EACH}, {COLUMNS} from events e where e.aggregate_type = "
        ));
        query.push_bind(aggregate_type.to_owned());
        query.push(" and e.aggregate_id = ").push_bind(id.to_owned());
        query.push(" and e.position > ").push_bind(filter.after);
        query.push(" and e.position < ").push_bind(filter.end());
        query
            .push(" order by e.sequence limit ")
            .push_bind(STREAM_FACTS_MAX);
        let facts: Vec<Fact> = self.all(query).await?;
        let full = i64::try_from(facts.len()).is_ok_and(|read| read >= STREAM_FACTS_MAX);
        let reached = facts.last().map(|fact| fact.position).filter(|_| full);
        Ok(Looked { facts, reached })
    }

    /// By a member of the metadata that all facts of a command share: an index of the commands' first facts.
    async fn of_commands(&self, filter: &FactFilter, member: &str, value: &str) -> Result<Looked, LogError> {
        let mut query = QueryBuilder::new(format!(
            "select e.position from events e where e.command_id is not null \
               and hashtextextended(e.metadata ->> '{member}', 0) = hashtextextended("
        ));
        query.push_bind(value.to_owned()).push(", 0)");
        query
            .push(format!(" and e.metadata ->> '{member}' = "))
            .push_bind(value.to_owned());
        // The page may begin in the midst of a command.
        query.push(
            " and e.position >= coalesce((select b.position from events b where b.command_id is not null and b.position <= ",
        );
        query.push_bind(filter.after.saturating_add(1));
        query
            .push(" order by b.position desc limit 1), 0) and e.position < ")
            .push_bind(filter.end());
        query.push(" order by e.position limit ").push_bind(COMMANDS_MAX);
        let begins: Vec<(Position,)> = self.all(query).await?;
        let begins: Vec<Position> = begins.into_iter().map(|(position,)| position).collect();
        let facts = self.read_commands(&begins, filter.after, filter.before).await?;
        let full = i64::try_from(begins.len()).is_ok_and(|read| read >= COMMANDS_MAX);
        let reached = facts.last().map(|fact| fact.position).filter(|_| full);
        Ok(Looked { facts, reached })
    }

    /// Straight through the log, so many positions: they are dense, so where it stops is known.
    async fn scanned(&self, filter: &FactFilter, limit: u32) -> Result<Looked, LogError> {
        // One more than wanted tells that there are more; nothing is sifted out of what is read.
        let most = i64::from(limit).saturating_add(1).min(SCANNED_MAX);
        let stop = filter
            .after
            .saturating_add(SCANNED_MAX)
            .saturating_add(1)
            .min(filter.end());
        let mut query = QueryBuilder::new(format!(
            "select e.position, {BEFORE_EACH}, {COLUMNS} from events e where e.position > "
        ));
        query
            .push_bind(filter.after)
            .push(" and e.position < ")
            .push_bind(stop);
        if let Some(event_type) = &filter.event_type {
            query.push(" and e.event_type = ").push_bind(event_type.clone());
        }
        query.push(" order by e.position limit ").push_bind(most);
        let facts: Vec<Fact> = self.all(query).await?;
        let full = i64::try_from(facts.len()).is_ok_and(|read| read >= most);
        let reached = if full {
            facts.last().map(|fact| fact.position)
        } else {
            let end = filter.end().min(self.head().await?.saturating_add(1));
            Some(stop.saturating_sub(1)).filter(|_| stop < end)
        };
        Ok(Looked { facts, reached })
    }

    /// The whole commands that begin at these positions, as far as they stand behind `after` and before `before`.
    async fn read_commands(
        &self,
        begins: &[Position],
        after: Position,
        before: Option<Position>,
    ) -> Result<Vec<Fact>, LogError> {
        let mut query = QueryBuilder::new(format!(
            "select e.position, {BEFORE_EACH}, {COLUMNS} from unnest("
        ));
        query.push_bind(begins.to_vec());
        query.push(
            "::bigint[]) c (begins) cross join lateral (\
                 select * from events f where f.position >= c.begins and f.position < coalesce(\
                     (select n.position from events n where n.position > c.begins and n.command_id is not null \
                      order by n.position limit 1), 9223372036854775807) \
                 order by f.position limit ",
        );
        query.push_bind(i64::try_from(crate::FACTS_PER_BATCH_MAX).unwrap_or(i64::MAX));
        query.push(") e where e.position > ").push_bind(after);
        query
            .push(" and e.position < ")
            .push_bind(before.unwrap_or(Position::MAX));
        query.push(" order by e.position");
        self.all(query).await
    }

    async fn all<T>(&self, mut query: QueryBuilder<'_, Postgres>) -> Result<Vec<T>, LogError>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        query
            .build_query_as()
            .fetch_all(self.reading())
            .await
            .map_err(reading_failed)
    }
}

impl FactFilter {
    fn end(&self) -> Position {
        self.before.unwrap_or(Position::MAX)
    }

    /// Whatever the index that was read did not know.
    fn lets_through(&self, fact: &Fact) -> bool {
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        if !is(&self.event_type, &fact.event_type) {
            return false;
        }
        if self.actor.is_none() && self.correlation.is_none() {
            return true;
        }
        fact.metadata().is_ok_and(|metadata| {
            is(&self.actor, &metadata.actor_id) && is(&self.correlation, &metadata.correlation_id)
        })
    }
}
