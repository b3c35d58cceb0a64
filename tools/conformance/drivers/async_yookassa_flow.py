"""The asynchronous client (PyPI async-yookassa), whose models are strict: the same flows, typed."""

import asyncio
import uuid

from async_yookassa import YooKassaClient
from async_yookassa.exceptions import APIError, BadRequestError
from async_yookassa.models.payment.response import PaymentResponse
from async_yookassa.models.refund.response import RefundResponse

from stage import API, GATEWAY, SHOP, control, equal, notices, pay, rub, wish
from stage import RECEIPT as BARE_RECEIPT

# Its model of a receipt insists on two fields that the description leaves out when the shop did not send them.
RECEIPT = {**BARE_RECEIPT, "tax_system_code": 2, "timezone": 2}


async def shop():
    async with YooKassaClient(*SHOP, api_url=API + "/v3") as client:
        key = uuid.uuid4()
        payment = await client.payment.create(wish("1000.00", receipt=RECEIPT), key)
        equal(payment.status, "pending", "created")
        equal((await client.payment.create(wish("1000.00", receipt=RECEIPT), key)).id, payment.id, "the same key")
        try:
            await client.payment.create(wish("9.00"), key)
        except BadRequestError:
            pass
        else:
            raise AssertionError("the key for another wish was accepted")
        pay(payment=payment.id)
        done = await client.payment.capture(
            payment.id, {"amount": rub("400.00"), "receipt": part_of(RECEIPT, "400.00")}
        )
        equal((done.status, str(done.amount.value)), ("succeeded", "400.00"), "captured in part")
        refund = await client.refund.create({"payment_id": payment.id, "amount": rub("150.00")})
        equal(refund.status, "succeeded", "refund")
        control("/clock/advance", {"seconds": 10})
        receipts = await client.receipt.list({"payment_id": payment.id})
        equal([receipt.status for receipt in receipts.items], ["succeeded"], "receipts")
        gone = await client.payment.create(wish("10.00"))
        pay(payment=gone.id)
        equal((await client.payment.cancel(gone.id)).status, "canceled", "canceled")
        sbp = await client.payment.create(wish("10.00", capture=True, payment_method_data={"type": "sbp"}))
        pay(payment=sbp.id)
        equal((await client.payment.find_one(sbp.id)).payment_method.type, "sbp", "sbp")
        page = await client.payment.list({"limit": 2})
        equal([item.id for item in page.items], [sbp.id, gone.id], "first page")
        rest = await client.payment.list({"limit": 2, "cursor": page.next_cursor})
        equal(([item.id for item in rest.items], rest.next_cursor), ([payment.id], None), "last page")
        PaymentResponse(**notices("payment.succeeded")[0]["object"])
        RefundResponse(**notices("refund.succeeded")[0]["object"])
        control("/faults", {"on": "payments.get", "fault": {"kind": "error_before"}})
        try:
            await client.payment.find_one(sbp.id)
        except APIError:
            pass
        else:
            raise AssertionError("a 500 went unnoticed")
        assert (await client.me.get_me()).account_id == SHOP[0]


async def gateway():
    async with YooKassaClient(*GATEWAY, api_url=API + "/v3") as client:
        banks = await client.sbp_bank.list()
        payout = await client.payout.create(
            {
                "amount": rub("700.00"),
                "payout_destination_data": {
                    "type": "sbp",
                    "phone": "79000000000",
                    "bank_id": banks.items[0].bank_id,
                },
                "metadata": {"week": "47"},
            }
        )
        equal(payout.status, "succeeded", "payout")
        equal([item.id for item in (await client.payout.list()).items], [payout.id], "payouts")


def part_of(receipt, value):
    return {**receipt, "items": [{**receipt["items"][0], "amount": rub(value)}]}


asyncio.run(shop())
asyncio.run(gateway())
