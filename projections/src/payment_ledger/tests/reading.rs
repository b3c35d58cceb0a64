//! What owners read of the ledger: statements and payments, page by page, and nobody else's.

use super::*;

/// Checks the ledger of many lives, read through pages of any size.
fn through_any_pages(check: impl AsyncFn(&Database, &Bookings, Limit)) {
    property(
        16,
        &(paying(60), 1..6_u16),
        |runtime, database, _, (steps, rows)| {
            let world = Bookings::lived(&steps);
            runtime.block_on(async {
                empty(database).await;
                database
                    .apply(Model::PaymentLedger, 1, &world.history.facts)
                    .await;
                check(database, &world, Limit::new(rows).unwrap()).await;
            });
        },
    );
}

#[test]
fn a_statement_sums_to_what_is_free_to_spend_through_any_pages() {
    through_any_pages(async |database, world, limit| {
        for number in 0..3 {
            let (mut free, mut cursor, mut last) = (0, None, (i64::MAX, i16::MAX));
            loop {
                let page = query::statement(&database.pool, patient(number).into(), cursor, limit)
                    .await
                    .unwrap();
                for line in page.items {
                    assert!((line.position, line.line) < last, "newest first, none twice");
                    last = (line.position, line.line);
                    free += line.amount.minor;
                    assert_ne!(
                        line.kind,
                        EntryKind::Captured,
                        "nothing is taken from what is free"
                    );
                    assert!(line.fee.is_none_or(|fee| fee.is_positive()));
                    let in_part = line.kind == EntryKind::Released && is_captured(world, line.position);
                    assert_eq!(line.fee.is_some(), in_part, "{line:?}");
                }
                match page.next {
                    Some(next) => cursor = Some(Cursor::parse(&next.encode()).unwrap()),
                    None => break,
                }
            }
            assert_eq!(free, expected_free(world, number));
        }
    });
}

/// Whether the fact at this position takes money.
fn is_captured(world: &Bookings, position: i64) -> bool {
    let mut facts = world.history.facts.iter();
    let there = facts.find(|fact| fact.position == position).unwrap();
    there.event_type == "PaymentCaptured"
}

/// Deposits less withdrawals and what goes back, less what payments by wallet hold or have taken and not given back.
fn expected_free(world: &Bookings, number: u8) -> i64 {
    let key = patient(number).to_string();
    let transfers = world
        .history
        .facts
        .iter()
        .filter(|fact| fact.partition_key == key);
    let transferred: i64 = transfers
        .map(|fact| {
            let event: serde_json::Value = serde_json::from_str(fact.payload.get()).unwrap();
            let amount = |name: &str| event[name]["amount"]["minor"].as_i64().unwrap_or(0);
            amount("WalletDeposited") + amount("WalletDepositRestored")
                - amount("WalletWithdrawn")
                - amount("WalletDepositReturned")
        })
        .sum();
    let spent: i64 = world
        .payments
        .iter()
        .filter(|(_, _, payment)| {
            payment
                .terms()
                .is_some_and(|terms| terms.method == PaymentMethod::Wallet)
        })
        .filter(|(_, _, payment)| {
            payment
                .terms()
                .is_some_and(|terms| terms.patient_id == patient(number))
        })
        .map(|(_, _, payment)| payment.held().minor + payment.captured().minor - payment.refunded().minor)
        .sum();
    transferred - spent
}

#[test]
fn payments_say_what_the_domain_says_through_any_pages() {
    through_any_pages(async |database, world, limit| {
        let (mut listed, mut cursor) = (Vec::new(), None);
        loop {
            let page =
                query::payments_for_staff(&database.pool, PaymentFilter::default(), cursor, limit).await;
            let page = page.unwrap();
            listed.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let of_bookings = world.payments.iter();
        let known: HashMap<PaymentId, (Purpose, &Payment)> = of_bookings
            .map(|(id, booking_id, payment)| (*id, (Purpose::Booking(*booking_id), payment)))
            .chain(
                world
                    .deposits
                    .iter()
                    .map(|(id, _, payment)| (*id, (Purpose::Deposit, payment))),
            )
            .collect();
        assert_eq!(listed.len(), known.len());
        assert!(
            listed.is_sorted_by(
                |one, next| (one.started_at, one.payment_id) > (next.started_at, next.payment_id)
            )
        );
        for row in listed {
            let (purpose, payment) = known[&row.payment_id];
            let terms = payment.terms().expect("a payment started");
            assert_eq!(row.purpose, purpose);
            let route = payment.attempt().and_then(|attempt| attempt.route);
            assert_eq!(row.provider, route.map(|route| route.provider));
            assert_eq!(
                (row.method, row.amount, row.patient_id),
                (terms.method, terms.amount, terms.patient_id)
            );
            assert_eq!((row.status, row.checking), (payment.status(), payment.checking()));
            assert_eq!(
                (row.held, row.captured, row.refunded),
                (payment.held(), payment.captured(), payment.refunded())
            );
            assert_eq!(row.started_at, sql_types::time(terms.started_at).to_jiff());
            assert_eq!(row.captured_at.is_some(), payment.captured().is_positive());
            let freed_at = payment.attempt().and_then(|attempt| attempt.freed_at);
            let freed_at = freed_at.map(|at| sql_types::time(at).to_jiff());
            assert_eq!(row.freed_at(), freed_at, "{payment:?}");
        }
    });
}

#[tokio::test]
async fn another_patients_payment_is_not_there() {
    let database = Database::create().await;
    let world = Bookings::lived(&[(4, 0, 2), (7, 0, 0)]);
    database
        .apply(Model::PaymentLedger, 1, &world.history.facts)
        .await;
    let (payment, booking, _) = world.payments[0];
    let pool = &database.pool;
    assert!(
        query::payment_for_patient(pool, patient(0), payment)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        query::payment_for_patient(pool, patient(1), payment)
            .await
            .unwrap()
            .is_none()
    );
    assert!(query::payment_for_staff(pool, payment).await.unwrap().is_some());

    let listed = async |number: u8, filter: PaymentFilter| {
        query::payments_for_patient(pool, patient(number), filter, None, Limit::default())
            .await
            .unwrap()
            .items
            .len()
    };
    let of_booking = PaymentFilter {
        booking: Some(booking),
        ..PaymentFilter::default()
    };
    assert_eq!(listed(0, of_booking.clone()).await, 1);
    assert_eq!(listed(1, of_booking.clone()).await, 0);
    let of_another = PaymentFilter {
        patient: Some(patient(1)),
        ..of_booking
    };
    assert_eq!(listed(0, of_another).await, 0, "a filter widens nothing");
    let other = domain::ids::BookingId::from_uuid(Uuid::nil());
    assert_eq!(
        listed(
            0,
            PaymentFilter {
                booking: Some(other),
                ..PaymentFilter::default()
            }
        )
        .await,
        0
    );
}

#[tokio::test]
async fn a_cursor_with_an_impossible_line_is_refused() {
    let database = Database::create().await;
    let strange = Cursor::new(List::Entries, 7, Uuid::max());
    let answer = query::statement(&database.pool, patient(0).into(), Some(strange), Limit::default()).await;
    assert!(matches!(answer, Err(QueryError::Cursor(_))));
}
