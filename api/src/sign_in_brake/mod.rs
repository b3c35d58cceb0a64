//! The brake of sign-ins. Failures are counted, not tries, and a try under way is one until it turns out otherwise.
//!
//! | who | failures that cost nothing | then the wait, doubling | at most | forgotten, one in |
//! |---|---|---|---|---|
//! | a device on which the account was signed in to before, or a session | `TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT` | 4 s | 15 min | 3 min |
//! | somebody else at an account, from one network | as many | 4 s | 15 min | 3 min |
//! | all others at an account together | four times as many | 4 s | 1 min | 1 min |
//! | all others who know the password and try codes | as many | 4 s | 15 min | 3 min |
//! | a network: an IPv4 address, an IPv6 /64 | `TOT_RATE_LIMIT_LOGINS_PER_ADDRESS` | 1 s | 1 min | 2 s |
//! | its surroundings: IPv4 /24, IPv6 /48 | eight times as many | 1 s | 1 min | 1 s |
//! | theirs: IPv6 /32 | sixty-four times as many | 1 s | 1 min | 1 s |
//!
//! A known device is measured by its own failures alone. So nobody locks an owner out who has signed in before, however many guess from
//! however many networks; and whoever guesses gets a try a minute at an account, all together.
//!
//! Where there is a Redis, all processes count together: a try is counted there, with all its counters or not at all, and this process
//! remembers what it heard. While Redis does not answer, each process counts on by itself from what it remembers. Who waits for a place
//! to have a password checked is ranked by what this process remembers, always.

mod buckets;
mod counter;

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::OnceLock;

use domain::ids::SessionId;
use identity::{DeviceToken, Email, IdentityError, IdentityRefusal, Place, Rank};
use jiff::Timestamp;
use rate_limits::{FailureRule, Settlement, SharedLimits};

use crate::problem::Problem;
use crate::settings::{Limits, Rate};
use crate::throttle;
use buckets::Buckets;
use counter::{Counter, named, network_key, networks_around, networks_of};

/// More failures of a network than these are no mistypes.
const MISTYPED_MAX: u64 = 3;

/// How often whom may fail.
pub struct SignInBrake {
    rules: Rules,
    /// Devices and sessions, by their digests and ids.
    known: Buckets,
    /// Accounts with networks.
    pairs: Buckets,
    accounts: Buckets,
    /// Accounts whose password was right.
    codes: Buckets,
    networks: [Buckets; 3],
    keys: RandomState,
    shared: OnceLock<SharedLimits>,
}

struct Rules {
    known: FailureRule,
    pair: FailureRule,
    account: FailureRule,
    code: FailureRule,
    networks: [FailureRule; 3],
}

impl Rules {
    fn of(limits: &Limits) -> Self {
        let (account, network) = (free(limits.logins_per_account), free(limits.logins_per_address));
        let waits = |free: u64, first_wait_s, wait_max_s, forgotten_after_s| FailureRule {
            free,
            first_wait_s,
            wait_max_s,
            forgotten_after_s,
        };
        Self {
            known: waits(account, 4, 900, 180),
            pair: waits(account, 4, 900, 180),
            account: waits(account.saturating_mul(4), 4, 60, 60),
            code: waits(account, 4, 900, 180),
            networks: [
                waits(network, 1, 60, 2),
                waits(network.saturating_mul(8), 1, 60, 1),
                waits(network.saturating_mul(64), 1, 60, 1),
            ],
        }
    }
}

fn free(rate: Rate) -> u64 {
    u64::from(rate.burst.get())
}

/// A try to prove who one is, counted as a failure unless it is told otherwise.
#[must_use = "a try that is dropped was none"]
pub struct Attempt<'b> {
    brake: &'b SignInBrake,
    counted: Vec<(Counter, Vec<u8>)>,
    /// Through what it was counted together with others.
    shared: Option<&'b SharedLimits>,
    /// Where the password waits to be checked.
    pub place: Place,
}

