// Signing in with a code, and going on after what ends every session.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem, type ProblemError, Tot, type Session } from '../src/index.js';
import { json, problem, serve, type Reply } from './failing-server.js';

const LOGIN = { email: 'a@example.com', password: 'password123' };
const due = problem(403, 'second_factor_due', {}, { sign_in_token: 'tots_1', expires_in: 300 });
const view = (number: number, deviceToken: string | null = null): object => ({
  access_token: `access-${number}`,
  refresh_token: `refresh-${number}`,
  token_type: 'bearer',
  expires_in: 900,
  user: { id: `account-${number}` },
  device_token: deviceToken,
});
const session = (lastsMs = 900_000): Session => ({ accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt: Date.now() + lastsMs });
const bodies = (seen: Array<{ body: string }>): unknown[] => seen.map((request) => JSON.parse(request.body));

for (const [how, code] of [
  ['as it is', '123456'],
  ['by asking', () => '123456'],
  ['by asking and waiting', () => Promise.resolve('123456')],
] as const) {
  test(`a code that is due is brought ${how}`, async (t) => {
    const server = await serve(t, due, json(view(1)), json({}));
    const tot = new Tot({ baseUrl: server.url });
    assert.equal((await tot.signIn({ ...LOGIN, refresh_cookie: true, code })).id, 'account-1');
    await tot.wallet.show();
    assert.deepEqual(bodies(server.seen.slice(0, 2)), [
      { ...LOGIN, refresh_cookie: true, device_token: null },
      { sign_in_token: 'tots_1', code: '123456', refresh_cookie: true, device_token: null },
    ]);
    assert.equal(server.seen[2]?.headers.authorization, 'Bearer access-1');
  });
}

test('nobody is asked for a code where none is due', async (t) => {
  const server = await serve(t, json(view(1)));
  const tot = new Tot({ baseUrl: server.url });
  await tot.signIn({ ...LOGIN, code: () => assert.fail('asked') });
  assert.deepEqual(bodies(server.seen), [{ ...LOGIN, device_token: null }]);
});

test('the second step takes what the first was refused with, also after a wrong code', async (t) => {
  const server = await serve(t, due, problem(403, 'wrong_code'), json(view(1)), json(view(2)));
  const tot = new Tot({ baseUrl: server.url });
  const refusal: unknown = await tot.signIn(LOGIN).catch((error: unknown) => error);
  assert.ok(isProblem(refusal, 'second_factor_due'));
  await assert.rejects(tot.completeSignIn(refusal, '000000'), (error) => isProblem(error, 'wrong_code'));
  assert.equal((await tot.completeSignIn(refusal, '123456')).id, 'account-1');
  assert.equal(tot.session?.accessToken, 'access-1');
  await tot.completeSignIn('tots_2', '123456');
  const tokens = server.seen.slice(1).map((request) => (JSON.parse(request.body) as { sign_in_token: string }).sign_in_token);
  assert.deepEqual(tokens, ['tots_1', 'tots_1', 'tots_2']);
});

test('another refusal is no second step', async (t) => {
  const server = await serve(t, problem(401, 'wrong_credentials'));
  const tot = new Tot({ baseUrl: server.url });
  const refusal = (await tot.signIn({ ...LOGIN, code: '123456' }).catch((error: unknown) => error)) as ProblemError;
  assert.equal(refusal.code, 'wrong_credentials');
  await assert.rejects(tot.completeSignIn(refusal, '123456'), TypeError);
  assert.equal(server.seen.length, 1);
});

test('the device token is kept over renewals, sessions and restarts, and brought at the next sign-in', async (t) => {
  const server = await serve(t, json(view(1, 'totd_1')), json(view(2)), json({}), json({}), due, json(view(3, 'totd_3')), json(view(4)));
  const tot = new Tot({ baseUrl: server.url });
  await tot.signIn(LOGIN);
  const { session: kept } = tot;
  assert.equal(kept?.deviceToken, 'totd_1');
  const later = new Tot({ baseUrl: server.url, session: { ...kept, expiresAt: 0 } });
  await later.wallet.show();
  assert.equal(later.session?.deviceToken, 'totd_1');
  await later.signOut();
  await later.signIn({ ...LOGIN, code: '123456' });
  const named = (index: number): unknown => (JSON.parse(server.seen[index]?.body ?? '') as { device_token: unknown }).device_token;
  assert.deepEqual([named(4), named(5)], ['totd_1', 'totd_1']);
  assert.equal(later.session?.deviceToken, 'totd_3');
  await later.signIn({ ...LOGIN, device_token: 'totd_mine' });
  assert.equal(named(6), 'totd_mine');
});

