import type { Log } from '../../runtime/log/log.ts';

/** A log whose topics and transactors have names of their own in a cluster that others use too. */
export function prefixed(log: Log, prefix: string, topicOf = (topic: string) => prefix + topic): Log {
  const named = <T extends { readonly topic: string }>(place: T): T => ({ ...place, topic: topicOf(place.topic) });
  return {
    id: log.id,
    ensureTopics: (topics) => log.ensureTopics(topics.map((topic) => ({ ...topic, name: topicOf(topic.name) }))),
    append: (records) => log.append(records.map(named)),
    async fetch(request) {
      const names = new Map(request.positions.map(({ topic }) => [topicOf(topic), topic]));
      const fetched = await log.fetch({ ...request, positions: request.positions.map(named) });
      return fetched.map((part) => ({ ...part, topic: names.get(part.topic) as string }));
    },
    startOffset: (topic, partition) => log.startOffset(topicOf(topic), partition),
    endOffset: (topic, partition) => log.endOffset(topicOf(topic), partition),
    settledEnd: (topic, partition, owner) => log.settledEnd(topicOf(topic), partition, owner),
    topicId: (topic) => log.topicId(topicOf(topic)),
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
