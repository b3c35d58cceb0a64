//! Where a patient comes back to from a provider's page is a fact that only points into the vault.

use super::depositing::deposit;
use super::{at, fold, start, started};
use crate::payment::Payment;
use crate::payment::commands::{StartDeposit, StartForBooking};
use crate::payment::decide::decide;
use crate::payment::events::{PaymentEvent, PaymentMethod};
use crate::people::PrivateRef;
use crate::tests::fixtures::{id, rub};

#[test]
fn where_the_patient_comes_back_to_is_said_once_and_only_where_somebody_leaves() {
    let named = PrivateRef {
        id: id(41),
        digest: "ab".repeat(32),
    };
    let given = PaymentEvent::ReturnUrlGiven {
        return_url: named.clone(),
        at: at(),
    };
    let visit = StartForBooking {
        return_url: Some(named.clone()),
        ..start(PaymentMethod::Sbp)
    };
    let facts = decide(&Payment::Absent, visit.clone()).unwrap();
    assert_eq!(facts.last(), Some(&given));
    let payment = fold(&facts);
    assert_eq!(payment.attempt().unwrap().return_url.as_ref(), Some(&named));
    assert_eq!(decide(&payment, visit), Ok(vec![]));

    let from_wallet = StartForBooking {
        return_url: Some(named.clone()),
        ..start(PaymentMethod::Wallet)
    };
    let facts = decide(&Payment::Absent, from_wallet).unwrap();
    assert_eq!(facts, [started(PaymentMethod::Wallet)]);

    let into_wallet = StartDeposit {
        return_url: Some(named),
        ..deposit(PaymentMethod::Yookassa, rub(500))
    };
    let facts = decide(&Payment::Absent, into_wallet).unwrap();
    assert_eq!(facts.last(), Some(&given));
}
