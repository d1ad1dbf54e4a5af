import {
  type Answers,
  AT,
  KNOWN,
  EARLIER,
  MINUTES,
  SIGMAS,
  OF,
  METRIC,
  gapsOf,
  isOf,
  perDevice,
  group,
  by,
  text,
  second,
  sum,
  distinct,
  hourOf,
} from './passes.ts';
import type { Past } from './past.ts';
import { TO } from './rows.ts';

export const devices: Answers = {
  'silent-devices': ({ telemetry }) =>
    by(
      perDevice(telemetry, (all) => ({ heard: Math.max(...all.map(({ receivedAt }) => receivedAt)) }))
        .filter(({ heard }) => heard < TO - MINUTES * 60_000)
        .map(({ heard, ...device }) => ({
          ...device,
          heard: text(heard),
          silentMinutes: Math.floor(TO / 60_000) - Math.floor(heard / 60_000),
        })),
      ['heard', 'tenant', 'device'],
    ),
  'never-heard': ({ twins, telemetry }) =>
    by(
      twins
        .filter(({ tenant, device }) => !telemetry.some((one) => one.tenant === tenant && one.device === device))
        .map(({ tenant, device, version }) => ({ tenant, device, version })),
      ['tenant', 'device'],
    ),
  volume: ({ telemetry, links }) => {
    const technologyOf = (device: string) => links.findLast((link) => link.device === device)?.technology ?? 'UNKNOWN';
    return by(
      Array.from(
        group(
          telemetry.map((one) => ({ ...one, technology: technologyOf(one.device) })),
          ({ tenant, technology }) => [tenant, technology],
        ),
        ([{ tenant, technology }, all]) => ({
          tenant,
          technology,
          reports: all.length,
          bytes: sum(all.map(({ payloadBytes }) => payloadBytes)),
          devices: distinct(all.map(({ device }) => device)),
        }),
      ),
      ['-bytes', 'tenant', 'technology'],
    );
  },
  'most-talkative': ({ telemetry }) =>
    by(
      perDevice(telemetry, (all) => ({
        reports: all.length,
        bytes: sum(all.map(({ payloadBytes }) => payloadBytes)),
      })),
      ['-bytes', 'tenant', 'device'],
    ),
  'metric-by-hour': (past) =>
    by(
      Array.from(
        group(past.telemetry, ({ tenant, eventTime }) => [hourOf(eventTime), tenant]),
        ([{ tenant, eventTime }, all]) => {
          const values = all.map(({ metrics }) => metrics[METRIC] as number);
          const { missing, lost, late } = gapsOf(past, tenant, hourOf(eventTime));
          return {
            start: second(hourOf(eventTime)),
            tenant,
            readings: all.length,
            devices: distinct(all.map(({ device }) => device)),
            least: Math.min(...values),
            average: sum(values) / values.length,
            greatest: Math.max(...values),
            missing,
            lost,
            late,
          };
        },
      ),
      ['start', 'tenant'],
    ),
  'measured-at': (past) =>
    by(
      ['temperatureC', 'humidityPct'].flatMap((metric) => {
        const found = newest(past, OF.device, metric, KNOWN);
        return found === undefined ? [] : [{ metric, value: found.metrics[metric], eventTime: text(found.eventTime) }];
      }),
      ['metric'],
    ),
  'learned-since': (past) =>
    by(
      perDevice(past.telemetry, ([{ device }]) => ({
        now: newest(past, device, METRIC, KNOWN),
        before: newest(past, device, METRIC, EARLIER),
      })).flatMap(({ tenant, device, now, before }) =>
        now === undefined || now === before
          ? []
          : [{ tenant, device, knownThen: before?.metrics[METRIC] ?? null, knownNow: now.metrics[METRIC] }],
      ),
      ['tenant', 'device'],
    ),
  'stuck-sensors': ({ telemetry }) =>
    by(
      perDevice(telemetry, (all) => ({ all })).flatMap(({ tenant, device, all }) =>
        [METRIC, 'humidityPct'].flatMap((metric) => {
          const values = all.flatMap(({ metrics }) => metrics[metric] ?? []);
          if (distinct(values) !== 1 || values.length < 10) return [];
          return [{ tenant, device, metric, stuckAt: values[0], readings: values.length }];
        }),
      ),
      ['tenant', 'device', 'metric'],
    ),
  outliers: ({ telemetry }) =>
    by(
      perDevice(telemetry, (all) => ({ all })).flatMap(({ tenant, device, all }) => {
        const values = all.map(({ metrics }) => metrics[METRIC] as number);
        const mean = sum(values) / values.length;
        const spread = Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
        return all.flatMap(({ eventTime, metrics }) => {
          const value = metrics[METRIC] as number;
          if (Math.abs(value - mean) <= SIGMAS * spread) return [];
          return [{ tenant, device, eventTime: text(eventTime), value, deviations: (value - mean) / spread }];
        });
      }),
      ['tenant', 'device', 'eventTime'],
    ),
  cause: ({ telemetry }) =>
    telemetry
      .filter(isOf)
      .toReversed()
      .map(({ eventTime, eventId, logTime }) => ({
        eventTime: text(eventTime),
        eventId,
        causeTopic: 'fleet.events',
        causePartition: 1,
        causeOffset: Number.parseInt(eventId, 16),
        causePath: 'ledger/1/0',
        logTime: text(logTime),
      })),
};

function newest({ telemetry }: Past, device: string, metric: string, known: number) {
  return telemetry.findLast(
    (one) => one.device === device && metric in one.metrics && one.eventTime <= AT && one.logTime <= known,
  );
}
