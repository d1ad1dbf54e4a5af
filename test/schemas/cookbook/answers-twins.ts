import { type Answers, AT, KNOWN, HOURS, isOf, perDevice, group, by, text, distinct } from './passes.ts';
import type { Past } from './past.ts';
import { HOUR, TO } from './rows.ts';

export const twins: Answers = {
  'drifting-twins': ({ twinDeltas }) =>
    newestDeltas(twinDeltas)
      .filter(({ status, since }) => status === 'DRIFTED' && since <= TO - HOURS * HOUR)
      .map(({ tenant, device, since }) => ({
        tenant,
        device,
        path: '/interval',
        desired: '60',
        reported: '30',
        since: text(since),
        hours: (TO - since) / HOUR,
      })),
  'unmet-wishes': ({ twinDeltas }) =>
    by(
      Array.from(
        group(newestDeltas(twinDeltas), ({ tenant }) => [tenant]),
        ([{ tenant }, all]) => {
          const count = (wanted: string) => all.filter(({ status }) => status === wanted).length;
          return {
            tenant,
            path: '/interval',
            met: count('CONVERGED'),
            waiting: count('PENDING'),
            refused: count('REJECTED'),
            drifted: count('DRIFTED'),
          };
        },
      ),
      ['tenant'],
    ),
  'twin-at': ({ twinChanges }) => {
    const section = (wanted: string) => {
      const leaves = new Map<string, string>();
      for (const one of twinChanges) {
        if (!isOf(one) || one.section !== wanted || one.eventTime > AT || one.logTime > KNOWN) continue;
        for (const { path, value } of one.writes) leaves.set(path.slice(1), value as string);
      }
      const members = [...leaves].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `"${key}":${value}`);
      return `{${members.join(',')}}`;
    };
    return [{ reported: section('REPORTED'), desired: section('DESIRED') }];
  },
  'twin-history': ({ twinChanges }) =>
    by(
      twinChanges.filter(isOf).map(({ eventTime, section, changes: [change], source, eventId }) => ({
        eventTime: text(eventTime),
        section,
        path: change?.path,
        previous: null,
        current: change?.current,
        source,
        causePartition: 1,
        causeOffset: Number.parseInt(eventId, 16),
      })),
      ['-eventTime', 'path'],
    ),
  'restless-twins': ({ twinChanges }) =>
    by(
      Array.from(
        group(
          twinChanges.flatMap(({ tenant, device, changes }) => changes.map(({ path }) => ({ tenant, device, path }))),
          ({ tenant, device, path }) => [tenant, device, path],
        ),
        ([first, all]) => ({ ...first, times: all.length }),
      ),
      ['-times', 'tenant', 'device', 'path'],
    ),
  'firmware-spread': ({ twins }) =>
    by(
      Array.from(
        group(
          twins.map(({ tenant, reported }) => ({ tenant, ...(JSON.parse(reported) as { firmware: string }) })),
          ({ tenant, firmware }) => [tenant, firmware],
        ),
        ([first, all]) => ({ ...first, devices: all.length }),
      ),
      ['tenant', '-devices', 'firmware'],
    ),
  'refused-updates': ({ twinRejections }) =>
    by(
      Array.from(
        group(twinRejections, ({ tenant, section, code }) => [tenant, section, code]),
        ([{ tenant, section, code }, all]) => ({
          tenant,
          section,
          code,
          updates: all.length,
          devices: distinct(all.map(({ device }) => device)),
        }),
      ),
      ['-updates', 'tenant', 'section', 'code'],
    ),
};

function newestDeltas(deltas: Past['twinDeltas']) {
  return perDevice(deltas, (all) => {
    const last = all.at(-1) as (typeof all)[number];
    return { status: (last.paths[0] as { status: string }).status, since: last.eventTime };
  });
}
