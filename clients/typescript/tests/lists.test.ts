// Lists page by page, live events over their reconnects, and how values are written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem, Tot } from '../src/index.js';
import { eventOf } from '../src/events.js';
import { badGateway, events, json, problem, serve } from './failing-server.js';

const QUICK = { pauseMs: 1, pauseMsMax: 5 };

test('a list goes on until there is no next page', async (t) => {
  const server = await serve(t, json({ items: [{ id: '1' }, { id: '2' }], next: 'on/ward' }), json({ items: [{ id: '3' }], next: null }));
  const tot = new Tot({ baseUrl: server.url });
  const found: string[] = [];
  for await (const booking of tot.bookings.listEach({ status: ['pending', 'assigned'], limit: 2 }, { readAfter: 4 })) {
    found.push(booking.id);
  }
  assert.deepEqual(found, ['1', '2', '3']);
  assert.deepEqual(server.seen.map((request) => request.path), [
    '/api/v1/bookings?status=pending&status=assigned&limit=2',
    '/api/v1/bookings?status=pending&status=assigned&limit=2&cursor=on%2Fward',
  ]);
  assert.deepEqual(server.seen.map((request) => request.headers['read-after']), ['4', '4']);
});

test('a list whose reader stops asks for no further page', async (t) => {
  const server = await serve(t, json({ items: [{ id: '1' }, { id: '2' }], next: 'on' }));
  for await (const doctor of new Tot({ baseUrl: server.url }).doctors.listEach()) {
    assert.equal(doctor.id, '1');
    break;
  }
  assert.equal(server.seen.length, 1);
});

test('a stream goes on behind the last event, through cuts and a proxy in trouble, until it is refused', async (t) => {
  const server = await serve(t, events(41, 42), badGateway, events(43), problem(404, 'not_found'));
  const tot = new Tot({ baseUrl: server.url, retry: { ...QUICK, attemptsMax: 1 } });
  const found: number[] = [];
  await assert.rejects(
    async () => {
      for await (const event of tot.bookings.events('b/1', { lastEventId: 40 })) {
        assert.equal(event.type, 'BookingSecured');
        assert.deepEqual(event.data, { position: event.position, type: 'BookingSecured' });
        found.push(event.position);
      }
    },
    (error) => isProblem(error, 'not_found'),
  );
  assert.deepEqual(found, [41, 42, 43]);
  assert.deepEqual(server.seen.map((request) => request.headers['last-event-id']), ['40', '42', '42', '43']);
  assert.equal(server.seen[0]?.path, '/api/v1/bookings/b%2F1/events');
});

test('a silent stream is opened anew, and its reader can leave', async (t) => {
  const server = await serve(t, (answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    answer.write(':\n\n');
  }, events(7));
  const tot = new Tot({ baseUrl: server.url, retry: QUICK, silenceMsMax: 100 });
  for await (const event of tot.bookings.events('1')) {
    assert.equal(event.position, 7);
    break;
  }
  assert.equal(server.seen.length, 2);
});

test('a stream that only says how far it has come goes on from there', async (t) => {
  const server = await serve(t, (answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    answer.end('id: 50\n\n');
  }, events(51));
  const tot = new Tot({ baseUrl: server.url, retry: QUICK });
  for await (const event of tot.bookings.ownEvents({ lastEventId: 40 })) {
    assert.equal(event.position, 51);
    break;
  }
  assert.deepEqual(server.seen.map((request) => request.headers['last-event-id']), ['40', '50']);
  assert.equal(server.seen[0]?.path, '/api/v1/me/events');
});

test('giving up ends a stream', async (t) => {
  const server = await serve(t, events());
  const tot = new Tot({ baseUrl: server.url, retry: QUICK });
  const watching = async (): Promise<void> => {
    for await (const event of tot.admin.live({ signal: AbortSignal.timeout(60) })) {
      assert.fail(`nothing happens, yet ${event.type} came`);
    }
  };
  await assert.rejects(watching, { name: 'TimeoutError' });
});

test('events are read as the standard says', () => {
  assert.equal(eventOf(':'), undefined);
  assert.deepEqual(eventOf('id:9\r\ndata:1\r\ndata: 2'), { position: 9, type: 'message', data: '1\n2' });
  // How far the stream has come: for `Last-Event-ID`, and told to nobody.
  assert.deepEqual(eventOf('id: 9\nevent: Nothing'), { position: 9, type: '', data: undefined });
});
