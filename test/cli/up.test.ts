// The pipeline as a user runs it: a process, its commands, its signals.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QUERIES } from '../../cli/up.ts';
import { fleetstream, freePort, type Running, startUp } from './process.ts';

const START_MS_MAX = 30_000;
const STOP_MS_MAX = 10_000;
const TOKENS = {
  FLEETSTREAM_TOKENS_DEVICE: 'device-token-of-test',
  FLEETSTREAM_TOKENS_OPERATOR: 'operator-token-of-test',
};

const folder = mkdtempSync(join(tmpdir(), 'up-'));
let running: Running;

const ask = (query: string) => fleetstream(['sql', query, '--format', 'TSV'], running.env);

async function until(query: string, wanted: (answer: string) => boolean): Promise<string> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const { stdout, stderr } = ask(query);
    if (wanted(stdout)) return stdout;
    if (Date.now() > deadline) throw new Error(`${query} still answers "${stdout}" ${stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

beforeAll(async () => {
  running = await startUp(folder, ['--demo', '--devices', '200', '--seed', '7'], TOKENS);
}, START_MS_MAX);

afterAll(() => {
  running.child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe('up --demo', () => {
  test('brings devices of both tenants and all technologies into ClickHouse, by MQTT and by HTTP', async () => {
    await until('SELECT uniq(tenant), uniq(source) FROM telemetry', (answer) => answer === '2\t2');
    const models = "SELECT uniq(JSONExtractString(reported, 'hardware', 'model')) FROM twins";
    await until(models, (answer) => answer === '4');
    await until('SELECT count() > 60 FROM twins', (answer) => answer === 'true' || answer === '1');
    await until('SELECT count() FROM gaps', (answer) => Number(answer) > 0);
    expect(ask('SELECT count() FROM dead_letters').stdout).toBe('0');
  });

  test.each(QUERIES)('answers %s', (query) => {
    const { stdout, status } = fleetstream(['sql', query], running.env);
    expect(status).toBe(0);
    expect(stdout.split('\n').length).toBeGreaterThanOrEqual(3);
  });

  test('keeps its tokens out of its log', () => {
    for (const token of Object.values(TOKENS)) expect(running.output()).not.toContain(token);
  });
});

describe('the commands', () => {
  test('send takes the good lines and names each bad one by its number', async () => {
    const good = (n: number) => `{"device":"s1","sequence":${n},"metrics":{"a":1}}`;
    const lines = [good(1), '', '{"device":"s1","metrics":{"a":"x"}}', '{bad', '{"device":"s1","a":1,"a":2}', good(2)];
    const { status, stderr } = fleetstream(['send', 'telemetry', '--tenant', 'test'], running.env, lines.join('\n'));
    expect(status).toBe(1);
    const told = stderr.split('\n').map((line) => /^(?:line \d+: )?\w+: /.exec(line)?.[0]);
    // What needs no server is told first.
    expect(told).toEqual([
      'line 4: json_malformed: ',
      'line 5: json_duplicate_member: ',
      'line 3: invalid_type: ',
      'events_refused: ',
    ]);
    expect(stderr).toMatch(/ at \/metrics\/a$/m);
    expect(stderr).toMatch(/events_refused: 3 of 5 events/);
    await until("SELECT count() FROM telemetry WHERE tenant = 'test'", (answer) => answer === '2');
    expect(
      fleetstream(['send', 'telemetry', '{"metrics":{}}', '--tenant', 'test', '--device', 's1'], running.env).stdout,
    ).toBe('accepted 1');
  });

  test('send takes more lines than fit into a request, and numbers on through them', async () => {
    const many = Array.from({ length: 2_500 }, (_, n) => `{"sequence":${n},"metrics":{"a":${n}}}`);
    many[2_100] = '{"metrics":[]}';
    const to = ['send', 'telemetry', '--tenant', 'many', '--device', 'm1'];
    const { status, stderr } = fleetstream(to, running.env, many.join('\n'));
    expect([status, stderr.split('\n')]).toEqual([
      1,
      [expect.stringMatching(/^line 2101: invalid_type: /), expect.stringMatching(/^events_refused: 1 of 2500 /)],
    ]);
    await until("SELECT count() FROM telemetry WHERE tenant = 'many'", (answer) => answer === '2499');
  });

  test('twin set reaches the log once for each wish, and inspect shows where each value is from', async () => {
    expect(fleetstream(['twin', 'set', 'test/s2', '{"interval":30}'], running.env).stdout).toMatch(/^accepted/);
    await until("SELECT count() FROM twins WHERE tenant = 'test'", (answer) => answer === '1');
    const { stdout } = fleetstream(['inspect', 'test/s2', '--json'], running.env);
    const origin = { source: 'http', topic: 'fleet.events', eventId: expect.stringMatching(/^[0-9a-f]{32}$/) };
    const desired = [
      {
        path: '/interval',
        value: 30,
        origin: expect.objectContaining(origin),
        status: expect.objectContaining({ status: 'PENDING' }),
      },
    ];
    expect(JSON.parse(stdout)).toMatchObject({
      tenant: 'test',
      device: 's2',
      version: 1,
      reported: [],
      desired,
      gaps: [],
    });
  });

  test('twin set shows what the twin refused, and inspect remembers it', () => {
    const wish = (...more: string[]) => fleetstream(['twin', 'set', 'test/s3', '{"interval":9}', ...more], running.env);
    const refused = wish('--expected-version', '77');
    expect([refused.status, refused.stderr]).toEqual([
      1,
      'version_conflict: the twin is at version 0, not 77; read it and ask again.',
    ]);
    const shown = fleetstream(['inspect', 'test/s3'], running.env).stdout;
    expect(shown).toMatch(
      /^test\/s3 {2}version 0\n[^]*\nrefused\n[^]* desired +version_conflict +\d+ s ago +[0-9a-f]{32} /,
    );
    const { refusals } = JSON.parse(fleetstream(['inspect', 'test/s3', '--json'], running.env).stdout) as {
      refusals: readonly unknown[];
    };
    expect(refusals).toEqual([
      {
        section: 'DESIRED',
        code: 'version_conflict',
        detail: 'the twin is at version 0, not 77; read it and ask again',
        path: null,
        eventTime: expect.any(Number),
        eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ]);
    expect(wish().stdout).toMatch(
      /^accepted: test\/s3 is at version 1; not there yet:\n {2}\/interval {2}9 {2}PENDING$/,
    );
    expect(wish('--expected-version', '1').stdout).toMatch(/^accepted: test\/s3 is at version 2;/);
    const withdrawn = fleetstream(['twin', 'set', 'test/s3', '{"interval":null}'], running.env);
    expect(withdrawn.stdout).toBe('accepted: test/s3 is at version 3; nothing is pending');
  });

  test('twin set says that it does not know the outcome, when the tables cannot be asked', async () => {
    const env = { ...running.env, FLEETSTREAM_CLICKHOUSE_PORT: String(await freePort()) };
    const { status, stderr } = fleetstream(['twin', 'set', 'test/s4', '{"interval":9}'], env);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^outcome_unknown: the wish is in the log as event [0-9a-f]{32}, .*inspect test\/s4$/);
  });

  test('inspect binds what it is given', () => {
    const { status, stderr } = fleetstream(['inspect', "a' OR 1 = 1 --/x"], running.env);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^twin_unknown: /);
  });

  test('a wrong query, a wrong key and a missing token are one line', async () => {
    const closed = String(await freePort());
    const oneLine = (args: readonly string[], env: Readonly<Record<string, string>>) => {
      const { status, stderr } = fleetstream(args, env);
      expect(status).toBe(1);
      expect(stderr.split('\n')).toHaveLength(1);
      return stderr;
    };
    expect(oneLine(['sql', 'SELECT nothing FROM telemetry'], running.env)).toMatch(/^unknown_identifier: .*DESCRIBE/);
    expect(oneLine(['inspect', 'acme'], running.env)).toMatch(/^key_malformed: .*acme\/wifi-0001/);
    const { FLEETSTREAM_TOKENS_OPERATOR: _, ...without } = running.env;
    expect(oneLine(['twin', 'set', 'acme/x', '{}'], without)).toMatch(/^unauthorized: .*FLEETSTREAM_TOKENS_OPERATOR/);
    const { FLEETSTREAM_HTTP_PORT: http = '', FLEETSTREAM_CLICKHOUSE_PORT: clickhouse = '' } = running.env;
    const swapped = { ...running.env, FLEETSTREAM_HTTP_PORT: clickhouse, FLEETSTREAM_CLICKHOUSE_PORT: http };
    expect(oneLine(['sql', 'SELECT 1'], swapped)).toMatch(/^not_fleetstream: .*FLEETSTREAM_CLICKHOUSE_PORT/);
    expect(oneLine(['twin', 'set', 'acme/x', '{}'], swapped)).toMatch(/^not_fleetstream: .*FLEETSTREAM_HTTP_PORT/);
    expect(oneLine(['sql', 'SELECT 1'], { FLEETSTREAM_CLICKHOUSE_PORT: closed })).toMatch(/^not_running: .*npm start/);
    expect(oneLine(['send', 'telemetry', '{}'], { FLEETSTREAM_HTTP_PORT: closed })).toMatch(
      /^not_running: .*npm start/,
    );
  });

  test.runIf(process.platform === 'linux')('gives the thread pool eight threads', () => {
    const tasks = `/proc/${running.child.pid}/task`;
    const threads = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8').trim());
    expect(threads.filter((name) => name === 'libuv-worker')).toHaveLength(
      Number(process.env['UV_THREADPOOL_SIZE'] ?? 8),
    );
  });

  test('a wrong setting ends with 2', () => {
    const { status, stderr } = fleetstream(['up'], { FLEETSTREAM_HTTP_PORT: 'x' });
    expect([status, stderr.split('\n').length]).toEqual([2, 1]);
    const words = fleetstream(['upp'], {});
    expect([words.status, words.stderr]).toEqual([
      2,
      expect.stringMatching(/^usage: unknown command 'upp'.*up.*--help/),
    ]);
    expect(words.stderr).not.toContain('\n');
  });

  test('whoever reads only the beginning of an answer gets it without a word of trouble', () => {
    const command = `'${process.execPath}' main.ts sql 'SELECT number FROM numbers(500000)' --format TSV | head -2`;
    const env = { ...process.env, ...running.env };
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { env, encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['0\n1\n', '']);
  });
});

describe('the end', () => {
  test(
    'Ctrl-C drains and ends with 0, and the next start has everything',
    async () => {
      const before = Number(ask('SELECT count() FROM telemetry').stdout);
      const pressedAt = Date.now();
      running.child.kill('SIGINT');
      expect(await running.exited).toBe(0);
      expect(Date.now() - pressedAt).toBeLessThan(STOP_MS_MAX);
      running = await startUp(folder, ['--no-demo'], TOKENS);
      expect(Number(ask('SELECT count() FROM telemetry').stdout)).toBeGreaterThanOrEqual(before);
      expect(ask('SELECT count() - uniqExact(tenant, device, eventId) FROM telemetry').stdout).toBe('0');
      running.child.kill('SIGTERM');
      expect(await running.exited).toBe(0);
    },
    START_MS_MAX,
  );
});
