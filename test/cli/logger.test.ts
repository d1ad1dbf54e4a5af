import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LOG_FILE_BYTES_MAX, logFile, openLogger, reportTo } from '#runtime/logger.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'logger-'));

test('secrets never reach the log, wherever they stand', () => {
  const data = folder();
  const logger = openLogger({ level: 'info', folder: data, secrets: ['the-device-token-1', 'quoted"secret-2'] });
  logger.info(
    { token: 'a1-token', nested: { password: 'b2-password' }, req: { headers: { authorization: 'c3-header' } } },
    'x',
  );
  logger.warn({ url: 'mqtts://user:d4-password@broker:8883/x' }, 'at mqtt://user:e5-password@broker');
  logger.error(new Error('refused Authorization: Bearer f6.token-of-someone'));
  logger.info({ detail: 'a body with the-device-token-1 in it' }, 'and quoted"secret-2');
  logger.flush();
  const text = readFileSync(logFile(data), 'utf8');
  expect(text.split('\n')).toHaveLength(5);
  for (const secret of ['a1', 'b2', 'c3', 'd4', 'e5', 'f6', 'the-device-token-1', 'secret-2'])
    expect(text).not.toContain(secret);
  expect(text).toContain('@broker:8883/x');
  for (const line of text.trim().split('\n'))
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), time: expect.any(String) });
});

test('what belongs to a good day is news, and all else a warning', () => {
  const data = folder();
  const logger = openLogger({ level: 'info', folder: data, secrets: [] });
  const report = reportTo(logger);
  report('clock_taken', {});
  report('log_away', { waitedMs: 12 });
  logger.flush();
  const lines = readFileSync(logFile(data), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'info', code: 'clock_taken' },
    { level: 'warn', code: 'log_away', waitedMs: 12 },
  ]);
});

test('the log file is bounded', () => {
  const data = folder();
  const logger = openLogger({ level: 'info', folder: data, secrets: [] });
  const text = 'x'.repeat(1024 * 1024);
  for (let written = 0; written <= 2 * LOG_FILE_BYTES_MAX; written += text.length) logger.info(text);
  logger.flush();
  const bytes = (file: string) => statSync(file).size;
  expect(bytes(logFile(data))).toBeLessThan(LOG_FILE_BYTES_MAX + 2 * text.length);
  expect(bytes(`${logFile(data)}.1`)).toBeGreaterThan(LOG_FILE_BYTES_MAX);
});
