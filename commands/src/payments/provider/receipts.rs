//! Receipts at the till: looked for by plan where it can be asked, and taken at its word where it cannot.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::ids::{AccountId, PrivateId};
use domain::payment::Payment;
use domain::payment::attempt::Attempt;
use domain::payment::commands::{RecordReceipt, RecordUnexpectedReceipt};
use domain::payment::provider::Call;
use domain::payment::receipt::{FiscalProof, ReceiptEntry, ReceiptPurpose, ReceiptStage};
use identity::IdentityError;

use crate::bookings::execution::seal;
use crate::context::{CommandMetadata, new_id};
use crate::intents::{FollowUp, Intent, Printed};
use crate::payments::provider::poll::escalate;
use crate::payments::provider::send::receipt_of;
use crate::payments::provider::state::{apply_to_payment, carrier, execute_on_payment, read};
use crate::payments::provider::translate;
use crate::payments::{PaymentRef, moving};
use crate::ports::{ProviderReply, ReceiptNotice, ReceiptOf, ReceiptSnapshot, RefusalKind};
use crate::refusal::CommandError;
use crate::retry_schedule;
use crate::services::CommandServices;

/// The vault's word for where a copy of a receipt is read.
pub const RECEIPT_COPY: &str = "receipt_copy";
/// What it is sealed for while the notice waits.
const COPY_IN_QUEUE: &str = "receipt copy in the queue";

/// Looks at a receipt, and again by plan until it is registered or failed.
///
/// # Errors
/// The errors of the log; never what the cash register answers.
pub(crate) async fn poll_receipt(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    number: u32,
    round: u32,
) -> Result<Option<FollowUp>, CommandError> {
    let payment = read(services, payment_ref).await?;
    let Some(attempt) = payment.attempt() else {
        return Ok(None);
    };
    let Some(entry) = attempt.receipt(number).filter(|entry| is_open(entry)) else {
        return Ok(None);
    };
    if round >= services.ports.retries.follow_ups_max {
        return escalate(services, metadata, payment_ref, Call::Receipt { number }).await;
    }
    let (receipt, can_be_asked) = receipt_at_register(services, attempt, entry).await;
    if !can_be_asked && round > 0 {
        // Such a cash register tells of its own accord, and would have by now.
        return escalate(services, metadata, payment_ref, Call::Receipt { number }).await;
    }
    if let Some(receipt) = receipt
        && let Some(stage) = translate::receipt(&receipt.status)
    {
        let command = RecordReceipt {
            number,
            provider_id: receipt.provider_id,
            stage,
            proof: receipt.fiscal.map(translate::proof),
            copy: None,
            code: None,
            at: services.log.clock().now(),
        };
        execute_on_payment(services, metadata, payment_ref, command).await?;
        if matches!(stage, ReceiptStage::Registered | ReceiptStage::Failed) {
            return Ok(None);
        }
    }
    Ok(Some(FollowUp {
        intent: Intent::LookAtReceipt {
            payment_ref,
            number,
            round: round + 1,
        },
        due_at: if can_be_asked {
            services
                .ports
                .retries
                .follow_up_at(round + 1, services.log.clock().now())
        } else {
            retry_schedule::later(services.log.clock().now(), services.ports.retries.receipt_notice)
        },
    }))
}

/// What the cash register has of a receipt, and whether it can be asked at all.
async fn receipt_at_register(
    services: &CommandServices,
    attempt: &Attempt,
    entry: &ReceiptEntry,
) -> (Option<ReceiptSnapshot>, bool) {
    let Some(provider) = carrier(services, attempt) else {
        return (None, true); // Its keys are not set up just now.
    };
    let Some((till, of)) = provider.receipts().zip(receipt_of(attempt, entry)) else {
        return (None, false);
    };
    match till.receipts_of(of.clone()).await {
        ProviderReply::Accepted(there) => (this_one(attempt, entry, &of, there), true),
        ProviderReply::Refused(refused) => (None, refused.kind != RefusalKind::NotOffered),
        ProviderReply::Throttled { .. } | ProviderReply::Unknown(_) => (None, true),
    }
}

/// What a cash register told of its own accord, as it waits in the queue.
///
/// # Errors
/// Where a copy of it is read could not be sealed.
pub(super) fn queued(
    services: &CommandServices,
    payment_provider_id: &str,
    notice: &ReceiptNotice,
) -> Result<Printed, CommandError> {
    let keys = services.people.master_keys();
    let seal = |url: &String| keys.seal(COPY_IN_QUEUE, payment_provider_id.as_bytes(), url.as_bytes());
    let sealed = notice
        .copy_url
        .as_ref()
        .map(seal)
        .transpose()
        .map_err(IdentityError::from)?;
    Ok(Printed {
        incoming: notice.incoming,
        amount: notice.amount,
        proof: notice.fiscal.clone().map(translate::proof),
        sealed_copy_url: sealed.map(|sealed| BASE64.encode(sealed)),
    })
}

