import type { LogRecord, NewRecord } from '../../runtime/log/log.ts';

export function record(partition: number, value: string): NewRecord {
  const at = { topic: 'events', partition, timestamp: 1_700_000_000_000 };
  return { ...at, key: Buffer.from('key'), value: Buffer.from(value) };
}

export function valueText({ value }: LogRecord): string {
  return Buffer.from(value ?? []).toString();
}
