import { FROM, HOUR, type MakeRow, type Row } from './rows.ts';

export interface AlertRow extends Row {
  readonly alert: string;
  readonly revision: number;
  readonly change: string;
  readonly number: number;
  readonly rule: string;
  readonly status: string;
  readonly severity: string;
  readonly title: string;
  readonly count: number;
  readonly firstOpenedAt: number;
  readonly openedAt: number;
  readonly acknowledgedAt: number | null;
  readonly endedAt: number | null;
  readonly verdict: string | null;
  readonly announced: boolean;
  readonly deliver: boolean;
  readonly withheld: string | null;
  readonly withheldBy: string | null;
}

const RULES = ['connectivity.offline', 'rules.hot', 'rules.wet'];
const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
const VERDICTS = ['TRUE_POSITIVE', 'FALSE_POSITIVE', 'BENIGN_POSITIVE', 'UNKNOWN'];
const HIDDEN = [
  ['INHIBITED', 'connectivity.offline/gw-1'],
  ['MAINTENANCE', null],
  ['RATE_LIMITED', 'alerts.digest'],
  ['MUTED', null],
] as const;

/** The alerts of that day: each opens a few times, is seen or not, judged or not, and over or not. */
export function alertsOf(
  devices: readonly Pick<Row, 'tenant' | 'device'>[],
  row: MakeRow,
  below: (n: number) => number,
) {
  const alerts: AlertRow[] = [];
  const revisions = new Map<string, number>();
  const pick = <T>(items: readonly T[]) => items[below(items.length)] as T;
  for (const [place, device] of devices.entries()) {
    for (const [index, rule] of RULES.entries()) {
      const firstOpenedAt = FROM + below(HOUR);
      let openedAt = firstOpenedAt;
      for (let count = 1; count <= 1 + below(3); count++, openedAt += 6 * HOUR) {
        const [withheld, withheldBy] = below(3) === 0 ? pick(HIDDEN) : [null, null];
        const isTold = withheld === null;
        const tell = (at: number, change: string, said: Partial<AlertRow>) => {
          const revision = 1 + (revisions.get(device.tenant) ?? 0);
          revisions.set(device.tenant, revision);
          const known: AlertRow = {
            ...row(device, at),
            alert: `${rule}/${device.device}`,
            revision,
            change,
            number: 1 + place * RULES.length + index,
            rule,
            status: 'OPEN',
            severity: pick(SEVERITIES),
            title: `${rule} of ${device.device}`,
            count,
            firstOpenedAt,
            openedAt,
            acknowledgedAt: null,
            endedAt: null,
            verdict: null,
            announced: isTold,
            deliver: isTold,
            withheld: isTold ? null : 'UNANNOUNCED',
            withheldBy: null,
            ...said,
          };
          alerts.push(known);
          return known;
        };
        let last = tell(openedAt, 'OPENED', { withheld, withheldBy });
        const follow = (afterMs: number, change: string, said: Partial<AlertRow>) => {
          const { status, severity, acknowledgedAt, endedAt, verdict } = last;
          last = tell(openedAt + afterMs, change, { status, severity, acknowledgedAt, endedAt, verdict, ...said });
        };
        const seenMs = 1 + below(HOUR);
        if (below(2) === 0)
          follow(seenMs, 'ACKNOWLEDGED', { status: 'ACKNOWLEDGED', acknowledgedAt: openedAt + seenMs });
        const overMs = HOUR + below(4 * HOUR);
        if (below(3) > 0) follow(overMs, 'RESOLVED', { status: 'RESOLVED', endedAt: openedAt + overMs });
        for (let judged = below(3); judged > 0; judged--)
          follow(5 * HOUR + below(HOUR), 'UPDATED', { verdict: pick(VERDICTS) });
      }
    }
  }
  return { alerts };
}
