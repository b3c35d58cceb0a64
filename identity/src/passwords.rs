//! Argon2id: as many hashes at once as there are cores, off the threads that serve requests, the same work for unknown names as for known
//! ones, and for a name that many say is theirs as for anybody's.

use crate::random;
use crate::refusal::IdentityError;
use crate::turns::{Place, Turns};
use crate::values::password::Password;
use argon2::password_hash::{self, PasswordHash, PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// OWASP's floor for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    turns: Turns,
}

/// What a presented password turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not this account's.
    Wrong,
    Right,
    /// This account's, but its stored hash is weaker than today's.
    RightButWeak,
}

/// A password, hashed as those are that stand under the same address.
#[derive(Clone, Debug)]
pub(crate) struct Computed {
    /// Its PHC string under salt and cost of the first stored hash, or under a fresh salt where there was none.
    pub(crate) phc: String,
    /// Which of the stored hashes are of this password, by their places.
    pub(crate) fits: Vec<usize>,
    /// Whether these are weaker than today's.
    pub(crate) is_weak: bool,
}

impl Hasher {
    /// A hasher that runs `at_once` hashes in parallel.
    pub(crate) fn new(at_once: usize) -> Self {
        Self {
            turns: Turns::new(at_once.max(1)),
        }
    }

    /// The PHC string of `password` under a fresh salt, when whoever stands at `place` has their turn.
    ///
    /// # Errors
    /// [`IdentityError::Busy`], [`IdentityError::Hash`] or [`IdentityError::HashStopped`].
    pub(crate) async fn hash(&self, password: &Password, place: Place) -> Result<String, IdentityError> {
        Ok(self.compute(password, Vec::new(), place).await?.phc)
    }

    /// Compares `password` with a stored PHC string.
    ///
    /// # Errors
    /// [`IdentityError::Busy`], [`IdentityError::Hash`] or [`IdentityError::HashStopped`].
    pub(crate) async fn check(
        &self,
        password: &Password,
        stored: String,
        place: Place,
    ) -> Result<Verdict, IdentityError> {
        let computed = self.compute(password, vec![stored], place).await?;
        Ok(match (computed.fits.is_empty(), computed.is_weak) {
            (true, _) => Verdict::Wrong,
            (false, true) => Verdict::RightButWeak,
            (false, false) => Verdict::Right,
        })
    }

    /// Hashes `password` once and compares it with every stored hash: those of one address share salt and cost. Where some do not, as no
    /// registration leaves them, those are tried after it, group by group.
    ///
    /// # Errors
    /// [`IdentityError::Busy`], [`IdentityError::Hash`] or [`IdentityError::HashStopped`].
    pub(crate) async fn compute(
        &self,
        password: &Password,
        stored: Vec<String>,
        place: Place,
    ) -> Result<Computed, IdentityError> {
        let password = password.clone();
        self.work(place, move || compute(&password, &stored)).await
    }

    async fn work<T, F>(&self, place: Place, job: F) -> Result<T, IdentityError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
    {
        let turn = self.turns.take(place).await.map_err(|_| IdentityError::Busy)?;
        // The turn travels with the job: a caller who gives up must not make room while its hash still runs.
        let finished = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            job()
        });
        finished
            .await
            .map_err(IdentityError::HashStopped)?
            .map_err(IdentityError::Hash)
    }
}

/// Whether two PHC strings differ in nothing but the hash itself.
pub(crate) fn have_one_header(one: &str, other: &str) -> bool {
    header(one) == header(other)
}

/// Algorithm, cost and salt of a PHC string: all before its last part.
fn header(phc: &str) -> &str {
    phc.rsplit_once('$').map_or("", |(header, _)| header)
}

fn current() -> Result<Argon2<'static>, password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn compute(password: &Password, stored: &[String]) -> Result<Computed, password_hash::Error> {
    let Some(first) = stored.first() else {
        counted();
        let salt = SaltString::encode_b64(&random::bytes::<16>())?;
        let phc = current()?.hash_password(password.bytes(), &salt)?.to_string();
        return Ok(Computed {
            phc,
            fits: Vec::new(),
            is_weak: false,
        });
    };
    let mut computed = compare_group(password, first, stored)?;
    let mut tried = vec![header(first)];
    for other in stored {
        if computed.fits.is_empty() && !tried.contains(&header(other)) {
            tried.push(header(other));
            let group = compare_group(password, other, stored)?;
            (computed.fits, computed.is_weak) = (group.fits, group.is_weak);
        }
    }
    Ok(computed)
}

/// Hashes `password` as `leader` is, and compares that with all that are hashed likewise, none left out: which it is takes no time to see.
fn compare_group(
    password: &Password,
    leader: &str,
    stored: &[String],
) -> Result<Computed, password_hash::Error> {
    let like = PasswordHash::new(leader)?;
    let algorithm = Algorithm::try_from(like.algorithm)?;
    let version = like.version.map_or(Ok(Version::default()), Version::try_from)?;
    let salt = like.salt.ok_or(password_hash::Error::PhcStringField)?;
    let hasher = Argon2::new(algorithm, version, Params::try_from(&like)?);
    counted();
    let hashed = hasher.hash_password(password.bytes(), salt)?;
    let mut fits = Vec::new();
    for (place, other) in stored.iter().enumerate() {
        // The comparison of two outputs takes the same time whatever they are.
        if have_one_header(other, leader) && PasswordHash::new(other)?.hash == hashed.hash {
            fits.push(place);
        }
    }
    Ok(Computed {
        phc: hashed.to_string(),
        fits,
        is_weak: !is_as_strong_as_today(&like)?,
    })
}

