//! Whatever is asked of a payment and whatever its provider tells, it takes the ways that the picture shows, and each of them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::money::Money;
use crate::payment::carried_properties::{command, start};
use crate::payment::decide::decide;
use crate::payment::events::{PaymentEvent, PaymentMethod};
use crate::payment::lifecycle::{PaymentState, TRANSITIONS};
use crate::payment::properties::commands;
use crate::payment::provider::CaptureMode;
use crate::payment::status::PaymentStatus;
use crate::payment::tests::depositing::deposit;
use crate::payment::tests::start_by_wallet;
use crate::payment::{Payment, PaymentCommand};
use crate::tests::lives::{Rules, is_shown};

#[test]
fn a_payment_takes_the_ways_that_the_picture_shows_and_no_others() {
    let rules = Rules::<Payment, PaymentState> {
        decide: |payment, command| decide(payment, command),
        state_of: PaymentState::of,
        name_of: PaymentEvent::type_name,
    };
    let beginnings: Vec<PaymentCommand> = vec![
        start(CaptureMode::Held).into(),
        start(CaptureMode::AtOnce).into(),
        start_by_wallet().into(),
        deposit(PaymentMethod::Yookassa, Money::kopecks(200_000)).into(),
    ];
    let steps = prop_oneof![3 => command().boxed(), 1 => commands().boxed()];
    let taken = rules.ways_taken(beginnings, steps);
    is_shown(&taken, &TRANSITIONS, &PaymentState::ALL);
}

#[test]
fn the_states_of_a_payment_have_every_status() {
    let shown: BTreeSet<_> = PaymentState::ALL.map(PaymentState::status).into();
    assert_eq!(shown, BTreeSet::from(PaymentStatus::ALL));
}
