import {
  type AnyProcessor,
  type AnyTopic,
  ClockTicked,
  Committed,
  deadLetters,
  type Envelope,
  type EventType,
  lateEvents,
  type Schema,
} from '#sdk';

/** Topics that an app's processors write, the platform's own included. */
export function topicsOf(processors: readonly AnyProcessor[]): AnyTopic[] {
  const topics = processors.flatMap(({ outputs }) => outputs as readonly AnyTopic[]);
  return [...new Set([...topics, deadLetters, lateEvents])];
}

/** Every record that an app's processors read, keep or write. */
export function schemasOf(processors: readonly AnyProcessor[]): Schema<unknown>[] {
  const schemas: Schema<unknown>[] = [ClockTicked, Committed];
  for (const { state, inputs, collections } of processors) {
    schemas.push(state as Schema<unknown>);
    for (const type of Object.values(inputs as Record<string, EventType<Envelope>>)) schemas.push(type.record);
    for (const { value } of Object.values((collections ?? {}) as Record<string, { value: Schema<unknown> }>))
      schemas.push(value);
  }
  for (const topic of topicsOf(processors)) schemas.push(topic.value as Schema<unknown>);
  return schemas;
}
