interface Entry<T> {
  readonly atMs: number;
  readonly order: number;
  readonly what: T;
}

/** Things to do in the order of their time; at the same time, in the order in which they came. */
export class Agenda<T> {
  // A binary heap: the soonest stands first.
  readonly #heap: Entry<T>[] = [];
  #order = 0;

  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  add(atMs: number, what: T): void {
    const entry = { atMs, order: this.#order++, what };
    let at = this.#heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, this.#heap[parent] as Entry<T>)) break;
      this.#heap[at] = this.#heap[parent] as Entry<T>;
      at = parent;
    }
    this.#heap[at] = entry;
  }

  take(): { readonly atMs: number; readonly what: T } | null {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return null;
    if (this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(entry: Entry<T>): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const right = this.#heap[child + 1];
      if (right !== undefined && before(right, this.#heap[child] as Entry<T>)) child += 1;
      const candidate = this.#heap[child];
      if (candidate === undefined || !before(candidate, entry)) break;
      this.#heap[at] = candidate;
      at = child;
    }
    this.#heap[at] = entry;
  }
}

function before(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
