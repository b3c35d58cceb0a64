//! The words of closed sets, in English.

use domain::account::events::{AccountField, ApplicationRefusedReason, DeactivationReason, UnverifiedReason};
use domain::booking::events::{CallType, CancelReason, Unwanted};
use domain::booking::status::EscalationReason;
use domain::payment::anomaly::{AnomalyKind, Resolution, Source};
use domain::payment::events::{PaymentMethod, RefundReason};
use domain::payment::provider::{Call, Provider};
use domain::payment::receipt::ReceiptPurpose;
use domain::payout::events::PayoutPurpose;
use domain::people::{Actor, Role};
use domain::reactions::GiveUpReason;
use domain::wallet::events::DepositSource;

pub fn actor(by: Actor) -> &'static str {
    match by {
        Actor::Process => "the platform",
        Actor::Person { role, .. } => match role {
            Role::Patient => "the patient",
            Role::Doctor => "the doctor",
            Role::Clinic => "the clinic",
            Role::Admin => "an admin",
            Role::Analyst => "an analyst",
        },
    }
}

pub fn call_type(call_type: CallType) -> &'static str {
    match call_type {
        CallType::Urgent => "an urgent call",
        CallType::Scheduled => "a visit at a chosen time",
        CallType::Consultation => "a video consultation",
    }
}

pub fn cancel_reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::PatientRequest => "the patient's plans changed",
        CancelReason::Recovered => "the patient has recovered",
        CancelReason::DoctorUnavailable => "the doctor is not available",
        CancelReason::ClinicRequest => "the clinic cannot serve",
        CancelReason::Hospitalised => "the patient is in hospital",
        CancelReason::Mistake => "it was booked by mistake",
        CancelReason::Other => "another reason",
    }
}

pub fn unwanted(because: Unwanted) -> &'static str {
    match because {
        Unwanted::TooLate => "it came too late",
        Unwanted::PaidAlready => "the visit was paid already",
    }
}

pub fn escalation(reason: EscalationReason) -> &'static str {
    match reason {
        EscalationReason::NoDoctor => "it is paid and has no doctor",
        EscalationReason::NotDeparted => "its doctor has not set out",
        EscalationReason::Unfinished => "nobody said how it ended",
    }
}

pub fn method(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Yookassa => "by card",
        PaymentMethod::Sbp => "by the faster payments system",
        PaymentMethod::Wallet => "from the wallet",
    }
}

pub fn refund_reason(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::Settlement => "settlement",
        RefundReason::LatePayment => "the money came too late",
        RefundReason::Goodwill => "goodwill",
        RefundReason::Complaint => "a complaint",
        RefundReason::Mistake => "a mistake",
    }
}

pub fn provider(provider: Provider) -> &'static str {
    match provider {
        Provider::Yookassa => "YooKassa",
        Provider::Tbank => "T-Bank",
    }
}

pub fn call(call: Call) -> String {
    match call {
        Call::Create => "create the payment".into(),
        Call::Capture => "take the held money".into(),
        Call::Cancel => "give the held money up".into(),
        Call::Refund { number } => format!("send money back (refund {number})"),
        Call::Receipt { number } => format!("print receipt {number}"),
    }
}

pub fn receipt(purpose: ReceiptPurpose) -> String {
    match purpose {
        ReceiptPurpose::Capture => "full payment".into(),
        ReceiptPurpose::Prepayment => "prepayment".into(),
        ReceiptPurpose::Offset => "the prepayment set off against the visit".into(),
        ReceiptPurpose::Refund { number } => format!("refund {number}"),
    }
}

