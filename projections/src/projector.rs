//! What keeps a read model: the facts it is made of and what a batch of them does to its tables.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use event_store::{ApplyError, BoxFuture, Consumer, Fact, PgConnection, StartAt};

use crate::Model;
use crate::facts::{self, Decoded, Input};

/// One read model's rules and writes. Rows are written from one partition key only, so that shards may come in any order.
pub(crate) trait Projector: Send + Sync + 'static {
    const MODEL: Model;
    /// What it is made of; other facts are passed over unread.
    const INPUTS: &'static [Input];

    /// Takes a batch into the tables of `generation`, in the transaction that moves the checkpoints.
    ///
    /// # Errors
    /// [`ApplyError::Poison`] for a fact that cannot be what follows, [`ApplyError::Database`].
    fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> impl Future<Output = Result<(), ApplyError>> + Send;
}

/// A projector as the consumer that workers and rebuilds feed.
struct ModelConsumer<P>(PhantomData<P>);

/// The consumer of a projector.
pub(crate) fn consumer<P: Projector>() -> Arc<dyn Consumer> {
    Arc::new(ModelConsumer::<P>(PhantomData))
}

impl<P: Projector> Consumer for ModelConsumer<P> {
    fn name(&self) -> &'static str {
        P::MODEL.name()
    }

    fn schema_version(&self) -> i32 {
        P::MODEL.schema_version()
    }

    fn start(&self) -> StartAt {
        StartAt::Beginning
    }

    fn wants(&self, fact: &Fact) -> bool {
        facts::is(fact, P::INPUTS)
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(async move {
            let events = facts::decode_inputs(facts, P::INPUTS)?;
            P::project(tx, generation, &events).await
        })
    }
}
