import type { AnomalyFound, Signal } from '#schemas';
import type { Uncaused } from '#sdk';

type Found = Uncaused<AnomalyFound>;
type About = Pick<Found, 'tenant' | 'device' | 'eventId' | 'eventTime' | 'metric' | 'value'>;

export const RULE = 'anomaly.value';

/** What is that unlikely is told of as severe. */
const SEVERE = 1e-9;

const NOBODY = { verdict: null, startsAt: null, endsAt: null, actor: null, comment: null } as const;

/** Key of the alert about a metric; a verdict names it too. */
export function alertOf(device: string, metric: string): string {
  return `${RULE}/${device}/${metric}`;
}

/** An incident of a metric begins, or has become much worse. */
export function raised(found: Found, policyVersion: number): Uncaused<Signal> {
  const { device, metric, value, expected, low, high, statistic, measure, limit, probability, sampleSize } = found;
  const usual = `${brief(low)} to ${brief(high)} would have been usual, ${brief(expected)} was expected`;
  const why = `Most unusual is its ${statistic}: ${brief(measure)} times the usual; up to ${brief(limit)} it would have been silent`;
  const sure = `The probability of anything as unlikely is ${brief(probability)}, by ${sampleSize} values before`;
  return {
    ...about(found),
    policyVersion,
    kind: 'RAISED',
    severity: probability <= SEVERE ? 'HIGH' : 'MEDIUM',
    title: `${metric} of ${device} is ${brief(value)}, which is unusual`,
    detail: `${usual}. ${why}. ${sure}.`,
  };
}

/** The incident is over. */
export function cleared(of: About): Uncaused<Signal> {
  const { device, metric, value } = of;
  const title = `${metric} of ${device} is usual again`;
  return {
    ...about(of),
    policyVersion: null,
    kind: 'CLEARED',
    severity: 'MEDIUM',
    title,
    detail: `It is ${brief(value)}.`,
  };
}

function about({ tenant, device, eventId, eventTime, metric }: About) {
  const rule = { rule: RULE, alert: alertOf(device, metric), policy: 'anomaly', behind: [] };
  return { ...NOBODY, ...rule, tenant, device, eventId, eventTime };
}

/** A number in at most four digits. */
function brief(value: number): string {
  return String(Number(value.toPrecision(4)));
}