pub fn anomaly(kind: AnomalyKind) -> &'static str {
    match kind {
        AnomalyKind::AmountMismatch => "the sum is not the one that was asked for",
        AnomalyKind::FinalContradicted => "a final state is contradicted by another",
        AnomalyKind::SecondPayment => "there is a second payment for this one",
        AnomalyKind::ForeignRefund => "more went back than was asked for",
        AnomalyKind::HoldLost => "the hold ended though nobody asked for that",
        AnomalyKind::RefundStuck => "a refund gets nowhere",
        AnomalyKind::ReceiptStuck => "a receipt gets nowhere",
        AnomalyKind::CallStuck => "a request was refused for good",
        AnomalyKind::OutcomeStuck => "nobody tells what became of a request",
        AnomalyKind::ReceiptUnexpected => "there is a receipt that nobody asked for",
    }
}

pub fn source(source: Source) -> &'static str {
    match source {
        Source::Reply => "in the answer to our request",
        Source::Notice => "after a notice",
        Source::Poll => "when asked by plan",
        Source::List => "in the provider's lists",
        Source::Reconciliation => "when the books were compared",
    }
}

pub fn resolution(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::SettledByHand => "settled by hand",
        Resolution::ProviderCorrected => "corrected by the provider",
        Resolution::Accepted => "accepted as it is",
        Resolution::WrittenOff => "written off",
    }
}

pub fn give_up(reason: GiveUpReason) -> &'static str {
    match reason {
        GiveUpReason::DoneByHand => "done by hand",
        GiveUpReason::Obsolete => "no longer wanted",
        GiveUpReason::Duplicate => "asked twice",
        GiveUpReason::Impossible => "cannot succeed",
    }
}

pub fn purpose(purpose: PayoutPurpose) -> &'static str {
    match purpose {
        PayoutPurpose::DoctorEarnings => "a doctor's earnings",
        PayoutPurpose::WalletWithdrawal => "a withdrawal from a wallet",
    }
}

pub fn deposit(source: DepositSource) -> &'static str {
    match source {
        DepositSource::Cash => "in cash",
        DepositSource::Yookassa => "by card",
        DepositSource::Sbp => "by the faster payments system",
    }
}

pub fn deactivation_reason(reason: DeactivationReason) -> &'static str {
    match reason {
        DeactivationReason::OwnRequest => "its owner wants it",
        DeactivationReason::Left => "its owner has left",
        DeactivationReason::Duplicate => "there is another one of the same person",
        DeactivationReason::Compromised => "somebody else may be using it",
        DeactivationReason::Misconduct => "its owner broke the rules",
        DeactivationReason::Other => "another reason",
    }
}

pub fn application_refused_reason(reason: ApplicationRefusedReason) -> &'static str {
    match reason {
        ApplicationRefusedReason::LicenceNotFound => "no register has the licence",
        ApplicationRefusedReason::LicenceExpired => "the licence has expired",
        ApplicationRefusedReason::LicenceOfAnother => "the licence is somebody else's",
        ApplicationRefusedReason::DocumentsMissing => "documents are missing",
        ApplicationRefusedReason::Other => "another reason",
    }
}

pub fn unverified_reason(reason: UnverifiedReason) -> &'static str {
    match reason {
        UnverifiedReason::DocumentsMissing => "documents are missing",
        UnverifiedReason::AccreditationExpired => "the accreditation has expired",
        UnverifiedReason::AccreditationWithdrawn => "the accreditation was withdrawn",
        UnverifiedReason::Other => "another reason",
    }
}

pub fn account_field(field: AccountField) -> &'static str {
    match field {
        AccountField::Email => "e-mail",
        AccountField::Phone => "telephone number",
        AccountField::FirstName => "first name",
        AccountField::LastName => "last name",
        AccountField::Specialization => "specialization",
        AccountField::ExperienceYears => "years of experience",
        AccountField::Languages => "languages",
        AccountField::ClinicId => "clinic",
        AccountField::PriceClass => "price class",
        AccountField::Zone => "time zone",
        AccountField::ClinicName => "name of the clinic",
        AccountField::About => "text about oneself",
        AccountField::BasePoint => "place on the map",
        AccountField::TravelKm => "how far the doctor travels",
        AccountField::Address => "address of the clinic",
        AccountField::PublicPhone => "public telephone number",
    }
}
