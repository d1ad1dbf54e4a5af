import { EVENTS_TOPIC } from '#sdk';
import type { GroupMember, Transactor } from '../log/log.ts';
import { schemasOf, TOLD, topicSpecsOf } from './graph.ts';
import type { EngineOptions } from './options.ts';
import { patiently } from './patience.ts';
import { Reader } from './reader.ts';
import { checkStages, inputTopicOf } from './stages.ts';
import { isNextShare, openTasks, type Task } from './tasks.ts';
import { Types } from './types.ts';

/** What an engine has opened. */
export interface Parts {
  readonly types: Types;
  readonly reader: Reader;
  readonly transactor: Transactor;
  readonly tasks: readonly Task[];
}

/** What is taken over from an engine before, which has stopped in good order. */
export interface Before {
  readonly types: Types;
  readonly tasks: ReadonlyMap<number, Task>;
  readonly member: GroupMember | undefined;
}

/** Registers schemas, takes ownership, and restores every fold. What is away is waited for while the engine is wanted. */
export async function openParts(options: EngineOptions, before: Before | null): Promise<Parts> {
  const { log, registry, processors, all = processors, partitions, app, signal, writer = app } = options;
  checkStages(processors, all);
  const patient = <T>(work: () => Promise<T>) => {
    signal?.throwIfAborted();
    return patiently(work, options, () => signal?.aborted === true);
  };
  // Folds that go on have read with these types.
  const types = before?.types ?? new Types(registry);
  for (const schema of schemasOf(processors)) await patient(() => types.register(schema));
  for (const schema of TOLD) types.expect(schema);
  await patient(() => log.ensureTopics(topicSpecsOf(processors, partitions)));
  const transactor = await patient(() => log.transactor(`fleetstream-${writer}`));
  const topicIds = new Map<string, string>();
  for (const topic of [EVENTS_TOPIC, ...processors.map(inputTopicOf)])
    topicIds.set(topic, await patient(() => log.topicId(topic)));
  const reader = new Reader(types, processors);
  const learning = { types, learn: (id: number) => patient(() => types.learn(id)) };
  const isNext = isNextShare(before?.member, options.member);
  const opening = { options, learning, topicIds, reader, patient, isNext };
  const tasks = await openTasks(opening, before?.tasks ?? new Map());
  signal?.throwIfAborted();
  return { types, reader, transactor, tasks };
}
