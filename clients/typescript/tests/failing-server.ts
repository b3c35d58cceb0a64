// A server that answers from a script, so that tests decide what fails.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Reply = (answer: ServerResponse, seen: Seen) => void;

export interface FailingServer {
  url: string;
  seen: Seen[];
  close(): Promise<void>;
}

/** Answers the n-th request by the n-th reply; the last one answers all that follow. Served until the test ends. */
export async function serve(test: TestContext, ...replies: Reply[]): Promise<FailingServer> {
  const seen: Seen[] = [];
  const server = createServer((request, answer) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      seen.push(one);
      const reply = replies[Math.min(seen.length, replies.length) - 1];
      reply?.(answer, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  test.after(close);
  return { url: `http://127.0.0.1:${port}`, seen, close };
}

export function json(body: object): Reply {
  return (answer) => {
    answer.writeHead(200, { 'content-type': 'application/json' });
    answer.end(JSON.stringify(body));
  };
}

export function problem(status: number, code: string, headers: Record<string, string> = {}, more: object = {}): Reply {
  return (answer) => {
    answer.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
    answer.end(JSON.stringify({ type: 'about:blank', title: code, status, detail: code, instance: '/', code, trace_id: '0', ...more }));
  };
}

/** A proxy in trouble. */
export const badGateway: Reply = (answer) => {
  answer.writeHead(502, { 'content-type': 'text/html' });
  answer.end('<h1>Bad gateway</h1>');
};

/** The request arrives and its answer is lost. */
export const hangUp: Reply = (answer) => {
  answer.destroy();
};

/** The answer breaks off half-way. */
export const breakOff: Reply = (answer) => {
  answer.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  answer.write('{"id":');
  setImmediate(() => answer.destroy());
};

/** Some events, and then the end of the stream. */
export function events(...positions: number[]): Reply {
  return (answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    answer.write(':\n\n');
    for (const position of positions) {
      answer.write(`id: ${position}\nevent: BookingSecured\ndata: {"position":${position},"type":"BookingSecured"}\n\n`);
    }
    answer.end();
  };
}
