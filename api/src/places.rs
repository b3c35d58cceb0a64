//! Places for live streams, exports and reports: bounded for each account and in all, some kept for those who run the platform.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::AccountId;
use domain::people::Role;
use tokio::task::JoinError;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::problem::{Code, Problem};

/// Seconds after which somebody without a place may try again.
const RETRY_AFTER_S: u32 = 5;

/// How many of a kind this process serves at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// In all.
    pub all: usize,
    /// Of one account.
    pub per_account: usize,
    /// How many of all are left to admins when everybody else is refused.
    pub for_admins: usize,
}

impl Bounds {
    /// Of live streams. Each is a connection of its own, of which `TOT_HTTP_CONNECTIONS_MAX` are taken in all.
    const STREAMS: Self = Self {
        all: 10_000,
        per_account: 10,
        for_admins: 50,
    };
    /// Of reports, which share the connections of all that reads.
    const REPORTS: Self = Self {
        all: 6,
        per_account: 4,
        for_admins: 1,
    };
    /// Of exports, each of which has a connection of its own to the database.
    const EXPORTS: Self = Self {
        all: 4,
        per_account: 2,
        for_admins: 1,
    };
    /// Of documents that are sent or read. One that is sent lies in memory whole, ten mebibytes, and twice that while it grows; so all of
    /// them take eighty at most.
    const DOCUMENTS: Self = Self {
        all: 4,
        per_account: 2,
        for_admins: 1,
    };
}

/// The places of this process for one kind of answer that lasts.
#[derive(Debug)]
pub struct Places {
    /// What they are for, in the singular.
    kind: &'static str,
    bounds: Bounds,
    taken: Arc<Mutex<Taken>>,
    /// What goes on though nobody waits for it; the process need not wait for it when it ends.
    tasks: TaskTracker,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Accounts without a stream are not in here.
    by_account: HashMap<AccountId, usize>,
}

/// A place that is taken, until it is dropped.
#[derive(Debug)]
pub struct Place {
    account: AccountId,
    taken: Arc<Mutex<Taken>>,
    tasks: TaskTracker,
}

impl Places {
    /// Those of live streams.
    pub fn for_streams() -> Self {
        Self::bounded("live stream", Bounds::STREAMS)
    }

    /// Those of exports.
    pub fn for_exports() -> Self {
        Self::bounded("export", Bounds::EXPORTS)
    }

    /// Those of reports.
    pub fn for_reports() -> Self {
        Self::bounded("report", Bounds::REPORTS)
    }

    /// Those of documents that are sent or read.
    pub fn for_documents() -> Self {
        Self::bounded("document", Bounds::DOCUMENTS)
    }

    fn bounded(kind: &'static str, bounds: Bounds) -> Self {
        Self {
            kind,
            bounds,
            taken: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Takes a place.
    ///
    /// # Errors
    /// `too_many_streams` when the account has its share, `unavailable` when there is none left for this role.
    pub fn take(&self, account: AccountId, role: Role) -> Result<Place, Problem> {
        let Bounds {
            all,
            per_account,
            for_admins,
        } = self.bounds;
        let mut taken = locked(&self.taken);
        if taken.by_account.get(&account).copied().unwrap_or(0) >= per_account {
            let detail = format!("more than {per_account} {}s of one account", self.kind);
            let problem = Problem::new(Code::TooManyStreams, detail);
            let problem = problem.in_russian(format!(
                "больше {per_account} сразу у одной учётной записи ({})",
                self.kind
            ));
            return Err(problem.retry_after(RETRY_AFTER_S));
        }
        let open_to_role = match role {
            Role::Admin => all,
            Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst => all.saturating_sub(for_admins),
        };
        if taken.all >= open_to_role {
            let problem = Problem::new(Code::Unavailable, format!("no {} is free", self.kind));
            let problem = problem.in_russian(format!("свободных мест нет ({})", self.kind));
            return Err(problem.retry_after(RETRY_AFTER_S));
        }
        taken.all += 1;
        *taken.by_account.entry(account).or_default() += 1;
        Ok(Place {
            account,
            taken: Arc::clone(&self.taken),
            tasks: self.tasks.clone(),
        })
    }
}

impl Place {
    /// Does some work to its end, also when nobody waits for it any more, and has the place for as long: a statement that somebody
    /// turned away from still runs, on a connection that others wait for.
    ///
    /// # Errors
    /// When the work panics.
    pub async fn hold<T: Send + 'static>(
        self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, JoinError> {
        let tasks = self.tasks.clone();
        let work = async move {
            let done = work.await;
            drop(self);
            done
        };
        tasks.spawn(work.in_current_span()).await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = locked(&self.taken);
        taken.all = taken.all.saturating_sub(1);
        if let Some(count) = taken.by_account.get_mut(&self.account) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_account.remove(&self.account);
            }
        }
    }
}

