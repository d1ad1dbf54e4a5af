import { type Answers, by, distinct, group, perDevice, secondsBetween, text } from './passes.ts';

const last = <T extends { readonly eventTime: number }>(rows: readonly T[]) =>
  rows.toSorted((a, b) => a.eventTime - b.eventTime).at(-1) as T;
const first = <T extends { readonly eventTime: number }>(rows: readonly T[]) =>
  rows.toSorted((a, b) => a.eventTime - b.eventTime)[0] as T;
const devicesIn = (rows: readonly { readonly tenant: string; readonly device: string }[]) =>
  distinct(rows.map(({ tenant, device }) => `${tenant}/${device}`));

export const health: Answers = {
  'fleet-inventory': ({ descriptions }) => {
    const now = perDevice(descriptions, (all) => {
      const { model, lot, firmware } = last(all);
      return { model, lot, firmware };
    });
    const groups = group(now, ({ tenant, model, lot, firmware }) => [tenant, model, lot, firmware]);
    return by(
      Array.from(groups, ([{ tenant, model, lot, firmware }, all]) => {
        return { tenant, model, lot, firmware, devices: all.length };
      }),
      ['-devices', 'tenant', 'model', 'lot', 'firmware'],
    );
  },
  'crashes-by-firmware': ({ crashes }) =>
    by(
      Array.from(
        group(crashes, ({ firmware, code }) => [firmware, code]),
        ([{ firmware, code }, all]) => ({ firmware, code, crashes: all.length, devices: devicesIn(all) }),
      ),
      ['-crashes', 'firmware', 'code'],
    ),
  'unexpected-reboots': ({ reboots }) =>
    by(
      perDevice(reboots, (all) => {
        const unasked = all.filter(({ expected }) => !expected);
        const causes = [...new Set(unasked.map(({ cause }) => cause))].toSorted();
        return { unexpected: unasked.length, asked: all.length - unasked.length, causes };
      }).filter(({ unexpected }) => unexpected > 0),
      ['-unexpected', 'tenant', 'device'],
    ),
  'lowest-batteries': ({ batteries }) =>
    by(
      perDevice(
        batteries.filter(({ level }) => level !== null),
        (all) => ({
          level: last(all).level as number,
          before: first(all).level,
          seconds: secondsBetween(first(all).eventTime, last(all).eventTime),
        }),
      ),
      ['level', 'tenant', 'device'],
    ),
  complaints: ({ deviceLogs }) =>
    by(
      Array.from(
        group(
          deviceLogs.filter(({ level }) => level !== 'INFO'),
          ({ level, message }) => [level, message],
        ),
        ([{ level, message }, all]) => ({ level, message, lines: all.length, devices: devicesIn(all) }),
      ),
      ['-lines', 'level', 'message'],
    ),
  'strangest-values': ({ anomalies }) =>
    by(
      anomalies.map(({ tenant, device, eventTime, metric, value, expected, statistic, probability }) => {
        return { tenant, device, eventTime: text(eventTime), metric, value, expected, statistic, probability };
      }),
      ['probability', 'tenant', 'device', 'eventTime', 'metric'],
    ),
};
