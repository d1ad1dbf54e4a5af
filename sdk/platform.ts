import { ClockTicked } from './generated/ClockTicked.ts';
import { DeadLettered } from './generated/DeadLettered.ts';
import { EventRefusedLate } from './generated/EventRefusedLate.ts';
import { PolicyChanged } from './generated/PolicyChanged.ts';
import { ProcessorOwned } from './generated/ProcessorOwned.ts';
import { Redriven } from './generated/Redriven.ts';
import { topic } from './topic.ts';

/** The one topic of all events about devices, keyed by `tenant/device`; several record types share it. */
export const EVENTS_TOPIC = 'fleet.events';

/** Partitions of `fleet.events` and of every topic derived from it. */
export const PARTITIONS_DEFAULT = 16;

/** Input that could not be accepted, with its original bytes. */
export const deadLetters = topic({
  name: 'fleet.dead-letters',
  doc: 'Input that could not be accepted, with its original bytes.',
  value: DeadLettered,
});

/** Events that missed a processor's horizon. */
export const lateEvents = topic({
  name: 'fleet.late',
  doc: 'Events that came after a processor’s horizon and changed no state.',
  value: EventRefusedLate,
});

/** The newest clock tick, so that the next one continues its number. */
export const clock = topic({
  name: 'fleet.clock',
  doc: 'The newest clock tick, so that the next one continues its number.',
  value: ClockTicked,
  cleanup: 'compact',
});

/** Which app runs which processor. */
export const owners = topic({
  name: 'fleet.owners',
  doc: 'Which app runs which processor: the newest record of a processor counts.',
  value: ProcessorOwned,
  cleanup: 'compact',
});

/** Which given-up records were put into their topic again. */
export const redriven = topic({
  name: 'fleet.redriven',
  doc: 'Which given-up records were put into their topic again, so that none is put there twice.',
  value: Redriven,
  cleanup: 'compact',
});

/** What operators have decided: the newest record of a policy and tenant counts. */
export const policies = topic({
  name: 'fleet.policies',
  doc: 'What operators have decided: the newest record of a policy and tenant counts.',
  value: PolicyChanged,
  cleanup: 'compact',
});
