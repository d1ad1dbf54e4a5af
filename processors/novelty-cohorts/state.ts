import { collection, type Context, type Emission, type Step } from '#sdk';
import { NoveltyCohortKind, NoveltyCohortMember, type NoveltyCohortState, NoveltyOpen } from '#schemas';
import { noveltyPolicy, type topics } from '#schemas';

/** What devices of the cohort do of each kind, in numbers. */
export const kinds = collection('kinds', NoveltyCohortKind);

/** Who does it, by kind and member. */
export const members = collection('members', NoveltyCohortMember);

/** Alerts that are open, by their key. */
export const open = collection('open', NoveltyOpen);

export const policies = { novelty: noveltyPolicy };

/** What a step reads beside state and event. */
export type Kept = Context<
  { readonly kinds: typeof kinds; readonly members: typeof members; readonly open: typeof open },
  { readonly novelty: typeof noveltyPolicy }
>;

export type Told = Emission<typeof topics.novelties | typeof topics.signals>;

export type Outcome = Step<NoveltyCohortState, typeof topics.novelties | typeof topics.signals>;
