import { describe, expect, test } from 'vitest';
import { kafkaError } from '../../../../runtime/log/kafka/errors.ts';
import {
  fetchRequest,
  fetchResponse,
  produceRequest,
  produceResponse,
  type RawRequest,
} from '../../../../runtime/log/kafka/protocol.ts';
import { readRecords } from '../../../../runtime/log/kafka/record-reader.ts';
import { LogError } from '../../../../runtime/log/log.ts';
import { fixture } from './foreign.ts';

const foreign = fixture('protocol.json') as {
  batch: string;
  produceRequest: string;
  produceResponse: string;
  fetchRequest: string;
  fetchResponse: string;
  errors: [number, string, boolean, boolean][];
};
const batch = Buffer.from(foreign.batch, 'base64');

function encoded(request: RawRequest): string {
  const payload = request.encode();
  expect(payload.size()).toBe(payload.buffer.length);
  return payload.buffer.toString('base64');
}

describe('requests have the bytes that Kafka\u2019s own client writes', () => {
  test('produce', () => {
    const request = produceRequest({
      transactionalId: 'writer-1',
      acks: -1,
      timeoutMs: 30_000,
      topics: [
        {
          topic: 'events',
          partitions: [
            { partition: 3, batch },
            { partition: 11, batch },
          ],
        },
        { topic: 'geräte', partitions: [{ partition: 0, batch }] },
      ],
    });
    expect([request.apiKey, request.apiVersion, request.apiName]).toEqual([0, 7, 'Produce']);
    expect(encoded(request)).toBe(foreign.produceRequest);
  });

  test('fetch', () => {
    const request = fetchRequest({
      waitMsMax: 500,
      bytesMin: 1,
      bytesMax: 8 * 1024 * 1024,
      rackId: 'rack-b',
      topics: [
        {
          topic: 'events',
          partitions: [
            { partition: 3, offset: 7_000_000_000, bytesMax: 1024 * 1024, leaderEpoch: 9 },
            { partition: 11, offset: 0, bytesMax: 1024 * 1024, leaderEpoch: -1 },
          ],
        },
      ],
    });
    expect([request.apiKey, request.apiVersion, request.apiName]).toEqual([1, 11, 'Fetch']);
    expect(encoded(request)).toBe(foreign.fetchRequest);
  });
});

describe('responses are read from the bytes that Kafka\u2019s own server code writes', () => {
  test('produce', () => {
    const decoded = produceResponse.decode(Buffer.from(foreign.produceResponse, 'base64'));
    expect(produceResponse.parse(decoded)).toEqual({
      clientSideThrottleTime: 250,
      partitions: [
        {
          topic: 'events',
          partition: 3,
          errorCode: 0,
          baseOffset: 7_000_000_000,
          logAppendTime: 1_795_472_457_000,
          logStartOffset: 12,
        },
        { topic: 'events', partition: 11, errorCode: 6, baseOffset: -1, logAppendTime: -1, logStartOffset: -1 },
      ],
    });
  });

  test('fetch', () => {
    const decoded = fetchResponse.parse(fetchResponse.decode(Buffer.from(foreign.fetchResponse, 'base64')));
    expect(decoded).toEqual({
      clientSideThrottleTime: 99,
      errorCode: 0,
      partitions: [
        {
          topic: 'events',
          partition: 3,
          errorCode: 0,
          highWatermark: 7_000_000_100,
          lastStableOffset: 7_000_000_090,
          logStartOffset: 5,
          aborted: [
            { producerId: 9_000_000_000_000_000_000n, firstOffset: 7_000_000_001 },
            { producerId: 1n, firstOffset: 2 },
          ],
          preferredReadReplica: 2,
          records: batch,
        },
        {
          topic: 'events',
          partition: 11,
          errorCode: 1,
          highWatermark: -1,
          lastStableOffset: -1,
          logStartOffset: -1,
          aborted: [],
          preferredReadReplica: -1,
          records: Buffer.alloc(0),
        },
      ],
    });
    expect(readRecords(decoded.partitions[0]!.records, 0, []).next).toBe(3);
  });

  test.each(['produceResponse', 'fetchResponse'] as const)('and refused where they end early: %s', (name) => {
    const whole = Buffer.from(foreign[name], 'base64');
    const response = name === 'produceResponse' ? produceResponse : fetchResponse;
    for (let end = 0; end < whole.length; end++) {
      expect(() => response.decode(whole.subarray(0, end)), `${end} bytes`).toThrow(LogError);
    }
  });
});

describe('error codes', () => {
  test('have the names of Kafka, and are retriable where its client retries', () => {
    let known = 0;
    for (const [code, name, isRetriable, isStaleMetadata] of foreign.errors) {
      const error = kafkaError(code);
      if (error.name === `ERROR_${code}`) continue;
      expect(error).toEqual({ code, name, isRetriable, isStaleMetadata });
      known += 1;
    }
    expect(known).toBeGreaterThan(60);
  });

  test('that a later Kafka may add are told by their number', () => {
    expect(kafkaError(999)).toEqual({ code: 999, name: 'ERROR_999', isRetriable: false, isStaleMetadata: false });
  });
});
