//! The way of facts as the platform has it: a relay, NATS that comes and goes, and a read model at the far end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use event_store::generations::{Flip, Rebuild, RebuildOptions};
use event_store::{
    Bus, Counters, EventLog, FanoutError, Feed, Relay, RelayOptions, RelayStep, Worker, WorkerOptions,
};
use tokio::time::{Instant, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::checks::World;
use crate::kit::Kit;
use crate::way::Way;
use crate::witness::Witness;

/// How long anything may take before a test gives up. Never waited for in full unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a published message is waited for. JetStream does not send again what it knows already, and what does not
/// come is read from the log.
const HEARD_WITHIN: Duration = Duration::from_millis(200);
/// More steps than any history has facts.
const STEPS_MAX: usize = 10_000;
/// The worker makes the first generation of its model, and a rebuild the second.
const LIVE: i32 = 1;

/// Which way facts came, over all histories.
#[derive(Debug, Default)]
pub struct Tally {
    /// Facts that reached processes over NATS.
    pub processes_over_nats: AtomicU64,
    /// Facts that reached the read model over NATS.
    pub over_nats: AtomicU64,
    /// Facts that reached the read model from the log while NATS was away.
    pub from_log_without_nats: AtomicU64,
    /// How often NATS came back.
    pub returns: AtomicU64,
}

impl Tally {
    /// All its numbers.
    pub fn all(&self) -> [&AtomicU64; 4] {
        [
            &self.processes_over_nats,
            &self.over_nats,
            &self.from_log_without_nats,
            &self.returns,
        ]
    }

    fn add(to: &AtomicU64, number: u64) {
        to.fetch_add(number, Ordering::Relaxed);
    }
}

/// What the read model's worker had taken when NATS went away.
#[derive(Clone, Copy)]
struct Taken {
    over_nats: u64,
    from_log: u64,
}

impl Taken {
    fn by(counters: &Counters) -> Self {
        Self {
            over_nats: counters.from_bus.load(Ordering::Relaxed),
            from_log: counters.from_log.load(Ordering::Relaxed),
        }
    }
}

pub struct Fanout {
    way: Way,
    log: EventLog,
    bus: Bus,
    relay: Relay,
    /// Hears what the workers hear.
    feed: Feed,
    reader: Worker,
    witness: Arc<Witness>,
    away_since: Option<Taken>,
    tally: Arc<Tally>,
}

impl Fanout {
    /// Relay and read model of a platform whose bus goes this way; NATS is there.
    pub async fn over(kit: &Kit, way: Way, tally: Arc<Tally>) -> Self {
        let (log, bus) = (kit.services.log.clone(), kit.bus.clone().unwrap());
        let feed = listen(&bus).await;
        let relay = RelayOptions {
            batch_max: 16,
            ..RelayOptions::default()
        };
        let witness = Arc::new(Witness::default());
        let mut reader = Worker::new(
            log.clone(),
            Some(bus.clone()),
            Arc::clone(&witness) as _,
            WorkerOptions::default(),
        );
        reader.register().await.unwrap();
        Self {
            way,
            relay: Relay::new(log.clone(), bus.clone(), relay),
            log,
            bus,
            feed,
            reader,
            witness,
            away_since: None,
            tally,
        }
    }

    /// The relay does so many steps, if there is so much to do, and what it publishes arrives.
    pub async fn carry(&mut self, steps: usize) {
        for _ in 0..steps {
            match self.relay.step().await {
                Ok(RelayStep::Published { position, .. }) => {
                    let heard = async {
                        while let Some(facts) = self.feed.next().await {
                            if facts.last().is_some_and(|last| last.position >= position) {
                                break;
                            }
                        }
                    };
                    let _late = timeout(HEARD_WITHIN, heard).await;
                }
                Ok(RelayStep::Quiet | RelayStep::NoBus) | Err(FanoutError::Bus(_)) => return,
                odd => panic!("the relay cannot carry: {odd:?}"),
            }
        }
    }

    /// Everything there is goes over NATS, if it is there.
    pub async fn carry_all(&mut self) {
        self.carry(STEPS_MAX).await;
    }

    /// The read model takes every fact there is.
    pub async fn read(&mut self) {
        for _ in 0..STEPS_MAX {
            if self.reader.step().await.unwrap().quiet {
                return;
            }
        }
        panic!("the read model never came to rest");
    }

    /// NATS goes away under the hands of the relay; what was published is stored or not, acknowledged or not.
    pub async fn go_away(&mut self) {
        if self.away_since.is_some() {
            return;
        }
        let (way, feed) = (&self.way, &mut self.feed);
        let cut = async {
            let _nothing_new = timeout(Duration::from_millis(20), feed.next()).await;
            way.cut();
        };
        let (stepped, ()) = tokio::join!(self.relay.step(), cut);
        assert!(matches!(stepped, Ok(_) | Err(FanoutError::Bus(_))), "{stepped:?}");
        until("NATS is away", || !self.bus.connected() && !self.feed.is_open()).await;
        while self.feed.ready().is_some() {}
        // Takes what came before the cut, so that what it takes from here on can be told apart.
        self.read().await;
        self.away_since = Some(Taken::by(&self.reader.counters()));
    }

    /// NATS comes back. Until now nothing came over it.
    pub async fn come_back(&mut self) {
        let Some(then) = self.away_since.take() else {
            return;
        };
        let now = Taken::by(&self.reader.counters());
        assert!(self.feed.ready().is_none(), "NATS was away");
        assert_eq!(now.over_nats, then.over_nats, "NATS was away");
        Tally::add(&self.tally.from_log_without_nats, now.from_log - then.from_log);
        Tally::add(&self.tally.returns, 1);
        self.way.open();
        until("NATS is back", || self.bus.connected() && self.feed.is_open()).await;
    }

    /// What readers see is what the log says, and what a rebuild would show.
    pub async fn check_readers(&mut self, kit: &Kit) {
        let expected = World::of(&kit.facts().await);
        self.witness.look(LIVE, |live| {
            live.check_at_rest();
            assert_eq!(*live, expected, "readers see what the log says");
        });
        let anew = Rebuild::begin(
            self.log.clone(),
            Arc::clone(&self.witness) as _,
            RebuildOptions::default(),
        )
        .await
        .unwrap();
        let flip = anew.finish(false, &CancellationToken::new()).await.unwrap();
        assert_eq!(flip, Flip::Done { retired: Some(LIVE) });
        let rebuilt_is_live = self
            .witness
            .look(anew.generation(), |rebuilt| *rebuilt == expected);
        assert!(rebuilt_is_live, "a rebuild shows the same");
        Tally::add(
            &self.tally.over_nats,
            Taken::by(&self.reader.counters()).over_nats,
        );
        Tally::add(
            &self.tally.processes_over_nats,
            Taken::by(&kit.processes_counters()).over_nats,
        );
    }
}

/// Hears NATS as soon as it answers.
async fn listen(bus: &Bus) -> Feed {
    let deadline = Instant::now() + PATIENCE;
    let mut tick = interval(Duration::from_millis(5));
    loop {
        match bus.listen().await {
            Ok(feed) => return feed,
            Err(error) => assert!(Instant::now() < deadline, "NATS is not there: {error:?}"),
        }
        tick.tick().await;
    }
}

/// Looks every few milliseconds until it is so.
async fn until(what: &str, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut tick = interval(Duration::from_millis(5));
    while !look() {
        assert!(Instant::now() < deadline, "gave up waiting until {what}");
        tick.tick().await;
    }
}
