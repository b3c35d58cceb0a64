//! Every refusal and error of the inner crates as a problem: closed matches, so a new "no" needs a decision here.

use commands::{CommandError, Refusal};
use domain::account::refusal::AccountRefusal;
use domain::booking::refusal::BookingRefusal;
use domain::payment::refusal::PaymentRefusal;
use domain::payout::refusal::PayoutRefusal;
use domain::price_list::refusal::PriceListRefusal;
use domain::schedule::refusal::ScheduleRefusal;
use domain::wallet::refusal::WalletRefusal;
use event_store::LogError;
use exports::ExportError;
use history::HistoryError;
use history::find::FindError;
use identity::{IdentityError, IdentityRefusal, PasskeyRefusal, TokenRefusal, ValueRefusal};
use projections::{CursorRefusal, QueryError};
use reports::ReportError;

use crate::problem::field_error::FieldProblem;
use crate::problem::russian::refusals as russian;
use crate::problem::{Code, Problem};
use crate::representation::timestamp::shown;

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refusal) => Self::from(refusal),
            CommandError::KeyReused => Self::plain(Code::IdempotencyKeyReused),
            CommandError::VersionMismatch => Self::plain(Code::VersionMismatch),
            CommandError::Busy => Self::plain(Code::Busy),
            CommandError::NeedsNewerCode => Self::plain(Code::NeedsNewerCode),
            CommandError::NoPriceList => Self::plain(Code::NoPriceList),
            CommandError::Unavailable => Self::unavailable(&error),
            CommandError::Internal(_) => Self::internal(&error),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Booking(refusal) => Self::from(refusal),
            Refusal::Schedule(refusal) => Self::from(refusal),
            Refusal::Payment(refusal) => Self::from(refusal),
            Refusal::Wallet(refusal) => Self::from(refusal),
            Refusal::Payout(refusal) => Self::from(refusal),
            Refusal::PriceList(refusal) => Self::from(refusal),
            Refusal::Account(refusal) => Self::from(refusal),
            Refusal::Identity(refusal) => Self::from(refusal),
            Refusal::NotFound => Self::plain(Code::NotFound),
            Refusal::NotTheirs => Self::plain(Code::NotFound).for_somebody_else(),
            Refusal::NotYours => Self::plain(Code::Forbidden),
            Refusal::Incomplete { field } => Self::invalid(vec![
                FieldProblem::new("required", "is required for this").at(format!("/{field}")),
            ]),
            Refusal::NotAllowed { field } => Self::invalid(vec![
                FieldProblem::new("not_allowed", "is not taken for this").at(format!("/{field}")),
            ]),
        }
    }
}

impl From<BookingRefusal> for Problem {
    fn from(refusal: BookingRefusal) -> Self {
        let said = |code| Self::new(code, refusal.to_string()).in_russian(russian::of_booking(&refusal));
        match refusal {
            BookingRefusal::NoSuchBooking => Self::plain(Code::NotFound),
            BookingRefusal::NotNow { .. } => said(Code::NotNow),
            BookingRefusal::InThePast => said(Code::InThePast),
            BookingRefusal::PriceChanged { price, version } => said(Code::PriceChanged)
                .with_money("price", price)
                .with_member("price_list_version", version.into()),
            BookingRefusal::FeeChanged { fee } => said(Code::FeeChanged).with_money("fee", fee),
            BookingRefusal::TooLate => said(Code::TooLate),
            BookingRefusal::TooEarly => said(Code::TooEarly),
            BookingRefusal::PaymentUnderWay => said(Code::PaymentUnderWay),
            BookingRefusal::WrongAppointment => said(Code::WrongAppointment),
            BookingRefusal::NotAConsultation => said(Code::NotAConsultation),
            BookingRefusal::AmountOutOfRange => said(Code::AmountOutOfRange),
        }
    }
}

