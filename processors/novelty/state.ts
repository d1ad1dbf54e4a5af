import { collection, type Context } from '#sdk';
import { noveltyPolicy, NoveltySet, NoveltyWaiting } from '#schemas';

/** What was seen and waits for what happened before it, by its order. */
export const waiting = collection('waiting', NoveltyWaiting);

/** What the device is known to do, by kind. */
export const sets = collection('sets', NoveltySet);

export const policies = { novelty: noveltyPolicy };

/** What a step reads beside state and event. */
export type Kept = Context<
  { readonly waiting: typeof waiting; readonly sets: typeof sets },
  { readonly novelty: typeof noveltyPolicy }
>;
