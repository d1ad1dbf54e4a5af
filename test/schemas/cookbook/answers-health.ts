import { type Answers, by, DAYS, distinct, group, perDevice, secondsBetween, sum, text } from './passes.ts';
import { HOUR, TO } from './rows.ts';

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
  'crash-free-hours': ({ deviceHealthHours }) => {
    const newest = group(deviceHealthHours, ({ tenant, device, eventTime, firmware }) => {
      return [tenant, device, eventTime, firmware];
    });
    const current = Array.from(newest, ([, all]) => all.toSorted((a, b) => b.revision - a.revision)[0]).flatMap(
      (row) => row ?? [],
    );
    const rows = Array.from(
      group(current, ({ tenant, firmware }) => [tenant, firmware]),
      ([{ tenant, firmware }, all]) => {
        const hours = sum(all.map((row) => row.hours));
        const crashFreeHours = sum(all.map((row) => row.crashFreeHours));
        const share = crashFreeHours / hours;
        // Where (share - p)² = z² p (1 - p) / hours.
        const z2 = 1.959963984540054 ** 2 / hours;
        const [a, b, c] = [1 + z2, -(2 * share + z2), share * share];
        const root = Math.sqrt(b * b - 4 * a * c);
        const [low, high] = [(-b - root) / (2 * a), (-b + root) / (2 * a)];
        const unknownHours = sum(all.map((row) => row.unknownMs)) / HOUR;
        const interval = { share, middle: (low + high) / 2, half: (high - low) / 2, low, high };
        return { tenant, firmware, hours, crashFreeHours, unknownHours, ...interval };
      },
    );
    const known = rows.filter(({ firmware }) => firmware !== null);
    const unknown = rows.filter(({ firmware }) => firmware === null);
    return ['acme', 'globex'].flatMap((tenant) =>
      [...by(known, ['firmware']), ...unknown].filter((row) => row.tenant === tenant),
    );
  },
  'worse-than-their-like': ({ fleetHealthFindings }) =>
    by(
      Array.from(
        group(fleetHealthFindings, ({ tenant, dimension, name }) => [tenant, dimension, name]),
        ([, all]) => {
          const { tenant, dimension, name, verdict, confounded, ratio, ratioLow, ratioHigh, crudeRatio } = last(all);
          const { evidence, evidenceNeeded, crashed, crashedExpected, crashedAlone, atRiskMs, unknownMs } = last(all);
          const ratios = { confounded, ratio, ratioLow, ratioHigh, crudeRatio, evidence, evidenceNeeded };
          const numbers = { crashed, crashedExpected, crashedAlone, hoursAtRisk: atRiskMs / HOUR };
          const isOther = verdict === 'WORSE' ? 0 : 1;
          return { tenant, dimension, name, verdict, ...ratios, ...numbers, unknownHours: unknownMs / HOUR, isOther };
        },
      ),
      ['isOther', '-evidence', 'tenant', 'dimension', 'name'],
    ).map(({ isOther: _, ...row }) => row),
  'batteries-to-change': ({ batteryForecasts }) =>
    by(
      Array.from(
        group(batteryForecasts, ({ tenant, device }) => [tenant, device]),
        ([, all]) => last(all),
      )
        .filter(({ outlook, endsAt }) => outlook === 'ENDS' && (endsAt ?? Infinity) < TO + DAYS * 24 * HOUR)
        .map(({ tenant, device, site, level, ratePerDay, samples, endsAt, endsEarliestAt, endsLatestAt }) => {
          const at = (time: number | null) => (time === null ? null : text(time));
          const ends = { endsAt: at(endsAt), endsEarliestAt: at(endsEarliestAt), endsLatestAt: at(endsLatestAt) };
          return { tenant, device, site, level, ratePerDay, samples, ...ends };
        }),
      ['endsAt', 'tenant', 'device'],
    ),
};