impl From<ScheduleRefusal> for Problem {
    fn from(refusal: ScheduleRefusal) -> Self {
        let said = |code| Self::new(code, refusal.to_string()).in_russian(russian::of_schedule(&refusal));
        match refusal {
            // Whose holds stand in the way is nobody's business out here.
            ScheduleRefusal::SlotTaken { .. } => said(Code::SlotTaken),
            ScheduleRefusal::DoctorBusy { .. } => said(Code::DoctorBusy),
            ScheduleRefusal::OutsideWorkingHours => said(Code::OutsideWorkingHours),
            ScheduleRefusal::InThePast => said(Code::InThePast),
            ScheduleRefusal::DoctorNotAvailable => said(Code::DoctorNotAvailable),
            ScheduleRefusal::DayAlreadyOpen => said(Code::DayAlreadyOpen),
            ScheduleRefusal::DayClaimed { .. } => said(Code::DayClaimed),
            ScheduleRefusal::DayNotOpen => said(Code::DayNotOpen),
            ScheduleRefusal::DayNotLonger => said(Code::DayNotLonger),
            ScheduleRefusal::DayOverlaps => said(Code::DayOverlaps),
            ScheduleRefusal::NotAWorkingDay => said(Code::NotAWorkingDay),
        }
    }
}

impl From<PaymentRefusal> for Problem {
    fn from(refusal: PaymentRefusal) -> Self {
        let said = |code| Self::new(code, refusal.to_string()).in_russian(russian::of_payment(&refusal));
        match refusal {
            PaymentRefusal::NoSuchPayment => Self::plain(Code::NotFound),
            PaymentRefusal::NotNow { .. } => said(Code::NotNow),
            PaymentRefusal::MethodUnavailable => said(Code::PaymentMethodUnavailable),
            PaymentRefusal::ExceedsCaptured => said(Code::ExceedsCaptured),
            PaymentRefusal::RefundUnderWay => said(Code::RefundUnderWay),
            PaymentRefusal::DepositLimit { least, most } => said(Code::DepositLimit)
                .with_money("least", least)
                .with_money("most", most),
            PaymentRefusal::AmountOutOfRange => said(Code::AmountOutOfRange),
        }
    }
}

impl From<WalletRefusal> for Problem {
    fn from(refusal: WalletRefusal) -> Self {
        let said = |code| Self::new(code, refusal.to_string()).in_russian(russian::of_wallet(&refusal));
        match refusal {
            WalletRefusal::InsufficientFunds { available } => {
                said(Code::InsufficientFunds).with_money("available", available)
            }
            WalletRefusal::PeriodClosed => said(Code::PeriodClosed),
            WalletRefusal::NoSuchHold => said(Code::NoSuchHold),
            WalletRefusal::AmountOutOfRange => said(Code::AmountOutOfRange),
        }
    }
}

impl From<PayoutRefusal> for Problem {
    fn from(refusal: PayoutRefusal) -> Self {
        let said = |code| Self::new(code, refusal.to_string()).in_russian(russian::of_payout(&refusal));
        match refusal {
            PayoutRefusal::NoSuchPayout => Self::plain(Code::NotFound),
            PayoutRefusal::NotNow { .. } => said(Code::NotNow),
            PayoutRefusal::Unavailable => said(Code::PayoutUnavailable),
            PayoutRefusal::NoDestination => said(Code::NoPayoutDestination),
            PayoutRefusal::DestinationResting { until } => {
                said(Code::DestinationResting).with_member("until", shown(until).to_string().into())
            }
            PayoutRefusal::UnknownBank => said(Code::UnknownBank),
            PayoutRefusal::TooEarly => said(Code::TooEarly),
            PayoutRefusal::AmountOutOfRange => said(Code::AmountOutOfRange),
        }
    }
}

impl From<PriceListRefusal> for Problem {
    fn from(refusal: PriceListRefusal) -> Self {
        let said = |code| Self::new(code, refusal.to_string()).in_russian(russian::of_price_list(&refusal));
        match &refusal {
            PriceListRefusal::VersionNotNewer { latest } => {
                said(Code::PriceListNotNewer).with_member("latest", (*latest).into())
            }
            PriceListRefusal::TooShortNotice { earliest } => {
                said(Code::PriceListTooSoon).with_member("earliest", shown(*earliest).to_string().into())
            }
            PriceListRefusal::Unlawful(fault) => Self::invalid(vec![
                FieldProblem::new(fault.what.code(), fault.what.to_string()).at(fault.pointer.clone()),
            ]),
        }
    }
}

