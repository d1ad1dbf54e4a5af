import { AssignerProtocol, type GroupDescriptions } from 'kafkajs';
import { type Group, type GroupMember, LogError, type Share } from '../log.ts';
import { shareOut } from './assignment.ts';
import type { Brokers } from './brokers.ts';
import { type Broker, OF_GROUP } from './kafkajs.ts';
import { readMemberData, writeMemberData } from './member-data.ts';

/** A member that is not heard from for so long is taken for dead: the least that a broker allows by default. */
const SESSION_MS_MAX = 6_000;
const HEARTBEAT_MS = 1_000;
/** How long the group waits for its members to finish what they hold. */
const REBALANCE_MS_MAX = 20_000;

/** What a group is told. */
export interface GroupOptions {
  readonly brokers: Brokers;
  /** Who is in the group now. */
  readonly describe: () => Promise<GroupDescriptions>;
  /** This worker's own: members under it that are there before it joins are its dead predecessors. */
  readonly clientId: string;
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  /** What this member does with its share, for others to see. */
  readonly work: readonly string[];
}

/** Names a group; nothing is sent before it is joined. */
export function groupOf(options: GroupOptions): Group {
  return new KafkaGroup(options);
}

class KafkaGroup implements Group {
  readonly #options: GroupOptions;
  #member = '';
  #owned: readonly number[] = [];
  #beating: { stop(): void } | null = null;
  #isFirst = true;

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  async join(isUnwanted: () => boolean = () => false): Promise<Share> {
    this.#beating?.stop();
    const { brokers, group } = this.#options;
    const share = await brokers.patiently(() => this.#tryJoin(), {
      msMax: Number.POSITIVE_INFINITY,
      isOver: isUnwanted,
    });
    this.#owned = share.partitions;
    const member = { group, member: this.#member, generation: share.generation };
    const beat = this.#beat(share.generation);
    this.#beating = beat;
    return { member, partitions: share.partitions, ended: beat.ended };
  }

  async leave(): Promise<void> {
    this.#beating?.stop();
    if (this.#member === '') return;
    const { group } = this.#options;
    const memberId = this.#member;
    this.#member = '';
    this.#owned = [];
    // A group that does not hear of it waits for the session's end.
    await this.#ask((broker) => broker.leaveGroup({ groupId: group, memberId })).catch(() => undefined);
  }

  /** The group would wait for a member that was killed until its session ends; who comes in its name knows better. */
  async #bury(): Promise<void> {
    const { describe, group: groupId, clientId } = this.#options;
    const { groups } = await describe();
    for (const { memberId, clientId: name } of groups[0]?.members ?? []) {
      if (name === clientId)
        await this.#ask((broker) => broker.leaveGroup({ groupId, memberId })).catch(() => undefined);
    }
  }

