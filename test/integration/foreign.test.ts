import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import type { Listener, Security } from '../stack/index.ts';
import { clientOf } from './client.ts';
import { has, run } from './program.ts';
import { newTopic, read, write } from './records.ts';

const { kafka, registry } = inject('stack');
/** A Python that may have Confluent's client. */
const PYTHON = process.env['STACK_PYTHON'] ?? 'python3';
const securities: readonly Security[] = ['plaintext', 'tls', 'mutual-tls', 'scram'];
/** Of kcat as distributions have it: librdkafka before 2.6.1 sends a nonce that Kafka 4 refuses (librdkafka 4895). */
const OLD_LIBRDKAFKA = securities.filter((security) => security !== 'scram');
const folder = mkdtempSync(join(tmpdir(), 'fleetstream-foreign-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(kafka === null)('kcat', () => {
  test.for(OLD_LIBRDKAFKA)('and we read over %s what the other wrote', async (security, { skip }) => {
    has('kcat', ['-V'], skip);
    const way = listener(security);
    const client = clientOf(way);
    const topic = await newTopic(client);
    const settings = Object.entries(librdkafka(way)).flatMap(([name, value]) => ['-X', `${name}=${value}`]);
    run('kcat', ['-P', '-t', topic, '-K', ':', ...settings], 'd1:by kcat\n');
    await write(client, topic, ['by us']);
    expect(await read(client, topic, 2)).toEqual(['by kcat', 'by us']);
    const found = run('kcat', ['-C', '-e', '-q', '-t', topic, '-o', 'beginning', '-K', ':', ...settings]);
    expect(found).toBe('d1:by kcat\nd1:by us\n');
  });
});

// It once hung on a busy machine, before it had said anything; what is judged is what it reads, not that.
describe.skipIf(kafka === null || registry === null)("Confluent's client for Python", { retry: 2 }, () => {
  test.for(securities)('reads over %s the Avro that it wrote, numbered by the registry', async (security, { skip }) => {
    has(PYTHON, ['-c', 'import confluent_kafka.schema_registry.avro'], skip);
    const way = listener(security);
    const topic = await newTopic(clientOf(way));
    const asked = { client: librdkafka(way), registry: registry?.url, topic };
    const found = run(PYTHON, [join(import.meta.dirname, 'round-trip.py'), JSON.stringify(asked)]);
    expect(JSON.parse(found)).toEqual({ key: 'd1', celsius: 21.5, bytes: expect.stringMatching(/^00[0-9a-f]{24}$/) });
  });
});

function listener(security: Security): Listener {
  if (kafka === null) throw new Error('skipped');
  return kafka.listeners[security];
}

/** Settings of librdkafka, which both clients stand on. */
function librdkafka({ brokers, tls, sasl }: Listener): Record<string, string> {
  const settings = {
    'bootstrap.servers': brokers.join(','),
    'security.protocol': `${sasl === undefined ? '' : 'sasl_'}${tls === undefined ? 'plaintext' : 'ssl'}`,
    'ssl.ca.location': tls === undefined ? undefined : file('ca.pem', tls.ca),
    'ssl.certificate.location': tls?.cert === undefined ? undefined : file('client.pem', tls.cert),
    'ssl.key.location': tls?.key === undefined ? undefined : file('client.key', tls.key),
    'sasl.mechanisms': sasl?.mechanism.toUpperCase(),
    'sasl.username': sasl?.username,
    'sasl.password': sasl?.password,
  };
  return Object.fromEntries(
    Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
