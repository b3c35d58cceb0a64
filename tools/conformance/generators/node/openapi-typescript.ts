// openapi-typescript and openapi-fetch: a patient registers, books what a doctor opened, pays, sees it secured and calls it off.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import createClient from 'openapi-fetch';
import type { components, paths } from './generated/openapi-typescript.js';
import { day, doctorLogin, pay, person, until, url, window } from './stage.js';

type Problem = components['schemas']['Problem'];

/** What an answer holds, which is no problem. */
function data<Data>(answer: { data?: Data; error?: Problem }): Data {
  assert.ok(answer.error === undefined, JSON.stringify(answer.error));
  assert.ok(answer.data !== undefined);
  return answer.data;
}

const as = (token?: string) => createClient<paths>({ baseUrl: url, ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }) });
const key = () => ({ 'Idempotency-Key': randomUUID() });

const anybody = as();
const patient = as(data(await anybody.POST('/api/v1/auth/register', { body: person() })).access_token);
const session = data(await anybody.POST('/api/v1/auth/login', { body: doctorLogin }));
const doctor = as(session.access_token);
const id = session.user.id;

const opened = data(await doctor.POST('/api/v1/doctors/{id}/days', { params: { path: { id }, header: key() }, body: day }));
const slots = data(await patient.GET('/api/v1/doctors/{id}/slots', {
  params: { path: { id }, query: window, header: { 'Read-After': opened.position } },
}));
const starts_at = slots.items[0]?.starts_at;
assert.ok(starts_at !== undefined);
const tariff = data(await patient.GET('/api/v1/tariffs', { params: { query: { call_type: 'scheduled', doctor_id: id, starts_at } } }));
const amount = tariff.items[0]?.amount;
assert.ok(amount !== undefined);
const wanted = { call_type: 'scheduled', doctor_id: id, starts_at, amount, address: 'ул. Ленина, 1' } as const;

const refused = await patient.POST('/api/v1/bookings', { params: { header: key() }, body: { ...wanted, amount: '1.00' } });
const code = refused.error?.code;
switch (code) {
  case 'price_changed':
    assert.equal(refused.error?.price?.amount, amount);
    break;
  default:
    assert.fail(`a wrong price answers ${code}`);
}

const header = key();
const booking = data(await patient.POST('/api/v1/bookings', { params: { header }, body: wanted }));
assert.equal(booking.status, 'pending');
const again = await patient.POST('/api/v1/bookings', { params: { header }, body: wanted });
assert.equal(data(again).id, booking.id);
assert.equal(again.response.headers.get('idempotent-replayed'), 'true');

const started = data(await patient.POST('/api/v1/payments', {
  params: { header: key() }, body: { booking_id: booking.id, payment_method: 'card' },
}));
const one = (thing: string) => ({ params: { path: { id: thing } } });
await until('a page to pay on', async () => data(await patient.GET('/api/v1/payments/{id}', one(started.id))), (payment) => typeof payment.confirmation_url === 'string');
await pay(started.id);
await until('a secured booking', async () => data(await patient.GET('/api/v1/bookings/{id}', one(booking.id))), (seen) => seen.status === 'assigned');

const quote = data(await patient.GET('/api/v1/bookings/{id}/cancellation-quote', one(booking.id)));
const cancelled = data(await patient.POST('/api/v1/bookings/{id}/cancel', {
  params: { path: { id: booking.id }, header: key() }, body: { reason: 'recovered', expected_fee: quote.amount },
}));
assert.equal(cancelled.status, 'cancelled');
const list = data(await patient.GET('/api/v1/bookings', {
  params: { query: { status: ['cancelled'] }, header: { 'Read-After': cancelled.position } },
}));
assert.deepEqual(list.items.map((item) => item.id), [booking.id]);
