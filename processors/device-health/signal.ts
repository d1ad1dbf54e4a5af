import type { BatteryForecast, Signal } from '#schemas';
import type { Uncaused } from '#sdk';

type Forecast = Uncaused<BatteryForecast>;

const BATTERY = 'device-health.battery';
const RESTARTS = 'device-health.restarts';
const NOBODY = { verdict: null, startsAt: null, endsAt: null, actor: null, comment: null } as const;

/** The battery will be empty soon. */
export function ending(forecast: Forecast): Uncaused<Signal> {
  const { level, ratePerDay, rateLow, rateHigh, endsAt, endsEarliestAt, samples, spanMs } = forecast;
  const rate = `It is at ${brief(level)} % and loses ${brief(ratePerDay)} % a day (${brief(rateLow)} to ${brief(rateHigh)})`;
  const when = `so it is empty at ${moment(endsAt)}, and not before ${moment(endsEarliestAt)} at 90 % confidence`;
  const from = `That follows from ${samples} levels of ${brief(spanMs / 86_400_000)} days`;
  return {
    ...about(forecast, BATTERY),
    kind: 'RAISED',
    title: 'The battery will soon be empty',
    detail: `${rate}, ${when}. ${from}.`,
  };
}

/** It was charged or changed, or loses less than it seemed. */
export function lasting(forecast: Forecast): Uncaused<Signal> {
  const detail = `It is at ${brief(forecast.level)} %, and empty at ${moment(forecast.endsAt)} as far as can be told.`;
  return { ...about(forecast, BATTERY), kind: 'CLEARED', title: 'The battery lasts', detail };
}

/** Starts of one minute and cause. */
export interface Start {
  /** Begin of the minute, ms. */
  readonly at: number;
  readonly cause: string;
  readonly count: number;
}

/** Causes that the supply makes. */
const SUPPLY: ReadonlySet<string> = new Set(['BROWNOUT', 'POWER']);

/** Starts that a signal names by their time. */
const NAMED_MAX = 5;

/** The device starts anew again and again. */
export function restarting(of: About, starts: readonly Start[], most: number): Uncaused<Signal> {
  const byCause = new Map<string, number>();
  for (const { cause, count } of starts) byCause.set(cause, (byCause.get(cause) ?? 0) + count);
  const causes = [...byCause].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const count = causes.reduce((sum, [, each]) => sum + each, 0);
  const ofSupply = causes.reduce((sum, [cause, each]) => sum + (SUPPLY.has(cause) ? each : 0), 0);
  const why = ofSupply * 2 > count ? ', and its supply is why' : '';
  const by = causes.map(([cause, each]) => `${cause} ${each}`).join(', ');
  const last = starts.slice(-NAMED_MAX).map(({ at }) => moment(at));
  const detail = `It started ${count} times within a day that nobody meant: ${by}. The last were at ${last.join(', ')}.`;
  return {
    ...about(of, RESTARTS),
    kind: 'RAISED',
    title: `The device starts anew again and again${why}`,
    detail: `${detail} It is told from ${most} on.`,
  };
}

/** Few starts are left within a day. */
export function calmed(of: About, count: number): Uncaused<Signal> {
  const detail = `It started ${count} times within a day that nobody meant.`;
  return { ...about(of, RESTARTS), kind: 'CLEARED', title: 'The device has calmed down', detail };
}

type About = Pick<Signal, 'tenant' | 'device' | 'eventTime'> & { readonly policyVersion: number };

function about({ tenant, device, eventTime, policyVersion }: About, name: string) {
  const rule = { rule: name, alert: `${name}/${device}`, severity: 'MEDIUM', policy: 'health', behind: [] } as const;
  return { ...NOBODY, ...rule, tenant, device, eventId: null, eventTime, policyVersion };
}

function brief(value: number | null): string {
  return value === null ? 'an unknown' : String(Number(value.toPrecision(3)));
}

function moment(time: number | null): string {
  return time === null ? 'no time' : new Date(time).toISOString();
}
