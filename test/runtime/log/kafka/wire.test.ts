import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { kafkaError } from '../../../../runtime/log/kafka/errors.ts';
import { fetchCall } from '../../../../runtime/log/kafka/fetch-request.ts';
import { findCoordinatorCall } from '../../../../runtime/log/kafka/find-coordinator.ts';
import { alterConfigsCall } from '../../../../runtime/log/kafka/incremental-alter-configs.ts';
import { OF_TRANSACTION } from '../../../../runtime/log/kafka/kafkajs.ts';
import { metadataRequest, metadataResponse } from '../../../../runtime/log/kafka/metadata.ts';
import { produceCall } from '../../../../runtime/log/kafka/produce-request.ts';
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from '../../../../runtime/log/kafka/txn-offset-commit.ts';
import { fixture } from './foreign.ts';

/** What Kafka's own message classes wrote (fixtures/Wire.java), in base 64. */
const wire = fixture('wire.json') as Readonly<Record<string, string>> & {
  readonly errors: readonly (readonly [number, string, boolean, boolean])[];
};
const EVENTS = '0123456789abcdeffedcba9876543210';
const DEVICES = 'ffffffffffffffff000000000000002a';
const LONG = 'ü'.repeat(9_000);
const NO_TAGS = Buffer.from([0]);

const batch = (topic: string, partition: number, size: number) => ({ topic, partition, bytes: filled(size) });
const place = (topicId: string, partition: number, leaderEpoch: number, offset: number) => {
  return { topicId, partition, leaderEpoch, offset };
};

const produce = produceCall({
  transactionalId: 'writer-1',
  timeoutMs: 30_000,
  batches: [batch('events', 3, 200), batch('events', 11, 1), batch('geräte', 0, 20_000)],
});
const fetching = fetchCall({
  places: [place(EVENTS, 3, 9, 7_000_000_000), place(EVENTS, 11, -1, 0), place(DEVICES, 0, 1, 1)],
  waitMsMax: 500,
  bytesMax: 2 ** 23,
});
const coordinator = findCoordinatorCall(LONG, OF_TRANSACTION);
const configs = alterConfigsCall([
  { topic: 'events', configs: { 'cleanup.policy': 'compact', 'retention.ms': '-1' } },
  { topic: 'geräte', configs: {} },
]);
const offsets = txnOffsetCommitRequest({
  transactionalId: 'writer-1',
  producerId: 9_000_000_000_000_000_000n,
  producerEpoch: 32_767,
  member: { group: 'fleet', generation: 12, member: 'member-ü' },
  positions: [
    { topic: 'events', partition: 3, offset: 7_000_000_000 },
    { topic: 'events', partition: 11, offset: 0 },
    { topic: 'geräte', partition: 0, offset: 1 },
  ],
});

describe('a request is, to the byte, what Kafka’s own classes write of the same fields', () => {
  test.each([
    ['produceRequest', 0, 9, produce.request],
    ['produceRequestAlone', 0, 9, produceCall({ transactionalId: null, timeoutMs: 1, batches: [] }).request],
    ['fetchRequest', 1, 13, fetching.request],
    ['metadataRequest', 3, 12, metadataRequest(Array.from({ length: 200 }, (_, i) => `geräte.${i}`))],
    ['metadataRequestOfNone', 3, 12, metadataRequest([])],
    ['txnOffsetCommitRequest', 28, 3, offsets],
    ['findCoordinatorRequest', 10, 3, coordinator.request],
    ['alterConfigsRequest', 44, 1, configs.request],
  ])('%s', async (name, apiKey, apiVersion, request) => {
    expect(request).toMatchObject({ apiKey, apiVersion });
    // The first byte ends the header, which the message classes do not write.
    const { buffer } = await request.encode();
    expect(buffer.toString('hex')).toBe(Buffer.concat([NO_TAGS, bytesOf(name)]).toString('hex'));
  });
});

