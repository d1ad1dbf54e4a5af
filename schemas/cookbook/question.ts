/** A question that an analyst asks, with its answer in SQL; `fleetstream sql --list` shows them all. */
export interface Question {
  /** By which it is asked for. */
  readonly name: string;
  readonly asks: string;
  /** What may be set stands in it as `{name:Type}`, and is told of in `PARAMETERS`. */
  readonly sql: string;
}

/** What a question may be told. */
export interface Parameter {
  readonly doc: string;
  /** What is taken where nothing is said: a text, or a time before now; null where it must be said. */
  readonly usual: string | { readonly hoursAgo: number } | null;
}

/** Every parameter of the questions, by its name. */
export const PARAMETERS: Readonly<Record<string, Parameter>> = {
  tenant: { doc: 'Whose devices; empty for everybody’s.', usual: '' },
  device: { doc: 'Which device.', usual: null },
  metric: { doc: 'Which measurement, with its unit.', usual: 'temperatureC' },
  from: { doc: 'Event time from which on.', usual: { hoursAgo: 24 } },
  to: { doc: 'Event time before which.', usual: { hoursAgo: 0 } },
  at: { doc: 'Event time that is asked about.', usual: { hoursAgo: 1 } },
  known: { doc: 'Log time up to which the answer may know.', usual: { hoursAgo: 0 } },
  earlier: { doc: 'An earlier log time to compare it with.', usual: { hoursAgo: 24 } },
  minutes: { doc: 'How many minutes.', usual: '15' },
  hours: { doc: 'How many hours.', usual: '24' },
  days: { doc: 'How many days.', usual: '90' },
  sigmas: { doc: 'How many standard deviations.', usual: '4' },
  limit: { doc: 'How many rows at most.', usual: '20' },
};

/** The parameters that a query has, in their order. */
export function parametersIn(sql: string): readonly string[] {
  return [...new Set(Array.from(sql.matchAll(/\{(\w+):/g), ([, name]) => name as string))];
}

/** That a row is of the tenant, where one is said. */
export const OF_TENANT = "({tenant:String} = '' OR tenant = {tenant:String})";

/** That a row is of the device. */
export const OF_DEVICE = 'tenant = {tenant:String} AND device = {device:String}';

/** That it happened in the time that is asked about. */
export const IN_TIME = "eventTime >= {from:DateTime64(3, 'UTC')} AND eventTime < {to:DateTime64(3, 'UTC')}";
