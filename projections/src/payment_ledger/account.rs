//! How accounts are named: a stable word, and whose it is.

use std::fmt;

use domain::ids::{AccountId, BookingId};
use domain::payment::events::PaymentMethod;
use uuid::Uuid;

use crate::payment_ledger::view::Account;

impl Account {
    /// The account a patient's money comes from and goes back to.
    pub(crate) fn source(method: PaymentMethod, payer: AccountId) -> Self {
        match method {
            PaymentMethod::Wallet => Self::WalletLiability(payer),
            PaymentMethod::Yookassa => Self::YookassaClearing,
            PaymentMethod::Sbp => Self::SbpClearing,
        }
    }

    /// The stable word, without whose account it is.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CashClearing => "cash_clearing",
            Self::YookassaClearing => "yookassa_clearing",
            Self::SbpClearing => "sbp_clearing",
            Self::WalletLiability(_) => "wallet_liability",
            Self::BookingHolds(_) => "booking_holds",
            Self::ClinicRevenue => "clinic_revenue",
            Self::ProviderFees => "provider_fees",
            Self::DoctorPayable(_) => "doctor_payable",
            Self::Commission => "commission",
            Self::PayoutsInTransit => "payouts_in_transit",
            Self::PayoutClearing => "payout_clearing",
        }
    }

    /// Whose account it is: a wallet's owner, a doctor or a booking.
    pub fn subject(self) -> Option<Uuid> {
        match self {
            Self::CashClearing
            | Self::YookassaClearing
            | Self::SbpClearing
            | Self::ClinicRevenue
            | Self::ProviderFees
            | Self::Commission
            | Self::PayoutsInTransit
            | Self::PayoutClearing => None,
            Self::WalletLiability(owner) | Self::DoctorPayable(owner) => Some(owner.uuid()),
            Self::BookingHolds(booking) => Some(booking.uuid()),
        }
    }

    /// The account with this name and subject.
    pub(crate) fn of(name: &str, subject: Option<Uuid>) -> Option<Self> {
        let account = match (name, subject) {
            ("cash_clearing", None) => Self::CashClearing,
            ("yookassa_clearing", None) => Self::YookassaClearing,
            ("sbp_clearing", None) => Self::SbpClearing,
            ("clinic_revenue", None) => Self::ClinicRevenue,
            ("provider_fees", None) => Self::ProviderFees,
            ("commission", None) => Self::Commission,
            ("payouts_in_transit", None) => Self::PayoutsInTransit,
            ("payout_clearing", None) => Self::PayoutClearing,
            ("doctor_payable", Some(doctor)) => Self::DoctorPayable(AccountId::from_uuid(doctor)),
            ("wallet_liability", Some(owner)) => Self::WalletLiability(AccountId::from_uuid(owner)),
            ("booking_holds", Some(booking)) => Self::BookingHolds(BookingId::from_uuid(booking)),
            (_, Some(_) | None) => return None,
        };
        Some(account)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject() {
            Some(subject) => write!(f, "{}:{subject}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}