test.each(['bench', 'ü'.repeat(200)])(
  'kafkajs puts its header before a request of ours, as client %s',
  async (clientId) => {
    // Our door to kafkajs, which is loaded by now, tells it of the room.
    const load = createRequire(import.meta.url);
    type Sent = (call: object) => Promise<{ readonly buffer: Buffer }>;
    const requestOf = load('kafkajs/src/protocol/request') as Sent;
    const { buffer: body } = await produce.request.encode();
    const { buffer } = await requestOf({ request: produce.request, correlationId: 77, clientId });
    const name = Buffer.from(clientId);
    const head = Buffer.alloc(14);
    head.writeInt32BE(10 + name.length + body.length, 0);
    head.writeInt16BE(produce.request.apiKey, 4);
    head.writeInt16BE(produce.request.apiVersion, 6);
    head.writeInt32BE(77, 8);
    head.writeInt16BE(name.length, 12);
    expect(buffer.toString('hex')).toBe(Buffer.concat([head, name, body]).toString('hex'));
  },
);

describe('an answer of Kafka’s own classes is read as it was meant', () => {
  const nowhere = { aborted: [], records: Buffer.alloc(0) };
  test.each<readonly [string, { decode(bytes: Buffer): Promise<unknown> }, unknown]>([
    [
      'produceResponse',
      produce.response,
      {
        clientSideThrottleTime: 250,
        places: [
          { topic: 'events', partition: 3, errorCode: 0, baseOffset: 7_000_000_000 },
          { topic: 'events', partition: 11, errorCode: 87, baseOffset: -1 },
          { topic: 'geräte', partition: 0, errorCode: 0, baseOffset: 0 },
        ],
      },
    ],
    [
      'fetchResponse',
      fetching.response,
      {
        clientSideThrottleTime: 99,
        errorCode: 71,
        places: [
          {
            topicId: EVENTS,
            partition: 3,
            errorCode: 0,
            logStartOffset: 5,
            records: filled(300),
            aborted: [
              { producerId: 9_000_000_000_000_000_000n, firstOffset: 7_000_000_001 },
              { producerId: 1n, firstOffset: 2 },
            ],
          },
          { ...nowhere, topicId: EVENTS, partition: 11, errorCode: 6, logStartOffset: -1 },
          { ...nowhere, topicId: DEVICES, partition: 0, errorCode: 0, logStartOffset: 0 },
        ],
      },
    ],
    [
      'metadataResponse',
      metadataResponse,
      {
        clusterId: 'AAbbCC-_',
        topics: [
          {
            name: 'events',
            id: EVENTS,
            errorCode: 0,
            leaders: [
              { node: 2, epoch: 300 },
              { node: -1, epoch: 8 },
              { node: 1, epoch: 7 },
            ],
          },
          { name: 'gone', id: '0'.repeat(32), errorCode: 3, leaders: [] },
        ],
      },
    ],
    ['txnOffsetCommitResponse', txnOffsetCommitResponse, [0, 22, 25]],
    ['findCoordinatorResponse', coordinator.response, { errorCode: 15, node: 70_000 }],
    [
      'alterConfigsResponse',
      configs.response,
      [
        { topic: 'events', errorCode: 0, errorMessage: null },
        { topic: 'geräte', errorCode: 40, errorMessage: 'no such policy' },
      ],
    ],
  ])('%s', async (name, response, meant) => {
    expect(await response.decode(Buffer.concat([NO_TAGS, bytesOf(name)]))).toEqual(meant);
  });

  test('one that ends too early is refused, wherever it ends', async () => {
    const bytes = Buffer.concat([NO_TAGS, bytesOf('metadataResponse')]);
    // What follows the last topic is its closing tags, which nobody needs.
    for (let length = 0; length < bytes.length - 1; length++) {
      await expect(metadataResponse.decode(bytes.subarray(0, length))).rejects.toThrow(RangeError);
    }
  });
});

test('what is known of an error is what Kafka’s own client knows', () => {
  const ours = wire.errors.map(([code]) => kafkaError(code)).filter(({ name, code }) => name !== `ERROR_${code}`);
  const theirs = new Map(wire.errors.map(([code, ...rest]) => [code, rest]));
  expect(ours.length).toBeGreaterThan(60);
  const found = ours.map(({ code, name, isRetriable, isStaleMetadata }) => [code, name, isRetriable, isStaleMetadata]);
  expect(found).toEqual(ours.map(({ code }) => [code, ...(theirs.get(code) ?? [])]));
});

function bytesOf(name: string): Buffer {
  return Buffer.from(wire[name] ?? '', 'base64');
}

function filled(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 7));
}
