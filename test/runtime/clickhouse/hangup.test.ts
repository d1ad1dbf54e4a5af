import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, serve } from './served.ts';

let served: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  served = await serve();
});

afterAll(() => served.close());

/** Far below the minute after which a query would end by itself. */
const CANCELLED_MS_MAX = 20_000;
/** As many may wait for a place. */
const WAITING_MAX = 64;

const long = (name: string) => `SELECT '${name}', count() FROM numbers(1000000000000) WHERE number % 7 = 3`;
const asleep = (name: string) => `SELECT '${name}', sum(sleepEachRow(0.1)) FROM numbers(29)`;

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let left = CANCELLED_MS_MAX; left > 0; left -= 50) {
    if (await isSo()) return;
    await new Promise((go) => setTimeout(go, 50));
  }
  throw new Error(`not so in time: ${what}`);
}

const begun = (name: string, count = 1) =>
  until(`${count} of ${name} run`, async () => (await served.running(name)) === count);
const ended = (name: string) => until(`${name} has ended`, async () => (await served.running(name)) === 0);

/** A connection that sends questions one behind the other, without waiting for answers. */
async function connected(): Promise<{
  readonly socket: Socket;
  readonly send: (...questions: readonly string[]) => void;
}> {
  const { hostname, port } = new URL(served.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  const send = (...questions: readonly string[]) => {
    socket.write(
      questions
        .map((sql) => `POST /?compress=1 HTTP/1.1\r\nHost: a\r\nContent-Length: ${sql.length}\r\n\r\n${sql}`)
        .join(''),
    );
  };
  return { socket, send };
}

/** What comes first, or null when nothing comes for a while. */
function answerOf(socket: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    const silence = setTimeout(() => resolve(null), 500);
    socket.once('data', (bytes: Buffer) => {
      clearTimeout(silence);
      resolve(bytes.toString());
    });
  });
}

const answers = async () => (await ask(served.url, '/', 'SELECT 7')).body.toString();

describe('a reader that hangs up', () => {
  test.each([
    ['that counts', long],
    ['that sleeps', asleep],
  ])('cancels its query %s', async (name, query) => {
    const gone = new AbortController();
    const answer = fetch(served.url, { method: 'POST', body: query(name), signal: gone.signal });
    await begun(name);
    gone.abort();
    await expect(answer).rejects.toThrow('aborted');
    await ended(name);
    expect(await answers()).toBe('7\n');
  });

  test('gives back its place in the queue, and its query never begins', async () => {
    const holder = await connected();
    holder.send(long('holder'), long('holder'));
    await begun('holder', 2);
    for (let round = 0; round < 2; round++) {
      const waiters = await Promise.all(Array.from({ length: WAITING_MAX }, connected));
      waiters.forEach(({ send }) => send(asleep('waiter')));
      // Whoever finds the queue full is told so at once, and whoever waits is told nothing.
      const answered = await Promise.all(waiters.map(({ socket }) => answerOf(socket)));
      expect(answered).toEqual(waiters.map(() => null));
      const surplus = await connected();
      surplus.send('SELECT 1');
      expect(await answerOf(surplus.socket)).toContain('TOO_MANY_SIMULTANEOUS_QUERIES');
      waiters.forEach(({ socket }) => socket.destroy());
      await until('there is room in the queue', async () => {
        const another = await connected();
        another.send('SELECT 1');
        const answer = await answerOf(another.socket);
        another.socket.destroy();
        return answer === null;
      });
    }
    expect(await served.running('waiter')).toBe(0);
    holder.socket.destroy();
    await ended('holder');
    expect(await served.running('waiter')).toBe(0);
    expect(await answers()).toBe('7\n');
  }, 60_000);

  test('cancels all that it had sent, one behind the other', async () => {
    const { socket, send } = await connected();
    send(long('piped'), long('piped'), long('piped'), 'SELECT 1');
    await begun('piped', 2);
    socket.destroy();
    await ended('piped');
    expect(await answers()).toBe('7\n');
  });

  test('cancels on a connection that has served others before', async () => {
    const { socket, send } = await connected();
    for (let round = 0; round < 3; round++) {
      const answered = once(socket, 'data');
      send('SELECT 1');
      expect(String((await answered)[0])).toContain('200 OK');
    }
    send(long('kept'));
    await begun('kept');
    socket.resetAndDestroy();
    await ended('kept');
    expect(await answers()).toBe('7\n');
  });

  test('leaves others alone', async () => {
    const { socket, send } = await connected();
    send(long('mine'));
    const other = ask(served.url, '/', asleep('other'));
    await begun('mine');
    await begun('other');
    socket.destroy();
    await ended('mine');
    expect(await other).toMatchObject({ status: 200 });
  });

  test('in the midst of an answer or of a question does no harm', async () => {
    const { hostname, port } = new URL(served.url);
    const large = 'SELECT repeat(toString(number), 100) FROM numbers(300000)';
    for (const path of ['/?compress=1', '/']) {
      const socket = connect(Number(port), hostname);
      socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${large.length}\r\n\r\n${large}`);
      await once(socket, 'data');
      socket.destroy();
    }
    const half = connect(Number(port), hostname);
    half.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nSELECT');
    await once(half, 'connect');
    half.resetAndDestroy();
    expect(await answers()).toBe('7\n');
  });
});