/// Where a copy is read. None where the key that sealed it is gone: a receipt is worth more than its copy.
fn opened(services: &CommandServices, payment_provider_id: &str, printed: &Printed) -> Option<String> {
    let sealed = BASE64.decode(printed.sealed_copy_url.as_ref()?).ok()?;
    let keys = services.people.master_keys();
    let opened = keys.open(COPY_IN_QUEUE, payment_provider_id.as_bytes(), &sealed);
    match opened.map(|url| String::from_utf8(url.to_vec())) {
        Ok(url) => url.ok(),
        Err(error) => {
            tracing::warn!(error = %error, "Where a copy of a receipt is read is lost");
            None
        }
    }
}

/// Records what a cash register told of its own accord. Answers whether a receipt waited for it, or none is issued by us.
///
/// # Errors
/// The errors of the log.
pub(super) async fn printed(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    payment_provider_id: &str,
    printed: &Printed,
) -> Result<bool, CommandError> {
    let payment = read(services, payment_ref).await?;
    let Some(attempt) = payment.attempt().filter(|_| issues_receipts(&payment)) else {
        return Ok(true);
    };
    let document = printed.proof.as_ref().map(document);
    let is_known = |entry: &ReceiptEntry| document.is_some() && entry.provider_id == document;
    if attempt.receipts.iter().any(is_known) {
        return Ok(true); // Told before: another receipt of the same sum waits for its own.
    }
    let waits = |entry: &&ReceiptEntry| {
        is_open(entry) && entry.amount == printed.amount && is_incoming(entry.purpose) == printed.incoming
    };
    let Some(entry) = attempt.receipts.iter().find(waits) else {
        return Ok(false);
    };
    let copy = match opened(services, payment_provider_id, printed).filter(|_| printed.proof.is_some()) {
        Some(url) => {
            let body = [("url".to_owned(), url.into())].into_iter().collect();
            let (owner, id) = (
                AccountId::from(attempt.terms.patient_id),
                PrivateId::from_uuid(new_id()),
            );
            Some(seal(services, RECEIPT_COPY, owner, body, id).await?)
        }
        None => None,
    };
    let command = RecordReceipt {
        number: entry.number,
        provider_id: document,
        stage: if printed.proof.is_some() {
            ReceiptStage::Registered
        } else {
            ReceiptStage::Failed
        },
        proof: printed.proof.clone(),
        copy: copy.as_ref().map(|(_, reference)| reference.clone()),
        code: None,
        at: services.log.clock().now(),
    };
    apply_to_payment(services, metadata, payment_ref, |work, periods, name| {
        // Somebody may have been quicker: what no fact names is not kept.
        let still_waits = work
            .state::<Payment>(name)?
            .attempt()
            .and_then(|attempt| attempt.receipt(command.number))
            .is_some_and(is_open);
        moving::move_money(work, periods, name, command.clone())?;
        if let Some((row, _)) = copy.as_ref().filter(|_| still_waits) {
            work.store_private(row.clone());
        }
        Ok(())
    })
    .await?;
    Ok(true)
}

/// Records that a cash register printed what no receipt waits for, after there was time enough for one to.
///
/// # Errors
/// The errors of the log.
pub(super) async fn unexpected(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    printed: &Printed,
) -> Result<(), CommandError> {
    let Some(proof) = &printed.proof else {
        return Ok(()); // It says that it printed nothing.
    };
    let command = RecordUnexpectedReceipt {
        document: document(proof),
        amount: printed.amount,
        at: services.log.clock().now(),
    };
    tracing::error!(payment.id = %payment_ref.payment_id, "A cash register printed a receipt that nobody waits for: an operator must look");
    execute_on_payment(services, metadata, payment_ref, command)
        .await
        .map(drop)
}

fn issues_receipts(payment: &Payment) -> bool {
    let route = payment.attempt().and_then(|attempt| attempt.route);
    route.is_some_and(|route| route.receipts)
}

/// A fiscal document's own name: no storage gives a number twice. It stands for the id that such receipts lack.
fn document(proof: &FiscalProof) -> String {
    translate::coded(&format!("{}/{}", proof.storage_number, proof.document_number))
}

const fn is_incoming(purpose: ReceiptPurpose) -> bool {
    match purpose {
        ReceiptPurpose::Capture | ReceiptPurpose::Prepayment | ReceiptPurpose::Offset => true,
        ReceiptPurpose::Refund { .. } => false,
    }
}

const fn is_open(entry: &ReceiptEntry) -> bool {
    matches!(entry.stage, ReceiptStage::Due | ReceiptStage::Requested)
}

