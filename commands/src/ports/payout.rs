//! Money to a doctor: through a gateway of its own, to a bank account by telephone number.

use domain::money::Money;
use domain::payment::provider::Provider;
use identity::Phone;
use jiff::Timestamp;
use uuid::Uuid;

use super::ProviderFuture;
use super::request_attempt::RequestAttempt;
use super::snapshot::{Cancellation, Page, Status, Window};

/// Pay out to a natural person by the faster payments system.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutRequest {
    pub request_attempt: RequestAttempt,
    /// Our number of the payout; the provider shows it again.
    pub payout_id: Uuid,
    pub amount: Money,
    /// The number the recipient's account is tied to; hides itself in `Debug`.
    pub phone: Phone,
    /// The recipient's bank, by its id in the system.
    pub bank_id: String,
    /// What the statement says; at most 128 characters, no personal data.
    pub description: String,
}

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutSnapshot {
    pub provider_id: String,
    pub status: Status,
    pub amount: Money,
    /// Our number of the payout; none for one that is not ours.
    pub payout_id: Option<Uuid>,
    pub created_at: Option<Timestamp>,
    pub cancelled: Option<Cancellation>,
    /// Whether it moved no real money.
    pub test: bool,
}

/// A bank that takes part in the faster payments system.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    pub bank_id: String,
    pub name: String,
}

/// A gateway for payouts. As with payments, it repeats no request that moves money by itself.
pub trait PayoutProvider: Send + Sync {
    /// By which name facts and metrics know it.
    fn name(&self) -> Provider;

    /// Sends money; a repeat under the same key sends none.
    fn payout(&self, request: PayoutRequest) -> ProviderFuture<'_, PayoutSnapshot>;

    /// A payout as the gateway sees it now.
    fn payout_state(&self, provider_id: String) -> ProviderFuture<'_, PayoutSnapshot>;

    /// Every payout the gateway has for one of ours.
    fn find_payout(&self, payout_id: Uuid, created: Window) -> ProviderFuture<'_, Vec<PayoutSnapshot>>;

    /// The gateway's statement, for reconciliation: payouts created within the window, whoever asked for them, from the
    /// page behind `cursor` on. Pages overlap nothing; their order is the gateway's.
    fn payouts(&self, window: Window, cursor: Option<String>) -> ProviderFuture<'_, Page<PayoutSnapshot>>;

    /// Every bank that a payout can go to.
    fn banks(&self) -> ProviderFuture<'_, Vec<Bank>>;

    /// What the gateway has left to pay out; none where it does not say.
    fn balance(&self) -> ProviderFuture<'_, Option<Money>>;
}
