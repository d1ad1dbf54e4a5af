import type { Log } from './log.ts';

/** A log that is read in another way, and is the given one in all else. Closing it closes that one. */
export function withFetch(log: Log, fetch: Log['fetch']): Log {
  return {
    id: log.id,
    fetch,
    ensureTopics: (topics) => log.ensureTopics(topics),
    append: (records) => log.append(records),
    startOffset: (topic, partition) => log.startOffset(topic, partition),
    endOffset: (topic, partition) => log.endOffset(topic, partition),
    settledEnd: (topic, partition, owner) => log.settledEnd(topic, partition, owner),
    topicId: (topic) => log.topicId(topic),
    transactor: (id) => log.transactor(id),
    close: () => log.close(),
  };
}
