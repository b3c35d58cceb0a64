// What every journey in TypeScript needs: where the platform is, the payer, and patience with a limit.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

function given(name: string): string {
  const value = process.env[name];
  assert.ok(value !== undefined && value !== '', `${name} is not set`);
  return value;
}

const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 50;

export const url = given('TOT_URL');
/** The day that this journey may open, one of its own. */
export const date = given('TOT_JOURNEY_DATE');
export const doctorLogin = { email: 'doctor@example.com', password: 'doctor123' };
export const day = { date, slot_minutes: 30, working: [{ from: '10:00', until: '12:00' }] };
export const window = { from: `${date}T00:00:00Z`, to: `${date}T23:59:59Z` };

export function person(): { email: string; password: string; first_name: string; last_name: string } {
  return { email: `journey-${randomUUID()}@example.com`, password: 'moss-kettle-ferry', first_name: 'Иван', last_name: 'Иванов' };
}

/** The payer pays on the played provider's page. */
export async function pay(paymentId: string): Promise<void> {
  const answer = await fetch(`${given('TOT_SANDBOX_CONTROL')}/pay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { key: 'payment_id', value: paymentId } }),
  });
  assert.ok(answer.ok, `paying: ${answer.status} ${await answer.text()}`);
}

/** Looks until it holds. */
export async function until<Seen>(
  what: string,
  look: () => Promise<Seen>,
  holds: (seen: Seen) => boolean,
  patienceMs = PATIENCE_MS,
): Promise<Seen> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) {
      return seen;
    }
    assert.ok(Date.now() < deadline, `${what} did not come within ${patienceMs} ms: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
