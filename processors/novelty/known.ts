import { type Cidr, isInCidr, type NoveltyPolicy, type NoveltySeen, parseAddress, parseCidr } from '#schemas';
import { hostOf } from '#schemas';

/** What a policy calls usual. */
interface Known {
  readonly blocks: readonly Cidr[];
  readonly members: ReadonlySet<string>;
}

const read = new WeakMap<NoveltyPolicy, Known>();

/** What was seen less what the policy knows. An endpoint in a known block is known. */
export function unknownOf(policy: NoveltyPolicy, seen: readonly NoveltySeen[]): readonly NoveltySeen[] {
  if (policy.known.length === 0) return seen;
  const { blocks, members } = knownOf(policy);
  return seen.filter(({ kind, member, text }) => {
    if (members.has(text) || members.has(member)) return false;
    if (kind !== 'DESTINATION' && kind !== 'ENDPOINT') return true;
    const address = parseAddress(hostOf(text));
    return address === null || !blocks.some((block) => isInCidr(address, block));
  });
}

/** A policy is read once, as it holds for millions of reports. */
function knownOf(policy: NoveltyPolicy): Known {
  const before = read.get(policy);
  if (before !== undefined) return before;
  const known = { blocks: policy.known.flatMap((text) => parseCidr(text) ?? []), members: new Set(policy.known) };
  read.set(policy, known);
  return known;
}
