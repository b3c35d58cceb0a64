// What a call can be given beside its arguments, and what a client can be set to.
import type { LoginBody } from './generated/schemas.js';
import type { Session } from './session.js';

/** Of every call. */
export interface CallOptions {
  /** Gives the call up, with its retries. */
  signal?: AbortSignal;
}

/** Of a read that can wait for what was written. */
export interface ReadOptions extends CallOptions {
  /** A position the answer must not be older than: `position` of a command's answer. */
  readAfter?: number;
}

/** Of a command. */
export interface KeyedOptions extends CallOptions {
  /** Your own key, kept by you: then the command is one also after your program was restarted. Else each call makes one. */
  idempotencyKey?: string;
}

/** Of a command on something that has a version. */
export interface CommandOptions extends KeyedOptions {
  /** The `version` that was seen: the command is refused (`version_mismatch`) if it is another one by now. */
  ifVersion?: number;
}

/** Who signs in. */
export interface SignInDetails extends LoginBody {
  /** The code of the second factor, six digits of the app or a recovery code; or what asks for it, called where one is due alone. */
  code?: string | (() => string | Promise<string>);
}

/** Of a file. */
export type FileOptions = CallOptions;

/** Of a live stream. */
export interface EventOptions extends CallOptions {
  /** The position of the last event seen; without one the stream begins now. */
  lastEventId?: number;
}

/** How failed requests are repeated. */
export interface RetryPolicy {
  /** How often one call may be sent, the first time included. */
  attemptsMax: number;
  /** The first pause, in milliseconds; each further one may be twice as long. A random part of it is waited. */
  pauseMs: number;
  /** The longest pause, in milliseconds. A server that asks (`Retry-After`) for a longer one is taken at its word: the call fails. */
  pauseMsMax: number;
}

/** What a client is made of. */
export interface TotOptions {
  /** Where the platform is, such as `https://tot.example`; `/api/v1` is not part of it. */
  baseUrl: string;
  /** A session that was kept, to go on with. */
  session?: Session;
  /** Told of every new session, and of `undefined` when it is over: keep it where your app keeps secrets. */
  onSession?: (session: Session | undefined) => void;
  /** In which language refusals are told, as `Accept-Language` has it: `ru` or `en`. Absent, a browser says its own, and else it is Russian. */
  language?: string;
  /** How failed requests are repeated. */
  retry?: Partial<RetryPolicy>;
  /** How long one attempt may take, in milliseconds; 30 000 if absent. Live streams have no limit but their heartbeat. */
  timeoutMs?: number;
  /** How long a live stream may be silent before it is taken for dead, in milliseconds; 45 000 if absent. */
  silenceMsMax?: number;
  /** Sends requests; the platform's own `fetch` if absent. */
  fetch?: typeof fetch;
}
