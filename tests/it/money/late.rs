//! Money that comes after its booking was released: it revives the booking, or goes back.

use super::stand::{A_WHILE, Stand, id_of};

#[tokio::test]
async fn case_28_money_that_comes_late_revives_a_visit_whose_time_is_free_and_goes_back_otherwise() {
    let stand = Stand::set().await;
    let (free, taken) = (stand.scene.slot(2, 0), stand.scene.slot(2, 240));
    let revived = stand.book(stand.scene.scheduled(free)).await;
    let lost = stand.book(stand.scene.scheduled(taken)).await;
    let by_card = stand.begin(&revived, "yookassa").await;
    let too_late = stand.begin(&lost, "yookassa").await;
    let mut stand = stand.later(16 * 60).await;
    for booking in [&revived, &lost] {
        assert_eq!(stand.scene.booking(booking).await["status"], "expired");
    }
    // Somebody else takes one of the two times.
    stand.scene.booked_and_paid(stand.scene.scheduled(taken)).await;
    for payment in [&by_card, &too_late] {
        stand.pay_by_card(payment).await;
    }
    stand.until(&by_card, "authorised").await;
    stand.until_secured(&revived).await;
    stand.until(&too_late, "cancelled").await;
    assert_eq!(stand.scene.booking(&lost).await["status"], "expired");
    let there = stand.control.shop_payment(id_of(&too_late)).await;
    assert_eq!(there["stage"]["reason"], "canceled_by_merchant", "{there}");

    // By code the money is taken at once, so it goes back as a refund.
    let (urgent, charged) = stand.urgent("sbp").await;
    stand.scene.cancel(&urgent, "0.00").await.expect(200);
    stand.pay_by_code(&charged).await;
    stand.drain().await;
    stand = stand.later(A_WHILE).await;
    let back = stand.until(&charged, "refunded").await;
    assert_eq!(back["refunded"], "1500.00");
    assert_eq!(
        stand.control.bank_payment(id_of(&charged)).await["refunded"],
        150_000
    );
    stand.finish().await;
}
