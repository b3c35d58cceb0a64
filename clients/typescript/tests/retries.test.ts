// What is sent again, what is not, and that the key stays.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ConnectionError, isProblem, Tot, UnexpectedAnswerError } from '../src/index.js';
import { pauseBefore, retryAfterMs } from '../src/retry.js';
import { badGateway, breakOff, hangUp, json, problem, serve, type Reply, type Seen } from './failing-server.js';

const QUICK = { attemptsMax: 5, pauseMs: 1, pauseMsMax: 2_000 };
const BOOKING = { call_type: 'urgent', amount: '1500.00', address: 'ул. Ленина, 1' } as const;

async function against<T>(t: TestContext, replies: Reply[], use: (tot: Tot, seen: Seen[]) => Promise<T>): Promise<T> {
  const server = await serve(t, ...replies);
  return use(new Tot({ baseUrl: server.url, retry: QUICK }), server.seen);
}

test('a command keeps its key over every kind of failure', async (t) => {
  const failures = [hangUp, badGateway, breakOff, problem(503, 'busy'), json({ id: '1', position: 7 })];
  await against(t, failures, async (tot, seen) => {
    const booking = await tot.bookings.request(BOOKING);
    assert.equal(booking.position, 7);
    const keys = seen.map((request) => request.headers['idempotency-key']);
    assert.equal(keys.length, 5);
    assert.match(String(keys[0]), /^[0-9a-f-]{36}$/);
    assert.equal(new Set(keys).size, 1, `${keys}`);
    assert.equal(new Set(seen.map((request) => request.body)).size, 1);
  });
});

test('every call has a key of its own, and yours is sent as it is', async (t) => {
  await against(t, [json({})], async (tot, seen) => {
    await tot.bookings.request(BOOKING);
    await tot.bookings.request(BOOKING);
    await tot.wallet.deposit({ amount: '100.00', payment_method: 'card' }, { idempotencyKey: 'mine-1' });
    const keys = seen.map((request) => request.headers['idempotency-key']);
    assert.notEqual(keys[0], keys[1]);
    assert.equal(keys[2], 'mine-1');
  });
});

test('what may have acted and carries no key is not sent twice', async (t) => {
  const code = { sign_in_token: 't', code: '123456' };
  for (const lost of [hangUp, badGateway, problem(503, 'unavailable')]) {
    await against(t, [lost, json({})], async (tot, seen) => {
      await assert.rejects(tot.auth.loginCode(code));
      assert.equal(seen.length, 1);
      assert.equal(seen[0]?.headers['idempotency-key'], undefined);
    });
  }
  await against(t, [problem(429, 'rate_limited'), json({})], async (tot, seen) => {
    await tot.auth.loginCode(code);
    assert.equal(seen.length, 2, 'refused before anything was done');
  });
});

test('registering is sent again as it was when its answer is lost', async (t) => {
  const account = { email: 'a@example.com', password: 'password123', first_name: 'А', last_name: 'Б' };
  for (const lost of [hangUp, badGateway, problem(503, 'unavailable')]) {
    await against(t, [lost, json({})], async (tot, seen) => {
      await tot.auth.register(account);
      assert.equal(seen.length, 2);
      assert.equal(seen[0]?.body, seen[1]?.body);
    });
  }
});

test('a refusal is told at once, with all that it says', async (t) => {
  const faults = { errors: [{ pointer: '/amount', code: 'too_precise', message: 'two decimals at most' }] };
  await against(t, [problem(422, 'invalid', {}, faults)], async (tot, seen) => {
    const error = await tot.bookings.request(BOOKING).then(
      () => assert.fail('it was refused'),
      (refused: unknown) => refused,
    );
    assert.ok(isProblem(error, 'invalid'));
    assert.equal(error.errors[0]?.pointer, '/amount');
    assert.ok(!isProblem(error, 'slot_taken'));
    assert.equal(seen.length, 1);
  });
});

