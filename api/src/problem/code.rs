//! The closed set of stable codes an error answer can carry, each with its status, title and page.

use http::StatusCode;

use crate::problem::code_table::row;

/// What went wrong, as a stable word clients may switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The body is not JSON.
    MalformedJson,
    /// No access token came with the request.
    TokenMissing,
    /// The access token is not ours, is damaged, or is revoked.
    TokenInvalid,
    /// The access token is past its time.
    TokenExpired,
    /// E-mail and password do not match an account.
    WrongCredentials,
    /// The session behind the access token has ended.
    TokenRevoked,
    /// The refresh token is not ours.
    RefreshUnknown,
    /// The refresh token was used before.
    RefreshReused,
    /// The refresh token is past its time.
    RefreshExpired,
    /// The role of the caller may not do this.
    Forbidden,
    /// A notice does not come from the provider, or is not signed by it.
    UnknownSender,
    /// The account is switched off.
    AccountDeactivated,
    /// It is not there, or not the caller's.
    NotFound,
    /// The path is there, the method is not.
    MethodNotAllowed,
    /// The request did not arrive, or was not served, in time.
    RequestTimeout,
    /// Another visit takes this time.
    SlotTaken,
    /// The doctor has other duties then.
    DoctorBusy,
    /// The doctor does not work then.
    OutsideWorkingHours,
    /// The time has passed.
    InThePast,
    /// The doctor takes no bookings.
    DoctorNotAvailable,
    /// The patient holds as many unpaid slots as one may.
    TooManyHolds,
    /// The patient has another visit then.
    OverlapsOwnBooking,
    /// A paid urgent call of the patient is under way.
    UrgentCallUnderWay,
    /// The day is open already, with other hours.
    DayAlreadyOpen,
    /// A visit claims time of the day that is to close.
    DayClaimed,
    /// Only an open day is given longer hours.
    DayNotOpen,
    /// The new hours leave some of the old ones out.
    DayNotLonger,
    /// The day would overlap another day or a claim.
    DayOverlaps,
    /// The hours make no working day.
    NotAWorkingDay,
    /// The tariff's price is another one.
    PriceChanged,
    /// A price list with this version, or a later one, is published.
    PriceListNotNewer,
    /// A price list would be in force before every process can know it.
    PriceListTooSoon,
    /// The cancellation fee is another one.
    FeeChanged,
    /// The state does not allow it.
    NotNow,
    /// It is too late for this.
    TooLate,
    /// It is too early for this.
    TooEarly,
    /// This kind of call has, or lacks, a chosen doctor and time.
    WrongAppointment,
    /// Another payment is under way or done.
    PaymentUnderWay,
    /// The payment method cannot be used.
    PaymentMethodUnavailable,
    /// More is asked back than was charged.
    ExceedsCaptured,
    /// A refund of the same amount was asked for a moment ago.
    RefundUnderWay,
    /// A deposit is less or more than its way of paying carries.
    DepositLimit,
    /// The wallet has too little.
    InsufficientFunds,
    /// The statement period is closed.
    PeriodClosed,
    /// The wallet holds nothing for this payment.
    NoSuchHold,
    /// The sums do not fit.
    AmountOutOfRange,
    /// No payout gateway is set up.
    PayoutUnavailable,
    /// There is no bank account the money could go to.
    NoPayoutDestination,
    /// The faster payments system has no such bank.
    UnknownBank,
    /// An account with this e-mail exists.
    EmailTaken,
    /// An account with this phone exists.
    PhoneTaken,
    /// There is no such clinic.
    NoSuchClinic,
    /// The position lies beyond the end of the log.
    UnknownPosition,
    /// A read model holds parked facts and may not go live.
    PartsParked,
    /// A rebuild of the read model runs already.
    RebuildUnderWay,
    /// A comparison of this window with the providers runs already.
    ReconciliationUnderWay,
    /// `If-Match` names another version.
    VersionMismatch,
    /// The body is too large.
    BodyTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// Fields of the request are invalid.
    Invalid,
    /// This command moves money and came without an idempotency key.
    IdempotencyKeyRequired,
    /// The idempotency key was used for another command.
    IdempotencyKeyReused,
    /// Too many requests.
    RateLimited,
    /// The account has its share of live streams open.
    TooManyStreams,
    /// A fault of ours.
    Internal,
    /// Others changed the same things at the same moment, too often.
    Busy,
    /// A part the answer depends on cannot be reached.
    Unavailable,
    /// The read model has not caught up in time.
    NotFresh,
    /// The history holds facts only newer code can read.
    NeedsNewerCode,
    /// Nobody published a price list here, so nothing has a price.
    NoPriceList,
}

