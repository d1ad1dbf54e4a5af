import { deadLetters as deadLetterTopic, lateEvents as lateTopic, table } from '#sdk';
import * as topics from './topics.ts';

export const telemetry = table({
  name: 'telemetry',
  doc: 'Measurements of every device, each once.',
  from: topics.telemetry,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
});

export const links = table({
  name: 'links',
  doc: 'How well each device was connected, each report once.',
  from: topics.links,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'connectivity',
});

export const sessions = table({
  name: 'sessions',
  doc: 'Starts and ends of the sessions of every device.',
  from: topics.sessions,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'connectivity',
});

export const gaps = table({
  name: 'gaps',
  doc: 'What is missing, late, repeated or reset, so that other numbers can say what they do not know.',
  from: topics.gaps,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'operational',
});

export const lateEvents = table({
  name: 'late_events',
  doc: 'Events that came after a processor’s horizon and changed no state.',
  from: lateTopic,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'telemetry',
});

export const deadLetters = table({
  name: 'dead_letters',
  doc: 'Input that could not be accepted, with its original bytes.',
  from: deadLetterTopic,
  orderBy: ['time', '_partition', '_offset'],
  partitionBy: 'time',
  dataClass: 'telemetry',
});

export const twinChanges = table({
  name: 'twin_changes',
  doc: 'Every event that a twin accepted: what it wrote and what became different. The twin at any time follows from it.',
  from: topics.twinChanges,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  // The whole twin after each event would be most of the table, and the views have it at any time.
  without: ['reported', 'desired'],
  dataClass: 'configuration',
});

export const twins = table({
  name: 'twins',
  doc: 'The current twin of every device.',
  from: topics.twinChanges,
  engine: { kind: 'latest' },
  orderBy: ['tenant', 'device'],
  without: ['section', 'source', 'sequence', 'historical', 'writes', 'changes'],
  dataClass: 'configuration',
});

export const twinDeltas = table({
  name: 'twin_deltas',
  doc: 'How desired and reported differed, whenever that changed.',
  from: topics.twinDeltas,
  orderBy: ['tenant', 'device', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'configuration',
});

export const twinRejections = table({
  name: 'twin_rejections',
  doc: 'Twin updates that were refused, with the reason.',
  from: topics.twinRejections,
  orderBy: ['tenant', 'device', 'eventTime', '_offset'],
  partitionBy: 'eventTime',
  dataClass: 'configuration',
});
