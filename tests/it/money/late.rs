//! Money that comes after its booking was released: it revives the booking, or goes back.

use super::provider_fixture::{A_WHILE, ProviderFixture, id_of};

#[tokio::test]
async fn case_28_money_that_comes_late_revives_a_visit_whose_time_is_free_and_goes_back_otherwise() {
    let fixture = ProviderFixture::set().await;
    let (free, taken) = (fixture.scene.slot(2, 0), fixture.scene.slot(2, 240));
    let revived = fixture.book(fixture.scene.scheduled(free)).await;
    let lost = fixture.book(fixture.scene.scheduled(taken)).await;
    let by_card = fixture.begin(&revived, "yookassa").await;
    let too_late = fixture.begin(&lost, "yookassa").await;
    let mut fixture = fixture.later(16 * 60).await;
    for booking in [&revived, &lost] {
        assert_eq!(fixture.scene.booking(booking).await["status"], "expired");
    }
    // Somebody else takes one of the two times.
    fixture
        .scene
        .booked_and_paid(fixture.scene.scheduled(taken))
        .await;
    for payment in [&by_card, &too_late] {
        fixture.pay_by_card(payment).await;
    }
    fixture.until(&by_card, "authorised").await;
    fixture.until_secured(&revived).await;
    fixture.until(&too_late, "cancelled").await;
    assert_eq!(fixture.scene.booking(&lost).await["status"], "expired");
    let there = fixture.control.shop_payment(id_of(&too_late)).await;
    assert_eq!(there["stage"]["reason"], "canceled_by_merchant", "{there}");

    // By code the money is taken at once, so it goes back as a refund.
    let (urgent, charged) = fixture.urgent("sbp").await;
    fixture.scene.cancel(&urgent, "0.00").await.expect(200);
    fixture.pay_by_code(&charged).await;
    fixture.drain().await;
    fixture = fixture.later(A_WHILE).await;
    let back = fixture.until(&charged, "refunded").await;
    assert_eq!(back["refunded"], "1500.00");
    assert_eq!(
        fixture.control.bank_payment(id_of(&charged)).await["refunded"],
        150_000
    );
    fixture.finish().await;
}
