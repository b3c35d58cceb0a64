// Passkeys in a real browser: its own ceremonies, its own JSON, an authenticator that Chromium plays.

import { fail } from "./checks.mjs";

const AUTHENTICATOR = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
};

/** Registers a passkey and signs in by it alone, as docs/how-to/serve-web-apps.md tells a web app to; runs in our own page. */
async function ceremonies(person) {
  const post = async (path, body, token) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${told.code} ${told.detail}`);
    return told;
  };
  const { access_token: token } = await post("/auth/register", person);
  const made = await post("/auth/passkeys/options", {}, token);
  const created = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(made.options),
  });
  const passkey = { challenge_id: made.challenge_id, credential: JSON.stringify(created.toJSON()), name: "Chromium" };
  const { recovery_codes: codes } = await post("/auth/passkeys", passkey, token);
  const asked = await post("/auth/passkey/options", {});
  const brought = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked.options),
  });
  const session = await post("/auth/passkey", { challenge_id: asked.challenge_id, credential: JSON.stringify(brought.toJSON()) });
  return { email: session.user.email, codes: codes.length };
}

/** Both ceremonies of a person who has just registered. */
export async function passkeys(browser, url, person) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/api/docs/apps`);
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", { options: AUTHENTICATOR });
  const { email, codes } = await page.evaluate(ceremonies, person);
  email === person.email || fail(`the passkey signed ${email} in`);
  codes === 10 || fail(`${codes} recovery codes`);
  await context.close();
  return ["registered with a resident key, signed in without an e-mail address"];
}
