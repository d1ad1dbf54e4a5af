import { describe, expect, test } from 'vitest';
import { readRecords } from '../../../../runtime/log/kafka/record-reader.ts';
import { digest, fitting, fixtures, told } from './foreign.ts';

describe('what Kafka\u2019s own client wrote is read as its consumer reads it', () => {
  test.each(fixtures('batches'))('$name', ({ bytes, from, aborted, records, sha256, next }) => {
    const read = readRecords(bytes, from, aborted);
    const tells = told(read.records);
    expect(records === undefined ? digest(tells) : tells).toEqual(records === undefined ? sha256 : fitting(records));
    expect(read.next).toBe(next);
  });
});

describe('of several producers, only what is committed is read, as the consumer reads it', () => {
  const streams = fixtures('streams');

  test('the streams hold aborted transactions, and records', () => {
    expect(streams.filter(({ aborted }) => aborted.length > 0).length).toBeGreaterThan(30);
    expect(streams.filter(({ records }) => records !== undefined && records.length > 0).length).toBeGreaterThan(60);
    const read = streams.flatMap(({ bytes, from, aborted }) => readRecords(bytes, from, aborted).records);
    const uncommitted = streams.flatMap(({ bytes, from }) => readRecords(bytes, from, []).records);
    expect(read.length).toBeLessThan(uncommitted.length - 50);
  });

  test.each(streams)('$name', ({ bytes, from, aborted, records, next }) => {
    const read = readRecords(bytes, from, aborted);
    expect(told(read.records)).toEqual(fitting(records ?? []));
    expect(read.next).toBe(next);
  });
});
