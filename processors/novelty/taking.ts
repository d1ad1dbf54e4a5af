import { emit, type Emission, set, type Uncaused } from '#sdk';
import { type NoveltySet, type NoveltySighting, type NoveltyState, type NoveltyWaiting, topics } from '#schemas';
import type { VerdictGiven } from '#schemas';
import { unknownOf } from './known.ts';
import { accept, learn, type Lesson, NOTHING, renew } from './learning.ts';
import { type Kind, KINDS } from './members.ts';
import { type Kept, sets } from './state.ts';
import type { Outcome } from './steps.ts';

const { noveltySightings } = topics;

type Sighting = Uncaused<NoveltySighting>;
type About = Pick<Sighting, 'tenant' | 'device' | 'model' | 'firmware' | 'eventId' | 'eventTime'>;
type Told = Emission<typeof noveltySightings>;

/** Members that one sighting names. */
const NAMED_MAX = 16;

/** The rule of an alert about what is new of a kind; its key is that, a slash, and the device. */
export function ruleOf(kind: Kind): string {
  return `novelty.${kind.toLowerCase()}`;
}

/** Judges and learns what was seen, oldest first. */
export function take(before: NoveltyState, rows: readonly NoveltyWaiting[], kept: Kept): Outcome {
  const learnt = new Map<Kind, NoveltySet>();
  const emits: Told[] = [];
  let state = before;
  for (const row of rows) {
    const { eventTime } = row;
    const about = aboutOf(state, row, kept);
    const setOf = (kind: Kind) => learnt.get(kind) ?? kept.sets.get(kind) ?? NOTHING;
    state = { ...state, newest: eventTime };
    if (row.described) {
      const { model, firmware } = row;
      const isOther = (firmware !== null && firmware !== state.firmware) || (model !== null && model !== state.model);
      state = { ...state, model: model ?? state.model, firmware: firmware ?? state.firmware };
      if (!isOther) continue;
      for (const kind of KINDS) {
        const { set: renewed, gone } = renew(setOf(kind), eventTime);
        learnt.set(kind, renewed);
        emits.push(...goneOf({ ...about, kind }, gone));
      }
      continue;
    }
    emits.push(...taught(row, about, setOf, learnt, kept));
  }
  return { state, changes: [...learnt].map(([kind, value]) => set(sets, kind, value)), emits };
}

/** Learns what one report holds of each kind that it tells of. */
function taught(
  row: NoveltyWaiting,
  about: About,
  setOf: (kind: Kind) => NoveltySet,
  learnt: Map<Kind, NoveltySet>,
  { policies }: Kept,
): readonly Told[] {
  const { reportProbability } = policies.novelty;
  const emits: Told[] = [];
  let networks: readonly string[] = [];
  for (const kind of KINDS.filter((each) => row.kinds.includes(each))) {
    const all = row.seen.filter((each) => each.kind === kind);
    const seen = unknownOf(policies.novelty, all);
    const members = [...new Set(seen.map(({ member }) => member))];
    // An endpoint in a network that is new itself is told with that.
    const attached =
      kind === 'ENDPOINT' ? members.filter((each) => networks.some((of) => each.startsWith(`${of}:`))) : [];
    const set_ = setOf(kind);
    const lesson = learn(set_, { time: row.eventTime, members, attached: new Set(attached) }, reportProbability);
    if (kind === 'DESTINATION') {
      const had = new Set(set_.members.map(({ member }) => member));
      networks = members.filter((member) => !had.has(member));
    }
    learnt.set(kind, lesson.set);
    const textOf = (member: string) => seen.find((each) => each.member === member)?.text ?? member;
    emits.push(...toldOf({ ...about, kind }, lesson, textOf));
  }
  return emits;
}

/** An operator who calls what is new benign or false has it learnt; what is called true stays strange until it is gone. */
export function judged(state: NoveltyState, event: VerdictGiven, kept: Kept): Outcome {
  const { finding, verdict, device, eventId, eventTime } = event;
  const kind = KINDS.find((each) => finding === `${ruleOf(each)}/${device}`);
  const before = kind === undefined ? undefined : kept.sets.get(kind);
  const isUsual = verdict === 'BENIGN_POSITIVE' || verdict === 'FALSE_POSITIVE';
  if (kind === undefined || before === undefined || !isUsual) return { state };
  const { set: accepted, gone } = accept(before);
  const about = aboutOf(state, { eventId, eventTime }, kept);
  return { state, changes: [set(sets, kind, accepted)], emits: goneOf({ ...about, kind }, gone) };
}

function toldOf(
  about: About & { readonly kind: Kind },
  lesson: Lesson,
  textOf: (member: string) => string,
): readonly Told[] {
  const { fresh, shown, gone, usual, reports, news, probability, strange, grows } = lesson;
  const numbers = { reports, news, probability, strange };
  const say = (phase: Sighting['phase'], members: readonly string[]) => {
    const named = members.slice(0, NAMED_MAX);
    const texts = phase === 'NEW' ? named.map(textOf) : [];
    const known = phase === 'NEW' ? usual.slice(0, NAMED_MAX) : [];
    return emit(noveltySightings, { ...about, ...numbers, phase, members: named, seen: texts, usual: known });
  };
  return [
    ...goneOf(about, gone),
    ...(grows ? [say('GROWN', [])] : []),
    ...(fresh.length > 0 ? [say('NEW', fresh)] : []),
    ...pieces(shown).map((members) => say('SHOWN', members)),
  ];
}

function goneOf(about: About & { readonly kind: Kind }, gone: readonly string[]): readonly Told[] {
  const nothing = { seen: [], usual: [], reports: 0, news: 0, probability: 1, strange: false };
  return pieces(gone).map((members) => emit(noveltySightings, { ...about, ...nothing, phase: 'GONE', members }));
}

function pieces(members: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(members.length / NAMED_MAX);
  return Array.from({ length: count }, (_, i) => members.slice(i * NAMED_MAX, (i + 1) * NAMED_MAX));
}

function aboutOf(
  { model, firmware }: NoveltyState,
  { eventId, eventTime }: Pick<NoveltyWaiting, 'eventId' | 'eventTime'>,
  { meta: { key } }: Kept,
): About {
  const slash = key.indexOf('/');
  return { tenant: key.slice(0, slash), device: key.slice(slash + 1), model, firmware, eventId, eventTime };
}
