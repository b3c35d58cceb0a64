//! Heads on their way to the witnesses: what each made of the last is noted, and one that does not answer holds up nobody.

use std::sync::Arc;
use std::time::Duration;

use audit::witnesses::{WitnessError, WitnessPort};
use audit::{Follower, NotaryStatus, Signer, status};
use event_store::BoxFuture;
use notary::witness::Acceptance;
use notary::{Hash, PrivateKey, SignedTreeHead};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::follows::{Shown, eager, events};
use crate::kit::TestLog;

/// What a witness does with every head.
#[derive(Clone, Copy)]
enum Does {
    Take,
    Refuse,
    BeAway,
    /// As one behind a firewall that drops what is sent.
    NeverAnswer,
}

struct Doing(&'static str, Does);

impl WitnessPort for Doing {
    fn name(&self) -> String {
        self.0.to_owned()
    }

    fn last_seen(&self, _: Uuid) -> BoxFuture<'_, Result<Option<SignedTreeHead>, WitnessError>> {
        Box::pin(async {
            if let Does::NeverAnswer = self.1 {
                std::future::pending::<()>().await;
            }
            Ok(None)
        })
    }

    fn observe<'a>(
        &'a self,
        _: &'a SignedTreeHead,
        _: &'a [Hash],
    ) -> BoxFuture<'a, Result<Acceptance, WitnessError>> {
        Box::pin(async {
            match self.1 {
                Does::Take | Does::NeverAnswer => Ok(Acceptance::First),
                Does::Refuse => Err(WitnessError::Refused("another root hash".to_owned())),
                Does::BeAway => Err(WitnessError::unavailable("no route")),
            }
        })
    }
}

fn signer(witnesses: Vec<Arc<dyn WitnessPort>>) -> Signer {
    Signer {
        key: Some(PrivateKey::from_seed(&[1; 32])),
        witnesses,
    }
}

/// The status once it is such.
async fn status_once(pool: &PgPool, so: impl Fn(&NotaryStatus) -> bool) -> NotaryStatus {
    let mut look = tokio::time::interval(Duration::from_millis(20));
    let looking = async {
        loop {
            look.tick().await;
            let status = status(pool).await.unwrap();
            if so(&status) {
                return status;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looking)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_each_witness_made_of_the_last_head_is_noted() {
    let mut log = TestLog::open().await;
    let pool = PgPoolOptions::new()
        .connect(log.database.app_url())
        .await
        .unwrap();
    log.run("insert into notary_witnesses select 'of before', log_id, 3 from log_identity")
        .await;
    log.fill(10).await;
    let witnesses: Vec<Arc<dyn WitnessPort>> = vec![
        Arc::new(Doing("a", Does::Take)),
        Arc::new(Doing("b", Does::Refuse)),
        Arc::new(Doing("c", Does::BeAway)),
    ];
    let stop = CancellationToken::new();
    let running = Follower::new(events(&log).await, signer(witnesses), eager()).run(stop.clone());
    let looks = async {
        let all = |status: &NotaryStatus| status.witnesses.len() == 3;
        let status = status_once(&pool, all).await;
        stop.cancel();
        status
    };
    let (status, ()) = tokio::join!(looks, running);
    let made: Vec<(&str, Option<i64>, bool)> = status
        .witnesses
        .iter()
        .map(|witness| (witness.name.as_str(), witness.tree_size, witness.refused))
        .collect();
    assert_eq!(
        made,
        [("a", Some(10), false), ("b", None, true), ("c", None, false)]
    );
    let told = status.judge(Duration::from_secs(60)).unwrap_err();
    assert!(
        told.contains("the witness b") && told.contains("another root hash"),
        "{told}"
    );
    let away = status.witnesses[2].failure.as_deref().unwrap();
    assert!(away.contains("no route"), "{away}");

    // It takes the next one, under another leader: all is well again, and whoever is no witness any more is forgotten.
    let stop = CancellationToken::new();
    let witnesses: Vec<Arc<dyn WitnessPort>> = vec![Arc::new(Doing("b", Does::Take))];
    let running = Follower::new(events(&log).await, signer(witnesses), eager()).run(stop.clone());
    let looks = async {
        let well = |status: &NotaryStatus| status.judge(Duration::from_secs(60)).is_ok();
        let status = status_once(&pool, well).await;
        stop.cancel();
        status
    };
    let (status, ()) = tokio::join!(looks, running);
    assert_eq!(status.witnesses.len(), 1, "{status:?}");
    assert_eq!(status.witnesses[0].tree_size, Some(10));
    pool.close().await;
}

#[tokio::test]
async fn a_witness_that_never_answers_holds_up_neither_the_others_nor_the_end() {
    let mut log = TestLog::open().await;
    let shown = Arc::new(Shown::default());
    let witnesses: Vec<Arc<dyn WitnessPort>> = vec![
        Arc::new(Doing("black hole", Does::NeverAnswer)),
        Arc::<Shown>::clone(&shown),
    ];
    let stop = CancellationToken::new();
    let running = Follower::new(events(&log).await, signer(witnesses), eager()).run(stop.clone());
    let works = async {
        for size in [10, 20, 30] {
            log.fill(i64::try_from(size).unwrap()).await;
            shown.until(size).await;
        }
        stop.cancel();
    };
    let both = async { tokio::join!(works, running) };
    tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
}