for (const [what, answer, change] of [
  ['confirming a second factor', { session: view(1), recovery_codes: [] }, (tot: Tot) => tot.auth.confirm({ code: '123456' })],
  ['removing it', view(1), (tot: Tot) => tot.auth.remove({ password: 'password123', code: '123456' })],
  ['a new password', view(1), (tot: Tot) => tot.auth.changePassword({ current_password: 'password123', new_password: 'password456' })],
  ['registering', view(1), (tot: Tot) => tot.auth.register({ ...LOGIN, first_name: 'А', last_name: 'Б' })],
  ['renewing by a cookie', view(1), (tot: Tot) => tot.auth.refresh({})],
] as const) {
  test(`the client goes on after ${what}`, async (t) => {
    const server = await serve(t, json(answer), json({}));
    const told: Array<Session | undefined> = [];
    const tot = new Tot({ baseUrl: server.url, session: session(), onSession: (one) => told.push(one) });
    await change(tot);
    await tot.wallet.show();
    assert.equal(server.seen[1]?.headers.authorization, 'Bearer access-1');
    assert.deepEqual(told.map((one) => one?.refreshToken), ['refresh-1']);
  });
}

/** Answers later. */
function held(reply: Reply): { reply: Reply; asked: Promise<void>; release: () => void } {
  let release = (): void => undefined;
  let heard = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const asked = new Promise<void>((resolve) => (heard = resolve));
  const late: Reply = (answer, seen) => {
    heard();
    void released.then(() => reply(answer, seen));
  };
  return { reply: late, asked, release };
}

test('a call that meets the end of the old session is sent again with the new one', async (t) => {
  const late = held(problem(401, 'token_revoked'));
  const server = await serve(t, late.reply, json(view(1)), json({ available: '1.00' }));
  const tot = new Tot({ baseUrl: server.url, session: session() });
  const wallet = tot.wallet.show();
  await late.asked;
  await tot.auth.changePassword({ current_password: 'password123', new_password: 'password456' });
  late.release();
  await wallet;
  assert.deepEqual(server.seen.map((request) => request.headers.authorization), ['Bearer access-0', 'Bearer access-0', 'Bearer access-1']);
});

test('a revoked token that is still the held one is told', async (t) => {
  const server = await serve(t, problem(401, 'token_revoked'));
  const tot = new Tot({ baseUrl: server.url, session: session() });
  await assert.rejects(tot.wallet.show(), (error) => isProblem(error, 'token_revoked'));
  assert.equal(server.seen.length, 1);
});

for (const [how, renewed] of [['succeeds', json(view(9))], ['is refused', problem(401, 'refresh_unknown')]] as const) {
  test(`a renewal that ${how} after somebody signed in changes nothing`, async (t) => {
    const late = held(renewed);
    const server = await serve(t, late.reply, json(view(1)), json({}));
    const tot = new Tot({ baseUrl: server.url, session: session(0) });
    const wallet = tot.wallet.show();
    await late.asked;
    await tot.signIn(LOGIN);
    late.release();
    await wallet;
    assert.equal(tot.session?.accessToken, 'access-1');
    assert.equal(server.seen[2]?.headers.authorization, 'Bearer access-1');
  });
}

test('a refresh token in a cookie is not named', async (t) => {
  const server = await serve(t, json({ ...view(1), refresh_token: '' }), json({ ...view(2), refresh_token: '' }), json({}), json({}));
  const tot = new Tot({ baseUrl: server.url });
  await tot.signIn({ ...LOGIN, refresh_cookie: true });
  const later = new Tot({ baseUrl: server.url, session: { ...(tot.session as Session), expiresAt: 0 } });
  await later.wallet.show();
  assert.equal(server.seen[2]?.headers.authorization, 'Bearer access-2');
  await later.signOut();
  assert.deepEqual(bodies([server.seen[1], server.seen[3]].flatMap((one) => one ?? [])), [{ refresh_token: null }, { refresh_token: null }]);
});

test('a payment is waited for until it can be confirmed or waits for nobody', async (t) => {
  const asked = { id: '1', status: 'pending', confirmation_url: null, qr_payload: null };
  for (const done of [{ confirmation_url: 'https://pay.example' }, { qr_payload: 'https://qr.example' }, { status: 'cancelled' }]) {
    const server = await serve(t, json(asked), json({ ...asked, ...done }));
    assert.deepEqual(await new Tot({ baseUrl: server.url }).untilConfirmable('1'), { ...asked, ...done });
    assert.deepEqual(server.seen.map((request) => request.path), Array(2).fill('/api/v1/payments/1'));
  }
});

test('waiting for a payment can be given up', async (t) => {
  const server = await serve(t, json({ id: '1', status: 'pending' }));
  const given = new AbortController();
  const waiting = new Tot({ baseUrl: server.url }).untilConfirmable('1', { signal: given.signal });
  given.abort(new Error('left'));
  await assert.rejects(waiting, /left/);
});
