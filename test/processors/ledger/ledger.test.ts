import { describe, expect, test } from 'vitest';
import { simulate } from '#runtime/simulate.ts';
import {
  connectionAttempted,
  deviceCrashed,
  deviceLogged,
  deviceRebooted,
  linkReported,
  sessionEnded,
  sessionStarted,
  telemetryReported,
  topics,
  twinReported,
} from '#schemas';
import { deadLetters } from '#sdk';
import { ledger } from '../../../processors/ledger/processor.ts';

const NOW = Date.UTC(2026, 10, 1);
const telemetry = { metrics: { t: 21.5 }, labels: { room: 'a' } };
const link = {
  technology: 'WIFI' as const,
  gateway: null,
  cell: null,
  operator: null,
  rssi: -60,
  snr: null,
  rsrp: null,
  rsrq: null,
  sinr: null,
  spreadingFactor: null,
  dataRate: null,
  latencyMs: null,
  packetsSent: null,
  packetsLost: null,
  bytesUp: null,
  bytesDown: null,
};

async function started() {
  const run = await simulate(ledger);
  await run.advanceTo(NOW);
  const found = () =>
    run
      .read(topics.gaps)
      .map(({ kind, firstSequence, lastSequence, count }) => [kind, firstSequence, lastSequence, count]);
  const report = (sequence: number | null, more: object = {}) =>
    run.send(telemetryReported, { device: 'd1', sequence, ...telemetry, ...more });
  return { run, found, report };
}

describe('the ledger admits', () => {
  test('each event once, into the table of its kind, with its cause', async () => {
    const { run } = await started();
    await run.send(telemetryReported, { device: 'd1', sequence: 1, ...telemetry });
    await run.send(telemetryReported, { device: 'd1', sequence: 1, ...telemetry });
    await run.send(linkReported, { device: 'd1', sequence: 2, ...link });
    await run.send(sessionStarted, { device: 'd1', sequence: 3, sessionId: 's1', reason: null });
    await run.send(sessionEnded, { device: 'd1', sequence: 4, sessionId: 's1', reason: 'timeout' });
    await run.send(twinReported, { device: 'd1', sequence: 5, patch: '{}', expectedVersion: null, rejected: {} });
    expect(run.read(topics.telemetry)).toMatchObject([
      { ...telemetry, sequence: 1, causePath: 'ledger/1/0', logTime: NOW },
    ]);
    expect(run.read(topics.links)).toMatchObject([{ rssi: -60, technology: 'WIFI', sequence: 2 }]);
    expect(run.read(topics.sessions)).toMatchObject([
      { phase: 'STARTED', sessionId: 's1', reason: null, sequence: 3 },
      { phase: 'ENDED', sessionId: 's1', reason: 'timeout', sequence: 4 },
    ]);
  });

  test('what a device says of itself, and the numbers of what has no table', async () => {
    const { run, found } = await started();
    const firmware = '1.2';
    const reboot = { cause: 'WATCHDOG', expected: false, firmware, uptimeMs: 60_000 } as const;
    await run.send(deviceRebooted, { device: 'd1', sequence: 1, ...reboot });
    await run.send(deviceCrashed, { device: 'd1', sequence: 2, code: 'SIGSEGV', reason: null, firmware, uptimeMs: 7 });
    await run.send(connectionAttempted, {
      device: 'd1',
      sequence: 3,
      outcome: 'ACCEPTED',
      clientId: null,
      reason: null,
    });
    await run.send(deviceLogged, {
      device: 'd1',
      sequence: 4,
      level: 'WARN',
      logger: null,
      message: 'm',
      attributes: {},
    });
    expect(run.read(topics.reboots)).toMatchObject([{ ...reboot, sequence: 1, causePath: 'ledger/1/0' }]);
    expect(run.read(topics.crashes)).toMatchObject([{ code: 'SIGSEGV', sequence: 2 }]);
    expect(run.read(topics.deviceLogs)).toMatchObject([{ level: 'WARN', message: 'm', sequence: 4 }]);
    expect(found()).toEqual([]);
  });

  test('nothing that nobody can read, and keeps its bytes', async () => {
    const { run } = await started();
    await run.sendBytes('acme/d1', Buffer.from('hello'));
    expect(run.read(deadLetters)).toMatchObject([{ code: 'not_framed', device: 'd1', value: Buffer.from('hello') }]);
  });
});

describe('the ledger finds', () => {
  test('numbers that are missing, and those that came after all', async () => {
    const { run, found, report } = await started();
    for (const sequence of [1, 5, 3]) await report(sequence);
    expect(found()).toEqual([
      ['MISSING', 2, 4, 3],
      ['FILLED', 3, 3, 1],
    ]);
    expect(run.state('acme/d1')).toMatchObject({ missing: 2, lost: 0 });
  });

  test('numbers that are given up', async () => {
    const { run, report } = await started();
    for (let i = 0; i <= 70; i++) await report(i * 10);
    const lost = run.read(topics.gaps).filter(({ kind }) => kind === 'LOST');
    expect(lost.length).toBeGreaterThan(0);
    const given = lost.reduce((sum, { count }) => sum + count, 0);
    expect(run.state('acme/d1')).toMatchObject({ missing: 70 * 9 - given, lost: given });
  });

  test('repetitions, resets, late events and such as nobody could recognise again', async () => {
    const { run, found, report } = await started();
    await report(1, { epoch: 1 });
    await report(1, { epoch: 1 });
    await report(0, { epoch: 2 });
    await report(1, { epoch: 2, deviceTime: NOW - ledger.latenessMs });
    await report(2, { epoch: 2, deviceTime: NOW - ledger.latenessMs - 1 });
    await report(null, { deviceTime: null });
    expect(found()).toEqual([
      ['DUPLICATE', 1, 1, 1],
      ['RESET', 0, 0, 1],
      ['LATE', 2, 2, 1],
      ['UNDEDUPABLE', null, null, 1],
    ]);
    expect(run.state('acme/d1')).toMatchObject({ duplicates: 1, resets: 1, late: 1 });
    expect(run.read(topics.telemetry)).toHaveLength(4);
  });

  test('nothing where there is nothing, and then it writes no gap', async () => {
    const { found, report } = await started();
    for (const sequence of [7, 8, 9]) await report(sequence);
    expect(found()).toEqual([]);
  });
});
