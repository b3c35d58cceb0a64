//! How accounts are named: a stable word, and whose it is.

use std::fmt;

use domain::ids::{AccountId, BookingId};
use domain::payment::events::PaymentMethod;
use domain::payment::provider::Provider;
use uuid::Uuid;

use crate::payment_ledger::Account;

impl Account {
    /// The chart of accounts: every stable word, and whether there is one for each owner, doctor or booking.
    pub const NAMES: [(&'static str, bool); 13] = [
        ("cash_clearing", false),
        ("yookassa_card_clearing", false),
        ("yookassa_sbp_clearing", false),
        ("tbank_sbp_clearing", false),
        ("payout_clearing", false),
        ("wallet_liability", true),
        ("booking_holds", true),
        ("refunds_in_transit", false),
        ("payouts_in_transit", false),
        ("doctor_payable", true),
        ("clinic_revenue", false),
        ("commission", false),
        ("provider_fees", false),
    ];

    /// The account a patient's money comes from and goes back to.
    ///
    /// # Errors
    /// A provider's money before there was a provider, or by a method it does not carry.
    pub(crate) const fn source(
        method: PaymentMethod,
        provider: Option<Provider>,
        payer: AccountId,
    ) -> Result<Self, &'static str> {
        match (method, provider) {
            (PaymentMethod::Wallet, None) => Ok(Self::WalletLiability(payer)),
            (PaymentMethod::Yookassa, Some(Provider::Yookassa)) => Ok(Self::YookassaCardClearing),
            (PaymentMethod::Sbp, Some(Provider::Yookassa)) => Ok(Self::YookassaSbpClearing),
            (PaymentMethod::Sbp, Some(Provider::Tbank)) => Ok(Self::TbankSbpClearing),
            (PaymentMethod::Wallet | PaymentMethod::Yookassa, Some(_))
            | (PaymentMethod::Yookassa | PaymentMethod::Sbp, None) => {
                Err("nobody is known to carry this money")
            }
        }
    }

    /// The stable word, without whose account it is.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CashClearing => "cash_clearing",
            Self::YookassaCardClearing => "yookassa_card_clearing",
            Self::YookassaSbpClearing => "yookassa_sbp_clearing",
            Self::TbankSbpClearing => "tbank_sbp_clearing",
            Self::RefundsInTransit => "refunds_in_transit",
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
            | Self::YookassaCardClearing
            | Self::YookassaSbpClearing
            | Self::TbankSbpClearing
            | Self::RefundsInTransit
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
            ("yookassa_card_clearing", None) => Self::YookassaCardClearing,
            ("yookassa_sbp_clearing", None) => Self::YookassaSbpClearing,
            ("tbank_sbp_clearing", None) => Self::TbankSbpClearing,
            ("refunds_in_transit", None) => Self::RefundsInTransit,
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
