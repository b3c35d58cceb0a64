// What every Node driver needs: the sandbox's addresses and its control surface.
import assert from 'node:assert/strict';

const { SANDBOX_API, SANDBOX_CONTROL, SANDBOX_SHOP_ID, SANDBOX_SHOP_SECRET } = process.env;

export const api = SANDBOX_API;
export const shopId = SANDBOX_SHOP_ID;
export const secret = SANDBOX_SHOP_SECRET;

export async function control(path, body) {
    const options = body === undefined ? {} : {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
    };
    const answer = await fetch(SANDBOX_CONTROL + path, options);
    assert.ok(answer.ok, `${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
    return answer.json();
}

export const pay = (payment) => control('/pay', { payment });

export async function notices(event) {
    return (await control('/webhooks')).filter((notice) => notice.event === event).map((notice) => notice.body);
}

export const rub = (value) => ({ value, currency: 'RUB' });

export const wish = (value, more = {}) => ({
    amount: rub(value),
    payment_method_data: { type: 'bank_card' },
    confirmation: { type: 'redirect', return_url: 'https://clinic.example/back' },
    description: 'House call',
    metadata: { payment_id: 'ours-1' },
    ...more,
});
