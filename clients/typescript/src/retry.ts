// When a request is sent again, and after which pause.
import type { RetryPolicy } from './options.js';

/** What is tried unless a client says otherwise. */
export const DEFAULT_RETRY: RetryPolicy = { attemptsMax: 5, pauseMs: 250, pauseMsMax: 20_000 };

// Refused before anything was done, whatever the request.
const REFUSED_EARLY = new Set([429]);
// It may have acted: only what may be repeated is.
const UNCLEAR = new Set([408, 502, 503, 504]);

/** Whether an answer of this status asks for another attempt. */
export function isWorthRepeating(status: number, repeatable: boolean): boolean {
  return REFUSED_EARLY.has(status) || (repeatable && UNCLEAR.has(status));
}

/** `Retry-After` in milliseconds: seconds or a date. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') {
    return undefined;
  }
  if (/^\s*\d+\s*$/.test(header)) {
    return Number(header) * 1000;
  }
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** The pause before the next attempt, in milliseconds; nothing when the call should fail now. `attempt` counts from 1. */
export function pauseBefore(attempt: number, asked: number | undefined, policy: RetryPolicy, random: number): number | undefined {
  if (attempt >= policy.attemptsMax || (asked !== undefined && asked > policy.pauseMsMax)) {
    return undefined;
  }
  const longest = Math.min(policy.pauseMsMax, policy.pauseMs * 2 ** (attempt - 1));
  // Half of it at least, so that a server in trouble gets its rest; the other half at random, so that clients do not come at once.
  const drawn = longest / 2 + (longest / 2) * random;
  return asked === undefined ? drawn : Math.max(asked, drawn);
}

/** Waits, unless the signal says that nobody wants the outcome any more. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const given = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', given);
      resolve();
    }, milliseconds);
    if (signal?.aborted === true) {
      given();
    } else {
      signal?.addEventListener('abort', given, { once: true });
    }
  });
}
