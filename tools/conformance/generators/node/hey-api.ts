// @hey-api/openapi-ts: a patient registers, books what a doctor opened, pays, sees it secured and calls it off.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createClient, createConfig } from './generated/hey-api/client/index.js';
import {
  authLogin, authRegister, bookingsCancel, bookingsEvents, bookingsList, bookingsQuote, bookingsRequest, bookingsShow, doctorsOpenDay,
  doctorsSlots, paymentsShow, paymentsStart, tariffsTariffs,
} from './generated/hey-api/sdk.gen.js';
import type { Problem, RequestBody } from './generated/hey-api/types.gen.js';
import { day, doctorLogin, pay, person, until, url, window } from './stage.js';

const as = (token?: string) => createClient(createConfig({ baseUrl: url, throwOnError: true, ...(token === undefined ? {} : { auth: token }) }));
const key = () => ({ 'Idempotency-Key': randomUUID() });
const throwOnError = true;

const anybody = as();
const registered = await authRegister({ client: anybody, body: person(), throwOnError });
const patient = as(registered.data.access_token);
const { data: session } = await authLogin({ client: anybody, body: doctorLogin, throwOnError });
const doctor = as(session.access_token);
const path = { id: session.user.id };

const { data: opened } = await doctorsOpenDay({ client: doctor, path, headers: key(), body: day, throwOnError });
const { data: slots } = await doctorsSlots({ client: patient, path, query: window, headers: { 'Read-After': opened.position }, throwOnError });
const starts_at = slots.items[0]?.starts_at;
assert.ok(starts_at !== undefined);
const { data: tariff } = await tariffsTariffs({ client: patient, query: { call_type: 'scheduled', doctor_id: path.id, starts_at }, throwOnError });
const amount = tariff.items[0]?.amount;
assert.ok(amount !== undefined);
const body: RequestBody = { call_type: 'scheduled', doctor_id: path.id, starts_at, amount, address: 'ул. Ленина, 1' };

const refused = await bookingsRequest({ client: patient, headers: key(), body: { ...body, amount: '1.00' }, throwOnError: false });
const problem: Problem | undefined = refused.error;
assert.equal(problem?.code, 'price_changed');
assert.equal(problem?.price?.amount, amount);

const headers = key();
const { data: booking } = await bookingsRequest({ client: patient, headers, body, throwOnError });
const again = await bookingsRequest({ client: patient, headers, body, throwOnError });
assert.equal(again.data.id, booking.id);

const { data: payment } = await paymentsStart({
  client: patient, headers: key(), body: { booking_id: booking.id, payment_method: 'card' }, throwOnError,
});
const payable = async () => (await paymentsShow({ client: patient, path: { id: payment.id }, throwOnError })).data;
await until('a page to pay on', payable, (seen) => typeof seen.confirmation_url === 'string');
// Its own stream of events, from the booking's first fact on. Leaving the loop does not close it (0.95.0), so it is given up.
const leave = new AbortController();
const watching = await bookingsEvents({
  client: patient, path: { id: booking.id }, headers: { 'Last-Event-ID': booking.position }, signal: leave.signal,
});
await pay(payment.id);
for await (const event of watching.stream) {
  if (JSON.stringify(event).includes('BookingSecured')) {
    break;
  }
}
leave.abort();
const look = async () => (await bookingsShow({ client: patient, path: { id: booking.id }, throwOnError })).data;
await until('a secured booking', look, (seen) => seen.status === 'assigned');

const { data: quote } = await bookingsQuote({ client: patient, path: { id: booking.id }, throwOnError });
const { data: cancelled } = await bookingsCancel({
  client: patient, path: { id: booking.id }, headers: key(), body: { reason: 'recovered', expected_fee: quote.amount }, throwOnError,
});
assert.equal(cancelled.status, 'cancelled');
const { data: list } = await bookingsList({
  client: patient, query: { status: ['cancelled'] }, headers: { 'Read-After': cancelled.position }, throwOnError,
});
assert.deepEqual(list.items.map((item) => item.id), [booking.id]);
