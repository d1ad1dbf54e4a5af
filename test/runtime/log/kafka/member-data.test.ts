import { AssignerProtocol, type GroupDescriptions } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { workIn } from '#runtime/log/kafka/group.ts';
import { readMemberData, writeMemberData } from '#runtime/log/kafka/member-data.ts';

const OURS = 'fleetstream-sticky';

function metadata(userData: string): Buffer {
  return AssignerProtocol.MemberMetadata.encode({ version: 0, topics: ['t'], userData: Buffer.from(userData) });
}

function described(state: string, protocol: string, members: readonly Buffer[]): GroupDescriptions {
  const described = members.map((memberMetadata, i) => ({
    memberId: String(i),
    clientId: '',
    clientHost: '',
    memberMetadata,
    memberAssignment: Buffer.alloc(0),
  }));
  const group = { groupId: 'g', errorCode: 0, protocolType: 'consumer', protocol, members: described };
  return { groups: [{ ...group, state: state as 'Stable' }] };
}

test('what a member says of itself is read by the others', () => {
  const said = { owned: [3, 1], work: ['ledger', 'twin'] };
  expect(readMemberData(writeMemberData('t', said))).toEqual(said);
});

test.each([
  ['a list of partitions, as an earlier version says', metadata('[1,2]')],
  ['nothing', metadata('')],
  ['junk', metadata('{"owned":"x","work":7}')],
  ['bytes that are no metadata', Buffer.from([0])],
])('a member that says %s holds nothing, and does not say what it does', (_, said) => {
  expect(readMemberData(said)).toEqual({ owned: [], work: null });
});

describe('the work of a group', () => {
  const member = writeMemberData('t', { owned: [], work: ['twin'] });

  test('is that of its members, where they have their shares', () => {
    expect(workIn(described('Stable', OURS, [member, metadata('[1]')]), 'g')).toEqual([['twin'], null]);
  });

  test('is none where it is empty, or where others use its name', () => {
    expect(workIn(described('Empty', '', []), 'g')).toEqual([]);
    expect(workIn(described('Stable', 'range', [metadata('')]), 'g')).toEqual([[]]);
  });

  test.each(['PreparingRebalance', 'CompletingRebalance'])('is not told in the state %s', (state) => {
    expect(() => workIn(described(state, '', [Buffer.alloc(0)]), 'g')).toThrow(/^log_refused: group g shares/);
  });
});