impl SignInBrake {
    /// It is set to these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            rules: Rules::of(limits),
            known: Buckets::new(),
            pairs: Buckets::new(),
            accounts: Buckets::new(),
            codes: Buckets::new(),
            networks: std::array::from_fn(|_| Buckets::new()),
            keys: RandomState::new(),
            shared: OnceLock::new(),
        }
    }

    /// From now on failures are counted together with all processes that use the same Redis.
    pub fn share(&self, shared: SharedLimits) {
        drop(self.shared.set(shared));
    }

    /// One more try at the account of this address; `device` is a device on which it was signed in to before.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn try_account(
        &self,
        email: &Email,
        from: IpAddr,
        device: Option<&DeviceToken>,
        now: Timestamp,
    ) -> Result<Attempt<'_>, Problem> {
        self.try_from(email, (from, device), &[Counter::Account], now)
            .await
    }

    /// One more try at the code of the account of this address, whose password was right. A right password forgives nothing that went wrong
    /// here: whoever knows it gets a code in a quarter of an hour, all together.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn try_code(
        &self,
        email: &Email,
        from: IpAddr,
        device: Option<&DeviceToken>,
        now: Timestamp,
    ) -> Result<Attempt<'_>, Problem> {
        self.try_from(email, (from, device), &[Counter::Account, Counter::Code], now)
            .await
    }

    async fn try_from(
        &self,
        email: &Email,
        (from, device): (IpAddr, Option<&DeviceToken>),
        of_account: &[Counter],
        now: Timestamp,
    ) -> Result<Attempt<'_>, Problem> {
        if let Some(device) = device {
            return self.try_known(device.digest().to_vec(), now).await;
        }
        let email = email.as_str().as_bytes();
        let pair = [email, &network_key(networks_of(from)[0])].join(&0);
        let mut counters = vec![(Counter::Pair, pair)];
        counters.extend(of_account.iter().map(|counter| (*counter, email.to_vec())));
        counters.extend(networks_around(from));
        self.counted(counters, self.place_of(from, now), seconds(now))
            .await
    }

    /// One more try to sign in by a passkey. Nobody says whose account it is to be, and nobody guesses a signature: only where it comes from
    /// is counted.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn try_passkey(&self, from: IpAddr, now: Timestamp) -> Result<Attempt<'_>, Problem> {
        let counters = networks_around(from).collect();
        self.counted(counters, self.place_of(from, now), seconds(now))
            .await
    }

    /// Where somebody from this address stands who brings no token of a device.
    pub fn place_of(&self, from: IpAddr, now: Timestamp) -> Place {
        let network = networks_of(from)[0];
        let key = self.key(&network_key(network));
        let failed = self.networks[0].failures(key, &self.rules.networks[0], seconds(now));
        let rank = match failed {
            0 => Rank::Calm,
            1..=MISTYPED_MAX => Rank::Failing,
            _ => Rank::Suspect,
        };
        Place {
            rank,
            network: network.1,
        }
    }

    /// One more try of somebody who is signed in to give the password again.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn try_again(&self, session: SessionId, now: Timestamp) -> Result<Attempt<'_>, Problem> {
        self.try_known(session.uuid().as_bytes().to_vec(), now).await
    }

    async fn try_known(&self, who: Vec<u8>, now: Timestamp) -> Result<Attempt<'_>, Problem> {
        let counters = vec![(Counter::Known, who)];
        self.counted(counters, Place::KNOWN, seconds(now)).await
    }

    /// Counted together with others, where they answer; here alone, where they do not.
    async fn counted(
        &self,
        counters: Vec<(Counter, Vec<u8>)>,
        place: Place,
        now_s: u64,
    ) -> Result<Attempt<'_>, Problem> {
        let mut attempt = Attempt {
            brake: self,
            counted: Vec::with_capacity(counters.len()),
            shared: None,
            place,
        };
        if let Some(shared) = self.shared.get() {
            let asked: Vec<_> = counters
                .iter()
                .map(|(counter, key)| (named(*counter, key.clone()), *self.counter(*counter).1))
                .collect();
            match shared.count_failures(&asked, now_s).await {
                Some(Ok(told)) => {
                    for ((counter, key), told) in counters.iter().zip(told) {
                        self.counter(*counter).0.learn(self.key(key), told);
                    }
                    (attempt.counted, attempt.shared) = (counters, Some(shared));
                    return Ok(attempt);
                }
                Some(Err(held_up)) => {
                    let against = asked.get(held_up.counter).map_or(0, |(_, rule)| rule.free);
                    return Err(refusal(against, held_up.wait_s));
                }
                None => {}
            }
        }
        for (counter, key) in counters {
            let (buckets, rule) = self.counter(counter);
            buckets
                .count(self.key(&key), rule, now_s)
                .map_err(|wait_s| refusal(rule.free, wait_s))?;
            attempt.counted.push((counter, key));
        }
        Ok(attempt)
    }

    fn counter(&self, counter: Counter) -> (&Buckets, &FailureRule) {
        match counter {
            Counter::Known => (&self.known, &self.rules.known),
            Counter::Pair => (&self.pairs, &self.rules.pair),
            Counter::Account => (&self.accounts, &self.rules.account),
            Counter::Code => (&self.codes, &self.rules.code),
            Counter::Network(level) => (&self.networks[level], &self.rules.networks[level]),
        }
    }

    /// Only a keyed hash is kept: no address and no e-mail lies in memory, and nobody can aim at a counter.
    fn key(&self, of: &[u8]) -> u64 {
        self.keys.hash_one(of)
    }
}

