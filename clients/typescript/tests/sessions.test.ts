// Tokens are renewed in time, once, and forgotten when they are over.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem, Tot, type Session } from '../src/index.js';
import { json, problem, serve, type Reply } from './failing-server.js';

const view = (number: number): object => ({
  access_token: `access-${number}`,
  refresh_token: `refresh-${number}`,
  token_type: 'bearer',
  expires_in: 900,
  user: { id: '1' },
});
const session = (lastsMs: number): Session => ({ accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt: Date.now() + lastsMs });

test('many calls with a token that runs out renew it once', async (t) => {
  const byPath: Reply = (answer, seen) => json(seen.path.endsWith('/auth/refresh') ? view(1) : {})(answer, seen);
  const server = await serve(t, byPath);
  const told: Array<Session | undefined> = [];
  const tot = new Tot({ baseUrl: server.url, session: session(5_000), onSession: (one) => told.push(one) });
  await Promise.all([1, 2, 3, 4].map(() => tot.wallet.show()));
  const renewals = server.seen.filter((request) => request.path.endsWith('/auth/refresh'));
  assert.deepEqual(renewals.map((request) => JSON.parse(request.body)), [{ refresh_token: 'refresh-0' }]);
  const tokens = server.seen.filter((request) => request.path.endsWith('/wallet')).map((request) => request.headers.authorization);
  assert.deepEqual(tokens, Array(4).fill('Bearer access-1'));
  assert.deepEqual(told.map((one) => one?.refreshToken), ['refresh-1']);
});

test('a refused token is replaced once, and the command keeps its key', async (t) => {
  const server = await serve(t, problem(401, 'token_expired'), json(view(1)), json({ id: '1' }));
  const tot = new Tot({ baseUrl: server.url, session: session(900_000) });
  await tot.payments.start({ booking_id: '1', payment_method: 'card' });
  assert.deepEqual(server.seen.map((request) => request.path), ['/api/v1/payments', '/api/v1/auth/refresh', '/api/v1/payments']);
  assert.equal(server.seen[0]?.headers['idempotency-key'], server.seen[2]?.headers['idempotency-key']);
  assert.equal(server.seen[2]?.headers.authorization, 'Bearer access-1');
});

test('a token that is refused again is told', async (t) => {
  const server = await serve(t, problem(401, 'token_expired'), json(view(1)), problem(401, 'token_expired'));
  const tot = new Tot({ baseUrl: server.url, session: session(900_000) });
  await assert.rejects(tot.wallet.show(), (error) => isProblem(error, 'token_expired'));
  assert.equal(server.seen.length, 3);
});

test('a session that is over is forgotten', async (t) => {
  const server = await serve(t, problem(401, 'refresh_expired'));
  let told: Session | undefined | 'nothing' = 'nothing';
  const tot = new Tot({ baseUrl: server.url, session: session(0), onSession: (one) => (told = one) });
  await assert.rejects(tot.wallet.show(), (error) => isProblem(error, 'refresh_expired'));
  assert.equal(told, undefined);
  assert.equal(tot.session, undefined);
});

test('signing out forgets the tokens even where nobody answers', async (t) => {
  const server = await serve(t, json({}));
  await server.close();
  const tot = new Tot({ baseUrl: server.url, session: session(900_000), retry: { attemptsMax: 1 } });
  await assert.rejects(tot.signOut());
  assert.equal(tot.session, undefined);
});
