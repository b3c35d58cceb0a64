// One request: its token, its key, its attempts, its answer or its error.
import { follow, type ServerEvent } from './events.js';
import type { SessionView } from './generated/schemas.js';
import type { CallOptions, CommandOptions, EventOptions, FileOptions, ReadOptions, RetryPolicy, TotOptions } from './options.js';
import { ConnectionError, errorOf, UnexpectedAnswerError } from './problem.js';
import { DEFAULT_RETRY, isWorthRepeating, pause, pauseBefore, retryAfterMs } from './retry.js';
import type { Sessions } from './session.js';

// A stream that is silent for longer is dead: the platform sends a heartbeat every fifteen seconds.
const SILENCE_MS_MAX = 45_000;
const TIMEOUT_MS = 30_000;
const EVENT_STREAM = 'text/event-stream';

/** What an operation sends. */
export interface Call {
  id: string;
  method: string;
  path: string;
  secured: boolean;
  /** Whether it may be sent again when it is not known what became of it. */
  repeatable: boolean;
  keyed?: boolean;
  /** The member of the answer that is a session to go on with; empty where the answer itself is one. */
  session?: string;
  body?: object;
  /** A body that is a file, and what it is. */
  file?: Blob | Uint8Array<ArrayBuffer>;
  mediaType?: string;
  query?: object;
  accept?: string;
}

type AnyOptions = CallOptions & CommandOptions & ReadOptions & EventOptions;

/** A part of a path. */
export function segment(value: string | number): string {
  return encodeURIComponent(String(value));
}

/** Sends requests. */
export class Transport {
  readonly #base: string;
  readonly #fetch: typeof fetch;
  readonly #policy: RetryPolicy;
  readonly #timeoutMs: number;
  readonly #silenceMsMax: number;
  readonly #language: string | undefined;
  /** Who is signed in; set once, by the client. */
  sessions: Sessions | undefined;

  constructor(options: TotOptions) {
    this.#base = options.baseUrl.replace(/\/+$/, '');
    // A browser's fetch insists on being called by its window.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#policy = { ...DEFAULT_RETRY, ...options.retry };
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#silenceMsMax = options.silenceMsMax ?? SILENCE_MS_MAX;
    this.#language = options.language;
  }

  /** A JSON answer. The operation's own type is what its description promises. */
  async json<Answer>(call: Call, options: AnyOptions): Promise<Answer> {
    const [answer, text] = await this.#send({ accept: 'application/json', ...call }, options, async (got) => [got, await got.text()] as const);
    let said: Answer;
    try {
      said = JSON.parse(text) as Answer;
    } catch {
      throw new UnexpectedAnswerError(answer.status, answer.headers.get('content-type'));
    }
    if (call.session !== undefined) {
      const view = call.session === '' ? said : (said as Record<string, unknown>)[call.session];
      if (view !== undefined) this.sessions?.adopt(view as SessionView, call.body);
    }
    return said;
  }

  /** An answer that is a file: read it by `arrayBuffer()`, `text()` or from its `body`. */
  file(call: Call, options: FileOptions): Promise<Response> {
    return this.#send(call, options, (answer) => Promise.resolve(answer));
  }

  /** A live stream, which reconnects by itself. */
  events(call: Call, options: EventOptions): AsyncGenerator<ServerEvent> {
    const streamed = { ...call, accept: EVENT_STREAM };
    const open = (lastEventId: number | undefined, signal: AbortSignal): Promise<Response> =>
      this.#send(streamed, { signal, ...(lastEventId === undefined ? {} : { lastEventId }) }, (answer) => Promise.resolve(answer));
    return follow(open, options, this.#policy, this.#silenceMsMax);
  }

  /** Sends until there is an answer to show, an error that no repeating mends, or no attempt left. The key stays the same throughout. */
  async #send<Read>(call: Call, options: AnyOptions, read: (answer: Response) => Promise<Read>): Promise<Read> {
    const headers = headersOf(call, options, this.#language);
    let refused: string | undefined;
    for (let attempt = 1; ; ) {
      const token = await this.#token(call, refused);
      if (token !== undefined) {
        headers.set('authorization', `Bearer ${token}`);
      }
      const outcome = await this.#once(call, headers, options.signal, read);
      if ('read' in outcome) {
        return outcome.read;
      }
      const { failure, status, asked } = outcome;
      if (refused === undefined && token !== undefined && this.sessions?.canReplace(token, failure) === true) {
        // Refused before anything was done: not an attempt.
        refused = token;
        continue;
      }
      const worth = status === undefined ? call.repeatable : isWorthRepeating(status, call.repeatable);
      const wait = worth ? pauseBefore(attempt, asked, this.#policy, Math.random()) : undefined;
      if (wait === undefined) {
        throw status === undefined ? new ConnectionError(call.method, this.#base + call.path, attempt, failure) : failure;
      }
      await pause(wait, options.signal);
      attempt += 1;
    }
  }

  async #token(call: Call, refused: string | undefined): Promise<string | undefined> {
    if (!call.secured || this.sessions === undefined) {
      return undefined;
    }
    return refused === undefined ? this.sessions.token() : this.sessions.replace(refused);
  }

  /** One attempt. What is read of an answer is read here, since it can break off, too. */
  async #once<Read>(
    call: Call,
    headers: Headers,
    signal: AbortSignal | undefined,
    read: (answer: Response) => Promise<Read>,
  ): Promise<Outcome<Read>> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error(`no answer within ${this.#timeoutMs} ms`)), this.#timeoutMs);
    try {
      const answer = await this.#fetch(this.#base + call.path + query(call.query), {
        method: call.method,
        headers,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        ...(call.file === undefined ? {} : { body: call.file }),
        signal: AbortSignal.any(signal === undefined ? [limit.signal] : [signal, limit.signal]),
      });
      if (answer.ok) {
        return { read: await read(answer) };
      }
      const asked = retryAfterMs(answer.headers.get('retry-after'), Date.now());
      const failure = await errorOf(answer, asked === undefined ? undefined : asked / 1000);
      return { failure, status: answer.status, asked };
    } catch (failure) {
      signal?.throwIfAborted();
      return { failure, status: undefined, asked: undefined };
    } finally {
      clearTimeout(timer);
    }
  }
}

type Outcome<Read> = { read: Read } | { failure: unknown; status: number | undefined; asked: number | undefined };

function headersOf(call: Call, options: AnyOptions, language: string | undefined): Headers {
  const headers = new Headers({ accept: call.accept ?? '*/*' });
  const set = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) {
      headers.set(name, String(value));
    }
  };
  set('accept-language', language);
  set('content-type', call.body === undefined ? call.mediaType : 'application/json');
  set('idempotency-key', call.keyed === true ? (options.idempotencyKey ?? crypto.randomUUID()) : undefined);
  set('if-match', options.ifVersion === undefined ? undefined : `"${options.ifVersion}"`);
  set('read-after', options.readAfter);
  set('last-event-id', options.lastEventId);
  return headers;
}

function query(given: object | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(given ?? {})) {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (one !== undefined && one !== null) {
        search.append(name, String(one));
      }
    }
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
