//! Facts become state; no rule is decided here.

use crate::account::events::AccountEvent;
use crate::account::{Account, Application, Standing, Verification};

/// The state once `fact` stands in the log, which is never refused here.
pub fn evolve(account: &mut Account, fact: AccountEvent) {
    match fact {
        AccountEvent::Deactivated { reason, note, at, .. } => {
            account.standing = Standing::Deactivated { reason, note, at }
        }
        AccountEvent::Reactivated { .. } => account.standing = Standing::Active,
        AccountEvent::Applied { application, at, .. } => {
            account.verification = Verification::Applied;
            account.application = Some(Application {
                says: application,
                at,
            });
        }
        AccountEvent::ApplicationRefused { reason, note, .. } => {
            account.verification = Verification::Refused { reason, note };
        }
        AccountEvent::Verified { .. } => account.verification = Verification::Verified,
        AccountEvent::Unverified { reason, .. } => account.verification = Verification::Unverified { reason },
        AccountEvent::Edited { .. }
        | AccountEvent::SessionsEnded { .. }
        | AccountEvent::JoinedClinic { .. }
        | AccountEvent::LeftClinic { .. }
        | AccountEvent::BankAccountNamed { .. } => {}
    }
}
