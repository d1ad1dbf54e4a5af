import { type Change, drop, emit, type Emission, fnv1aHex, set } from '#sdk';
import { type HealthAlert, type HealthCell, topics } from '#schemas';
import { DAY_MS, periodOf, worse } from './cells.ts';
import type { Dimension } from './comparison.ts';
import { crashesToSpare, judge, type Judged, staysWorse } from './judging.ts';
import type { Kept } from './state.ts';

const { fleetHealthFindings, signals } = topics;

export const RULE = 'fleet-health.worse';

/** From this ratio on it is a matter of high severity. */
const SEVERE_RATIO = 3;

const HOUR_MS = 3_600_000;

/** What is to be written, and which alerts open and close. */
export interface Findings {
  readonly changes: readonly Change[];
  readonly emits: readonly Emission<typeof fleetHealthFindings | typeof signals>[];
}

/** Judges all lots and firmwares by the cells up to a day, and tells what is found. */
export function findingsOf(cells: readonly HealthCell[], upTo: number, kept: Kept): Findings {
  const tenant = kept.meta.key.slice(0, kept.meta.key.indexOf('/'));
  const changes: Change[] = [];
  const emits: Findings['emits'][number][] = [];
  for (const dimension of ['LOT', 'FIRMWARE'] as const) {
    const all = judge(cells, upTo, dimension, kept.policies.health);
    for (const judged of all) {
      emits.push(emit(fleetHealthFindings, { tenant, eventTime: upTo * DAY_MS, ...findingOf(judged, kept) }));
      const subject = subjectOf(dimension, judged.name);
      if (judged.verdict !== 'WORSE' || kept.worse.get(subject) !== undefined) continue;
      changes.push(set(worse, subject, { raisedDay: upTo, name: judged.name, dimension }));
      emits.push(emit(signals, { ...signalOf(subject, upTo, kept), ...raised(judged, upTo) }));
    }
    const byName = new Map(all.map((judged) => [judged.name, judged]));
    for (const [subject, alert] of openOf(kept, dimension)) {
      const now = byName.get(alert.name);
      if (staysWorse(now, kept.policies.health)) continue;
      changes.push(drop(worse, subject));
      emits.push(emit(signals, { ...signalOf(subject, upTo, kept), ...ended(alert, now, { cells, upTo, kept }) }));
    }
  }
  return { changes, emits };
}

/**
 * The name of a lot or a firmware as a signal's device, in the alphabet of devices: `lot:L7`. Where other characters
 * had to give way, a hash of the name keeps two of them apart.
 */
export function subjectOf(dimension: Dimension, name: string): string {
  const kind = dimension === 'LOT' ? 'lot' : 'firmware';
  const plain = name.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 64);
  if (plain === name) return `${kind}:${name}`;
  return `${kind}:${plain}:${fnv1aHex(name)}`;
}

function openOf(kept: Kept, dimension: Dimension): readonly (readonly [string, HealthAlert])[] {
  return [...kept.worse.range('', '~')].filter(([, alert]) => alert.dimension === dimension);
}

function findingOf({ compared, ratio, needed, count, ...judged }: Judged, { versions }: Kept) {
  const { crashedAlone, aloneMs, unknownMs, trials } = compared;
  return {
    ...judged,
    crashedAlone,
    aloneMs,
    unknownMs,
    ratio: ratio.ratio,
    ratioLow: ratio.low,
    ratioHigh: ratio.high,
    evidenceNeeded: needed,
    crashedExpected: ratio.expected,
    strata: new Set(trials.map(({ stratum }) => stratum)).size,
    compared: count,
    policyVersion: versions.health,
  };
}

function signalOf(subject: string, upTo: number, { meta: { key }, versions }: Kept) {
  const nothing = {
    eventId: null,
    behind: [],
    verdict: null,
    startsAt: null,
    endsAt: null,
    actor: null,
    comment: null,
  };
  return {
    ...nothing,
    tenant: key.slice(0, key.indexOf('/')),
    device: subject,
    rule: RULE,
    alert: `${RULE}/${subject}/crashes`,
    eventTime: (upTo + 1) * DAY_MS,
    policy: 'health',
    policyVersion: versions.health,
  };
}

function raised(judged: Judged, upTo: number) {
  const { ratio, name } = judged;
  const times = ratio.ratio === null ? 'while none of its like crash' : `${rounded(ratio.ratio)} times as often`;
  const severe = ratio.ratio === null || ratio.ratio >= SEVERE_RATIO;
  return {
    kind: 'RAISED' as const,
    severity: severe ? ('HIGH' as const) : ('MEDIUM' as const),
    title: `Devices of ${kindOf(judged)} ${name} crash ${times}${ratio.ratio === null ? '' : ' as their like'}`,
    detail: `${numbersOf(judged)} ${counterfactualOf(judged, upTo)}`,
  };
}

/**
 * Its cause has gone, or never was: then what is known now would not have raised it on the day on which it was. Of a
 * day whose cells are no longer kept that cannot be told, and no report comes that late.
 */
function ended({ raisedDay, name, dimension }: HealthAlert, now: Judged | undefined, at: At) {
  const { health } = at.kept.policies;
  const of = dimension === 'LOT' ? 'LOT' : 'FIRMWARE';
  const isKept = periodOf(raisedDay) >= periodOf(at.upTo) - 1;
  const then = () => judge(at.cells, raisedDay, of, health).find((judged) => judged.name === name);
  const was = !isKept || staysWorse(then(), health);
  const why = was ? 'is no longer shown to crash more than its like' : 'was not worse, as late reports show';
  return {
    kind: was ? ('CLEARED' as const) : ('RETRACTED' as const),
    severity: 'INFORMATIONAL' as const,
    title: `${dimension === 'LOT' ? 'Lot' : 'Firmware'} ${name} ${why}`,
    detail: now === undefined ? 'Nothing of it can be compared any more.' : numbersOf(now),
  };
}

interface At {
  readonly cells: readonly HealthCell[];
  readonly upTo: number;
  readonly kept: Kept;
}

function numbersOf(judged: Judged): string {
  const { crashed, likeCrashed, atRiskMs, likeAtRiskMs, ratio, crudeRatio, evidence, needed, compared } = judged;
  const hours = (ms: number) => Math.round(ms / HOUR_MS);
  const between =
    ratio.low === null || ratio.high === null
      ? ''
      : `, which is between ${rounded(ratio.low)} and ${rounded(ratio.high)} times their rate`;
  const crude =
    crudeRatio === null ? '' : ` Compared with all others, whatever they are: ${rounded(crudeRatio)} times.`;
  return (
    `${crashed} of its devices crashed in ${hours(atRiskMs)} hours at risk; had all crashed alike, it would have ` +
    `been ${rounded(ratio.expected)}. Of its like, all else equal, ${likeCrashed} crashed in ${hours(likeAtRiskMs)} ` +
    `hours${between}.${crude} ${compared.crashedAlone} more crashed where no others are like them. ` +
    `Evidence ${rounded(evidence)}, and ${rounded(needed)} is needed.`
  );
}

function counterfactualOf(judged: Judged, upTo: number): string {
  return `With ${crashesToSpare(judged, upTo)} of these crashes fewer nothing would have been said.`;
}

function kindOf({ dimension }: Judged): string {
  return dimension === 'LOT' ? 'lot' : 'firmware';
}

/** Three digits, which is all that anyone needs. */
function rounded(value: number): string {
  if (value >= 1_000_000) return 'over a million';
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
