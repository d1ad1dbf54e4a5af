import { FROM, HOUR, type MakeRow, type Row } from './rows.ts';

export interface Violation extends Omit<Row, 'receivedAt'> {
  readonly finding: string;
  readonly kind: string;
  readonly reason: string;
  readonly profile: string;
  readonly behaviour: string;
  readonly metric: string;
  readonly value: number | null;
  readonly members: readonly string[];
  readonly verdict: string | null;
  readonly actor: string | null;
  readonly _offset: number;
}

export interface Novelty extends Omit<Row, 'receivedAt'> {
  readonly kind: string;
  readonly members: readonly string[];
  readonly probability: number;
}

const NEW = ['192.0.2.0/24', '2001:db8:1::/48', '198.51.100.0/24'];
const MEMBERS = ['192.0.2.1', '192.0.2.2', '2001:db8::1'];
const VERDICTS = ['TRUE_POSITIVE', 'FALSE_POSITIVE', 'BENIGN_POSITIVE', null];

/** What security profiles found that day: alarms that went on, were cleared, or taken back, and verdicts. */
export function securityOf(
  devices: readonly Pick<Row, 'tenant' | 'device'>[],
  row: MakeRow,
  below: (n: number) => number,
) {
  const violations: Violation[] = [];
  for (const device of devices) {
    for (const [behaviour, metric] of [
      ['messages', 'aws:num-messages-sent'],
      ['peers', 'aws:destination-ip-addresses'],
    ] as const) {
      for (let hour = 0; hour < 3; hour++) {
        const began = FROM + (6 * hour + below(5)) * HOUR;
        const finding = `detect.base.${behaviour}/${device.device}/${began}`;
        const isList = behaviour === 'peers';
        const members = isList ? MEMBERS.slice(below(2), 1 + below(3)) : [];
        const told = { finding, profile: 'base', behaviour, metric, verdict: null, actor: null };
        const seen = {
          value: isList ? null : 100 + below(100),
          members: members.length > 0 || !isList ? members : ['::1'],
        };
        const add = (kind: string, reason: string, at: number, said: object) => {
          const { receivedAt: _, ...about } = row(device, at);
          const offset = violations.length;
          violations.push({ ...about, ...told, kind, reason, value: null, members: [], ...said, _offset: offset });
        };
        add('IN_ALARM', 'CRITERIA', began, seen);
        const fate = below(4);
        if (fate === 1) add('ALARM_CLEARED', 'NO_DATA', began + HOUR / 4, {});
        if (fate === 2) add('ALARM_INVALIDATED', 'REVISION', began, {});
        const verdict = VERDICTS[below(VERDICTS.length)] as string | null;
        if (verdict !== null) add('JUDGED', 'VERDICT', began + HOUR, { metric: '', verdict, actor: 'ann' });
      }
    }
  }
  const novelties = devices.flatMap((device): Novelty[] => {
    const { receivedAt: _, ...about } = row(device, FROM + below(23) * HOUR);
    const kind = below(3) === 0 ? 'PORT' : 'DESTINATION';
    const members = kind === 'PORT' ? ['tcp/23'] : NEW.slice(below(2), 2 + below(2));
    return [{ ...about, kind, members, probability: 1 / (1_000 + below(1_000)) }];
  });
  return { violations, novelties };
}
