// Pages of other origins, in a real browser, and all that they can send with its owner's cookie.
//
// A page of another site gets no cookie along (SameSite=Strict); one of the same site but another port does, and must be refused by the
// platform itself. Each origin tries everything a page can do without a script's cooperation from our side.

import { createServer } from "node:http";
import { fail } from "./checks.mjs";

const API = "/api/v1";
const COOKIE = "__Host-tot-refresh";
const PATIENCE_MS = 10_000;

/** A server of empty pages on this host; its origin and its end. */
async function pages(host, name) {
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end("<!doctype html><title>Another's page</title>");
  });
  await new Promise((listening) => server.listen(0, host, listening));
  return { origin: `http://${name}:${server.address().port}`, close: () => server.close() };
}

/** What a page sends, by name: to where, how (this runs in the page), and how many requests it makes. */
const SENT = {
  "a form": [
    ["/auth/refresh", "/auth/logout", "/auth/login", "/bookings", "/auth/password"],
    async (url) => {
      for (const enctype of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
        const frame = Object.assign(document.createElement("iframe"), { name: `to-${Math.random()}` });
        const form = Object.assign(document.createElement("form"), { action: url, method: "post", enctype, target: frame.name });
        // Sent as text/plain this is `{"a":"=b"}`, the JSON of a form.
        form.append(Object.assign(document.createElement("input"), { name: '{"a":"', value: 'b"}' }));
        document.body.append(frame, form);
        const loaded = new Promise((done) => frame.addEventListener("load", done));
        form.submit();
        await loaded;
      }
    },
    3,
  ],
  "a fetch without CORS": [
    ["/auth/refresh", "/auth/logout", "/bookings"],
    async (url) => {
      const options = { method: "POST", mode: "no-cors", credentials: "include", body: "{}" };
      await fetch(url, options).catch(() => {});
    },
    1,
  ],
  "a fetch of JSON": [
    ["/auth/refresh", "/auth/logout", "/bookings"],
    async (url) => {
      const headers = { "content-type": "application/json" };
      await fetch(url, { method: "POST", credentials: "include", headers, body: "{}" }).then(
        () => {
          throw new Error(`${url} could be read`);
        },
        () => {},
      );
    },
    1,
  ],
  "a beacon": [
    ["/auth/refresh", "/auth/logout"],
    async (url) => {
      navigator.sendBeacon(url, "{}");
    },
    1,
  ],
  "an image": [
    ["/auth/me", "/bookings", "/auth/logout", "/auth/refresh", "/me/data"],
    (url) =>
      new Promise((done) => {
        const image = new Image();
        image.onload = image.onerror = () => done();
        image.src = url;
      }),
    1,
  ],
};

/** All that the platform answers to a page and its frames: also what the browser then keeps from the page. */
async function recorded(context, page, url) {
  const answers = [];
  const devtools = await context.newCDPSession(page);
  const requests = new Map();
  const request = (id) => requests.get(id) ?? requests.set(id, {}).get(id);
  const complete = (one) => {
    if (one.url?.startsWith(url) && one.status !== undefined && one.cookie !== undefined && !answers.includes(one)) answers.push(one);
  };
  devtools.on("Network.requestWillBeSent", ({ requestId, request: { url: to, method } }) => {
    complete(Object.assign(request(requestId), { url: to, method }));
  });
  devtools.on("Network.requestWillBeSentExtraInfo", ({ requestId, headers }) => {
    complete(Object.assign(request(requestId), { cookie: headers.Cookie ?? headers.cookie ?? "" }));
  });
  devtools.on("Network.responseReceivedExtraInfo", ({ requestId, statusCode, headers }) => {
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    complete(Object.assign(request(requestId), { status: statusCode, headers: lower }));
  });
  await devtools.send("Network.enable");
  return answers;
}

/** Waits until there are so many of these answers. */
async function until(answers, count, what) {
  const end = Date.now() + PATIENCE_MS;
  while (answers.length < count) {
    Date.now() < end || fail(`${what}: the platform saw ${answers.length} of ${count} requests`);
    await new Promise((passed) => setTimeout(passed, 20));
  }
}

/** Lets one origin try everything; answers how many requests reached the platform and how many of them carried the cookie. */
async function attack(context, url, origin) {
  const page = await context.newPage();
  await page.goto(origin);
  const answers = await recorded(context, page, url);
  let sent = 0;
  for (const [name, [paths, send, each]] of Object.entries(SENT)) {
    for (const path of paths) {
      await page.evaluate(send, url + API + path);
      sent += each;
      await until(answers, sent, `${name} of ${origin} to ${path}`);
    }
  }
  for (const { url: to, method, status, headers } of answers) {
    // A preflight's answer lets no origin in, and is no command.
    const isRefused = status >= 400 || (method === "OPTIONS" && headers["access-control-allow-origin"] === undefined);
    isRefused || fail(`${method} ${to} from ${origin} was answered by ${status}`);
    headers["set-cookie"] === undefined || fail(`${to} gave ${origin} a cookie`);
    headers["access-control-allow-credentials"] === undefined || fail(`${to} lets cookies of ${origin} in`);
  }
  await page.close();
  return { reached: answers.length, withCookie: answers.filter(({ cookie }) => cookie.includes(COOKIE)).length };
}

/** Another's page cannot show ours in a frame of its own. */
async function frames(context, url, origin) {
  for (const path of ["/", "/api/docs/apps"]) {
    const page = await context.newPage();
    await page.goto(origin);
    await page.evaluate(
      (source) =>
        new Promise((done) => {
          const frame = document.createElement("iframe");
          frame.onload = done;
          frame.src = source;
          document.body.append(frame);
        }),
      url + path,
    );
    const shown = page.frames().find((frame) => frame.url().startsWith(url));
    shown === undefined || fail(`${origin} shows ${path} in a frame`);
    await page.close();
  }
}

/** Renews the session from our own page; the status. */
function renewed(own) {
  return own.evaluate(async (path) => {
    const headers = { "content-type": "application/json" };
    return (await fetch(path, { method: "POST", headers, body: "{}" })).status;
  }, `${API}/auth/refresh`);
}

/** Signs in at our own page, keeps the session in the cookie, and lets everybody else's pages try to use it. */
export async function foreignPages(browser, url, login) {
  const context = await browser.newContext();
  const own = await context.newPage();
  await own.goto(`${url}/api/docs/apps`);
  const status = await own.evaluate(
    async ([path, body]) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
      return answer.status;
    },
    [`${API}/auth/login`, { ...login, refresh_cookie: true }],
  );
  status === 200 || fail(`signing in at our own page was answered by ${status}`);
  (await context.cookies(url)).some(({ name }) => name === COOKIE) || fail("the browser kept no cookie");
  (await own.evaluate(() => document.cookie)) === "" || fail("a script can read the cookie");
  (await renewed(own)) === 200 || fail("our own page cannot renew the session");
  const told = [];
  for (const [site, sends, other] of [
    ["another site", false, await pages("127.0.0.1", "127.0.0.1")],
    ["the same site, another port", true, await pages("localhost", "localhost")],
  ]) {
    const { reached, withCookie } = await attack(context, url, other.origin);
    reached > 0 || fail(`nothing of ${site} reached the platform`);
    withCookie > 0 === sends || fail(`${withCookie} requests of ${site} carried the cookie`);
    await frames(context, url, other.origin);
    other.close();
    (await renewed(own)) === 200 || fail(`${site} ended the session or used its cookie up`);
    told.push(`${site}: ${reached} requests refused, ${withCookie} of them with the cookie`);
  }
  await context.close();
  return told;
}
