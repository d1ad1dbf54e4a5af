import { flexibleRequest, flexibleResponse } from './flexible.ts';

/** Values of a topic's configuration, by their names; others of the topic stay as they are. */
export interface TopicConfigs {
  readonly topic: string;
  readonly configs: Readonly<Record<string, string>>;
}

/** What became of one topic. */
export interface AlteredTopic {
  readonly topic: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

const INCREMENTAL_ALTER_CONFIGS = 44;
const TOPIC = 2;
const SET = 0;
/** Room for a request of this kind at first. */
const REQUEST_BYTES = 4096;

/**
 * IncrementalAlterConfigs v1 (Kafka 2.4 and later). kafkajs has only AlterConfigs, which puts every value back to its
 * default that it does not name.
 */
export function alterConfigsCall(topics: readonly TopicConfigs[]) {
  const request = flexibleRequest(INCREMENTAL_ALTER_CONFIGS, 1, 'IncrementalAlterConfigs', REQUEST_BYTES, (to) => {
    to.array(topics, ({ topic, configs }) =>
      to
        .int8(TOPIC)
        .string(topic)
        .array(Object.entries(configs), ([name, value]) => to.string(name).int8(SET).string(value).tags())
        .tags(),
    );
    // It is done, not only tried.
    to.int8(0);
  });
  return { request, response: alterConfigsResponse };
}

const alterConfigsResponse = flexibleResponse((from): readonly AlteredTopic[] => {
  from.int32();
  return from.array(() => {
    const errorCode = from.int16();
    const errorMessage = from.string();
    from.int8();
    const topic = from.string() ?? '';
    from.tags();
    return { topic, errorCode, errorMessage };
  });
});