/// The cash register's receipt that is this one: by its id; without one, of those of the very same payment or refund that no
/// other receipt here has claimed, the one whose turn it is. Tills answer newest first, and a payment's answer holds
/// its refunds' receipts too.
fn this_one(
    attempt: &Attempt,
    entry: &ReceiptEntry,
    of: &ReceiptOf,
    there: Vec<ReceiptSnapshot>,
) -> Option<ReceiptSnapshot> {
    if entry.provider_id.is_some() {
        return there
            .into_iter()
            .find(|receipt| receipt.provider_id == entry.provider_id);
    }
    let claimed = |receipt: &ReceiptSnapshot| {
        let mut others = attempt.receipts.iter();
        receipt.provider_id.is_some() && others.any(|other| other.provider_id == receipt.provider_id)
    };
    let waits_before = |other: &&ReceiptEntry| {
        other.number < entry.number
            && other.provider_id.is_none()
            && is_open(other)
            && receipt_of(attempt, other).as_ref() == Some(of)
    };
    let turn = attempt.receipts.iter().filter(waits_before).count();
    let mut unclaimed = there
        .into_iter()
        .rev()
        .filter(|receipt| receipt.of == *of && !claimed(receipt));
    unclaimed.nth(turn)
}

#[cfg(test)]
mod tests {
    use domain::ids::{BookingId, PatientId, PaymentId};
    use domain::money::Money;
    use domain::payment::Payment;
    use domain::payment::events::{PaymentEvent, PaymentMethod, RefundReason};
    use domain::payment::evolve::evolve;
    use domain::people::Actor;
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::ports::Status;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn due(number: u32, purpose: ReceiptPurpose) -> PaymentEvent {
        PaymentEvent::ReceiptDue {
            number,
            purpose,
            amount: Money::kopecks(1_000),
            alone: false,
            at: AT,
        }
    }

    /// Taken at once, given back, and offset: two receipts of the payment, and one of its refund between them.
    fn attempt() -> Attempt {
        let facts = [
            PaymentEvent::Started {
                payment_id: PaymentId::from_uuid(Uuid::from_u128(1)),
                booking_id: BookingId::from_uuid(Uuid::from_u128(2)),
                patient_id: PatientId::from_uuid(Uuid::from_u128(3)),
                method: PaymentMethod::Sbp,
                amount: Money::kopecks(1_000),
                at: AT,
            },
            PaymentEvent::Pending {
                provider_id: "p".to_owned(),
                at: AT,
            },
            due(1, ReceiptPurpose::Prepayment),
            PaymentEvent::RefundRequested {
                number: 1,
                amount: Money::kopecks(1_000),
                reason: RefundReason::Goodwill,
                by: Actor::Process,
                at: AT,
            },
            PaymentEvent::RefundPending {
                number: 1,
                provider_id: Some("r".to_owned()),
                at: AT,
            },
            due(2, ReceiptPurpose::Refund { number: 1 }),
            due(3, ReceiptPurpose::Offset),
        ];
        let payment = facts.into_iter().fold(Payment::default(), evolve);
        payment.attempt().unwrap().clone()
    }

    fn at_register(id: &str, of: ReceiptOf) -> ReceiptSnapshot {
        ReceiptSnapshot {
            provider_id: Some(id.to_owned()),
            of,
            status: Status::Succeeded,
            fiscal: None,
        }
    }

    #[test]
    fn a_receipt_is_told_from_those_of_refunds_and_from_those_that_came_before_it() {
        let mut attempt = attempt();
        let (payment, refund) = (
            ReceiptOf::Payment("p".to_owned()),
            ReceiptOf::Refund("r".to_owned()),
        );
        // As the cash register answers for the payment: everything, newest first.
        let there = vec![
            at_register("third", payment.clone()),
            at_register("second", refund.clone()),
            at_register("first", payment.clone()),
        ];
        let found = |attempt: &Attempt, number: u32, of: &ReceiptOf| {
            let entry = attempt.receipt(number).unwrap();
            this_one(attempt, entry, of, there.clone()).and_then(|receipt| receipt.provider_id)
        };
        let id = |text: &str| Some(text.to_owned());
        assert_eq!(found(&attempt, 1, &payment), id("first"));
        assert_eq!(found(&attempt, 2, &refund), id("second"));
        assert_eq!(found(&attempt, 3, &payment), id("third"));
        attempt.receipts[0].provider_id = id("first");
        assert_eq!(found(&attempt, 1, &payment), id("first"), "by its id");
        assert_eq!(found(&attempt, 3, &payment), id("third"), "the first is claimed");
        attempt.receipts[2].provider_id = id("gone");
        assert_eq!(
            found(&attempt, 3, &payment),
            None,
            "never another than the one that is known"
        );
    }
}