impl From<AccountRefusal> for Problem {
    fn from(refusal: AccountRefusal) -> Self {
        let code = match refusal {
            AccountRefusal::OwnAccount => Code::OwnAccount,
            AccountRefusal::ActorDeactivated => Code::AccountDeactivated,
            AccountRefusal::NotADoctor => Code::NotADoctor,
            AccountRefusal::NoApplication => Code::NoApplication,
            AccountRefusal::ProfileVerified => Code::ProfileVerified,
            AccountRefusal::LicenceExpired => Code::LicenceExpired,
            AccountRefusal::InvitationEnded => Code::InvitationEnded,
            AccountRefusal::InAnotherClinic => Code::InAnotherClinic,
            AccountRefusal::NotInClinic => return Self::plain(Code::NotFound),
        };
        Self::new(code, refusal.to_string()).in_russian(russian::of_account(refusal))
    }
}

impl From<TokenRefusal> for Problem {
    fn from(refusal: TokenRefusal) -> Self {
        match refusal {
            TokenRefusal::Expired => Self::plain(Code::TokenExpired),
            TokenRefusal::Revoked => Self::plain(Code::TokenRevoked),
            TokenRefusal::OfAnApp => Self::plain(Code::ForbiddenToApps),
            // Which check a forged token failed is told to nobody.
            TokenRefusal::Malformed
            | TokenRefusal::WrongAlgorithm
            | TokenRefusal::WrongType
            | TokenRefusal::UnknownKey
            | TokenRefusal::WrongSignature
            | TokenRefusal::WrongIssuer
            | TokenRefusal::WrongAudience
            | TokenRefusal::NotYetValid => Self::plain(Code::InvalidToken),
        }
    }
}

impl From<PasskeyRefusal> for Problem {
    fn from(fault: PasskeyRefusal) -> Self {
        Self::new(Code::PasskeyRefused, fault.to_string()).in_russian(russian::of_passkey(fault))
    }
}

impl From<IdentityRefusal> for Problem {
    fn from(refusal: IdentityRefusal) -> Self {
        Self::plain(match refusal {
            IdentityRefusal::PasskeyRefused(fault) => return Self::from(fault),
            IdentityRefusal::PasskeyChallengeEnded => Code::PasskeyChallengeEnded,
            IdentityRefusal::PasskeyExists => Code::PasskeyExists,
            IdentityRefusal::TooManyPasskeys => Code::TooManyPasskeys,
            IdentityRefusal::NoSuchPasskey => Code::NotFound,
            IdentityRefusal::PasskeysUnavailable => Code::PasskeysUnavailable,
            IdentityRefusal::LastFactor => Code::LastFactor,
            IdentityRefusal::EmailTaken => Code::EmailTaken,
            IdentityRefusal::PhoneTaken => Code::PhoneTaken,
            IdentityRefusal::WrongCredentials => Code::WrongCredentials,
            IdentityRefusal::WrongPassword => Code::WrongPassword,
            IdentityRefusal::WrongCode => Code::WrongCode,
            IdentityRefusal::SecondFactorDue => Code::SecondFactorDue,
            IdentityRefusal::SignInEnded => Code::SignInEnded,
            IdentityRefusal::SecondFactorExists => Code::SecondFactorExists,
            IdentityRefusal::NoSecondFactor => Code::NoSecondFactor,
            IdentityRefusal::OwnFactor => Code::OwnAccount,
            IdentityRefusal::ProofRequired => Code::ProofRequired,
            IdentityRefusal::Deactivated => Code::AccountDeactivated,
            IdentityRefusal::RefreshUnknown => Code::RefreshUnknown,
            IdentityRefusal::RefreshReused => Code::RefreshReused,
            IdentityRefusal::RefreshExpired => Code::RefreshExpired,
            IdentityRefusal::TicketInvalid => Code::InvalidTicket,
            IdentityRefusal::NoSuchAccount => Code::NotFound,
            IdentityRefusal::NoPhone => Code::NoPhone,
            IdentityRefusal::NoSuchClinic => Code::NoSuchClinic,
            IdentityRefusal::TooManyInvitations => Code::TooManyInvitations,
            IdentityRefusal::TooManyDocuments => Code::TooManyDocuments,
            IdentityRefusal::NoApplicationWaits => Code::NoApplication,
            IdentityRefusal::LicenceDocumentMissing => Code::LicenceDocumentMissing,
        })
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused(refusal) => Self::from(refusal),
            IdentityError::Busy => Self::plain(Code::Busy),
            IdentityError::Database(ref cause)
                if cause
                    .as_database_error()
                    .is_none_or(|answer| answer.code().is_some_and(|state| is_out_of_reach(&state))) =>
            {
                Self::unavailable(&error)
            }
            IdentityError::Database(_)
            | IdentityError::Hash(_)
            | IdentityError::HashStopped(_)
            | IdentityError::Sign(_)
            | IdentityError::Keys(_)
            | IdentityError::Sealing(_)
            | IdentityError::NotEncrypted => Self::internal(&error),
        }
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Unavailable { .. } | LogError::AnotherLog => Self::unavailable(&error),
            LogError::NeedsNewerCode { .. } => Self::plain(Code::NeedsNewerCode).because(&error),
            LogError::Database(_)
            | LogError::Malformed { .. }
            | LogError::Unstorable(_)
            | LogError::NoIdentity
            | LogError::WrongAggregate(_) => Self::internal(&error),
        }
    }
}

