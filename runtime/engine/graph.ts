import {
  type AnyProcessor,
  type AnyTopic,
  ClockTicked,
  Committed,
  deadLetters,
  type Envelope,
  EVENTS_TOPIC,
  type EventType,
  lateEvents,
  IngressReported,
  type AnyPolicy,
  PolicyChanged,
  PolicySnapshotBegan,
  PolicySnapshotEnded,
  type Schema,
  TicksPassed,
} from '#sdk';
import type { TopicSpec } from '../log/log.ts';
import { changelogTopic } from './fold.ts';
import { inputTopicOf, stageInput } from './stages.ts';

/** Topics that an app's processors write, the platform's own included. */
export function topicsOf(processors: readonly AnyProcessor[]): AnyTopic[] {
  const topics = processors.flatMap(({ outputs }) => outputs as readonly AnyTopic[]);
  return [...new Set([...topics, deadLetters, lateEvents])];
}

/** Topics that an app reads and writes, as the log must hold them. */
export function topicSpecsOf(processors: readonly AnyProcessor[], partitions: number): TopicSpec[] {
  const specs: TopicSpec[] = [
    { name: EVENTS_TOPIC, partitions, cleanup: 'delete' },
    ...processors.map((each) => ({ name: inputTopicOf(each), partitions, cleanup: 'delete' as const })),
    ...topicsOf(processors).map(({ name, cleanup }) => ({ name, partitions, cleanup })),
    ...processors.map((processor) => ({ name: changelogTopic(processor), partitions, cleanup: 'compact' as const })),
  ];
  // What a second stage reads another of them may write.
  return [...new Map(specs.map((spec) => [spec.name, spec])).values()];
}

/** Every record that an app's processors read, keep or write. */
export function schemasOf(processors: readonly AnyProcessor[]): Schema<unknown>[] {
  const schemas: Schema<unknown>[] = [ClockTicked, Committed, TicksPassed];
  for (const processor of processors) {
    const { state, inputs, collections, policies } = processor;
    schemas.push(state as Schema<unknown>);
    const stage = stageInput(processor);
    if (stage !== null) schemas.push(stage.topic.value);
    else for (const type of Object.values(inputs as Record<string, EventType<Envelope>>)) schemas.push(type.record);
    for (const policy of Object.values((policies ?? {}) as Record<string, AnyPolicy>)) schemas.push(policy.value);
    for (const { value } of Object.values((collections ?? {}) as Record<string, { value: Schema<unknown> }>))
      schemas.push(value);
  }
  for (const topic of topicsOf(processors)) schemas.push(topic.value as Schema<unknown>);
  return schemas;
}

/** What others tell every partition: read where it is met, and never written by a fold. */
export const TOLD: readonly Schema<unknown>[] = [
  PolicyChanged,
  PolicySnapshotBegan,
  PolicySnapshotEnded,
  IngressReported,
];
