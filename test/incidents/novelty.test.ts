import { describe, expect, test } from 'vitest';
import { simulate } from '#runtime/simulate.ts';
import { behaviourReported, deviceDescribed, topics } from '#schemas';
import { alerts } from '../../processors/alerts/processor.ts';
import { novelty } from '../../processors/novelty/processor.ts';
import { noveltyCohorts } from '../../processors/novelty-cohorts/processor.ts';
import { report } from '../processors/detect/profile.ts';
import { chanceFrom } from '../simulation/chance.ts';
import { every, HOUR, type Log, MINUTE, type Said, said, SECOND, some, START, type Story } from './log.ts';
import { botnetRecruit, cloneDevice, exfiltration } from './security.ts';

const SEED = Number(process.env['SEED'] ?? 1);
console.log(`novelty in incidents: SEED=${SEED}`);

/** Hours before a log, after which its devices have a past: ten reports in each. */
const HOURS = 110;
const UPDATES = '203.0.113.10:443';

/** A log with a past: its first hour, over and over. Each day at that time devices ask their own server for news. */
function withPast({ said: all }: Log): readonly Said[] {
  const first = all.filter(({ at, type }) => at < HOUR && type === behaviourReported);
  const past = every(HOUR, HOUR, HOURS * HOUR).flatMap((back) =>
    first.map(({ at, event }): Said => {
      const time = START + at - back;
      const { remoteAddresses } = event as unknown as { readonly remoteAddresses: readonly string[] };
      const isAsking = back % (24 * HOUR) === 0 && at < 6 * MINUTE;
      const peers = isAsking ? [...remoteAddresses, UPDATES] : remoteAddresses;
      const moved = { ...event, deviceTime: time, receivedAt: time, remoteAddresses: peers };
      return { at: at - back, type: behaviourReported, event: moved };
    }),
  );
  return [...past, ...all].toSorted((a, b) => a.at - b.at);
}

/** What is delivered of a story by what is learnt alone, without a profile: keys of alerts, with their changes. */
async function deliveredOf(story: Story): Promise<readonly string[]> {
  const run = await simulate(alerts, { beside: [novelty, noveltyCohorts], partitions: 2 });
  const waiting = withPast(story.log(chanceFrom(SEED)));
  const begin = -(HOURS + 1) * HOUR;
  await run.advanceTo(START + begin);
  let next = 0;
  for (const tick of every(3 * MINUTE, begin + 3 * MINUTE, 3 * HOUR)) {
    for (let one = waiting[next]; one !== undefined && one.at < tick; one = waiting[++next]) {
      await run.send(one.type, one.event);
    }
    await run.advanceTo(START + tick);
  }
  const delivered = run.read(topics.alerts).filter(({ deliver }) => deliver);
  return delivered.map(({ change, alert, logTime }) => {
    expect(logTime, alert).toBeGreaterThanOrEqual(START + HOUR);
    return `${change} ${alert}`;
  });
}

test('a recruit of a botnet is found by what it never did, with nobody having said what is normal', async () => {
  expect((await deliveredOf(botnetRecruit)).toSorted()).toEqual([
    'OPENED novelty.destination/r0',
    'OPENED novelty.port/r0',
    'RESOLVED novelty.destination/r0',
    'RESOLVED novelty.port/r0',
  ]);
});

test('exfiltration is found by its strange address', async () => {
  expect(await deliveredOf(exfiltration)).toEqual(['OPENED novelty.destination/x0', 'RESOLVED novelty.destination/x0']);
});

/** Each minute counts from when a story begins to differ. */
const at = (minutes: number) => HOUR + minutes * MINUTE;

/** Four devices report each six minutes, as is said of each at a time. */
function reports(of: (device: number, time: number) => readonly string[]): readonly Said[] {
  return some('n', 4).flatMap((device, i) =>
    every(6 * MINUTE, 0, 3 * HOUR - 6 * MINUTE).map((time) => {
      const shown = { listeningTcpPorts: [22], remoteAddresses: of(i, time) };
      return said(time + (i + 1) * SECOND, behaviourReported, { device, ...report(shown) });
    }),
  );
}

const HOME = '10.0.0.5:8883';
const log = (of: readonly Said[]): Log => ({ decided: [], ticks: [], said: of });

const LOOK_ALIKES: readonly Story[] = [
  ...botnetRecruit.lookAlikes,
  ...exfiltration.lookAlikes,
  ...cloneDevice.lookAlikes,
  {
    what: 'The network that serves updates answers from other addresses of its own.',
    log: (chance) => log(reports((_, time) => (time < HOUR ? [HOME] : [HOME, `203.0.113.${chance.int(20, 250)}:443`]))),
  },
  {
    what: 'A new firmware brings a new endpoint, to one device after the other.',
    log: () => {
      const updatedAt = (device: number) => at(device * 20);
      const others = { model: 'm', hardware: null, lot: null, site: null, reportIntervalMs: null };
      const described = some('n', 4).flatMap((device, i) => [
        said(-(HOURS + 1) * HOUR + SECOND, deviceDescribed, { device, firmware: '1.0', ...others }),
        said(updatedAt(i), deviceDescribed, { device, firmware: '2.0', ...others }),
      ]);
      return log([...described, ...reports((i, time) => (time < updatedAt(i) ? [HOME] : [HOME, '192.0.2.9:443']))]);
    },
  },
];

describe('nothing is told', () => {
  test.each(LOOK_ALIKES.map((story) => [story.what, story] as const))('%s', async (_, story) => {
    expect(await deliveredOf(story)).toEqual([]);
  });
});
