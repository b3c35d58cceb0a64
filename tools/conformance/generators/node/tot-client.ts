// @tot/client: answers that are lost and tokens that run out, against the platform itself.
import assert from 'node:assert/strict';
import { isProblem, Tot, type Session } from '@tot/client';
import { day, doctorLogin, pay, person, until, url, window } from './stage.js';

/** Sends everything, and loses the first answer to each command. */
const lost = new Set<string>();
const losing: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  const key = new Headers(init?.headers).get('idempotency-key');
  if (key !== null && !lost.has(key)) {
    lost.add(key);
    await answer.body?.cancel();
    throw new TypeError('the answer was lost');
  }
  return answer;
};

let kept: Session | undefined;
const patient = new Tot({ baseUrl: url, fetch: losing, onSession: (session) => (kept = session) });
await patient.register(person());
const doctor = new Tot({ baseUrl: url });
const { id } = await doctor.signIn(doctorLogin);
const opened = await doctor.doctors.openDay(id, day);
const starts = [];
for await (const slot of patient.doctors.slotsEach(id, { ...window, limit: 3 }, { readAfter: opened.position })) {
  starts.push(slot.starts_at);
}
assert.equal(starts.length, 4, 'two hours of half an hour each, by pages of three');
const starts_at = starts[0];
assert.ok(starts_at !== undefined);
const { items: [price] } = await patient.tariffs.tariffs({ call_type: 'scheduled', doctor_id: id, starts_at });
assert.ok(price !== undefined);

const visit = { call_type: 'scheduled', doctor_id: id, starts_at, amount: price.amount, address: 'ул. Ленина, 1' } as const;
const booking = await patient.bookings.request(visit);
const payment = await patient.payments.start({ booking_id: booking.id, payment_method: 'card' });
assert.equal(lost.size, 2, 'both answers were lost once');
const { items } = await patient.bookings.list({}, { readAfter: payment.position });
assert.deepEqual(items.map((item) => item.id), [booking.id], 'the visit was booked once');

// A token that was kept too long is renewed before it is sent; one that somebody spoilt is replaced.
assert.ok(kept !== undefined);
const later = new Tot({ baseUrl: url, session: { ...kept, expiresAt: 0 } });
assert.equal((await later.auth.me()).role, 'patient');
assert.notEqual(later.session?.accessToken, kept.accessToken);
const spoilt = new Tot({ baseUrl: url, session: { ...(later.session as Session), accessToken: 'spoilt' } });
assert.equal((await spoilt.auth.me()).role, 'patient');

await until('a page to pay on', () => spoilt.payments.show(payment.id), (seen) => typeof seen.confirmation_url === 'string');
await pay(payment.id);
for await (const event of spoilt.bookings.events(booking.id, { lastEventId: booking.position })) {
  if (event.type === 'BookingSecured') {
    assert.equal((await spoilt.bookings.show(booking.id, { readAfter: event.position })).status, 'assigned');
    break;
  }
}
const { amount: expected_fee } = await spoilt.bookings.quote(booking.id);
const cancelled = await spoilt.bookings.cancel(booking.id, { reason: 'recovered', expected_fee }, { ifVersion: (await spoilt.bookings.show(booking.id)).version });
assert.equal(cancelled.status, 'cancelled');
await assert.rejects(spoilt.bookings.cancel(booking.id, {}, { ifVersion: 1 }), (error) => isProblem(error, 'version_mismatch'));
await spoilt.signOut();
await assert.rejects(spoilt.auth.me(), (error) => isProblem(error, 'token_missing'));
