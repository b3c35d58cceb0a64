"""PyPI tbank-securepay: the QR, its payment, the refund and Resend."""

from tbank_securepay import PaymentCancelParams, PaymentInitParams, PaymentResendParams, TKassaClient, TkassaError
from tbank_securepay import const

from stage import API, TERMINAL, control, equal, notices

const.BASE_URL = API + "/v2/"

with TKassaClient(*TERMINAL) as client:
    session = client.payment_init(PaymentInitParams(amount=150_000, order_id="order-1", description="House call"))
    equal((session.success, session.status), (True, "NEW"), "session")
    qr = client.get_qr(PaymentId=session.payment_id, DataType="PAYLOAD")
    assert "type=02" in qr["Data"] and "sum=150000" in qr["Data"], qr
    assert "<svg" in client.get_qr(PaymentId=session.payment_id, DataType="IMAGE")["Data"]
    equal(client.sbp_pay_test(PaymentId=session.payment_id)["Success"], True, "paid in rehearsal")
    equal(client.get_state(session.payment_id).status, "CONFIRMED", "state")
    order = client.check_order("order-1")
    equal([entry["Status"] for entry in order.payments], ["CONFIRMED"], "order")
    refund = client.payment_cancel(PaymentCancelParams(payment_id=session.payment_id, amount=40_000))
    equal((refund["Status"], refund["NewAmount"]), ("ASYNC_REFUNDING", 110_000), "refund under way")
    control("/clock/advance", {"seconds": 5})
    equal(client.get_state(session.payment_id).status, "PARTIAL_REFUNDED", "refunded in part")
    equal(client.get_qr_state(PaymentId=session.payment_id)["Amount"], 40_000, "the refund's sum")
    equal(len(notices("tbank.CONFIRMED")), 1, "told once")
    equal(client.payment_resend(PaymentResendParams(payment_id=session.payment_id))["Success"], True, "resent")
    assert client.get_qr_bank_list(Device={"Type": "mobile", "Os": "Android"})["BankList"]
    assert client.qr_members_list(PaymentId=session.payment_id)["Members"]

with TKassaClient(TERMINAL[0], "wrong") as stranger:
    try:
        equal(stranger.get_state(session.payment_id).error_code, "204", "a wrong password")
    except TkassaError as fault:
        assert "204" in str(fault), fault
