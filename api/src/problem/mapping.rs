//! Every refusal and fault of the inner rooms as a problem: closed matches, so a new "no" needs a decision here.

use commands::{CommandFault, Refusal};
use domain::booking::refusal::BookingRefusal;
use domain::payment::refusal::PaymentRefusal;
use domain::payout::refusal::PayoutRefusal;
use domain::policy::patient_limits::LimitRefusal;
use domain::price_list::refusal::PriceListRefusal;
use domain::schedule::refusal::ScheduleRefusal;
use domain::wallet::refusal::WalletRefusal;
use event_store::LogFault;
use identity::{IdentityFault, IdentityRefusal, TokenRefusal, ValueRefusal};
use projections::{CursorRefusal, QueryFault};

use crate::problem::Problem;
use crate::problem::code::Code;
use crate::problem::fault::FieldProblem;
use crate::representation::timestamp::shown;

impl From<CommandFault> for Problem {
    fn from(fault: CommandFault) -> Self {
        match fault {
            CommandFault::Refused(refusal) => Self::from(refusal),
            CommandFault::KeyReused => Self::plain(Code::IdempotencyKeyReused),
            CommandFault::VersionMismatch => Self::plain(Code::VersionMismatch),
            CommandFault::Busy => Self::plain(Code::Busy),
            CommandFault::NeedsNewerCode => Self::plain(Code::NeedsNewerCode),
            CommandFault::NoPriceList => Self::plain(Code::NoPriceList),
            CommandFault::Unavailable => Self::unavailable(&fault),
            CommandFault::Internal(_) => Self::internal(&fault),
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
            Refusal::NotFound => Self::plain(Code::NotFound),
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
        let said = |code| Self::new(code, refusal.to_string());
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
            BookingRefusal::AmountOutOfRange => said(Code::AmountOutOfRange),
        }
    }
}

impl From<LimitRefusal> for Problem {
    fn from(refusal: LimitRefusal) -> Self {
        let code = match refusal {
            LimitRefusal::TooManyHolds => Code::TooManyHolds,
            LimitRefusal::OverlapsOwnBooking => Code::OverlapsOwnBooking,
            LimitRefusal::UrgentCallUnderWay => Code::UrgentCallUnderWay,
        };
        Self::new(code, refusal.to_string())
    }
}

impl From<ScheduleRefusal> for Problem {
    fn from(refusal: ScheduleRefusal) -> Self {
        let said = |code| Self::new(code, refusal.to_string());
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
        let said = |code| Self::new(code, refusal.to_string());
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
        let said = |code| Self::new(code, refusal.to_string());
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
        let said = |code| Self::new(code, refusal.to_string());
        match refusal {
            PayoutRefusal::NoSuchPayout => Self::plain(Code::NotFound),
            PayoutRefusal::NotNow { .. } => said(Code::NotNow),
            PayoutRefusal::Unavailable => said(Code::PayoutUnavailable),
            PayoutRefusal::NoDestination => said(Code::NoPayoutDestination),
            PayoutRefusal::UnknownBank => said(Code::UnknownBank),
            PayoutRefusal::TooEarly => said(Code::TooEarly),
            PayoutRefusal::AmountOutOfRange => said(Code::AmountOutOfRange),
        }
    }
}

