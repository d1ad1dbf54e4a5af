import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { answerLetters, LettersRequest } from '#runtime/letters/requests.ts';
import { openLetters } from '#runtime/webhook/letters.ts';
import type { Receiver } from '#runtime/webhook/receiver.ts';
import { type Fate, isSignedBy, PARTITIONS, SECRET, startHook, until, words } from './hook.ts';
import { closing, world } from './world.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_007);
console.log(`webhook: SEED=${SEED}`);

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const numbered = (lane: string, count: number) => Array.from({ length: count }, (_, index) => `${lane} ${index}`);

describe('a webhook', () => {
  test('tells what is to be told, signed, and each lane in its order', async () => {
    const { begin, say: tell, got, texts } = await world(SEED);
    const webhook = await begin();
    await tell(...numbered('a', 20), '-a no', ...numbered('b', 20), ...numbered('c', 20));
    await until('all came', () => got.length === 60);
    for (const lane of ['a', 'b', 'c'])
      expect(texts().filter((id) => id.startsWith(lane))).toEqual(
        numbered(lane, 20).map((line) => line.replace(' ', '-')),
      );
    expect(got.filter((one) => !isSignedBy(SECRET, one))).toEqual([]);
    await until('its place is behind all', async () => (await webhook.lag()) === 0);
    expect(webhook.stats()).toMatchObject({ delivered: 60, skipped: 1, failed: 0, givenUp: 0, waitingSince: null });
  });

  test('tells what comes from its first start on, and after that all that it missed', async () => {
    const { begin, say: tell, texts } = await world(SEED);
    await (await begin()).stop();
    await tell('a missed', 'b missed');
    const webhook = await begin();
    await until('what it missed came', () => texts().length === 2);
    await webhook.stop();
    const again = await begin();
    await tell('a new');
    await until('the new one came', () => texts().includes('a-new'));
    await again.stop();
    expect(texts().toSorted()).toEqual(['a-missed', 'a-new', 'b-missed']);
  });

  test('begins where its topic ends, if nobody was told before', async () => {
    const { begin, say: tell, log, texts } = await world(SEED);
    await log.ensureTopics([{ name: words.name, partitions: PARTITIONS, cleanup: 'delete' }]);
    await tell('a old');
    await begin();
    await tell('a new');
    await until('the new one came', () => texts().length > 0);
    expect(texts()).toEqual(['a-new']);
  });
});

describe('a receiver', () => {
  test.each<readonly [string, Fate, number]>([
    ['that fails', 500, 10_000],
    ['that is busy', { status: 429, headers: { 'retry-after': '0' } }, 10_000],
    ['that hangs', 'hang', 30],
    ['that breaks off', 'cut', 10_000],
    ['that knows nobody', 401, 10_000],
  ])('%s is told again and again, in order, until it answers, and nothing is given up', async (_, fate, timeoutMs) => {
    const { begin, say: tell, hook, got, letters, texts } = await world(SEED, () => fate);
    const webhook = await begin({ giveUpMs: 0, timeoutMs });
    await tell(...numbered('a', 5), ...numbered('b', 5));
    await until('it was tried often', () => webhook.stats().failed > 12);
    expect(webhook.stats()).toMatchObject({ delivered: 0, givenUp: 0 });
    expect(webhook.stats().waitingSince).not.toBeNull();
    const before = got.length;
    hook.fate = () => 204;
    await until('all came', () => webhook.stats().delivered === 10);
    for (const lane of ['a', 'b'])
      expect([...new Set(texts().slice(before))].filter((id) => id.startsWith(lane))).toEqual(
        numbered(lane, 5).map((line) => line.replace(' ', '-')),
      );
    expect(webhook.stats().waitingSince).toBeNull();
    expect(await letters()).toEqual([]);
  });

  test('that is started anew is told what came while it was down', async () => {
    const { begin, say: tell, stopHook, port, texts } = await world(SEED);
    const webhook = await begin();
    await tell('a 1');
    await until('the first came', () => texts().includes('a-1'));
    await stopHook();
    await tell('a 2', 'b 1');
    await until('it was tried', () => webhook.stats().failed > 2);
    const again = await startHook(() => 204, port);
    closing.push(again.close);
    await until('the others came', () => webhook.stats().delivered === 3);
    expect(again.got.map(({ id }) => id).toSorted()).toEqual(['a-2', 'b-1']);
  });

  test('that is away is asked by one message at a time', async () => {
    let [open, most] = [0, 0];
    const { begin, say: tell, receiverOf } = await world(SEED, () => 'hang');
    const inner = receiverOf(20);
    const receiver: Receiver = {
      async send(message, signal) {
        most = Math.max(most, ++open);
        const answer = await inner.send(message, signal);
        open--;
        return answer;
      },
    };
    const webhook = await begin({ receiver });
    await tell(...Array.from({ length: 26 }, (_, index) => `${String.fromCharCode(97 + index)} x`));
    await until('it was tried', () => webhook.stats().failed >= 4);
    most = 0;
    await until('it was tried more', () => webhook.stats().failed >= 12);
    expect(most).toBe(1);
  });

  test('that asks for time is given it', async () => {
    const {
      begin,
      say: tell,
      got,
      reports,
    } = await world(SEED, () => ({ status: 503, headers: { 'retry-after': '3600' } }));
    await begin();
    await tell('a 1', 'b 1', 'c 1', 'd 1', 'e 1');
    await until('it was asked', () => reports.length > 0);
    await pause(300);
    expect(got.length).toBeLessThanOrEqual(4);
    expect(Number(reports[0]?.detail['retryMs'])).toBeGreaterThan(3_000_000);
  });

  test('that is gone for long costs no more memory than a window', async () => {
    const { begin, say: tell, hook, texts } = await world(SEED, () => 500);
    const webhook = await begin();
    for (let from = 0; from < 5; from++)
      await tell(...Array.from({ length: 200 }, (_, index) => `a ${from * 200 + index}`));
    await until('it was tried', () => webhook.stats().failed > 5);
    expect(webhook.stats()).toMatchObject({ waiting: 256, delivered: 0 });
    expect(webhook.stats().places.get('a'.charCodeAt(0) % PARTITIONS)).toBe(0);
    hook.fate = () => 204;
    await until('all came', () => webhook.stats().delivered === 1_000, 60_000);
    const came = [...new Set(texts())];
    expect(came).toEqual(Array.from({ length: 1_000 }, (_, index) => `a-${index}`));
  });
});

