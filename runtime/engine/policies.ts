import type { AnyProcessor, InForce, Policy } from '#sdk';

type Declared = Readonly<Record<string, Policy<unknown>>>;

/** What operators have decided, as far as a processor asks for it. */
export class Policies {
  readonly #fallback: InForce<Declared>;

  constructor({ policies = {} }: Pick<AnyProcessor, 'policies'>) {
    const declared = Object.entries(policies as Declared);
    this.#fallback = {
      policies: Object.fromEntries(declared.map(([name, { fallback }]) => [name, fallback])),
      versions: Object.fromEntries(declared.map(([name]) => [name, 0])),
    };
  }

  /** As they are in force for a key, which begins with its tenant. */
  of(_key: string): InForce<Declared> {
    return this.#fallback;
  }
}
