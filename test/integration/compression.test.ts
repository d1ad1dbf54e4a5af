import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { fetchCall } from '#runtime/log/kafka/fetch-request.ts';
import { type KafkaOptions, openConnections, openKafkaLog } from '#runtime/log/kafka/log.ts';
import { readAll } from '../contract/read-all.ts';
import { clientOf } from './client.ts';
import { has, written } from './program.ts';
import { newTopic } from './records.ts';

const { kafka } = inject('stack');
/** By their numbers in a batch's attributes. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
/** Where a batch has its attributes. */
const ATTRIBUTES_AT = 21;
/** Every byte there is; each is worth a compression even where it is a batch of its own, and fills blocks. */
const VALUES = [4, 300, 800].map((times) => Buffer.alloc(256 * times, Buffer.from([...Array(256).keys()])));
const folder = mkdtempSync(join(tmpdir(), 'fleetstream-compression-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(kafka === null)('the bytes are the same', () => {
  test.for(CODECS)('where kcat writes with %s and we read', async (codec, { skip }) => {
    has('kcat', ['-V'], skip);
    const { options, topic } = await place();
    const files = VALUES.map((value, i) => fileOf(`${i}`, value));
    kcat(options, ['-P', '-t', topic, '-z', codec, ...files]);
    expect(await codecOf(options, topic)).toBe(codec);
    const log = await openKafkaLog(options);
    onTestFinished(() => log.close());
    const found = (await readAll(log, topic, 0)).map(({ value }) => sameBytes(value));
    expect(found).toEqual([0, 1, 2]);
  });

  test.for(['none', 'lz4'] as const)('where we write with %s and kcat reads', async (compression, { skip }) => {
    has('kcat', ['-V'], skip);
    const { options, topic } = await place();
    const log = await openKafkaLog({ ...options, compression });
    onTestFinished(() => log.close());
    await log.append(VALUES.map((value) => ({ topic, partition: 0, key: null, value, timestamp: 0 })));
    expect(await codecOf(options, topic)).toBe(compression);
    const found = kcat(options, ['-C', '-e', '-q', '-t', topic, '-o', 'beginning', '-D', '', '-f', '%s']);
    expect(found.equals(Buffer.concat(VALUES))).toBe(true);
  });
});

async function place(): Promise<{ options: KafkaOptions; topic: string }> {
  if (kafka === null) throw new Error('skipped');
  const way = kafka.listeners.plaintext;
  return { options: { brokers: way.brokers, clientId: 'compression' }, topic: await newTopic(clientOf(way)) };
}

/** Which of the values these bytes are; -1 where they are none. */
function sameBytes(bytes: Uint8Array | null): number {
  return VALUES.findIndex((value) => bytes !== null && value.equals(bytes));
}

/** What the first batch of a topic is compressed with, as the broker keeps it. */
async function codecOf(options: KafkaOptions, topic: string): Promise<string | undefined> {
  const { brokers } = await openConnections(options);
  try {
    const { node, epoch, topicId } = await brokers.leaderOf(topic, 0);
    const places = [{ topicId, partition: 0, offset: 0, leaderEpoch: epoch }];
    const answer = await brokers.alone(node, fetchCall({ places, bytesMax: 1_048_576, waitMsMax: 1_000 }));
    const attributes = answer.places[0]?.records?.readInt16BE(ATTRIBUTES_AT) ?? -1;
    return CODECS[attributes & 7];
  } finally {
    await brokers.close();
  }
}

function kcat({ brokers }: KafkaOptions, args: readonly string[]): Buffer {
  return written('kcat', ['-b', brokers.join(','), ...args]);
}

function fileOf(name: string, content: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
