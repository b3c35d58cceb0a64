//! The lives that the guide shows, as the domain has them: a new state is not drawn until somebody says where, and in both languages.

use domain::booking::lifecycle::{BookingState, TRANSITIONS as BOOKING_TRANSITIONS};
use domain::payment::lifecycle::{PaymentState, TRANSITIONS as PAYMENT_TRANSITIONS};

use super::picture::{Life, Place};
use crate::language::Language;

/// A booking's.
pub const fn booking(language: Language) -> Life<BookingState> {
    let (title, told): (_, fn(BookingState) -> &'static str) = match language {
        Language::Russian => ("Жизнь записи к врачу", booking_in_russian),
        Language::English => ("The life of a booking", booking_in_english),
    };
    Life {
        name: "booking",
        title,
        states: &BookingState::ALL,
        transitions: &BOOKING_TRANSITIONS,
        place: booking_place,
        word: |state| state.status().as_str(),
        told,
    }
}

/// A payment's.
pub const fn payment(language: Language) -> Life<PaymentState> {
    let (title, told): (_, fn(PaymentState) -> &'static str) = match language {
        Language::Russian => ("Жизнь платежа", payment_in_russian),
        Language::English => ("The life of a payment", payment_in_english),
    };
    Life {
        name: "payment",
        title,
        states: &PaymentState::ALL,
        transitions: &PAYMENT_TRANSITIONS,
        place: payment_place,
        word: |state| state.status().as_str(),
        told,
    }
}

const fn booking_place(state: BookingState) -> Place {
    match state {
        BookingState::Requested => Place::Way(0),
        BookingState::Secured => Place::Way(1),
        BookingState::Assigned => Place::Way(2),
        BookingState::EnRoute => Place::Way(3),
        BookingState::Arrived => Place::Way(4),
        BookingState::InProgress => Place::Way(5),
        BookingState::Completed => Place::Way(6),
        BookingState::Expired => Place::Beside(0),
        BookingState::Missed => Place::Beside(2),
        BookingState::NoShow => Place::Beside(4),
        BookingState::Cancelled => Place::Beside(6),
    }
}

const fn booking_in_russian(state: BookingState) -> &'static str {
    match state {
        BookingState::Requested => "ждёт оплаты",
        BookingState::Secured => "оплачена, ждёт врача",
        BookingState::Assigned => "врач назначен",
        BookingState::EnRoute => "врач в пути",
        BookingState::Arrived => "врач на месте",
        BookingState::InProgress => "идёт приём",
        BookingState::Completed => "приём окончен",
        BookingState::Cancelled => "отменена",
        BookingState::Expired => "истекла",
        BookingState::NoShow => "пациента не было",
        BookingState::Missed => "врач не выехал",
    }
}

const fn booking_in_english(state: BookingState) -> &'static str {
    match state {
        BookingState::Requested => "waits to be paid",
        BookingState::Secured => "paid, waits for a doctor",
        BookingState::Assigned => "a doctor is set",
        BookingState::EnRoute => "the doctor is on the way",
        BookingState::Arrived => "the doctor is there",
        BookingState::InProgress => "the visit is going on",
        BookingState::Completed => "the visit is over",
        BookingState::Cancelled => "called off",
        BookingState::Expired => "expired",
        BookingState::NoShow => "the patient was not there",
        BookingState::Missed => "no doctor set out",
    }
}

const fn payment_place(state: PaymentState) -> Place {
    match state {
        PaymentState::Pending => Place::Way(0),
        PaymentState::Authorised => Place::Way(1),
        PaymentState::Captured => Place::Way(2),
        PaymentState::PartiallyRefunded => Place::Way(3),
        PaymentState::Refunded => Place::Way(4),
        PaymentState::Failed => Place::Beside(0),
        PaymentState::Cancelled => Place::Beside(1),
    }
}

const fn payment_in_russian(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Pending => "начат",
        PaymentState::Authorised => "деньги удержаны",
        PaymentState::Captured => "деньги списаны",
        PaymentState::PartiallyRefunded => "часть возвращена",
        PaymentState::Refunded => "всё возвращено",
        PaymentState::Failed => "не прошёл",
        PaymentState::Cancelled => "прекращён, не списано",
    }
}

const fn payment_in_english(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Pending => "started",
        PaymentState::Authorised => "the money is held",
        PaymentState::Captured => "the money is taken",
        PaymentState::PartiallyRefunded => "a part went back",
        PaymentState::Refunded => "all of it went back",
        PaymentState::Failed => "did not go through",
        PaymentState::Cancelled => "given up, nothing taken",
    }
}
