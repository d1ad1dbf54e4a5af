import type { Log } from '../../runtime/log/log.ts';

/** A log whose topics and transactors have names of their own in a cluster that others use too. */
export function prefixed(log: Log, prefix: string): Log {
  const named = <T extends { readonly topic: string }>(place: T): T => ({ ...place, topic: prefix + place.topic });
  return {
    id: log.id,
    ensureTopics: (topics) => log.ensureTopics(topics.map((topic) => ({ ...topic, name: prefix + topic.name }))),
    append: (records) => log.append(records.map(named)),
    async fetch(request) {
      const fetched = await log.fetch({ ...request, positions: request.positions.map(named) });
      return fetched.map((part) => ({ ...part, topic: part.topic.slice(prefix.length) }));
    },
    endOffset: (topic, partition) => log.endOffset(prefix + topic, partition),
    settledEnd: (topic, partition, owner) => log.settledEnd(prefix + topic, partition, owner),
    topicId: (topic) => log.topicId(prefix + topic),
    async transactor(id) {
      const transactor = await log.transactor(prefix + id);
      return {
        commit: (records, progress) =>
          transactor.commit(records.map(named), progress && { ...progress, positions: progress.positions.map(named) }),
      };
    },
    close: () => log.close(),
  };
}
