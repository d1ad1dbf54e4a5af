import type { BatteryForecast, Signal } from '#schemas';
import type { Uncaused } from '#sdk';

type Forecast = Uncaused<BatteryForecast>;

const RULE = 'device-health.battery';
const NOBODY = { verdict: null, startsAt: null, endsAt: null, actor: null, comment: null } as const;

/** The battery will be empty soon. */
export function ending(forecast: Forecast): Uncaused<Signal> {
  const { level, ratePerDay, rateLow, rateHigh, endsAt, endsEarliestAt, samples, spanMs } = forecast;
  const rate = `It is at ${brief(level)} % and loses ${brief(ratePerDay)} % a day (${brief(rateLow)} to ${brief(rateHigh)})`;
  const when = `so it is empty at ${moment(endsAt)}, and not before ${moment(endsEarliestAt)} at 90 % confidence`;
  const from = `That follows from ${samples} levels of ${brief(spanMs / 86_400_000)} days`;
  return {
    ...about(forecast),
    kind: 'RAISED',
    title: 'The battery will soon be empty',
    detail: `${rate}, ${when}. ${from}.`,
  };
}

/** It was charged or changed, or loses less than it seemed. */
export function lasting(forecast: Forecast): Uncaused<Signal> {
  const detail = `It is at ${brief(forecast.level)} %, and empty at ${moment(forecast.endsAt)} as far as can be told.`;
  return { ...about(forecast), kind: 'CLEARED', title: 'The battery lasts', detail };
}

function about({ tenant, device, eventTime, policyVersion }: Forecast) {
  const rule = { rule: RULE, alert: `${RULE}/${device}`, severity: 'MEDIUM', policy: 'health', behind: [] } as const;
  return { ...NOBODY, ...rule, tenant, device, eventId: null, eventTime, policyVersion };
}

function brief(value: number | null): string {
  return value === null ? 'an unknown' : String(Number(value.toPrecision(3)));
}

function moment(time: number | null): string {
  return time === null ? 'no time' : new Date(time).toISOString();
}
