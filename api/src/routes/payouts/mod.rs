//! Money on its way to bank accounts.

pub mod banks;
pub mod list;
pub mod show;

use commands::policy::MayReadPayouts;
use projections::payouts::PayoutRow;

use crate::extract::request::Caller;
use crate::problem::{Code, Problem};
use domain::people::Role;

/// The payout, if it is the caller's or the caller runs the platform; another's is not there.
fn theirs(caller: &Caller<MayReadPayouts>, row: Option<PayoutRow>) -> Result<PayoutRow, Problem> {
    let row = row.ok_or_else(|| Problem::plain(Code::NotFound))?;
    if caller.role() == Role::Admin || row.owner_id == caller.id() {
        Ok(row)
    } else {
        Err(Problem::plain(Code::NotFound).for_somebody_else())
    }
}
