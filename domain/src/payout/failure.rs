//! Whose matter it is that a payout came to nothing: the platform's, the recipient's, or neither's.

/// Whose matter a cancelled payout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureCause {
    /// The gateway's balance is too small: it must be topped up, then the next run pays.
    Funds,
    /// The bank account cannot be paid into: its owner must name another one.
    Recipient,
    /// Anything else: trying again may help.
    Other,
}

/// The gateway's codes that speak of the recipient (YooKassa, `cancellation_details.reason` of payouts).
const OF_RECIPIENT: [&str; 4] = [
    "recipient_not_found",
    "recipient_check_failed",
    "rejected_by_payee",
    "identification_required",
];
/// The gateway's code for its own empty balance.
const OF_FUNDS: &str = "insufficient_funds";

impl FailureCause {
    /// Whose matter it is by the code that a payout was cancelled with.
    pub fn of(code: &str) -> Self {
        if code == OF_FUNDS {
            Self::Funds
        } else if OF_RECIPIENT.contains(&code) {
            Self::Recipient
        } else {
            Self::Other
        }
    }
}
