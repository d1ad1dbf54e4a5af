import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, type TestContext } from 'vitest';
import { type FileEvent, readTrace, STRACE } from './trace.ts';

const CASES = Number(process.env['DISK_CASES'] ?? 0);
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const RECORD_SEED = '5';

test('a record is acknowledged only after fdatasync of its pages and a synchronous write of the meta page', {
  timeout: 60_000,
}, (context) => {
  const events = traced(context, 60);
  let acknowledged = 0;
  let begun = 0;
  for (const [index, line] of events.entries()) {
    if (line.kind !== 'line' || !line.text.startsWith('ACK')) continue;
    acknowledged += 1;
    const before = events.slice(0, index).filter(({ ends }) => ends <= line.begins);
    const data = before.findLastIndex((event) => event.kind === 'write' && !event.synchronous);
    const sync = before.findLastIndex(({ kind }) => kind === 'sync');
    const meta = before.findLastIndex((event) => event.kind === 'write' && event.synchronous);
    expect(data, line.text).toBeGreaterThanOrEqual(0);
    expect(sync, `${line.text}: a data write is not followed by fdatasync`).toBeGreaterThan(data);
    expect(meta, `${line.text}: the meta page does not follow fdatasync`).toBeGreaterThan(sync);
    // The bytes of this very record are among those that were written before.
    const number = Number(line.text.slice(4));
    const stamp = Buffer.from([0, 0, 0, number, 0, 0, 0, 0, number % 251]);
    expect(
      before.some((event) => event.kind === 'write' && event.bytes.includes(stamp)),
      line.text,
    ).toBe(true);
    begun += 1;
  }
  expect([acknowledged, begun]).toEqual([60, 60]);
});

test.for([
  ['and nothing stands behind a gap', 0],
  ['and nothing of it is gone that was not to be forgotten', 10],
] as const)(
  'after a power loss at any moment nothing acknowledged is lost, %s',
  { timeout: 600_000 },
  ([, every], context) => {
    const folder = join(scratch(), 'traced');
    mkdirSync(folder);
    traced(context, 60, folder, every);
    const cases = String(CASES || 500);
    const results = runChild('powerloss.ts', [folder, cases, String(SEED), RECORD_SEED]);
    console.log(`power loss, seed ${SEED}: ${JSON.stringify(results)}`);
    expect(results).toMatchObject({ cases: Number(cases), refused: 0, lost: 0, gaps: 0, wrong: 0, back: 0, first: '' });
    expect(Number(results['forgot']) > Number(cases) / 2, 'most moments must be behind a forgetting').toBe(every > 0);
    expect(results['withUnsynced'], 'most moments must have unsynced writes, or the test says nothing').toBeGreaterThan(
      Number(cases) / 4,
    );
  },
);

test.for([
  ['byte', CASES || 1000],
  ['page', CASES || 300],
  ['truncate', CASES || 100],
] as const)(
  'a closed log gives right values or an error after damage (%s, %i times)',
  { timeout: 600_000 },
  ([how, cases]) => {
    const folder = scratch();
    const appends = how === 'page' ? '400' : '60';
    const made = spawnSync(process.execPath, [here('appender.ts'), folder, appends, RECORD_SEED], { encoding: 'utf8' });
    expect(made.status, made.stderr).toBe(0);
    const results = runChild(
      'flips.ts',
      [folder, how, String(cases), String(SEED), RECORD_SEED, appends],
      join(folder, 'case'),
    );
    console.log(`${how}, seed ${SEED}: ${JSON.stringify(results)}`);
    expect(results).toMatchObject({ cases, wrong: 0, first: '' });
  },
);

test('a full disk refuses records and acknowledges none of them, and later ones are taken once there is room', ({
  skip,
}) => {
  if (spawnSync('prlimit', ['--version']).error !== undefined)
    skip('prlimit is not installed, so the disk cannot be made small');
  const folder = scratch();
  // A process that ignores SIGXFSZ gets an error where it would end.
  const command = `trap '' XFSZ; ulimit -S -f 2000; exec "$0" "$@"`;
  const done = spawnSync('bash', ['-c', command, process.execPath, here('full-disk.ts'), folder], { encoding: 'utf8' });
  expect(done.status, done.stderr).toBe(0);
  const results = JSON.parse(done.stdout.trim().split('\n').at(-1) as string) as { before: number };
  expect(results).toMatchObject({ codes: ['log_refused'], after: 20, read: true, reread: true });
  expect(results.before).toBeGreaterThan(10);
});

/** Runs the appender under strace; skips the test, saying why, where there is none. */
function traced({ skip }: TestContext, appends: number, folder = scratch(), every = 0): FileEvent[] {
  const strace = spawnSync('strace', ['-V']);
  if (strace.error !== undefined) {
    if (process.env['REQUIRE_STRACE'] === '1') throw new Error('strace is not installed, and REQUIRE_STRACE=1');
    skip('strace is not installed, so writes to the disk cannot be observed');
  }
  const run = ['node', here('appender.ts'), join(folder, 'log'), String(appends), RECORD_SEED, String(every)];
  const done = spawnSync('strace', [...STRACE, '-o', join(folder, 'trace'), process.execPath, ...run.slice(1)], {
    encoding: 'utf8',
  });
  if (done.status !== 0 && process.env['REQUIRE_STRACE'] !== '1' && /ptrace|PTRACE/.test(done.stderr)) {
    skip('strace may not trace here, so writes to the disk cannot be observed');
  }
  expect(done.status, done.stderr).toBe(0);
  return readTrace(folder);
}

/** A damaged file could crash the process that reads it, so another one does. */
function runChild(script: string, args: readonly string[], caseFile?: string): Record<string, unknown> {
  const done = spawnSync(process.execPath, [here(script), ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const last = caseFile === undefined ? '' : `, last case: ${readFileSync(caseFile, 'utf8')}`;
  expect(
    done.status,
    `${script} ended by ${done.signal ?? 'itself'}${last}; seed ${SEED}\n${done.stderr.slice(-2000)}`,
  ).toBe(0);
  return JSON.parse(done.stdout.trim().split('\n').at(-1) as string) as Record<string, unknown>;
}

function here(file: string): string {
  return new URL(file, import.meta.url).pathname;
}

/** In memory where there is such a place: what is judged here are bytes, and not the disk below them. */
function scratch(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