// A panic elsewhere while holding the lock leaves counts that are still counts.
fn locked(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use uuid::Uuid;

    use super::*;

    fn places(all: usize, per_account: usize, for_admins: usize) -> Places {
        let bounds = Bounds {
            all,
            per_account,
            for_admins,
        };
        Places::bounded("live stream", bounds)
    }

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn an_account_has_its_share_and_a_place_comes_back_when_it_is_left() {
        let places = places(10, 2, 0);
        let first = places.take(account(1), Role::Patient).unwrap();
        let _second = places.take(account(1), Role::Patient).unwrap();
        let refused = places.take(account(1), Role::Patient).unwrap_err();
        assert_eq!(refused.code(), Code::TooManyStreams);
        let _others = places.take(account(2), Role::Doctor).unwrap();
        drop(first);
        let _again = places.take(account(1), Role::Patient).unwrap();
        assert!(places.take(account(1), Role::Patient).is_err());
    }

    #[tokio::test]
    async fn whoever_turns_away_keeps_the_place_until_the_work_is_done() {
        let places = places(1, 1, 0);
        let place = places.take(account(1), Role::Analyst).unwrap();
        let (finish, finished) = oneshot::channel::<()>();
        let (begin, begun) = oneshot::channel::<()>();
        let mut whoever_asked = Box::pin(place.hold(async move {
            begin.send(()).unwrap();
            finished.await
        }));
        tokio::select! {
            _ = &mut whoever_asked => panic!("it is not done"),
            begun = begun => begun.unwrap(),
        }
        drop(whoever_asked);
        assert!(
            places.take(account(1), Role::Analyst).is_err(),
            "the work goes on"
        );
        finish.send(()).unwrap();
        for _ in 0..1_000 {
            if places.take(account(1), Role::Analyst).is_ok() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("the place does not come back");
    }

    #[test]
    fn a_process_serves_few_exports_and_keeps_one_for_admins() {
        let places = Places::for_exports();
        let _one = places.take(account(1), Role::Analyst).unwrap();
        let _two = places.take(account(1), Role::Analyst).unwrap();
        let refused = places.take(account(1), Role::Analyst).unwrap_err();
        assert_eq!(refused.code(), Code::TooManyStreams, "two of one account");
        let _three = places.take(account(2), Role::Analyst).unwrap();
        let refused = places.take(account(3), Role::Analyst).unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
        let _admin = places.take(account(4), Role::Admin).unwrap();
        assert!(places.take(account(5), Role::Admin).is_err(), "full is full");
    }

    #[test]
    fn when_everybody_watches_admins_still_find_a_place() {
        let places = places(4, 4, 2);
        let _patients = [1, 2].map(|number| places.take(account(number), Role::Patient).unwrap());
        for role in [Role::Patient, Role::Doctor, Role::Clinic, Role::Analyst] {
            let refused = places.take(account(3), role).unwrap_err();
            assert_eq!(refused.code(), Code::Unavailable, "{role:?}");
        }
        let _admins = [4, 5].map(|number| places.take(account(number), Role::Admin).unwrap());
        let refused = places.take(account(6), Role::Admin).unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable, "full is full");
    }

    #[test]
    fn accounts_that_left_leave_nothing_behind() {
        let places = places(4, 4, 0);
        drop([1, 2, 3].map(|number| places.take(account(number), Role::Patient).unwrap()));
        let taken = locked(&places.taken);
        assert_eq!((taken.all, taken.by_account.len()), (0, 0));
    }
}
