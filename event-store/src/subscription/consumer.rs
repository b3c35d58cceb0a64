//! What a read model or a process has to offer to be fed with facts.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::{Fact, Position};

/// A boxed future, as a consumer returns it.
pub type BoxFuture<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where a consumer starts when it is registered for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// At the first fact: a read model. It has generations and can be rebuilt.
    Beginning,
    /// At the head of that day: a process. It has one generation (1) and is never rebuilt.
    Head,
}

/// Somebody who follows the log: a read model or a process.
pub trait Consumer: Send + Sync + 'static {
    /// Its name: the consumer of the checkpoints and, for a read model, the model.
    fn name(&self) -> &'static str;

    /// The version of its tables. A new version is built beside the old one. Not looked at for a process.
    fn schema_version(&self) -> i32;

    /// Where it starts.
    fn start(&self) -> StartAt;

    /// Of a process: what its code reacts to, told apart by a name. Code of another edition than that which has moved a
    /// checkpoint looks at the facts again, from where it was first registered on: intents that are stated already stay as
    /// they are. `None` where nothing is ever added, and for read models, which are rebuilt.
    fn edition(&self) -> Option<Uuid> {
        None
    }

    /// Whether such a fact means anything to it. Checkpoints move over the others too, only in larger steps.
    fn wants(&self, fact: &Fact) -> bool {
        let _ = fact;
        true
    }

    /// Applies facts, in order within each shard, in the transaction that moves the checkpoints. Facts it does not
    /// care for are passed too, and ignored. A row is written from one partition key only.
    ///
    /// # Errors
    /// See [`ApplyError`]; whatever was written is rolled back.
    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyError>>;
}

/// Why facts were not applied.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// This fact can never be applied by this code: after some tries its partition key is parked.
    #[error("the fact at {position} cannot be applied: {reason}")]
    Poison {
        position: Position,
        /// Why, without personal data.
        reason: String,
    },
    /// This fact is of a type or version that this program does not know yet. Not poison: the shard is given back.
    #[error("the fact at {position} needs newer code")]
    NeedsNewerCode { position: Position },
    /// The database. Refused data (SQLSTATE classes 22 and 23) is searched for the guilty fact and treated as poison;
    /// all else is tried again.
    #[error("the facts could not be written")]
    Database(#[from] sqlx::Error),
}
