import { flexibleRequest, flexibleResponse } from './flexible.ts';

/** A topic as the cluster tells of it. */
export interface TopicMetadata {
  readonly name: string;
  /** Of this topic alone: one made again under its name has another. In hex. */
  readonly id: string;
  readonly errorCode: number;
  /** By partition; node -1 where none leads. */
  readonly leaders: readonly { readonly node: number; readonly epoch: number }[];
}

/** What a cluster tells of itself. */
export interface ClusterMetadata {
  readonly clusterId: string;
  readonly topics: readonly TopicMetadata[];
}

const METADATA = 3;
/** Room for a request of this kind at first. */
const REQUEST_BYTES = 1024;
/** Of a topic that the broker cannot name now. */
export const NO_ID = '0'.repeat(32);

/** Metadata v12 (Kafka 3 and later), which tells topic ids, of topics by name. */
export function metadataRequest(names: readonly string[]) {
  return flexibleRequest(METADATA, 12, 'Metadata', REQUEST_BYTES, (to) => {
    to.array(names, (name) => to.uuid(NO_ID).string(name).tags());
    // No topic is made by asking, and no rights are listed.
    to.int8(0).int8(0);
  });
}

export const metadataResponse = flexibleResponse((from): ClusterMetadata => {
  from.int32();
  from.array(() => {
    from.int32();
    from.string();
    from.int32();
    from.string();
    from.tags();
  });
  const clusterId = from.string() ?? '';
  from.int32();
  const topics = from.array(() => {
    const errorCode = from.int16();
    const name = from.string() ?? '';
    const id = from.uuid();
    from.boolean();
    const leaders: { node: number; epoch: number }[] = [];
    from.array(() => {
      from.int16();
      const partition = from.int32();
      leaders[partition] = { node: from.int32(), epoch: from.int32() };
      for (let list = 0; list < 3; list++) from.array(() => from.int32());
      from.tags();
    });
    from.int32();
    from.tags();
    return { name, id, errorCode, leaders };
  });
  return { clusterId, topics };
});
