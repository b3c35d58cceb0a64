// A patient books a visit, pays it, sees it secured and calls it off: against `make run`, or wherever TOT_URL says.
import { isProblem, Tot } from '@tot/client';

const tot = new Tot({ baseUrl: process.env['TOT_URL'] ?? 'http://localhost:3000' });

const email = `patient-${crypto.randomUUID()}@example.com`;
await tot.register({ email, password: 'moss-kettle-ferry', first_name: 'Иван', last_name: 'Иванов' });

// Who could come, when, and for how much.
const { items: doctors } = await tot.doctors.list({ accepts: true });
const doctor = doctors[0] ?? fail('there is no doctor; does the platform run with demo data?');
const { now } = await tot.platform.version();
const { items: slots } = await tot.doctors.slots(doctor.id, { from: now });
const slot = slots[0] ?? fail(`${doctor.last_name} has no free slot`);
const { items: prices } = await tot.tariffs.tariffs({ call_type: 'scheduled', doctor_id: doctor.id, starts_at: slot.starts_at });
const price = prices[0] ?? fail('no price list is in force');
console.log(`${doctor.specialization} ${doctor.last_name}, ${slot.starts_at}, ${price.amount} ${price.currency}`);

// The key of this command is made here, once; whatever is lost on the way, the visit is booked once.
const visit = { call_type: 'scheduled', doctor_id: doctor.id, starts_at: slot.starts_at, address: 'ул. Ленина, 1' } as const;
const booking = await tot.bookings.request({ ...visit, amount: price.amount });
console.log(`Booking ${booking.id} is ${booking.status}; pay by ${booking.pay_by}`);

// A refusal has a code to switch on, and what belongs to it.
try {
  await tot.bookings.request({ ...visit, amount: price.amount });
} catch (error) {
  if (!isProblem(error, 'slot_taken', 'overlaps_own_booking')) {
    throw error;
  }
  console.log(`Refused, as it should be: ${error.code}`);
}

// Follow the booking from its first fact on: nothing is missed, however often the connection breaks.
const started = await tot.payments.start({ booking_id: booking.id, payment_method: 'card' });
const payment = await tot.untilConfirmable(started.id);
console.log(`Pay payment ${payment.id} at ${payment.confirmation_url}`);
for await (const event of tot.bookings.events(booking.id, { lastEventId: booking.position })) {
  console.log(`${event.position} ${event.type}`);
  if (event.type === 'BookingSecured') {
    const seen = await tot.bookings.show(booking.id, { readAfter: event.position });
    console.log(`Secured: ${seen.status}, payment ${seen.payment_status}`);
    break;
  }
}

// Calling it off costs what the quote says, or it is refused with `fee_changed`.
const quote = await tot.bookings.quote(booking.id);
const cancelled = await tot.bookings.cancel(booking.id, { reason: 'recovered', expected_fee: quote.amount });
console.log(`Cancelled for ${quote.amount} ${quote.currency}`);
for await (const one of tot.bookings.listEach({}, { readAfter: cancelled.position })) {
  console.log(`${one.id} ${one.status}`);
}
await tot.signOut();

function fail(why: string): never {
  throw new Error(why);
}
