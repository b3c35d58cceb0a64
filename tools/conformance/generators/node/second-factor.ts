// @tot/client: codes of a second factor, and going on after what ends every session, against the platform itself.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { isProblem, Tot } from '@tot/client';
import { person, until, url } from './stage.js';

interface Login {
  email: string;
  password: string;
  totp_secret: string;
}

const { totp_secret, ...admin }: Login = JSON.parse(process.env['TOT_ADMIN_LOGIN'] ?? '');
const STEP_SECONDS = 30;
// Another journey may have used the code of this moment: the next one is taken at the latest after two steps.
const PATIENCE_MS = 2 * STEP_SECONDS * 1000;

/** What the app of this secret shows (RFC 6238). */
async function code(tot: Tot, secret: string): Promise<string> {
  const { now } = await tot.platform.version();
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.parse(now) / 1000 / STEP_SECONDS)));
  const tag = createHmac('sha1', key).update(step).digest();
  const number = tag.readUInt32BE(tag.readUInt8(tag.length - 1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

// An admin: the password alone is refused; the code is asked for where it is due.
const tot = new Tot({ baseUrl: url });
await assert.rejects(tot.signIn(admin), (error) => isProblem(error, 'second_factor_due'));
const deadline = Date.now() + PATIENCE_MS;
let last = '';
const unused = (): Promise<string> => until('another code', () => code(tot, totp_secret), (shown) => shown !== last, PATIENCE_MS);
while (tot.session === undefined) {
  try {
    const account = await tot.signIn({ ...admin, code: async () => (last = await unused()) });
    assert.equal(account.role, 'admin');
  } catch (error) {
    if (!isProblem(error, 'wrong_code') || Date.now() > deadline) {
      throw error;
    }
  }
}
assert.ok(tot.session.deviceToken);
assert.ok((await tot.admin.listAccounts({ limit: 1 })).items.length > 0, 'an admin sees accounts');

// A patient enrols an app: every session ends each time, and the client goes on.
const somebody = person();
const login = { email: somebody.email, password: somebody.password };
const patient = new Tot({ baseUrl: url });
await patient.register(somebody);
const before = patient.session;
const enrolment = await patient.auth.enrol({ password: login.password });
const { recovery_codes } = await patient.auth.confirm({ code: await code(patient, enrolment.secret) });
assert.notEqual(patient.session?.accessToken, before?.accessToken);
assert.equal((await patient.auth.me()).email, login.email);
await patient.signOut();
const [first = '', second = ''] = recovery_codes;
const refusal: unknown = await patient.signIn(login).catch((error: unknown) => error);
assert.ok(isProblem(refusal, 'second_factor_due'));
await patient.completeSignIn(refusal, first);
const password = `${login.password}-2`;
await patient.auth.changePassword({ current_password: login.password, new_password: password });
assert.equal((await patient.auth.secondFactor()).recovery_codes_left, 9);
await patient.auth.remove({ password, code: second });
assert.equal((await patient.auth.secondFactor()).enrolled_at, undefined);
await patient.signOut();
await patient.signIn({ ...login, password });
