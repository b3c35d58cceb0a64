"""The official client (PyPI yookassa): hold, capture without a body, refunds, receipts, payouts, lists, notifications."""

import uuid

from yookassa import Configuration, Payment, Payout, Receipt, Refund, SbpBanks, Settings
from yookassa.domain.exceptions import ApiError, BadRequestError, NotFoundError, UnauthorizedError
from yookassa.domain.exceptions import ResponseProcessingError
from yookassa.domain.notification import WebhookNotificationFactory

from stage import API, GATEWAY, RECEIPT, SHOP, control, equal, fails, notices, pay, rub, wish


def as_shop():
    Configuration.configure(*SHOP, api_url=API + "/v3")


def as_gateway():
    Configuration.configure(*GATEWAY, api_url=API + "/v3")


as_shop()
equal(Settings.get_account_settings()["account_id"], SHOP[0], "me")

# One key, one payment.
key = str(uuid.uuid4())
payment = Payment.create(wish("1000.00", receipt=RECEIPT), key)
equal(payment.status, "pending", "created")
equal(payment.metadata["payment_id"], "ours-1", "metadata")
assert payment.confirmation.confirmation_url.startswith(API), payment.confirmation.confirmation_url
equal(Payment.create(wish("1000.00", receipt=RECEIPT), key).id, payment.id, "the same key")
duplicated = fails(lambda: Payment.create(wish("2000.00"), key), BadRequestError, "the key for another wish")
equal(duplicated.content["description"], "Idempotence key duplicated", "its words")

# Hold, then capture in full: this client sends no body.
pay(payment=payment.id)
held = Payment.find_one(payment.id)
equal(held.status, "waiting_for_capture", "held")
equal(held.payment_method.card.last4, "4477", "the card")
done = Payment.capture(payment.id)
equal(done.status, "succeeded", "captured")
equal(str(done.income_amount.value), "972.00", "what the shop receives")

# Capture in part; cancel.
part = Payment.create(wish("1000.00"))
pay(payment=part.id)
equal(str(Payment.capture(part.id, {"amount": rub("300.00")}).amount.value), "300.00", "part")
gone = Payment.create(wish("1000.00"))
fails(lambda: Payment.cancel(gone.id), BadRequestError, "nothing to cancel yet")
pay(payment=gone.id)
equal(Payment.cancel(gone.id).cancellation_details.reason, "canceled_by_merchant", "canceled")

# Refunds in part; too much is refused.
refund = Refund.create({"payment_id": part.id, "amount": rub("100.00")})
equal(refund.status, "succeeded", "refund")
equal(Refund.find_one(refund.id).payment_id, part.id, "its payment")
fails(lambda: Refund.create({"payment_id": part.id, "amount": rub("200.01")}), BadRequestError, "too much")
equal(str(Payment.find_one(part.id).refunded_amount.value), "100.00", "refunded")
equal([item.id for item in Refund.list({"payment_id": part.id}).items], [refund.id], "refunds listed")

# Receipts.
control("/clock/advance", {"seconds": 10})
printed = Receipt.list({"payment_id": payment.id}).items
equal([receipt.status for receipt in printed], ["succeeded"], "the till")
second = Receipt.create(
    {
        "type": "payment",
        "payment_id": payment.id,
        "send": True,
        "customer": {"email": "patient@example.com"},
        "items": [dict(RECEIPT["items"][0], payment_mode="full_payment")],
        "settlements": [{"type": "prepayment", "amount": rub("1000.00")}],
    }
)
equal(Receipt.find_one(second.id).status, "pending", "offset receipt")

# SBP.
sbp = Payment.create(wish("500.00", capture=True, payment_method_data={"type": "sbp"}))
pay(payment=sbp.id)
paid = Payment.find_one(sbp.id)
equal(paid.status, "succeeded", "sbp")
assert len(paid.payment_method.sbp_operation_id) == 32
assert len(SbpBanks.list().items) > 3

# Lists with cursors: newest first, nothing twice.
seen, cursor = [], None
while True:
    page = Payment.list({"limit": 3, **({"cursor": cursor} if cursor else {})})
    seen += [item.id for item in page.items]
    cursor = page.next_cursor
    if not cursor:
        break
equal(seen, [sbp.id, gone.id, part.id, payment.id], "all payments")
equal(len(Payment.list({"status": "canceled"}).items), 1, "canceled ones")

# Notifications parse into the right objects.
for event, kind in [
    ("payment.waiting_for_capture", "PaymentResponse"),
    ("payment.succeeded", "PaymentResponse"),
    ("payment.canceled", "PaymentResponse"),
    ("refund.succeeded", "RefundResponse"),
]:
    parsed = WebhookNotificationFactory().create(notices(event)[0])
    equal(parsed.event, event, "event")
    equal(type(parsed.object).__name__, kind, event)

# Errors map to the client's own kinds.
fails(lambda: Payment.find_one(str(uuid.uuid4())), NotFoundError, "404")
control("/faults", {"on": "payments.create", "fault": {"kind": "error_after"}})
key = str(uuid.uuid4())
fails(lambda: Payment.create(wish("10.00"), key), ApiError, "500")
again = Payment.create(wish("10.00"), key)
equal(len(Payment.list({"status": "pending"}).items), 1, "one payment in spite of the 500")
control("/faults", {"on": "payments.get", "fault": {"kind": "processing"}})
fails(lambda: Payment.find_one(again.id), ResponseProcessingError, "202")

# Payouts by the gateway's own credentials.
as_gateway()
payout = Payout.create(
    {
        "amount": rub("700.00"),
        "payout_destination_data": {"type": "sbp", "phone": "79000000000", "bank_id": "100000000111"},
        "description": "Week 47",
    }
)
equal(payout.status, "succeeded", "payout")
equal(Payout.find_one(payout.id).id, payout.id, "payout found")
parsed = WebhookNotificationFactory().create(notices("payout.succeeded")[0])
equal(parsed.object.id, payout.id, "payout.succeeded")
Configuration.configure(SHOP[0], "wrong", api_url=API + "/v3")
fails(lambda: Payment.list(), UnauthorizedError, "401")
