// npm @webzaytsev/yookassa-ts-sdk: hold, capture (it sends `{}`), refunds, lists, notifications, retries by key.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { YooKassa, parseNotification } from '@webzaytsev/yookassa-ts-sdk';
import { api, control, notices, pay, rub, secret, shopId, wish } from './stage.mjs';

const sdk = YooKassa({ shop_id: shopId, secret_key: secret, endpoint: `${api}/v3`, debug: false, maxRPS: 50, retries: 2 });

const key = randomUUID();
const payment = await sdk.payments.create(wish('1000.00'), key);
assert.equal(payment.status, 'pending');
assert.ok(payment.confirmation.confirmation_url.startsWith(api));
assert.equal((await sdk.payments.create(wish('1000.00'), key)).id, payment.id);
await assert.rejects(sdk.payments.create(wish('2.00'), key), /duplicated/);

await pay(payment.id);
assert.equal((await sdk.payments.load(payment.id)).status, 'waiting_for_capture');
assert.equal((await sdk.payments.capture(payment.id)).status, 'succeeded');

const part = await sdk.payments.create(wish('1000.00'));
await pay(part.id);
assert.equal((await sdk.payments.capture(part.id, { amount: rub('300.00') })).amount.value, '300.00');
const refund = await sdk.refunds.create({ payment_id: part.id, amount: rub('120.00') });
assert.equal(refund.status, 'succeeded');
assert.equal((await sdk.refunds.load(refund.id)).payment_id, part.id);
await assert.rejects(sdk.refunds.create({ payment_id: part.id, amount: rub('180.01') }));
assert.equal((await sdk.refunds.list({ payment_id: part.id })).length, 1);

const gone = await sdk.payments.create(wish('10.00'));
await pay(gone.id);
assert.equal((await sdk.payments.cancel(gone.id)).cancellation_details.reason, 'canceled_by_merchant');

// A 500 after the fact: the client repeats by the same key, and there is one payment.
await control('/faults', { on: 'payments.create', fault: { kind: 'error_after' } });
const survivor = await sdk.payments.create(wish('10.00', { description: 'survivor' }));
// The list follows the cursors by itself.
const all = await sdk.payments.list({ limit: 2 });
assert.deepEqual(all.map((item) => item.id), [survivor.id, gone.id, part.id, payment.id]);

for (const event of ['payment.waiting_for_capture', 'payment.succeeded', 'payment.canceled', 'refund.succeeded']) {
    const [body] = await notices(event);
    assert.equal(parseNotification(body).event, event);
}
