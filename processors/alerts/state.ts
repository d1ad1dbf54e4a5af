import { collection, type Context } from '#sdk';
import { Alert, Maintenance, Outage } from '#schemas';
import type { alerting } from './policy.ts';

/** Alerts by key: those that are open, and those that are over and remembered. */
export const alerts = collection('alerts', Alert);

/** Devices that are down, or were a moment ago. */
export const outages = collection('outages', Outage);

/** When devices are worked on; gone once its last window is over. */
export const maintenances = collection('maintenances', Maintenance);

/** Above every key. */
export const END = '\u{10ffff}';

/** What a step reads beside the state of the tenant. */
export type Kept = Context<
  { readonly alerts: typeof alerts; readonly outages: typeof outages; readonly maintenances: typeof maintenances },
  { readonly alerting: typeof alerting }
>;

/** Why something is not delivered. */
export type Withheld = NonNullable<Alert['withheld']>;

export type Severity = Alert['severity'];

const SEVERITIES: readonly Severity[] = ['UNKNOWN', 'INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

/** How bad a severity is: greater is worse. */
export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export function isOpen({ status }: Pick<Alert, 'status'>): boolean {
  return status === 'OPEN' || status === 'ACKNOWLEDGED';
}

/** True while it takes one of the places that `OPEN_MAX` bounds: a verdict does not make its cause go away. */
export function isHeld(alert: Pick<Alert, 'status' | 'raised'>): boolean {
  return alert.raised || isOpen(alert);
}
