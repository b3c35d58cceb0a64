"""PyPI tbank: sessions, states, refunds, signatures. Three of its models want a text where the description says number."""

from pydantic import ValidationError
from tbank.acquiring.models import InitRequest
from tbank.acquiring.sync import AcquiringClient
from tbank.acquiring.webhooks import parse_notification, verify_notification

from stage import API, TERMINAL, control, equal, fails, notices, pay

client = AcquiringClient(*TERMINAL, base_url=API + "/v2")
session = client.init(InitRequest(amount=150_000, order_id="order-1", description="House call"))
equal(session.status, "NEW", "session")
assert session.payment_url.startswith(API)

# The description says: a number here. The client says: a text. The description wins.
fails(lambda: client.get_qr(session.payment_id), ValidationError, "get_qr")
equal(client.get_state(session.payment_id).status, "FORM_SHOWED", "shown")
pay(order_id="order-1")
equal(client.get_state(session.payment_id).status, "CONFIRMED", "paid")

notice = notices("tbank.CONFIRMED")[0]
assert verify_notification(notice, TERMINAL[1]), "the signature of a notification"
assert not verify_notification({**notice, "Amount": 1}, TERMINAL[1]), "a changed notification"
equal(parse_notification(notice).amount, 150_000, "its sum")

# So do the inner objects of CheckOrder (their ErrorCode) and the answer to Cancel (its PaymentId): the money moves all the same.
fails(lambda: client.check_order("order-1"), ValidationError, "check_order")
fails(lambda: client.cancel(session.payment_id, amount=50_000), ValidationError, "cancel")
# Nor does it know the state of a refund under way, which the bank's page has.
fails(lambda: client.get_state(session.payment_id), ValidationError, "ASYNC_REFUNDING")
control("/clock/advance", {"seconds": 5})
equal(client.get_state(session.payment_id).status, "PARTIAL_REFUNDED", "refunded in part")
equal(client.get_qr_state(session.payment_id).amount, 50_000, "the refund's sum")

wrong = AcquiringClient(TERMINAL[0], "wrong", base_url=API + "/v2")
fault = fails(lambda: wrong.get_state(session.payment_id), Exception, "a wrong password")
assert "204" in repr(vars(fault)) + str(fault), fault
