//! Argon2id: as many hashes at once as there are cores, off the threads that serve requests, the same work for unknown
//! names as for known ones.

use crate::random;
use crate::refusal::IdentityError;
use crate::turns::{Place, Turns};
use crate::values::password::Password;
use argon2::password_hash::{self, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// OWASP's floor for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Used where there is no stored hash, only so that the work is the same; guards nothing.
const PRETENDED_SALT: &[u8; 16] = b"nobody lives her";

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    turns: Turns,
}

/// What a presented password turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not this account's, or there is no such account.
    Wrong,
    Right,
    /// This account's, but its stored hash is weaker than today's.
    RightButWeak,
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
        let password = password.clone();
        self.work(place, move || {
            let salt = SaltString::encode_b64(&random::bytes::<16>())?;
            Ok(current()?.hash_password(password.bytes(), &salt)?.to_string())
        })
        .await
    }

    /// Compares `password` with a stored PHC string; with none it does the same work and finds it wrong.
    ///
    /// # Errors
    /// [`IdentityError::Busy`], [`IdentityError::Hash`] or [`IdentityError::HashStopped`].
    pub(crate) async fn check(
        &self,
        password: &Password,
        stored: Option<String>,
        place: Place,
    ) -> Result<Verdict, IdentityError> {
        let password = password.clone();
        self.work(place, move || match stored {
            Some(stored) => compare(&password, &stored),
            None => pretend(&password),
        })
        .await
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

fn current() -> Result<Argon2<'static>, password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn compare(password: &Password, stored: &str) -> Result<Verdict, password_hash::Error> {
    let hash = PasswordHash::new(stored)?;
    match current()?.verify_password(password.bytes(), &hash) {
        Ok(()) if as_strong_as_today(&hash)? => Ok(Verdict::Right),
        Ok(()) => Ok(Verdict::RightButWeak),
        Err(password_hash::Error::Password) => Ok(Verdict::Wrong),
        Err(error) => Err(error),
    }
}

fn pretend(password: &Password) -> Result<Verdict, password_hash::Error> {
    let mut unused = [0; Params::DEFAULT_OUTPUT_LEN];
    current()?.hash_password_into(password.bytes(), PRETENDED_SALT, &mut unused)?;
    // Without this the compiler could see that nobody reads the result.
    std::hint::black_box(&unused);
    Ok(Verdict::Wrong)
}

fn as_strong_as_today(hash: &PasswordHash<'_>) -> Result<bool, password_hash::Error> {
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
                .check(&password("doctor123"), Some(first.clone()), Place::KNOWN)
                .await
                .unwrap(),
            Verdict::Right
        );
        assert_eq!(
            hasher
                .check(&password("doctor124"), Some(first), Place::KNOWN)
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
            let found = hasher
                .check(&password(&sent), Some(stored.clone()), Place::KNOWN)
                .await;
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
            .check(&password("doctor123"), Some(stored), Place::KNOWN)
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::RightButWeak);
    }

    #[tokio::test]
    async fn nobody_s_password_is_wrong() {
        assert_eq!(
            Hasher::new(1)
                .check(&password("doctor123"), None, Place::KNOWN)
                .await
                .unwrap(),
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn a_broken_stored_hash_is_a_fault_not_a_wrong_password() {
        let error = Hasher::new(1)
            .check(&password("doctor123"), Some("plain".into()), Place::KNOWN)
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

    fn work_of(job: impl Fn() -> Verdict) -> u64 {
        let before = on_core_ns();
        for _ in 0..JOBS {
            assert_eq!(job(), Verdict::Wrong);
        }
        on_core_ns() - before
    }

    #[test]
    fn pretending_is_the_same_work_as_comparing() {
        let salt = SaltString::encode_b64(b"sixteen bytes ok").unwrap();
        let stored = current()
            .unwrap()
            .hash_password(b"doctor123", &salt)
            .unwrap()
            .to_string();
        let guess = password("doctor124");
        let (mut compared, mut pretended) = (u64::MAX, u64::MAX);
        // Interleaved, and the least of many: a busy memory bus only ever adds.
        for _ in 0..5 {
            compared = compared.min(work_of(|| compare(&guess, &stored).unwrap()));
            pretended = pretended.min(work_of(|| pretend(&guess).unwrap()));
        }
        let (less, more) = (compared.min(pretended), compared.max(pretended));
        assert!(
            more * 4 < less * 5,
            "compared {compared} ns, pretended {pretended} ns"
        );
    }
}
