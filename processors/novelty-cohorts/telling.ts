import { emit, type Uncaused } from '#sdk';
import { type NoveltyFound, type NoveltySighting, type Signal, topics } from '#schemas';
import type { Told } from './state.ts';

type Found = Uncaused<NoveltyFound>;

const NOBODY = { verdict: null, startsAt: null, endsAt: null, actor: null, comment: null } as const;

/** Words for what is new. */
const WORDS: Readonly<Record<NoveltySighting['kind'], string>> = {
  UNKNOWN: 'does something',
  DESTINATION: 'is connected to a network',
  ENDPOINT: 'is connected to a port',
  PORT: 'has a port open',
  COMMAND: 'is asked for something',
};

/** Key of the alert about what is new of a kind, as the processor novelty has it. */
export function alertOf({ kind, device }: Pick<NoveltySighting, 'kind' | 'device'>): string {
  return `novelty.${kind.toLowerCase()}/${device}`;
}

/** Key of the alert that something strange spreads in a cohort. */
export function spreadOf(kind: NoveltySighting['kind'], cohort: string, member: string): string {
  return `novelty.spread/${cohort}/${kind.toLowerCase()}/${member}`;
}

/** The finding, and the signal of it. */
export function raised(found: Found): readonly Told[] {
  const { kind, device, members, usual, probability, threshold, reports, basis } = found;
  const before = usual.length === 0 ? 'nothing is known of it' : `usual are ${usual.join(', ')}`;
  const grown = `devices of ${cohortOf(found)} have something of their own`;
  const why =
    basis === 'DEVICE'
      ? `A report of it brings something new with a probability of ${brief(probability)}, by ${reports} reports before`
      : `${found.cohortAlone} of ${found.cohortGrown} ${grown}, so a probability of ${brief(probability)}`;
  const silent = `A threshold below that would have kept it silent; it is ${brief(threshold)}`;
  return [
    emit(topics.novelties, found),
    emit(topics.signals, {
      ...about(found, 'RAISED', `novelty.${kind.toLowerCase()}`, alertOf(found)),
      policyVersion: found.policyVersion,
      severity: 'MEDIUM',
      title: `${device} ${WORDS[kind]} that is new: ${members.join(', ')}`,
      detail: `Before, ${before}. ${why}. ${silent}.`,
    }),
  ];
}

/** What was new is gone, usual by now, or so long ago that nobody says more of it. */
export function cleared(of: Pick<Found, 'tenant' | 'device' | 'kind' | 'eventTime'>, why: string): Told {
  const { kind, device } = of;
  return emit(topics.signals, {
    ...about({ ...of, eventId: null }, 'CLEARED', `novelty.${kind.toLowerCase()}`, alertOf(of)),
    policyVersion: null,
    severity: 'MEDIUM',
    title: `${device} does nothing new any more`,
    detail: why,
  });
}

/** The same is new to more than a few devices: from now on no device is told of on its own. */
export function spreads(found: Found, member: string): Told {
  const cohort = cohortOf(found);
  return emit(topics.signals, {
    ...about(found, 'RAISED', 'novelty.spread', spreadOf(found.kind, cohort, member)),
    policyVersion: found.policyVersion,
    severity: 'HIGH',
    title: `${member} is new to ${found.others + 1} devices of ${cohort}`,
    detail: `${found.device} is the newest of them. Further ones are in the table novelties, and raise no alert.`,
  });
}

/** What spreads is usual by now. */
export function calmed(of: Pick<Found, 'tenant' | 'device' | 'eventTime'>, alert: string, member: string): Told {
  return emit(topics.signals, {
    ...about({ ...of, eventId: null }, 'CLEARED', 'novelty.spread', alert),
    policyVersion: null,
    severity: 'HIGH',
    title: `${member} is usual by now`,
    detail: 'A week has passed since it was told.',
  });
}

type Whose = Pick<Found, 'tenant' | 'device' | 'eventTime'> & { readonly eventId: string | null };

function about({ tenant, device, eventId, eventTime }: Whose, kind: Signal['kind'], rule: string, alert: string) {
  return { ...NOBODY, tenant, device, eventId, eventTime, kind, rule, alert, policy: 'novelty', behind: [] };
}

/** Model and firmware in words. */
export function cohortOf({ model, firmware }: Pick<Found, 'model' | 'firmware'>): string {
  return `${model ?? 'an unknown model'} ${firmware ?? 'of unknown firmware'}`;
}

function brief(value: number): string {
  return String(Number(value.toPrecision(3)));
}
