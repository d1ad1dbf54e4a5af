import type { Signal } from '#schemas';
import type { Uncaused } from '#sdk';
import type { Whose } from './window.ts';

type Said = Pick<
  Signal,
  'kind' | 'rule' | 'severity' | 'title' | 'detail' | 'eventId' | 'eventTime' | 'policy' | 'policyVersion'
> &
  Partial<Pick<Signal, 'behind'>>;

/** A signal about the device as a whole. */
export function signalOf({ tenant, device }: Whose, said: Said): Uncaused<Signal> {
  const nobody = { verdict: null, startsAt: null, endsAt: null, actor: null, comment: null };
  return { tenant, device, alert: `${said.rule}/${device}`, behind: [], ...nobody, ...said };
}

/** A length of time as people say it. */
export function lasting(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 6) / 10} h`;
}

/** A moment of UTC. */
export function moment(ms: number): string {
  return new Date(ms).toISOString();
}
