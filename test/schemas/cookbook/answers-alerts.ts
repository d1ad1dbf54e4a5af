import type { AlertRow } from './past-alerts.ts';
import { type Answers, by, distinct, group, secondsBetween, sum, text } from './passes.ts';

const SEVERITIES = ['UNKNOWN', 'INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
const IS_NO_SECRET = new Set(['UNCHANGED', 'UNANNOUNCED']);

const newest = (all: readonly AlertRow[]) => all.toSorted((a, b) => a.revision - b.revision).at(-1) as AlertRow;
const mean = (values: readonly number[]) => (values.length === 0 ? null : sum(values) / values.length);

/** Changes by what opened, and by when it did so. */
const openings = (alerts: readonly AlertRow[]) =>
  group(alerts, ({ tenant, number, openedAt }) => [tenant, number, openedAt]);

export const alerts: Answers = {
  'open-alerts': ({ alerts: rows }) => {
    const current = Array.from(
      group(rows, ({ tenant, alert }) => [tenant, alert]),
      ([, all]) => newest(all),
    );
    const open = current.filter(({ status }) => status === 'OPEN' || status === 'ACKNOWLEDGED');
    const sorted = by(
      open.map((each) => ({ ...each, rank: SEVERITIES.indexOf(each.severity) })),
      ['-rank', 'openedAt', 'tenant', 'number'],
    );
    return sorted.map(({ tenant, number, severity, title, device, openedAt, count, status, announced, withheld }) => {
      return { tenant, number, severity, title, device, openedAt: text(openedAt), count, status, announced, withheld };
    });
  },
  'times-to-react': ({ alerts: rows }) => {
    const reactions = Array.from(openings(rows), ([{ tenant, rule, openedAt }, all]) => {
      const seen = all.find(({ change }) => change === 'ACKNOWLEDGED')?.acknowledgedAt ?? null;
      const over = all.find(({ change }) => change === 'RESOLVED')?.endedAt ?? null;
      const seconds = (at: number | null) => (at === null ? [] : [secondsBetween(openedAt, at)]);
      return { tenant, rule, seen: seconds(seen), over: seconds(over) };
    });
    return by(
      Array.from(
        group(reactions, ({ tenant, rule }) => [tenant, rule]),
        ([{ tenant, rule }, all]) => {
          const [seen, over] = [all.flatMap((each) => each.seen), all.flatMap((each) => each.over)];
          return {
            tenant,
            rule,
            opened: all.length,
            acknowledged: seen.length,
            secondsToAcknowledge: mean(seen),
            resolved: over.length,
            secondsToResolve: mean(over),
          };
        },
      ),
      ['-opened', 'tenant', 'rule'],
    );
  },
  'noisiest-rules': ({ alerts: rows }) =>
    by(
      Array.from(
        group(
          rows.filter(({ change }) => change === 'OPENED'),
          ({ tenant, rule }) => [tenant, rule],
        ),
        ([{ tenant, rule }, all]) => ({
          tenant,
          rule,
          opened: all.length,
          devices: distinct(all.map(({ device }) => device)),
          again: all.filter(({ count }) => count > 1).length,
          toldAtOnce: all.filter(({ deliver }) => deliver).length,
        }),
      ),
      ['-opened', 'tenant', 'rule'],
    ),
  'hidden-alerts': ({ alerts: rows }) => {
    const hidden = rows.filter(({ deliver, withheld }) => !deliver && !IS_NO_SECRET.has(withheld ?? ''));
    const counted = Array.from(
      group(hidden, ({ tenant, withheld, rule, withheldBy }) => [tenant, withheld, rule, withheldBy]),
      ([{ tenant, withheld, rule, withheldBy }, all]) => ({
        tenant,
        withheld: withheld as string,
        rule,
        withheldBy,
        alerts: distinct(all.map(({ number }) => number)),
        bad: all.filter(({ severity }) => severity === 'HIGH' || severity === 'CRITICAL').length,
      }),
    );
    return by(counted, ['-alerts', 'tenant', 'withheld', 'rule']);
  },
  'precision-by-verdict': ({ alerts: rows }) => {
    const judged = Array.from(openings(rows.filter(({ verdict }) => verdict !== null)), ([, all]) => newest(all));
    return by(
      Array.from(
        group(
          judged.filter(({ verdict }) => verdict !== 'UNKNOWN'),
          ({ tenant, rule }) => [tenant, rule],
        ),
        ([{ tenant, rule }, all]) => {
          const count = (wanted: string) => all.filter(({ verdict }) => verdict === wanted).length;
          const right = count('TRUE_POSITIVE');
          const others = { benign: count('BENIGN_POSITIVE'), wrong: count('FALSE_POSITIVE') };
          return { tenant, rule, judged: all.length, right, ...others, precision: right / all.length };
        },
      ),
      ['-judged', 'tenant', 'rule'],
    );
  },
};
