// Usage: drive.mjs <address of the platform> <its demo patient's login, JSON>: prints a line for each thing that held.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { foreignPages } from "./foreign_pages.mjs";
import { passkeys } from "./passkeys.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** The machine's own, else the one that a package brings. */
async function executable() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const own = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync);
  if (own !== undefined) return own;
  // Without the arguments it recommends: they switch off the same-origin policy, which is what is judged here.
  const { default: packed } = await import("@sparticuz/chromium");
  return packed.executablePath();
}

const [url, login] = [process.argv[2], JSON.parse(process.argv[3])];
const browser = await chromium.launch({ executablePath: await executable(), args: ["--no-sandbox"] });
try {
  console.log(`Chromium ${browser.version()}`);
  const person = {
    email: "browser@example.com",
    password: "a long word of the browser",
    first_name: "Анна",
    last_name: "Браузер",
  };
  for (const line of await foreignPages(browser, url, login)) console.log(`ok  ${line}`);
  for (const line of await passkeys(browser, url, person)) console.log(`ok  ${line}`);
} finally {
  await browser.close();
}
