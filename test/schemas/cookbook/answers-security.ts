import { type Answers, by, distinct, group, text } from './passes.ts';
import type { Violation } from './past-security.ts';
import type { Past } from './past.ts';

interface Found extends Violation {
  readonly status: string;
  readonly judged: string | null;
}

/** Each finding as it began, with what became of it. */
function findingsOf({ violations }: Past): Found[] {
  return Array.from(
    group(violations, ({ finding, tenant }) => [tenant, finding]),
    ([, all]) => {
      const began = all.find(({ kind }) => kind === 'IN_ALARM') as Violation;
      const { kind: status } = all.findLast(({ kind }) => kind !== 'JUDGED') as Violation;
      return { ...began, status, judged: all.findLast(({ kind }) => kind === 'JUDGED')?.verdict ?? null };
    },
  );
}

const devicesIn = (rows: readonly { readonly tenant: string; readonly device: string }[]) =>
  distinct(rows.map(({ tenant, device }) => `${tenant}/${device}`));

export const security: Answers = {
  'open-findings': (past) =>
    by(
      findingsOf(past)
        .filter(({ status }) => status === 'IN_ALARM')
        .map(({ tenant, device, profile, behaviour, value, members, eventTime, judged: verdict }) => {
          return { tenant, device, profile, behaviour, value, members, beganAt: text(eventTime), verdict };
        }),
      ['beganAt', 'tenant', 'device', 'behaviour'],
    ),
  'violated-behaviours': (past) =>
    by(
      Array.from(
        group(
          findingsOf(past).filter(({ status }) => status !== 'ALARM_INVALIDATED'),
          ({ profile, behaviour }) => [profile, behaviour],
        ),
        ([{ profile, behaviour }, all]) => {
          const judged = (wanted: string) => all.filter((each) => each.judged === wanted).length;
          const verdicts = { right: judged('TRUE_POSITIVE'), wrong: judged('FALSE_POSITIVE') };
          return { profile, behaviour, findings: all.length, devices: devicesIn(all), ...verdicts };
        },
      ),
      ['-findings', 'profile', 'behaviour'],
    ),
  'strange-members': ({ violations }) =>
    by(
      Array.from(
        group(
          violations.flatMap((row) => row.members.map((member) => ({ ...row, member }))),
          ({ metric, member }) => [metric, member],
        ),
        ([{ metric, member }, all]) => ({ metric, member, times: all.length, devices: devicesIn(all) }),
      ),
      ['-times', 'metric', 'member'],
    ),
  'new-members': ({ novelties }) =>
    by(
      Array.from(
        group(
          novelties.flatMap((row) => row.members.map((member) => ({ ...row, member }))),
          ({ kind, member }) => [kind, member],
        ),
        ([{ kind, member }, all]) => ({
          kind,
          member,
          devices: devicesIn(all),
          since: text(Math.min(...all.map(({ eventTime }) => eventTime))),
          probability: Math.min(...all.map(({ probability }) => probability)),
        }),
      ),
      ['-devices', 'since', 'kind', 'member'],
    ),
};