impl From<FindError> for Problem {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Log(error) => Self::from(error),
            FindError::Identity(error) => Self::from(error),
            FindError::Query(error) => Self::from(error),
        }
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Log(error) => Self::from(error),
            HistoryError::Intents(_) => Self::internal(&error),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Cursor(refusal) => Self::from(refusal),
            QueryError::Database(_) if error.is_unavailable() => Self::unavailable(&error),
            QueryError::Database(ref cause)
                if cause
                    .as_database_error()
                    .is_some_and(|answer| answer.code().is_some_and(|state| is_out_of_reach(&state))) =>
            {
                Self::unavailable(&error)
            }
            QueryError::Database(_) => Self::internal(&error),
        }
    }
}

/// Whether this SQLSTATE says that the server is going, gone, full or read-only, rather than that we asked wrongly.
pub(crate) fn is_out_of_reach(state: &str) -> bool {
    ["08", "53", "57"].iter().any(|class| state.starts_with(class)) || state == "25006"
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match &error {
            ExportError::NoPositions(_) => {
                let wrong = FieldProblem::new("no_positions", error.to_string());
                Self::invalid(vec![wrong.at("/query/from_position")])
            }
            ExportError::BeyondHead { head } => Self::new(Code::UnknownPosition, error.to_string())
                .in_russian(format!("журнал кончается на позиции {head}")),
            ExportError::TooSlow { .. } | ExportError::Database(_) => Self::unavailable(&error),
            ExportError::UnknownType { .. }
            | ExportError::NotAllowed(..)
            | ExportError::Absent(_)
            | ExportError::Encode(_) => Self::internal(&error),
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match &error {
            ReportError::Filters(wrong) => {
                let faults = wrong.iter().map(|one| {
                    let wrong = FieldProblem::new(one.code(), one.to_string());
                    wrong.at(format!("/query/{}", one.filter().name()))
                });
                Self::invalid(faults.collect())
            }
            ReportError::TooSlow { seconds } => Self::new(Code::Unavailable, error.to_string())
                .in_russian(format!(
                    "база данных считала дольше {seconds} с: возьмите период короче"
                ))
                .because(&error),
            ReportError::Database(_) => Self::unavailable(&error),
            ReportError::NotAllowed
            | ReportError::Absent
            | ReportError::NotThere(_)
            | ReportError::Value(_)
            | ReportError::Encode(_) => Self::internal(&error),
        }
    }
}

impl From<CursorRefusal> for Problem {
    fn from(refusal: CursorRefusal) -> Self {
        Self::invalid(vec![
            FieldProblem::new("not_a_cursor", refusal.to_string()).at("/query/cursor"),
        ])
    }
}

impl From<ValueRefusal> for FieldProblem {
    fn from(refusal: ValueRefusal) -> Self {
        Self::new(refusal.code(), refusal.to_string())
    }
}