describe('a message that the receiver does not take', () => {
  test.each([400, 413, 422])(
    'with %i goes to the dead letters after a time, as it was, and the rest goes on',
    async (status) => {
      const {
        begin,
        say: tell,
        letters,
        texts,
        reports,
      } = await world(SEED, ({ id }) => (id === 'a-bad' ? { status, body: 'no' } : 204));
      const webhook = await begin({ giveUpMs: 60 });
      await tell('a first', 'a bad', 'a last', 'c other');
      await until('the others came', () => webhook.stats().delivered === 3);
      expect(texts().lastIndexOf('a-bad')).toBeLessThan(texts().indexOf('a-last'));
      expect(texts().filter((id) => id === 'a-bad').length).toBeGreaterThan(1);
      const [letter, ...more] = await letters();
      expect(more).toEqual([]);
      expect(letter).toMatchObject({ code: 'webhook_refused', topic: 'words', origin: 'webhook', offset: 1 });
      expect(letter?.detail).toMatch(new RegExp(`^${status} no; tried \\d+ times$`));
      expect(letter?.value.toString()).toContain('bad');
      await until('its place is behind all', async () => (await webhook.lag()) === 0);
      expect(webhook.stats()).toMatchObject({ givenUp: 1, waitingSince: null });
      expect(reports.map(({ code }) => code)).toContain('webhook_refused');
    },
  );

  test('and that breaks it goes there too, if others come through meanwhile', async () => {
    const { begin, say: tell, letters } = await world(SEED, ({ id }) => (id === 'a-bad' ? 500 : 204));
    const webhook = await begin({ giveUpMs: 30 });
    await tell('a bad');
    for (let index = 0; webhook.stats().givenUp === 0; index++) {
      await tell(`c ${index}`);
      await until('the other came', () => webhook.stats().delivered > index || webhook.stats().givenUp > 0);
      await pause(10);
    }
    expect(await letters()).toMatchObject([{ code: 'webhook_failed' }]);
  });

  test('and is alone with that is given up once it is old, and what was put in again is told, with the same id', async () => {
    const { begin, say: tell, hook, letters, log, registry, texts } = await world(SEED, () => 500);
    // Words are of 1970.
    const webhook = await begin({ giveUpMs: 60, keepMs: 3_600_000 });
    await tell('a bad', 'a behind');
    await until('both were given up', () => webhook.stats().givenUp === 2);
    const given = await letters();
    expect(given.map(({ code, offset, topic }) => `${code} ${topic} ${offset}`)).toEqual([
      'webhook_expired words 0',
      'webhook_expired words 1',
    ]);
    expect(texts().filter((id) => id === 'a-bad').length).toBeGreaterThan(1);
    await until('its place is behind all', async () => (await webhook.lag()) === 0);

    const dlq = async (ids?: string[]) => {
      const options = { log, registry, partitions: PARTITIONS, clock: Date.now };
      const states: unknown[] = [];
      const request = LettersRequest.parse({ action: 'redrive', filter: { origin: 'webhook', ids } });
      for await (const { state, code } of answerLetters(options, request)) states.push(code ?? state);
      return states.filter((state) => state !== undefined);
    };
    expect(await dlq()).toEqual(['redriven', 'redriven']);
    await until('they are tried and given up no sooner than other new ones', () => webhook.stats().failed > 30);
    expect(webhook.stats()).toMatchObject({ givenUp: 2, delivered: 0, waiting: 2 });
    hook.fate = () => 204;
    await until('both came', () => webhook.stats().delivered === 2);
    expect(texts().slice(-2)).toEqual(['a-bad', 'a-behind']);
    expect(await dlq()).toEqual(['already_redriven', 'already_redriven']);
    // Its topic is as it was.
    expect(await log.endOffset(words.name, 1)).toBe(2);

    // What the receiver does not take again can be put in again.
    hook.fate = () => 400;
    await webhook.stop();
    const later = await begin({ giveUpMs: 60, keepMs: 3_600_000 });
    await tell('a worse');
    await until('it was refused', () => later.stats().givenUp === 1);
    expect((await letters()).at(-1)).toMatchObject({ code: 'webhook_refused' });
  });

  test('that is old is tried all the same when we were away', async () => {
    const { begin, say: tell, hook, texts, letters } = await world(SEED);
    await (await begin()).stop();
    hook.fate = () => 500;
    await tell('a old');
    const webhook = await begin({ giveUpMs: 60_000, keepMs: 3_600_000 });
    await until('it was tried', () => webhook.stats().failed > 3);
    hook.fate = () => 204;
    await until('it came', () => webhook.stats().delivered === 1);
    expect(texts()).toContain('a-old');
    expect(await letters()).toEqual([]);
  });

  test('is put in again only as the log has it, whatever a letter says', async () => {
    const { begin, say: tell, log, registry, texts } = await world(SEED);
    const webhook = await begin();
    await tell('a true');
    await until('it came', () => webhook.stats().delivered === 1);
    const forger = await openLetters(log, registry, PARTITIONS, Date.now);
    const record = { offset: 0, key: Buffer.from('a'), value: Buffer.from('forged'), headers: {}, timestamp: 0 };
    const why = { code: 'webhook_refused', detail: 'no' };
    await forger.write({ topic: words.name, partition: 1 }, record, why);
    await forger.write({ topic: 'no.such.topic', partition: 1 }, record, why);
    const options = { log, registry, partitions: PARTITIONS, clock: Date.now };
    const request = LettersRequest.parse({ action: 'redrive', filter: {} });
    const codes: unknown[] = [];
    for await (const { kind, code } of answerLetters(options, request)) if (kind === 'redrive') codes.push(code);
    expect(codes).toEqual(['original_gone', 'original_gone']);
    expect(texts()).toEqual(['a-true']);
  });

  test('does not hold others up', async () => {
    const { begin, say: tell, texts } = await world(SEED, ({ id }) => (id === 'a-bad' ? 400 : 204));
    const webhook = await begin();
    await tell('a bad', 'a behind', ...numbered('c', 50));
    await until('the others came', () => webhook.stats().delivered === 50);
    expect(texts()).not.toContain('a-behind');
    // Whatever was delivered behind it: what is before the first that was not is all that is known to be done.
    expect(webhook.stats().places.get(1)).toBe(0);
  });

  test('since it cannot be read goes to the dead letters at once', async () => {
    const { begin, say: tell, log, letters, texts } = await world(SEED);
    const webhook = await begin();
    const place = { topic: words.name, partition: 0, key: null, timestamp: 0 };
    await log.append([
      { ...place, value: Buffer.from('junk') },
      { ...place, value: null },
    ]);
    await tell('b good');
    await until('the good one came', () => texts().includes('b-good'));
    expect(await letters()).toMatchObject([{ code: 'record_unreadable', offset: 0 }]);
    await until('its place is behind all', async () => (await webhook.lag()) === 0);
  });
});

describe('two webhooks on one log', () => {
  test('do not tell side by side: the later one fences the earlier', async () => {
    const { begin, say: tell, texts } = await world(SEED);
    const first = await begin();
    const second = await begin();
    await tell('a 1');
    await until('it came', () => texts().includes('a-1'));
    await expect(first.done).rejects.toMatchObject({ code: 'fenced' });
    await until('the second goes on', async () => (await second.lag()) === 0);
  });
});
