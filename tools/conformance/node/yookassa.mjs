// npm yookassa: an old client that sends a key and a body with every GET.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import YooKassa from 'yookassa';
import { api, pay, rub, secret, shopId, wish } from './stage.mjs';

const shop = new YooKassa({ shopId, secretKey: secret, apiUrl: `${api}/v3/` });

const key = randomUUID();
const payment = await shop.createPayment(wish('1000.00'), key);
assert.equal(payment.status, 'pending');
assert.equal((await shop.createPayment(wish('1000.00'), key)).id, payment.id);
await assert.rejects(shop.createPayment(wish('2.00'), key));
await pay(payment.id);
assert.equal((await shop.getPayment(payment.id)).status, 'waiting_for_capture');
assert.equal((await shop.capturePayment(payment.id, rub('400.00'))).amount.value, '400.00');
const refund = await shop.createRefund(payment.id, rub('100.00'));
assert.equal((await shop.getRefund(refund.id)).status, 'succeeded');
await assert.rejects(shop.createRefund(payment.id, rub('300.01')));
const gone = await shop.createPayment(wish('10.00'));
await pay(gone.id);
assert.equal((await shop.cancelPayment(gone.id)).status, 'canceled');
await assert.rejects(shop.getPayment(randomUUID()));
