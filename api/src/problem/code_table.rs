//! The table behind the codes: word, status, title and page; a new code does not compile until it has all four.

use http::StatusCode;

use crate::problem::code::Code;

/// Word, status, title and page of a code.
pub type Row = (&'static str, StatusCode, &'static str, &'static str);

/// The row of this code.
#[expect(clippy::too_many_lines, reason = "one table: a line of thought per code")]
pub const fn row(code: Code) -> Row {
    match code {
        Code::MalformedJson => (
            "malformed_json",
            StatusCode::BAD_REQUEST,
            "The body is not valid JSON",
            include_str!("../../../docs/problems/malformed_json.md"),
        ),
        Code::TokenMissing => (
            "token_missing",
            StatusCode::UNAUTHORIZED,
            "An access token is required",
            include_str!("../../../docs/problems/token_missing.md"),
        ),
        Code::TokenInvalid => (
            "invalid_token",
            StatusCode::UNAUTHORIZED,
            "The access token is not valid",
            include_str!("../../../docs/problems/invalid_token.md"),
        ),
        Code::TokenExpired => (
            "token_expired",
            StatusCode::UNAUTHORIZED,
            "The access token has expired",
            include_str!("../../../docs/problems/token_expired.md"),
        ),
        Code::WrongCredentials => (
            "wrong_credentials",
            StatusCode::UNAUTHORIZED,
            "E-mail or password is wrong",
            include_str!("../../../docs/problems/wrong_credentials.md"),
        ),
        Code::Forbidden => (
            "forbidden",
            StatusCode::FORBIDDEN,
            "Your role may not do this",
            include_str!("../../../docs/problems/forbidden.md"),
        ),
        Code::UnknownSender => (
            "unknown_sender",
            StatusCode::FORBIDDEN,
            "The notice is not the provider's",
            include_str!("../../../docs/problems/unknown_sender.md"),
        ),
        Code::AccountDeactivated => (
            "account_deactivated",
            StatusCode::FORBIDDEN,
            "The account is deactivated",
            include_str!("../../../docs/problems/account_deactivated.md"),
        ),
        Code::NotFound => (
            "not_found",
            StatusCode::NOT_FOUND,
            "Not found",
            include_str!("../../../docs/problems/not_found.md"),
        ),
        Code::MethodNotAllowed => (
            "method_not_allowed",
            StatusCode::METHOD_NOT_ALLOWED,
            "The method is not allowed here",
            include_str!("../../../docs/problems/method_not_allowed.md"),
        ),
        Code::RequestTimeout => (
            "request_timeout",
            StatusCode::REQUEST_TIMEOUT,
            "The request took too long",
            include_str!("../../../docs/problems/request_timeout.md"),
        ),
        Code::SlotTaken => (
            "slot_taken",
            StatusCode::CONFLICT,
            "This time is taken",
            include_str!("../../../docs/problems/slot_taken.md"),
        ),
        Code::DoctorBusy => (
            "doctor_busy",
            StatusCode::CONFLICT,
            "The doctor is busy then",
            include_str!("../../../docs/problems/doctor_busy.md"),
        ),
        Code::OutsideWorkingHours => (
            "outside_working_hours",
            StatusCode::CONFLICT,
            "The doctor does not work then",
            include_str!("../../../docs/problems/outside_working_hours.md"),
        ),
        Code::InThePast => (
            "in_the_past",
            StatusCode::CONFLICT,
            "This time has passed",
            include_str!("../../../docs/problems/in_the_past.md"),
        ),
        Code::DoctorNotAvailable => (
            "doctor_not_available",
            StatusCode::CONFLICT,
            "This doctor takes no bookings",
            include_str!("../../../docs/problems/doctor_not_available.md"),
        ),
        Code::DayAlreadyOpen => (
            "day_already_open",
            StatusCode::CONFLICT,
            "The day is open already",
            include_str!("../../../docs/problems/day_already_open.md"),
        ),
        Code::DayOverlaps => (
            "day_overlaps",
            StatusCode::CONFLICT,
            "The hours overlap",
            include_str!("../../../docs/problems/day_overlaps.md"),
        ),
        Code::NotAWorkingDay => (
            "not_a_working_day",
            StatusCode::CONFLICT,
            "These hours make no working day",
            include_str!("../../../docs/problems/not_a_working_day.md"),
        ),
        Code::PriceChanged => (
            "price_changed",
            StatusCode::CONFLICT,
            "The price is another one",
            include_str!("../../../docs/problems/price_changed.md"),
        ),
        Code::PriceListNotNewer => (
            "price_list_not_newer",
            StatusCode::CONFLICT,
            "A later price list is published",
            include_str!("../../../docs/problems/price_list_not_newer.md"),
        ),
        Code::PriceListTooSoon => (
            "price_list_too_soon",
            StatusCode::CONFLICT,
            "Too little notice for a price list",
            include_str!("../../../docs/problems/price_list_too_soon.md"),
        ),
        Code::NoPriceList => (
            "no_price_list",
            StatusCode::SERVICE_UNAVAILABLE,
            "No price list is in force",
            include_str!("../../../docs/problems/no_price_list.md"),
        ),
        Code::FeeChanged => (
            "fee_changed",
            StatusCode::CONFLICT,
            "The cancellation fee is another one",
            include_str!("../../../docs/problems/fee_changed.md"),
        ),
        Code::NotNow => (
            "not_now",
            StatusCode::CONFLICT,
            "Not in this state",
            include_str!("../../../docs/problems/not_now.md"),
        ),
        Code::TooLate => (
            "too_late",
            StatusCode::CONFLICT,
            "Too late",
            include_str!("../../../docs/problems/too_late.md"),
        ),
        Code::TooEarly => (
            "too_early",
            StatusCode::CONFLICT,
            "Too early",
            include_str!("../../../docs/problems/too_early.md"),
        ),
        Code::WrongAppointment => (
            "wrong_appointment",
            StatusCode::CONFLICT,
            "Doctor and time do not fit the call",
            include_str!("../../../docs/problems/wrong_appointment.md"),
        ),
        Code::PaymentUnderWay => (
            "payment_under_way",
            StatusCode::CONFLICT,
            "A payment is under way",
            include_str!("../../../docs/problems/payment_under_way.md"),
        ),
        Code::PaymentMethodUnavailable => (
            "payment_method_unavailable",
            StatusCode::CONFLICT,
            "The payment method is not available",
            include_str!("../../../docs/problems/payment_method_unavailable.md"),
        ),
        Code::ExceedsCaptured => (
            "exceeds_captured",
            StatusCode::CONFLICT,
            "More than was charged",
            include_str!("../../../docs/problems/exceeds_captured.md"),
        ),
        Code::DepositLimit => (
            "deposit_limit",
            StatusCode::CONFLICT,
            "A deposit too small or too large",
            include_str!("../../../docs/problems/deposit_limit.md"),
        ),
        Code::InsufficientFunds => (
            "insufficient_funds",
            StatusCode::CONFLICT,
            "The wallet has too little",
            include_str!("../../../docs/problems/insufficient_funds.md"),
        ),
        Code::PeriodClosed => (
            "period_closed",
            StatusCode::CONFLICT,
            "The statement period is closed",
            include_str!("../../../docs/problems/period_closed.md"),
        ),
        Code::NoSuchHold => (
            "no_such_hold",
            StatusCode::CONFLICT,
            "Nothing is held for this payment",
            include_str!("../../../docs/problems/no_such_hold.md"),
        ),
        Code::AmountOutOfRange => (
            "amount_out_of_range",
            StatusCode::CONFLICT,
            "The amounts cannot be computed",
            include_str!("../../../docs/problems/amount_out_of_range.md"),
        ),
        Code::PayoutUnavailable => (
            "payout_unavailable",
            StatusCode::CONFLICT,
            "Payouts are not available",
            include_str!("../../../docs/problems/payout_unavailable.md"),
        ),
        Code::NoPayoutDestination => (
            "no_payout_destination",
            StatusCode::CONFLICT,
            "There is nowhere to pay out to",
            include_str!("../../../docs/problems/no_payout_destination.md"),
        ),
        Code::UnknownBank => (
            "unknown_bank",
            StatusCode::CONFLICT,
            "There is no such bank",
            include_str!("../../../docs/problems/unknown_bank.md"),
        ),
        Code::EmailTaken => (
            "email_taken",
            StatusCode::CONFLICT,
            "The e-mail is taken",
            include_str!("../../../docs/problems/email_taken.md"),
        ),
        Code::PhoneTaken => (
            "phone_taken",
            StatusCode::CONFLICT,
            "The phone is taken",
            include_str!("../../../docs/problems/phone_taken.md"),
        ),
        Code::UnknownPosition => (
            "unknown_position",
            StatusCode::CONFLICT,
            "The position is not in this log",
            include_str!("../../../docs/problems/unknown_position.md"),
        ),
        Code::PartsParked => (
            "parts_parked",
            StatusCode::CONFLICT,
            "The read model has parked facts",
            include_str!("../../../docs/problems/parts_parked.md"),
        ),
        Code::RebuildUnderWay => (
            "rebuild_under_way",
            StatusCode::CONFLICT,
            "A rebuild runs already",
            include_str!("../../../docs/problems/rebuild_under_way.md"),
        ),
        Code::ReconciliationUnderWay => (
            "reconciliation_under_way",
            StatusCode::CONFLICT,
            "The books are being compared already",
            include_str!("../../../docs/problems/reconciliation_under_way.md"),
        ),
        Code::VersionMismatch => (
            "version_mismatch",
            StatusCode::PRECONDITION_FAILED,
            "The version is another one",
            include_str!("../../../docs/problems/version_mismatch.md"),
        ),
        Code::BodyTooLarge => (
            "body_too_large",
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is too large",
            include_str!("../../../docs/problems/body_too_large.md"),
        ),
        Code::UnsupportedMediaType => (
            "unsupported_media_type",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body is not declared as JSON",
            include_str!("../../../docs/problems/unsupported_media_type.md"),
        ),
        Code::Invalid => (
            "invalid",
            StatusCode::UNPROCESSABLE_ENTITY,
            "The request is invalid",
            include_str!("../../../docs/problems/invalid.md"),
        ),
        Code::IdempotencyKeyReused => (
            "idempotency_key_reused",
            StatusCode::UNPROCESSABLE_ENTITY,
            "The idempotency key was used before",
            include_str!("../../../docs/problems/idempotency_key_reused.md"),
        ),
        Code::RateLimited => (
            "rate_limited",
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests",
            include_str!("../../../docs/problems/rate_limited.md"),
        ),
        Code::Internal => (
            "internal",
            StatusCode::INTERNAL_SERVER_ERROR,
            "A fault of ours",
            include_str!("../../../docs/problems/internal.md"),
        ),
        Code::Busy => (
            "busy",
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many changes at once",
            include_str!("../../../docs/problems/busy.md"),
        ),
        Code::Unavailable => (
            "unavailable",
            StatusCode::SERVICE_UNAVAILABLE,
            "Not available at the moment",
            include_str!("../../../docs/problems/unavailable.md"),
        ),
        Code::NotFresh => (
            "not_fresh",
            StatusCode::SERVICE_UNAVAILABLE,
            "The view has not caught up",
            include_str!("../../../docs/problems/not_fresh.md"),
        ),
        Code::NeedsNewerCode => (
            "needs_newer_code",
            StatusCode::SERVICE_UNAVAILABLE,
            "Being upgraded",
            include_str!("../../../docs/problems/needs_newer_code.md"),
        ),
        Code::TokenRevoked => (
            "token_revoked",
            StatusCode::UNAUTHORIZED,
            "The session has ended",
            include_str!("../../../docs/problems/token_revoked.md"),
        ),
        Code::RefreshUnknown => (
            "refresh_unknown",
            StatusCode::UNAUTHORIZED,
            "The refresh token is not known",
            include_str!("../../../docs/problems/refresh_unknown.md"),
        ),
        Code::RefreshReused => (
            "refresh_reused",
            StatusCode::UNAUTHORIZED,
            "The refresh token was used before",
            include_str!("../../../docs/problems/refresh_reused.md"),
        ),
        Code::RefreshExpired => (
            "refresh_expired",
            StatusCode::UNAUTHORIZED,
            "The refresh token has expired",
            include_str!("../../../docs/problems/refresh_expired.md"),
        ),
        Code::NoSuchClinic => (
            "no_such_clinic",
            StatusCode::CONFLICT,
            "There is no such clinic",
            include_str!("../../../docs/problems/no_such_clinic.md"),
        ),
    }
}