test('attempts end, and the last failure is told', async (t) => {
  await against(t, [problem(503, 'not_fresh')], async (tot, seen) => {
    await assert.rejects(tot.bookings.show('1', { readAfter: 9 }), (error) => isProblem(error, 'not_fresh'));
    assert.equal(seen.length, QUICK.attemptsMax);
    assert.equal(seen[0]?.headers['read-after'], '9');
  });
  await against(t, [hangUp], async (tot) => {
    await assert.rejects(tot.platform.version(), ConnectionError);
  });
  await against(t, [badGateway], async (tot) => {
    await assert.rejects(tot.platform.version(), UnexpectedAnswerError);
  });
});

test('a server that asks for a pause gets it, and one that asks for too long a pause fails the call', async (t) => {
  await against(t, [problem(429, 'rate_limited', { 'retry-after': '1' }), json({ name: 'tot' })], async (tot) => {
    const began = Date.now();
    await tot.platform.version();
    assert.ok(Date.now() - began >= 990, `${Date.now() - began} ms`);
  });
  await against(t, [problem(429, 'rate_limited', { 'retry-after': '60' })], async (tot, seen) => {
    await assert.rejects(tot.platform.version(), (error) => isProblem(error, 'rate_limited') && error.retryAfter === 60);
    assert.equal(seen.length, 1);
  });
});

test('giving up ends a call and its pauses', async (t) => {
  await against(t, [problem(503, 'busy', { 'retry-after': '2' })], async (tot) => {
    const began = Date.now();
    await assert.rejects(tot.platform.version({ signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
    assert.ok(Date.now() - began < 1_500, `${Date.now() - began} ms, though the pause was to be two seconds`);
  });
});

test('pauses double up to their limit, and half of each is waited at least', () => {
  const policy = { attemptsMax: 9, pauseMs: 100, pauseMsMax: 1_000 };
  assert.deepEqual([1, 2, 3, 4, 5, 8].map((attempt) => pauseBefore(attempt, undefined, policy, 1)), [100, 200, 400, 800, 1_000, 1_000]);
  assert.equal(pauseBefore(3, undefined, policy, 0), 200);
  assert.equal(pauseBefore(1, 900, policy, 0), 900);
  assert.equal(pauseBefore(1, 1_001, policy, 0), undefined);
  assert.equal(pauseBefore(9, undefined, policy, 0), undefined);
});

test('Retry-After is seconds or a date', () => {
  const now = Date.UTC(2026, 11, 1, 9, 30, 0);
  assert.equal(retryAfterMs('7', now), 7_000);
  assert.equal(retryAfterMs('Tue, 01 Dec 2026 09:30:05 GMT', now), 5_000);
  assert.equal(retryAfterMs('Tue, 01 Dec 2026 09:29:00 GMT', now), 0);
  assert.equal(retryAfterMs('soon', now), undefined);
  assert.equal(retryAfterMs(null, now), undefined);
});

test('a refusal names each of its faults, and no answer names who gave none, and why', async (t) => {
  const errors = [
    { pointer: '/amount', code: 'too_precise', message: 'two decimals at most' },
    { pointer: '/address', code: 'required', message: 'is required' },
  ];
  await against(t, [problem(422, 'invalid', {}, { errors })], async (tot) => {
    await assert.rejects(tot.bookings.request(BOOKING), /: \/amount two decimals at most; \/address is required \(trace /);
  });
  const tot = new Tot({ baseUrl: 'http://127.0.0.1:9', retry: { attemptsMax: 2, pauseMs: 1 } });
  const said = await tot.platform.version().then(
    () => assert.fail('nobody is there'),
    (error: unknown) => (error as Error).message,
  );
  assert.match(said, /^GET http:\/\/127\.0\.0\.1:9\/api\/v1\/version got no answer in 2 attempts: ./);
  assert.doesNotMatch(said, /fetch failed$/);
});

test('a client says its language, or leaves it to whoever sends', async (t) => {
  const server = await serve(t, json({}));
  await new Tot({ baseUrl: server.url, language: 'en' }).platform.version();
  assert.equal(server.seen[0]?.headers['accept-language'], 'en');
});
