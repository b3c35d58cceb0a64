//! Where the money is: each payment as it stands, and every movement as a balanced set of entries.
#![expect(missing_docs, reason = "pure data: most names say it all")]

mod account;
mod book;
pub(crate) mod projector;
pub mod query;
pub mod ranges;
mod rows;
pub mod statement;
#[cfg(test)]
mod statement_tests;
#[cfg(test)]
mod tests;

use domain::ids::{AccountId, BookingId, PartitionId, PatientId, PaymentId, TransferId};
use domain::money::Money;
use domain::payment::events::PaymentMethod;
use domain::payment::provider::Provider;
use domain::payment::purpose::Purpose;
use domain::payment::status::PaymentStatus;
use event_store::Position;
use jiff::Timestamp;

use crate::refunds::Refunds;

/// A payment as its facts so far leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRow {
    pub payment_id: PaymentId,
    pub purpose: Purpose,
    /// Who pays; for a deposit also whose wallet it is.
    pub patient_id: PatientId,
    pub method: PaymentMethod,
    /// Who carries it, once that is decided; nobody for a wallet.
    pub provider: Option<Provider>,
    pub amount: Money,
    pub status: PaymentStatus,
    /// What became of the last request is not known and is being asked.
    pub checking: bool,
    /// Held and neither taken nor given up.
    pub held: Money,
    pub captured: Money,
    /// Given back of what was taken.
    pub refunded: Money,
    pub refunds: Refunds,
    /// Why it was declined: a stable code.
    pub failure: Option<String>,
    pub started_at: Timestamp,
    pub authorised_at: Option<Timestamp>,
    pub captured_at: Option<Timestamp>,
    /// When it failed or was cancelled.
    pub ended_at: Option<Timestamp>,
    pub refunded_at: Option<Timestamp>,
    pub version: i64,
}

impl PaymentRow {
    /// When money that was held, or part of it, was let go.
    pub fn freed_at(&self) -> Option<Timestamp> {
        if self.captured.is_positive() {
            self.captured_at
                .filter(|_| self.captured.minor < self.amount.minor)
        } else {
            let cancelled = self.status == PaymentStatus::Cancelled;
            self.ended_at
                .filter(|_| cancelled && self.authorised_at.is_some())
        }
    }

    /// Where the payment's facts lie: with its booking's, or for a deposit with its owner's.
    pub fn partition(&self) -> PartitionId {
        match self.purpose {
            Purpose::Booking(booking_id) => booking_id.into(),
            Purpose::Deposit => self.patient_id.into(),
        }
    }
}

/// Which payments a list shows, and in which order; what is absent or empty does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    pub patient: Option<PatientId>,
    pub booking: Option<BookingId>,
    /// In any of these, as shown.
    pub statuses: Vec<PaymentStatus>,
    pub sort: PaymentSort,
}

/// The orders of lists of payments, by when they were started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaymentSort {
    Oldest,
    #[default]
    Newest,
}

impl PaymentSort {
    pub const ALL: [Self; 2] = [Self::Oldest, Self::Newest];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Oldest => "created_at",
            Self::Newest => "-created_at",
        }
    }

    /// The order named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == word)
    }
}

/// Where money can be. A debit balance is positive, a credit balance negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// Cash taken from and given to wallets' owners.
    CashClearing,
    /// Money of cards at YooKassa.
    YookassaCardClearing,
    /// Money of the faster payments system at YooKassa.
    YookassaSbpClearing,
    /// Money of the faster payments system at T-Bank.
    TbankSbpClearing,
    /// Deposited money that is to go back the way it came and has not arrived there.
    RefundsInTransit,
    /// What the platform owes the owner of a wallet: what is free to spend.
    WalletLiability(AccountId),
    BookingHolds(BookingId),
    ClinicRevenue,
    /// What providers keep for their service.
    ProviderFees,
    /// What the platform owes a doctor for visits.
    DoctorPayable(AccountId),
    /// What the platform keeps of what visits brought.
    Commission,
    /// Money on its way to a doctor's or patient's bank.
    PayoutsInTransit,
    /// Money that the payout gateway has paid out.
    PayoutClearing,
}

/// What a movement is to the one whose money it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// Money came into a wallet.
    Deposited,
    /// Money left a wallet.
    Withdrawn,
    /// Money was set aside for a booking.
    Held,
    /// Money set aside was taken; what was not needed became free.
    Captured,
    /// Money set aside became free.
    Released,
    /// Taken money went back.
    Refunded,
    /// The provider kept its fee.
    Fee,
    /// A visit's money was shared between platform and doctor.
    Earned,
    /// Money was sent to its owner's bank.
    PayoutSent,
    PaidOut,
    /// It came to nothing and is back.
    PayoutReturned,
    /// Deposited money left the wallet to go back the way it came.
    Returned,
    /// The way back came to nothing: the money is in the wallet again.
    Restored,
}

impl EntryKind {
    pub const ALL: [Self; 13] = [
        Self::Deposited,
        Self::Withdrawn,
        Self::Held,
        Self::Captured,
        Self::Released,
        Self::Refunded,
        Self::Fee,
        Self::Earned,
        Self::PayoutSent,
        Self::PaidOut,
        Self::PayoutReturned,
        Self::Returned,
        Self::Restored,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deposited => "deposited",
            Self::Withdrawn => "withdrawn",
            Self::Held => "held",
            Self::Captured => "captured",
            Self::Released => "released",
            Self::Refunded => "refunded",
            Self::Fee => "fee",
            Self::Earned => "earned",
            Self::PayoutSent => "payout_sent",
            Self::PaidOut => "paid_out",
            Self::PayoutReturned => "payout_returned",
            Self::Returned => "returned",
            Self::Restored => "restored",
        }
    }

    /// The kind named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The movement as it is on an account that money comes from: where money that was set aside is taken in part, what comes
    /// back to that account is released.
    #[must_use]
    pub const fn at_its_source(self, comes_back: bool) -> Self {
        match (self, comes_back) {
            (Self::Captured, true) => Self::Released,
            (kind, _) => kind,
        }
    }
}

/// One line of the ledger. The lines of one position sum to zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The fact that moved the money.
    pub position: Position,
    /// The line within that fact's set, from 0.
    pub line: i16,
    pub account: Account,
    pub kind: EntryKind,
    /// How much: debit positive, credit negative.
    pub amount: Money,
    pub booking_id: Option<BookingId>,
    pub payment_id: Option<PaymentId>,
    /// By which deposit, withdrawal or payout.
    pub transfer_id: Option<TransferId>,
    pub at: Timestamp,
}

/// One line of a wallet owner's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The fact that moved the money.
    pub position: Position,
    pub line: i16,
    pub kind: EntryKind,
    /// What became free to spend (positive) or was spent or set aside (negative).
    pub amount: Money,
    /// Of money that was set aside and is released in part: what is kept of it.
    pub fee: Option<Money>,
    pub booking_id: Option<BookingId>,
    pub payment_id: Option<PaymentId>,
    /// By which deposit, withdrawal or payout.
    pub transfer_id: Option<TransferId>,
    pub at: Timestamp,
}