impl Code {
    /// Every code, in the order of their statuses.
    pub const ALL: [Self; 70] = [
        Self::MalformedJson,
        Self::TokenMissing,
        Self::TokenInvalid,
        Self::TokenExpired,
        Self::WrongCredentials,
        Self::TokenRevoked,
        Self::RefreshUnknown,
        Self::RefreshReused,
        Self::RefreshExpired,
        Self::Forbidden,
        Self::UnknownSender,
        Self::AccountDeactivated,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::SlotTaken,
        Self::DoctorBusy,
        Self::OutsideWorkingHours,
        Self::InThePast,
        Self::DoctorNotAvailable,
        Self::TooManyHolds,
        Self::OverlapsOwnBooking,
        Self::UrgentCallUnderWay,
        Self::DayAlreadyOpen,
        Self::DayClaimed,
        Self::DayNotOpen,
        Self::DayNotLonger,
        Self::DayOverlaps,
        Self::NotAWorkingDay,
        Self::PriceChanged,
        Self::PriceListNotNewer,
        Self::PriceListTooSoon,
        Self::FeeChanged,
        Self::NotNow,
        Self::TooLate,
        Self::TooEarly,
        Self::WrongAppointment,
        Self::PaymentUnderWay,
        Self::PaymentMethodUnavailable,
        Self::ExceedsCaptured,
        Self::RefundUnderWay,
        Self::DepositLimit,
        Self::InsufficientFunds,
        Self::PeriodClosed,
        Self::NoSuchHold,
        Self::AmountOutOfRange,
        Self::PayoutUnavailable,
        Self::NoPayoutDestination,
        Self::UnknownBank,
        Self::EmailTaken,
        Self::PhoneTaken,
        Self::NoSuchClinic,
        Self::UnknownPosition,
        Self::PartsParked,
        Self::RebuildUnderWay,
        Self::ReconciliationUnderWay,
        Self::VersionMismatch,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::IdempotencyKeyRequired,
        Self::IdempotencyKeyReused,
        Self::RateLimited,
        Self::TooManyStreams,
        Self::Internal,
        Self::Busy,
        Self::Unavailable,
        Self::NotFresh,
        Self::NeedsNewerCode,
        Self::NoPriceList,
    ];

    /// The stable word of the contract.
    pub const fn as_str(self) -> &'static str {
        row(self).0
    }

    /// The HTTP status it is answered with.
    pub const fn status(self) -> StatusCode {
        row(self).1
    }

    /// A short English summary, the same for every occurrence.
    pub const fn title(self) -> &'static str {
        row(self).2
    }

    /// The page that explains it, in Markdown.
    pub const fn page(self) -> &'static str {
        row(self).3
    }

    /// Whether this code says no more than its status does, so that it can stand for any error of that status.
    pub const fn stands_for_status(self) -> bool {
        matches!(
            self,
            Self::MalformedJson
                | Self::TokenMissing
                | Self::Forbidden
                | Self::NotFound
                | Self::MethodNotAllowed
                | Self::RequestTimeout
                | Self::NotNow
                | Self::VersionMismatch
                | Self::BodyTooLarge
                | Self::UnsupportedMediaType
                | Self::Invalid
                | Self::RateLimited
                | Self::Internal
                | Self::Unavailable
        )
    }

    /// The code named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }
}
