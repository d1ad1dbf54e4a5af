import { AssignerProtocol } from 'kafkajs';

/** What a member of a group tells the others of itself. */
export interface MemberData {
  /** Partitions that it held last. */
  readonly owned: readonly number[];
  /** What it does with what it is given; null where it does not say. */
  readonly work: readonly string[] | null;
}

/** As a member sends it when it joins. */
export function writeMemberData(topic: string, data: MemberData): Buffer {
  const userData = Buffer.from(JSON.stringify(data));
  return AssignerProtocol.MemberMetadata.encode({ version: 0, topics: [topic], userData });
}

/** A member of another version may say something else; it then holds nothing, and does not say what it does. */
export function readMemberData(metadata: Buffer): MemberData {
  try {
    const said = JSON.parse(String(AssignerProtocol.MemberMetadata.decode(metadata)?.userData)) as Partial<MemberData>;
    const { owned, work } = said;
    return {
      owned: Array.isArray(owned) ? owned.filter(Number.isInteger) : [],
      work: Array.isArray(work) ? work.map(String) : null,
    };
  } catch {
    return { owned: [], work: null };
  }
}