fn counted() {
    metrics::counter!("tot_password_hashes_total").increment(1);
}

fn is_as_strong_as_today(hash: &PasswordHash<'_>) -> Result<bool, password_hash::Error> {
    let params = Params::try_from(hash)?;
    Ok(hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        && params.m_cost() >= MEMORY_KIB
        && params.t_cost() >= PASSES
        && params.p_cost() >= LANES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::presented(text).unwrap()
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_with_its_own_salt_and_the_agreed_cost() {
        let hasher = Hasher::new(2);
        let first = hasher.hash(&password("doctor123"), Place::KNOWN).await.unwrap();
        let second = hasher.hash(&password("doctor123"), Place::KNOWN).await.unwrap();
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert_ne!(first, second);
        assert_eq!(
            hasher
                .check(&password("doctor123"), first.clone(), Place::KNOWN)
                .await
                .unwrap(),
            Verdict::Right
        );
        assert_eq!(
            hasher
                .check(&password("doctor124"), first, Place::KNOWN)
                .await
                .unwrap(),
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn every_character_of_a_password_counts() {
        let hasher = Hasher::new(2);
        let chosen = format!(" Якорь-{} ", "x".repeat(118));
        let stored = hasher.hash(&password(&chosen), Place::KNOWN).await.unwrap();
        let cut = chosen[..chosen.len() - 2].to_owned() + " ";
        for (sent, verdict) in [
            (chosen.clone(), Verdict::Right),
            (chosen.trim().to_owned(), Verdict::Wrong),
            (chosen.to_lowercase(), Verdict::Wrong),
            (cut, Verdict::Wrong),
        ] {
            let found = hasher.check(&password(&sent), stored.clone(), Place::KNOWN).await;
            assert_eq!(found.unwrap(), verdict, "{sent:?}");
        }
    }

    #[tokio::test]
    async fn a_weaker_hash_is_right_but_weak() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8_192, 1, 1, None).unwrap(),
        );
        let salt = SaltString::encode_b64(b"sixteen bytes ok").unwrap();
        let stored = weak.hash_password(b"doctor123", &salt).unwrap().to_string();
        let verdict = Hasher::new(1)
            .check(&password("doctor123"), stored, Place::KNOWN)
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::RightButWeak);
    }

    /// The hashes of these passwords under one address: each takes over the salt of the first.
    async fn under_one_address(hasher: &Hasher, passwords: &[&str]) -> Vec<String> {
        let mut stored = Vec::new();
        for chosen in passwords {
            let computed = hasher
                .compute(&password(chosen), stored.clone(), Place::KNOWN)
                .await;
            stored.push(computed.unwrap().phc);
        }
        stored
    }

    #[tokio::test]
    async fn hashes_of_one_address_share_salt_and_cost_and_each_is_found_by_its_password() {
        let hasher = Hasher::new(2);
        let passwords = ["doctor123", "doctor124", "doctor125"];
        let mut stored = under_one_address(&hasher, &passwords).await;
        assert!(
            stored.iter().all(|other| have_one_header(other, &stored[0])),
            "{stored:?}"
        );
        // One of another salt, as a race may leave it.
        stored.push(hasher.hash(&password("doctor126"), Place::KNOWN).await.unwrap());
        assert!(!have_one_header(&stored[0], &stored[3]));
        for (place, chosen) in ["doctor123", "doctor124", "doctor125", "doctor126"]
            .iter()
            .enumerate()
        {
            let computed = hasher
                .compute(&password(chosen), stored.clone(), Place::KNOWN)
                .await
                .unwrap();
            assert_eq!(computed.fits, [place], "{chosen}");
            assert!(have_one_header(&computed.phc, &stored[0]), "{chosen}");
        }
        let nobody_s = hasher
            .compute(&password("doctor127"), stored, Place::KNOWN)
            .await
            .unwrap();
        assert!(nobody_s.fits.is_empty());
    }

    #[tokio::test]
    async fn a_broken_stored_hash_is_a_fault_not_a_wrong_password() {
        let error = Hasher::new(1)
            .check(&password("doctor123"), "plain".into(), Place::KNOWN)
            .await
            .unwrap_err();
        assert!(matches!(error, IdentityError::Hash(_)), "{error:?}");
    }

    /// Nanoseconds this thread has spent on a core, which other tests' load does not add to.
    fn on_core_ns() -> u64 {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    }

    /// Some kernels count in ticks of 4 ms: as many jobs as make a tick a small part of them.
    const JOBS: usize = 8;

    fn work_of(job: impl Fn() -> Computed) -> u64 {
        let before = on_core_ns();
        for _ in 0..JOBS {
            assert!(job().fits.is_empty());
        }
        on_core_ns() - before
    }

    #[test]
    fn an_address_of_nobody_of_one_and_of_many_are_the_same_work() {
        let chosen = ["doctor123", "doctor125", "doctor126"].map(password);
        let mut many = Vec::new();
        for password in &chosen {
            many.push(compute(password, &many).unwrap().phc);
        }
        let guess = password("doctor124");
        let kinds = [&many[..0], &many[..1], &many[..]];
        let mut least = [u64::MAX; 3];
        // Interleaved, and the least of many: a busy memory bus only ever adds.
        for _ in 0..5 {
            for (least, stored) in least.iter_mut().zip(kinds) {
                *least = (*least).min(work_of(|| compute(&guess, stored).unwrap()));
            }
        }
        let (less, more) = (least.iter().min().unwrap(), least.iter().max().unwrap());
        assert!(more * 4 < less * 5, "{least:?} ns");
    }
}