impl Attempt<'_> {
    /// It was not who they said: it stays counted.
    pub fn failed(mut self) {
        self.counted.clear();
    }

    /// It was: what they mistyped before is forgotten, what others did is not.
    pub fn succeeded(mut self) {
        self.settle(Counter::settlement);
    }

    fn settle(&mut self, how: impl Fn(Counter) -> Settlement) {
        let counted = std::mem::take(&mut self.counted);
        for (counter, key) in &counted {
            let (buckets, _) = self.brake.counter(*counter);
            match how(*counter) {
                Settlement::Clear => buckets.clear(self.brake.key(key)),
                Settlement::TakeBack => buckets.uncount(self.brake.key(key)),
            }
        }
        if let Some(shared) = self.shared.filter(|_| !counted.is_empty()) {
            let settled = counted.into_iter();
            shared.settle(
                settled
                    .map(|(counter, key)| (named(counter, key), how(counter)))
                    .collect(),
            );
        }
    }
}

impl Drop for Attempt<'_> {
    /// Nobody could say.
    fn drop(&mut self) {
        self.settle(|_| Settlement::TakeBack);
    }
}

fn refusal(free: u64, wait_s: u64) -> Problem {
    let said = (
        format!("{free} tries failed; each more has to wait"),
        format!("{free} неудачных попыток; каждой следующей нужно подождать"),
    );
    throttle::refused("sign-ins", free, wait_s, said)
}

/// What became of a try of somebody who is signed in: a wrong password or code counts, a fault of ours does not.
///
/// # Errors
/// The problem that it ended in.
pub fn counted<T>(attempt: Attempt<'_>, done: Result<T, IdentityError>) -> Result<T, Problem> {
    match done {
        Ok(done) => {
            attempt.succeeded();
            Ok(done)
        }
        Err(error) => {
            if is_wrong_proof(&error) {
                attempt.failed();
            }
            Err(error.into())
        }
    }
}

/// Whether somebody gave what is not theirs.
pub const fn is_wrong_proof(error: &IdentityError) -> bool {
    matches!(
        error,
        IdentityError::Refused(
            IdentityRefusal::WrongCredentials
                | IdentityRefusal::WrongPassword
                | IdentityRefusal::WrongCode
                | IdentityRefusal::PasskeyRefused(_)
        )
    )
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