  async #tryJoin(): Promise<{ generation: number; partitions: readonly number[] }> {
    const { group: groupId } = this.#options;
    if (this.#isFirst) await this.#bury();
    this.#isFirst = false;
    try {
      const joined = await this.#ask((broker) =>
        broker.joinGroup({
          groupId,
          memberId: this.#member,
          sessionTimeout: SESSION_MS_MAX,
          rebalanceTimeout: REBALANCE_MS_MAX,
          groupProtocols: [{ name: PROTOCOL, metadata: this.#metadata() }],
        }),
      );
      this.#member = joined.memberId;
      const { generationId, memberId } = joined;
      const groupAssignment = joined.leaderId === memberId ? this.#assign(joined.members) : [];
      const synced = await this.#ask((broker) =>
        broker.syncGroup({ groupId, generationId, memberId, groupAssignment }),
      );
      return { generation: generationId, partitions: this.#shareIn(synced.memberAssignment) };
    } catch (error) {
      const { type } = error as { type?: string };
      // The group does not know this member any more; it comes as a new one, which holds nothing.
      if (type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION') {
        this.#member = '';
        this.#owned = [];
      }
      if (type !== undefined && REJOINED.has(type)) throw Object.assign(error as Error, { retriable: true });
      throw error;
    }
  }

  #metadata(): Buffer {
    const { topic, work } = this.#options;
    return writeMemberData(topic, { owned: this.#owned, work });
  }

  #assign(members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]) {
    const { topic, partitions, group, brokers } = this.#options;
    const claimants = members.map(({ memberId, memberMetadata }) => ({
      id: memberId,
      ...readMemberData(memberMetadata),
    }));
    const works = new Set(claimants.map(({ work }) => work?.toSorted().join(' ') ?? 'unknown'));
    // As copies of another version are while a deployment goes on; should it last, partitions are left out in silence.
    if (works.size > 1) brokers.report('members_differ', { group, work: [...works], next: SAME_WORK });
    return Array.from(shareOut(claimants, partitions), ([memberId, share]) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: 0,
        assignment: { [topic]: share },
        userData: NOTHING,
      }),
    }));
  }

  #shareIn(bytes: Buffer): readonly number[] {
    return AssignerProtocol.MemberAssignment.decode(bytes)?.assignment[this.#options.topic] ?? [];
  }

  /** Tells the group that this member lives, until it hears that the share has ended. */
  #beat(generation: number): { stop(): void; readonly ended: Promise<void> } {
    const { group: groupId } = this.#options;
    let isStopped = false;
    let heardAt = performance.now();
    const beat = async () => {
      while (!isStopped) {
        await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS));
        if (isStopped) return;
        try {
          await this.#ask((broker) =>
            broker.heartbeat({ groupId, groupGenerationId: generation, memberId: this.#member }),
          );
          heardAt = performance.now();
        } catch (error) {
          const { type } = error as { type?: string };
          if (type !== undefined && REJOINED.has(type)) return;
          // By now the group has given the share away, even where it cannot be asked.
          if (performance.now() - heardAt > SESSION_MS_MAX) return;
        }
      }
    };
    return {
      ended: beat(),
      stop: () => {
        isStopped = true;
      },
    };
  }

  #ask<T>(work: (broker: Broker) => Promise<T>): Promise<T> {
    return this.#options.brokers.coordinated(this.#options.group, OF_GROUP, work);
  }
}

/** Rejects with `ownership_lost` where the group takes the member for one of the past, or shares out anew. */
export async function assertMember(brokers: Brokers, { group, member, generation }: GroupMember): Promise<void> {
  const alive = { groupId: group, groupGenerationId: generation, memberId: member };
  try {
    await brokers.coordinated(group, OF_GROUP, (broker) => broker.heartbeat(alive));
  } catch (error) {
    const { type } = error as { type?: string };
    if (type === undefined || !REJOINED.has(type)) throw error;
    throw ownershipLost(group, type);
  }
}

/** The refusal of a member whose share has ended. */
export function ownershipLost(group: string, error: string): LogError {
  return new LogError('ownership_lost', `group ${group} has shared its partitions out anew (${error}); join it again`);
}

/** A list a member: what it does; null where one does not say. */
export type MemberWork = readonly (readonly string[] | null)[];

const NOTHING = Buffer.alloc(0);
const PROTOCOL = 'fleetstream-sticky';
const SAME_WORK = 'start every copy of an app with the same processors: a copy folds its partitions with its own only';
/** After these one joins again. */
const REJOINED: ReadonlySet<string> = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
]);

/** What the members of a group say that they do. Rejects with `log_refused` while it shares out, since they say nothing then. */
export function workIn({ groups: [found] }: GroupDescriptions, group: string): MemberWork {
  const members = found?.members ?? [];
  // Others than ours may use the name of a group, and fold nothing.
  const ours = found?.protocol === PROTOCOL;
  if (found?.state === 'Stable') {
    return members.map(({ memberMetadata }) => (ours ? readMemberData(memberMetadata).work : []));
  }
  if (members.length === 0) return [];
  throw new LogError('log_refused', `group ${group} shares its partitions out now; ask again`);
}
