//! Failures of several keys, counted together with all other processes, or not at all.

use redis::Cmd;

use super::{FAILURES, Link, SharedLimits};

/// When waits begin, how long they are, and when failures are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureRule {
    /// So many failures cost nothing.
    pub free: u64,
    /// Seconds that the next try has to wait behind the last one; twice as long after each failure more.
    pub first_wait_s: u64,
    /// The longest wait, in seconds.
    pub wait_max_s: u64,
    /// Seconds without a try after which one failure is forgotten.
    pub forgotten_after_s: u64,
}

/// Whose failures.
#[derive(Clone, Debug)]
pub struct Counter {
    /// What kind of key it is, such as an account.
    pub kind: &'static str,
    /// Which.
    pub key: Vec<u8>,
}

/// How many there are now, and when the last was, in seconds since 1970.
#[expect(missing_docs, reason = "pure data")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub failures: u64,
    pub last_s: u64,
}

/// A try may not be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldUp {
    /// Which of the counters is against it.
    pub counter: usize,
    /// For so many seconds.
    pub wait_s: u64,
}

/// What becomes of a failure that was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Those before it are forgotten too.
    Clear,
    /// It alone is.
    TakeBack,
}

impl SharedLimits {
    /// Counts one more failure of each; none if Redis does not answer in time.
    ///
    /// # Errors
    /// [`HeldUp`], and nothing is counted.
    pub async fn count_failures(
        &self,
        counters: &[(Counter, FailureRule)],
        now_s: u64,
    ) -> Option<Result<Vec<Counted>, HeldUp>> {
        let told: Vec<u64> = self
            .answer(|link| {
                let mut command = link.command(FAILURES, counters.len());
                let names: Vec<_> = counters
                    .iter()
                    .map(|(counter, _)| self.name_of(counter))
                    .collect();
                names.iter().for_each(|name| _ = command.arg(&name.group));
                command.arg("count").arg(now_s);
                for (name, (_, rule)) in names.iter().zip(counters) {
                    command.arg(&name.tag[..]).arg(rule.free).arg(rule.first_wait_s);
                    command.arg(rule.wait_max_s).arg(rule.forgotten_after_s);
                }
                command
            })
            .await?;
        Some(read(&told))
    }

    /// Takes failures back, as soon as that can be done; nobody waits for it.
    pub fn settle(&self, counters: Vec<(Counter, Settlement)>) {
        // Where too many wait they stay failures, which are forgotten in time.
        drop(self.0.settlements.try_send(counters));
    }

    pub(super) async fn settle_now(&self, counters: &[(Counter, Settlement)]) {
        let settled = self.answer(|link| self.settling(link, counters));
        let _: Option<Vec<u64>> = settled.await;
    }

    fn settling(&self, link: &Link, counters: &[(Counter, Settlement)]) -> Cmd {
        let mut command = link.command(FAILURES, counters.len());
        let names: Vec<_> = counters
            .iter()
            .map(|(counter, _)| self.name_of(counter))
            .collect();
        names.iter().for_each(|name| _ = command.arg(&name.group));
        command.arg("settle").arg(0);
        for (name, (_, settlement)) in names.iter().zip(counters) {
            let how = match settlement {
                Settlement::Clear => "clear",
                Settlement::TakeBack => "take back",
            };
            command.arg(&name.tag[..]).arg(how);
        }
        command
    }

    fn name_of(&self, counter: &Counter) -> super::names::Name {
        self.0.names.of("f", counter.kind, &counter.key)
    }
}

fn read(told: &[u64]) -> Result<Vec<Counted>, HeldUp> {
    match told {
        [0, counted @ ..] => Ok(counted
            .chunks_exact(2)
            .map(|pair| Counted {
                failures: pair[0],
                last_s: pair[1],
            })
            .collect()),
        [wait_s, number, ..] => Err(HeldUp {
            counter: usize::try_from(*number).unwrap_or(1).saturating_sub(1),
            wait_s: *wait_s,
        }),
        [] | [_] => Ok(Vec::new()),
    }
}
