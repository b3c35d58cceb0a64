//! Which statement period of a wallet is in force: found by a hint, decided by the streams, turned when it is full.

use domain::ids::AccountId;
use domain::wallet::refusal::WalletRefusal;
use domain::wallet::{Wallet, roll_over};
use event_store::StreamName;

use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};

/// How many closed periods a decision steps over before the hint is asked for anew.
const STEPS_MAX: u32 = 2;
/// How often a decision may ask for a better hint.
const LOOKUPS_MAX: u32 = 3;

/// The pages of the wallets one decision is about.
pub(crate) struct StatementPeriods<'a> {
    services: &'a CommandServices,
    wanted: Option<AccountId>,
    lookups: u32,
}

impl<'a> StatementPeriods<'a> {
    /// Nothing looked up yet.
    pub(crate) const fn of(services: &'a CommandServices) -> Self {
        Self {
            services,
            wanted: None,
            lookups: 0,
        }
    }

    /// The period in force, turned if it is full; the first one if there never was any. Stops the decision when the hint
    /// does not lead there; [`StatementPeriods::looked_up`] then says to decide again.
    pub(crate) fn current(
        &mut self,
        work: &mut UnitOfWork<'_>,
        owner_id: AccountId,
    ) -> Result<StreamName, DecisionError> {
        self.wanted = None;
        let Some(hint) = self.services.period_hint(owner_id) else {
            return self.unknown(owner_id);
        };
        for period in hint..=hint.saturating_add(STEPS_MAX) {
            let name = streams::wallet(owner_id, period);
            let wallet = work.state::<Wallet>(&name)?;
            match &*wallet {
                // The rules open the very first period with the first money that comes in.
                Wallet::Absent if period == 1 => return Ok(name),
                Wallet::Absent => return self.unknown(owner_id),
                Wallet::Open(_) => return turned(work, owner_id, period, name, &wallet),
                Wallet::Closed(_) => self.services.note_period(owner_id, period.saturating_add(1)),
            }
        }
        self.unknown(owner_id)
    }

    /// Whether the decision stopped for want of a hint that has now been found, so that it should be taken again.
    ///
    /// # Errors
    /// The errors of the log.
    pub(crate) async fn looked_up<T>(
        &mut self,
        answer: &Result<T, CommandError>,
    ) -> Result<bool, CommandError> {
        let (Err(_), Some(owner_id)) = (answer, self.wanted.take()) else {
            return Ok(false);
        };
        if self.lookups >= LOOKUPS_MAX {
            return Ok(false);
        }
        self.lookups += 1;
        let period = latest_period(self.services, owner_id).await?.unwrap_or(1);
        self.services.note_period(owner_id, period);
        Ok(true)
    }

    fn unknown(&mut self, owner_id: AccountId) -> Result<StreamName, DecisionError> {
        self.services.forget_period(owner_id);
        self.wanted = Some(owner_id);
        Err(DecisionError::refuse(Refusal::Wallet(
            WalletRefusal::PeriodClosed,
        )))
    }
}

/// The number of the owner's latest period, if there ever was one.
///
/// # Errors
/// The errors of the log.
pub(crate) async fn latest_period(
    services: &CommandServices,
    owner_id: AccountId,
) -> Result<Option<u32>, CommandError> {
    let latest = services
        .log
        .last_stream_id("wallet", &streams::wallet_prefix(owner_id))
        .await?;
    Ok(latest.and_then(|id| id.rsplit('_').next().and_then(|number| number.parse().ok())))
}

/// Closes a full period and carries it forward; a period with room stays in force.
fn turned(
    work: &mut UnitOfWork<'_>,
    owner_id: AccountId,
    period: u32,
    name: StreamName,
    wallet: &Wallet,
) -> Result<StreamName, DecisionError> {
    let Some((closed, opened)) = roll_over(wallet, owner_id, work.now()) else {
        return Ok(name);
    };
    let next = streams::wallet(owner_id, period.saturating_add(1));
    work.record::<Wallet>(&name, vec![closed])?;
    work.state::<Wallet>(&next)?;
    work.record::<Wallet>(&next, vec![opened])?;
    Ok(next)
}