impl From<PriceListRefusal> for Problem {
    fn from(refusal: PriceListRefusal) -> Self {
        let said = |code| Self::new(code, refusal.to_string());
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

impl From<TokenRefusal> for Problem {
    fn from(refusal: TokenRefusal) -> Self {
        match refusal {
            TokenRefusal::Expired => Self::plain(Code::TokenExpired),
            TokenRefusal::Revoked => Self::plain(Code::TokenRevoked),
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

impl From<IdentityRefusal> for Problem {
    fn from(refusal: IdentityRefusal) -> Self {
        Self::plain(match refusal {
            IdentityRefusal::EmailTaken => Code::EmailTaken,
            IdentityRefusal::PhoneTaken => Code::PhoneTaken,
            IdentityRefusal::WrongCredentials => Code::WrongCredentials,
            IdentityRefusal::Deactivated => Code::AccountDeactivated,
            IdentityRefusal::RefreshUnknown => Code::RefreshUnknown,
            IdentityRefusal::RefreshReused => Code::RefreshReused,
            IdentityRefusal::RefreshExpired => Code::RefreshExpired,
            IdentityRefusal::NoSuchAccount => Code::NotFound,
            IdentityRefusal::NoSuchClinic => Code::NoSuchClinic,
        })
    }
}

impl From<IdentityFault> for Problem {
    fn from(fault: IdentityFault) -> Self {
        match fault {
            IdentityFault::Refused(refusal) => Self::from(refusal),
            IdentityFault::Busy => Self::plain(Code::Busy),
            IdentityFault::Database(ref cause)
                if cause
                    .as_database_error()
                    .is_none_or(|answer| answer.code().is_some_and(|state| is_out_of_reach(&state))) =>
            {
                Self::unavailable(&fault)
            }
            IdentityFault::Database(_)
            | IdentityFault::Hash(_)
            | IdentityFault::HashStopped(_)
            | IdentityFault::Sign(_)
            | IdentityFault::Keys(_) => Self::internal(&fault),
        }
    }
}

impl From<LogFault> for Problem {
    fn from(fault: LogFault) -> Self {
        match fault {
            LogFault::Unavailable { .. } | LogFault::AnotherLog => Self::unavailable(&fault),
            LogFault::NeedsNewerCode { .. } => Self::plain(Code::NeedsNewerCode).because(&fault),
            LogFault::Database(_)
            | LogFault::Malformed { .. }
            | LogFault::Unstorable(_)
            | LogFault::WrongAggregate(_) => Self::internal(&fault),
        }
    }
}

impl From<QueryFault> for Problem {
    fn from(fault: QueryFault) -> Self {
        match fault {
            QueryFault::Cursor(refusal) => Self::from(refusal),
            QueryFault::Database(_) if fault.is_unavailable() => Self::unavailable(&fault),
            QueryFault::Database(ref cause)
                if cause
                    .as_database_error()
                    .is_some_and(|answer| answer.code().is_some_and(|state| is_out_of_reach(&state))) =>
            {
                Self::unavailable(&fault)
            }
            QueryFault::Database(_) => Self::internal(&fault),
        }
    }
}

/// Whether this SQLSTATE says that the server is going, gone, full or read-only, rather than that we asked wrongly.
fn is_out_of_reach(state: &str) -> bool {
    ["08", "53", "57"].iter().any(|class| state.starts_with(class)) || state == "25006"
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

#[cfg(test)]
mod tests {
    use domain::money::Money;

    use super::*;

    /// The inner rooms name their refusals by code; the outer word must be the same one.
    fn agrees(problem: &Problem, code: &str) {
        assert_eq!(problem.code().as_str(), code);
    }

    #[test]
    fn every_business_refusal_keeps_its_code() {
        let money = Money::kopecks(1);
        let bookings = [
            BookingRefusal::NoSuchBooking,
            BookingRefusal::NotNow { status: "expired" },
            BookingRefusal::InThePast,
            BookingRefusal::FeeChanged { fee: money },
            BookingRefusal::TooLate,
            BookingRefusal::TooEarly,
            BookingRefusal::PaymentUnderWay,
            BookingRefusal::WrongAppointment,
            BookingRefusal::AmountOutOfRange,
        ];
        let days = [
            ScheduleRefusal::SlotTaken { overdue: vec![] },
            ScheduleRefusal::DoctorBusy { overdue: vec![] },
            ScheduleRefusal::OutsideWorkingHours,
            ScheduleRefusal::InThePast,
            ScheduleRefusal::DoctorNotAvailable,
            ScheduleRefusal::DayAlreadyOpen,
            ScheduleRefusal::DayClaimed { overdue: vec![] },
            ScheduleRefusal::DayNotOpen,
            ScheduleRefusal::DayNotLonger,
            ScheduleRefusal::DayOverlaps,
            ScheduleRefusal::NotAWorkingDay,
        ];
        let payments = [
            PaymentRefusal::NoSuchPayment,
            PaymentRefusal::NotNow { status: "failed" },
            PaymentRefusal::MethodUnavailable,
            PaymentRefusal::ExceedsCaptured,
            PaymentRefusal::RefundUnderWay,
            PaymentRefusal::DepositLimit {
                least: money,
                most: money,
            },
            PaymentRefusal::AmountOutOfRange,
        ];
        let wallets = [
            WalletRefusal::InsufficientFunds { available: money },
            WalletRefusal::PeriodClosed,
            WalletRefusal::NoSuchHold,
            WalletRefusal::AmountOutOfRange,
        ];
        let payouts = [
            PayoutRefusal::NoSuchPayout,
            PayoutRefusal::NotNow { status: "paid" },
            PayoutRefusal::Unavailable,
            PayoutRefusal::NoDestination,
            PayoutRefusal::UnknownBank,
            PayoutRefusal::TooEarly,
            PayoutRefusal::AmountOutOfRange,
        ];
        bookings
            .into_iter()
            .map(Refusal::Booking)
            .chain(days.into_iter().map(Refusal::Schedule))
            .chain(payments.into_iter().map(Refusal::Payment))
            .chain(wallets.into_iter().map(Refusal::Wallet))
            .chain(payouts.into_iter().map(Refusal::Payout))
            .chain([
                Refusal::NotFound,
                Refusal::NotYours,
                Refusal::Incomplete { field: "address" },
                Refusal::NotAllowed { field: "starts_at" },
            ])
            .for_each(|refusal| {
                let code = refusal.code();
                agrees(&Problem::from(CommandFault::Refused(refusal)), code);
            });
    }

    #[test]
    fn refusals_about_prices_keep_their_codes() {
        let changed = BookingRefusal::PriceChanged {
            price: Money::kopecks(1),
            version: 1,
        };
        let too_soon = PriceListRefusal::TooShortNotice {
            earliest: jiff::Timestamp::UNIX_EPOCH,
        };
        for refusal in [
            Refusal::Booking(changed),
            Refusal::PriceList(PriceListRefusal::VersionNotNewer { latest: 2 }),
            Refusal::PriceList(too_soon),
        ] {
            let code = refusal.code();
            agrees(&Problem::from(refusal), code);
        }
    }

    #[test]
    fn a_patients_limits_keep_their_codes() {
        for refusal in [
            LimitRefusal::TooManyHolds,
            LimitRefusal::OverlapsOwnBooking,
            LimitRefusal::UrgentCallUnderWay,
        ] {
            agrees(&Problem::from(refusal), refusal.code());
        }
    }

    #[test]
    fn faults_of_the_log_say_whether_repeating_helps() {
        agrees(&Problem::from(CommandFault::Busy), "busy");
        agrees(&Problem::from(CommandFault::Unavailable), "unavailable");
        agrees(&Problem::from(CommandFault::KeyReused), "idempotency_key_reused");
        agrees(&Problem::from(CommandFault::VersionMismatch), "version_mismatch");
        agrees(&Problem::from(CommandFault::NeedsNewerCode), "needs_newer_code");
        agrees(&Problem::from(CommandFault::NoPriceList), "no_price_list");
        agrees(
            &Problem::from(CommandFault::Internal("secret detail".into())),
            "internal",
        );
    }

    #[test]
    fn an_internal_fault_tells_the_log_everything_and_the_client_nothing() {
        let problem = Problem::from(CommandFault::Internal("secret detail".into()));
        assert!(problem.fault().unwrap().contains("secret detail"));
        let response = problem.write("", "/", "t");
        let body = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 10_000)).unwrap();
        assert!(
            !String::from_utf8(body.to_vec())
                .unwrap()
                .contains("secret detail")
        );
    }

    #[test]
    fn a_missing_field_found_inside_still_has_its_pointer() {
        let problem = Problem::from(Refusal::Incomplete { field: "doctor_id" });
        assert_eq!(problem.errors().first().unwrap().pointer, "/doctor_id");
        let problem = Problem::from(Refusal::NotAllowed { field: "starts_at" });
        let fault = problem.errors().first().unwrap();
        assert_eq!(
            (fault.pointer.as_str(), fault.code),
            ("/starts_at", "not_allowed")
        );
    }

    #[test]
    fn a_server_that_shuts_down_is_out_of_reach_and_a_wrong_statement_is_our_fault() {
        for state in ["57P01", "57P03", "53300", "08006", "25006"] {
            assert!(is_out_of_reach(state), "{state}");
        }
        for state in ["42601", "23505", "22021", "25001"] {
            assert!(!is_out_of_reach(state), "{state}");
        }
    }

    #[test]
    fn forged_tokens_all_look_alike() {
        for refusal in [
            TokenRefusal::WrongSignature,
            TokenRefusal::UnknownKey,
            TokenRefusal::Malformed,
        ] {
            agrees(&Problem::from(refusal), "invalid_token");
        }
        agrees(&Problem::from(TokenRefusal::Expired), "token_expired");
        agrees(&Problem::from(TokenRefusal::Revoked), "token_revoked");
    }
}
