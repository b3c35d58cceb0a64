//! Every refusal and error keeps its code on the way out, and tells the client no more than it may.

use commands::{CommandError, Refusal};
use domain::account::refusal::AccountRefusal;
use domain::booking::refusal::BookingRefusal;
use domain::money::Money;
use domain::payment::refusal::PaymentRefusal;
use domain::payout::refusal::PayoutRefusal;
use domain::policy::patient_limits::LimitRefusal;
use domain::price_list::refusal::PriceListRefusal;
use domain::schedule::refusal::ScheduleRefusal;
use domain::wallet::refusal::WalletRefusal;
use identity::{IdentityRefusal, TokenRefusal};

use crate::language::Language;
use crate::problem::Problem;
use crate::problem::mapping::is_out_of_reach;

/// The inner crates name their refusals by code; the outer word must be the same one.
fn agrees(problem: &Problem, code: &str) {
    assert_eq!(problem.code().as_str(), code);
}

fn keeps_its_code(refusal: Refusal) {
    let code = refusal.code();
    agrees(&Problem::from(CommandError::Refused(refusal)), code);
}

fn payouts() -> [PayoutRefusal; 8] {
    [
        PayoutRefusal::NoSuchPayout,
        PayoutRefusal::NotNow { status: "paid" },
        PayoutRefusal::Unavailable,
        PayoutRefusal::NoDestination,
        PayoutRefusal::DestinationResting {
            until: jiff::Timestamp::UNIX_EPOCH,
        },
        PayoutRefusal::UnknownBank,
        PayoutRefusal::TooEarly,
        PayoutRefusal::AmountOutOfRange,
    ]
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
        BookingRefusal::NotAConsultation,
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
    bookings
        .into_iter()
        .map(Refusal::Booking)
        .chain(days.into_iter().map(Refusal::Schedule))
        .chain(payments.into_iter().map(Refusal::Payment))
        .chain(wallets.into_iter().map(Refusal::Wallet))
        .chain(payouts().into_iter().map(Refusal::Payout))
        .chain([
            Refusal::NotFound,
            Refusal::NotYours,
            Refusal::Incomplete { field: "address" },
            Refusal::NotAllowed { field: "starts_at" },
        ])
        .for_each(keeps_its_code);
}

#[test]
fn refusals_about_accounts_keep_their_codes() {
    let accounts = [
        AccountRefusal::OwnAccount,
        AccountRefusal::ActorDeactivated,
        AccountRefusal::NotADoctor,
        AccountRefusal::NoApplication,
        AccountRefusal::ProfileVerified,
        AccountRefusal::LicenceExpired,
        AccountRefusal::InvitationEnded,
        AccountRefusal::InAnotherClinic,
        AccountRefusal::NotInClinic,
    ];
    let people = [
        IdentityRefusal::EmailTaken,
        IdentityRefusal::PhoneTaken,
        IdentityRefusal::NoPhone,
        IdentityRefusal::NoSuchClinic,
        IdentityRefusal::TooManyInvitations,
        IdentityRefusal::TooManyDocuments,
        IdentityRefusal::NoApplicationWaits,
        IdentityRefusal::LicenceDocumentMissing,
        IdentityRefusal::WrongPassword,
    ];
    accounts
        .into_iter()
        .map(Refusal::Account)
        .chain(people.into_iter().map(Refusal::Identity))
        .for_each(keeps_its_code);
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
        LimitRefusal::TooManyBookings { most: 20, wait_s: 60 },
        LimitRefusal::TooManyUrgentCalls { most: 5, wait_s: 60 },
    ] {
        agrees(&Problem::from(refusal), refusal.code());
    }
}

#[test]
fn faults_of_the_log_say_whether_repeating_helps() {
    agrees(&Problem::from(CommandError::Busy), "busy");
    agrees(&Problem::from(CommandError::Unavailable), "unavailable");
    agrees(&Problem::from(CommandError::KeyReused), "idempotency_key_reused");
    agrees(&Problem::from(CommandError::VersionMismatch), "version_mismatch");
    agrees(&Problem::from(CommandError::NeedsNewerCode), "needs_newer_code");
    agrees(&Problem::from(CommandError::NoPriceList), "no_price_list");
    agrees(
        &Problem::from(CommandError::Internal("secret detail".into())),
        "internal",
    );
}

#[test]
fn an_internal_fault_tells_the_log_everything_and_the_client_nothing() {
    let problem = Problem::from(CommandError::Internal("secret detail".into()));
    assert!(problem.cause().unwrap().contains("secret detail"));
    let response = problem.write("", "/", "t", Language::English);
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
