import type { GroupMember, Position } from '../log.ts';
import { flexibleRequest, flexibleResponse } from './flexible.ts';

/** Offsets of a group that become visible with a transaction. */
export interface TxnOffsetCommit {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly member: GroupMember;
  readonly positions: readonly Position[];
}

const TXN_OFFSET_COMMIT = 28;
/** Room for a request of this kind at first. */
const REQUEST_BYTES = 1024;
const NO_LEADER_EPOCH = -1;

/** TxnOffsetCommit v3, the first that names the member's generation (KIP-447). */
export function txnOffsetCommitRequest({
  transactionalId,
  producerId,
  producerEpoch,
  member,
  positions,
}: TxnOffsetCommit) {
  const topics = Map.groupBy(positions, ({ topic }) => topic);
  return flexibleRequest(TXN_OFFSET_COMMIT, 3, 'TxnOffsetCommit', REQUEST_BYTES, (to) => {
    to.string(transactionalId).string(member.group).int64(producerId).int16(producerEpoch);
    to.int32(member.generation).string(member.member).string(null);
    to.array([...topics], ([topic, own]) => {
      to.string(topic);
      to.array(own, ({ partition, offset }) => {
        to.int32(partition).int64(offset).int32(NO_LEADER_EPOCH).string(null).tags();
      });
      to.tags();
    });
  });
}

/** The error code of each partition. */
export const txnOffsetCommitResponse = flexibleResponse((from): number[] => {
  from.int32();
  const topics = from.array(() => {
    from.string();
    const codes = from.array(() => {
      from.int32();
      const code = from.int16();
      from.tags();
      return code;
    });
    from.tags();
    return codes;
  });
  return topics.flat();
});
