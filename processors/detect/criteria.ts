import { type Behaviour, type Cidr, isInCidr, isNormal, kindOf, parseAddress, parseCidr } from '#schemas';
import type { Datapoint, Measured } from './datapoint.ts';

/** What the criteria say of a window. */
export interface Judgement {
  readonly violates: boolean;
  /** The number furthest from normal; null of a list. */
  readonly value: number | null;
  /** What is not normal of a list. */
  readonly members: readonly string[];
  /** Ids of events that show it. */
  readonly events: readonly string[];
}

/** Members and ids that one finding names. */
const NAMED_MAX = 16;

/** Whether what was measured is normal. Criteria say what is; one value or member that is not makes a violation. */
export function judge(behaviour: Behaviour, datapoint: Datapoint): Judgement {
  if (datapoint.kind === 'numbers') return judgeNumbers(behaviour, datapoint.measured);
  const isUsual = normalMember(behaviour);
  const strange = datapoint.seen.filter(({ member }) => !isUsual(member));
  const members = [...new Set(strange.map(({ member }) => member))].sort().slice(0, NAMED_MAX);
  const shown = strange.filter(({ member }) => members.includes(member));
  return { violates: strange.length > 0, value: null, members, events: named(shown.flatMap(({ events }) => events)) };
}

function judgeNumbers(behaviour: Behaviour, measured: readonly Measured[]): Judgement {
  const { value, events } = worstOf(behaviour, measured);
  const violates = !isNormal(behaviour.operator, value, behaviour.threshold as number);
  return { violates, value, members: [], events: named(events) };
}

/** The number that is furthest from what is normal; where that is learned, which has two sides, the greatest. */
export function worstOf({ operator, confidence }: Behaviour, measured: readonly Measured[]): Measured {
  const isLess = confidence !== null || operator.startsWith('less');
  let worst = measured[0] as Measured;
  for (const each of measured) if (isLess ? each.value > worst.value : each.value < worst.value) worst = each;
  return worst;
}

function normalMember(behaviour: Behaviour): (member: string) => boolean {
  const isWanted = !behaviour.operator.startsWith('not-');
  if (kindOf(behaviour) === 'addresses') {
    const blocks = blocksOf(behaviour.cidrs);
    return (member) => {
      const address = parseAddress(member);
      // What is no address lies in no block.
      return (address !== null && blocks.some((block) => isInCidr(address, block))) === isWanted;
    };
  }
  const { ports, numbers, strings } = behaviour;
  const set = new Set<string>([...ports, ...numbers, ...strings].map(String));
  return (member) => set.has(member) === isWanted;
}

const known = new WeakMap<readonly string[], readonly Cidr[]>();

/** The blocks of a policy are read once, as it holds for millions of windows. */
function blocksOf(cidrs: readonly string[]): readonly Cidr[] {
  const before = known.get(cidrs);
  if (before !== undefined) return before;
  const blocks = cidrs.flatMap((text) => parseCidr(text) ?? []);
  known.set(cidrs, blocks);
  return blocks;
}

function named(events: readonly string[]): readonly string[] {
  return [...new Set(events)].sort().slice(0, NAMED_MAX);
}
