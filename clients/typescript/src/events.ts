// Server-sent events that survive their connection: each reconnect goes on behind the last event that was seen.
import type { EventOptions, RetryPolicy } from './options.js';
import { ProblemError } from './problem.js';
import { isWorthRepeating, pause, pauseBefore } from './retry.js';

/**
 * One fact, as it is told live. It carries no rows: read them with `readAfter: event.position`. On a person's own stream
 * (`bookings.ownEvents`) also the state: `snapshot`, in place of all that was told before.
 */
export interface ServerEvent {
  /** The fact's position in the log. */
  position: number;
  /** Its type, such as `BookingSecured`; on a person's own stream `snapshot`, `booking`, `booking_gone` or `day`. */
  type: string;
  /** What the event says, as JSON. */
  data: unknown;
}

/** Opens a stream; a reconnect names the last event seen. */
export type Open = (lastEventId: number | undefined, signal: AbortSignal) => Promise<Response>;

/** Events until the caller stops looking, gives up by `signal`, or the platform refuses (`not_found` once it is no longer the caller's). */
export async function* follow(
  open: Open,
  options: EventOptions,
  policy: RetryPolicy,
  silenceMsMax: number,
): AsyncGenerator<ServerEvent, void, undefined> {
  let last = options.lastEventId;
  let failures = 0;
  for (;;) {
    const connection = new Watched(silenceMsMax, options.signal);
    try {
      for await (const event of parsed(await open(last, connection.signal), connection)) {
        failures = 0;
        last = event.position;
        if (event.type !== '') {
          yield event;
        }
      }
      // It ended in order: its token expired, or the platform restarts.
      failures = 1;
    } catch (error) {
      options.signal?.throwIfAborted();
      // Reconnecting would meet the same refusal again.
      if (error instanceof ProblemError && !isWorthRepeating(error.status, true)) {
        throw error;
      }
      failures += 1;
    } finally {
      connection.close();
    }
    const forever = { ...policy, attemptsMax: Infinity };
    await pause(pauseBefore(Math.min(failures, 20), undefined, forever, Math.random()) ?? policy.pauseMsMax, options.signal);
  }
}

/** A connection that is given up when it is silent for too long. */
class Watched {
  readonly #controller = new AbortController();
  readonly #silenceMsMax: number;
  readonly #outer: AbortSignal | undefined;
  readonly #givenUp = (): void => this.#controller.abort(this.#outer?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(silenceMsMax: number, outer: AbortSignal | undefined) {
    this.#silenceMsMax = silenceMsMax;
    this.#outer = outer;
    if (outer?.aborted === true) {
      this.#givenUp();
    }
    outer?.addEventListener('abort', this.#givenUp, { once: true });
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(new Error('the stream fell silent')), this.#silenceMsMax);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#givenUp);
    this.#controller.abort();
  }
}

async function* parsed(answer: Response, connection: Watched): AsyncGenerator<ServerEvent> {
  if (answer.body === null) {
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      // An event without its empty line is cut off: it comes again.
      return;
    }
    connection.heard();
    text += value;
    const blocks = text.split(/\r\n\r\n|\n\n|\r\r/);
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) {
        yield event;
      }
    }
  }
}

/** One event; nothing for a heartbeat, unless it says how far the stream has come: that has no type, and is for `Last-Event-ID` alone. */
export function eventOf(block: string): ServerEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name !== '') {
      fields.set(name, name === 'data' && fields.has('data') ? `${fields.get('data')}\n${value}` : value);
    }
  }
  const [id, data] = [fields.get('id'), fields.get('data')];
  if (id === undefined) {
    return undefined;
  }
  if (data === undefined) {
    return { position: Number(id), type: '', data: undefined };
  }
  return { position: Number(id), type: fields.get('event') ?? 'message', data: json(data) };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
