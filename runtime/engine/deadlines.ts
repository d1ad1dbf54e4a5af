interface Due {
  readonly at: number;
  readonly key: string;
}

/** Which keys are due when: a heap in the order (deadline, key), where a superseded deadline is skipped when met. */
export class Deadlines {
  readonly #heap: Due[] = [];
  readonly #current = new Map<string, number>();

  /** Sets or clears the deadline of a key, in ms of log time. */
  set(key: string, at: number | null): void {
    if (at === null) {
      this.#current.delete(key);
      return;
    }
    if (this.#current.get(key) === at) return;
    this.#current.set(key, at);
    this.#push({ at, key });
    if (this.#heap.length > 64 && this.#heap.length > 4 * this.#current.size) this.#rebuild();
  }

  /** Takes the first key due at or before that time, or undefined. */
  take(logTime: number): Due | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at > logTime) return undefined;
      this.#pop();
      if (this.#current.get(first.key) !== first.at) continue;
      this.#current.delete(first.key);
      return first;
    }
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let i = heap.push(due) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(due, heap[parent] as Due)) break;
      heap[i] = heap[parent] as Due;
      i = parent;
    }
    heap[i] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Due;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Due, heap[child] as Due)) child++;
      if (!before(heap[child] as Due, last)) break;
      heap[i] = heap[child] as Due;
      i = child;
    }
    heap[i] = last;
  }

  #rebuild(): void {
    const live = [...this.#current].map(([key, at]) => ({ at, key }));
    this.#heap.length = 0;
    for (const due of live) this.#push(due);
  }
}

/** Keys are ASCII by their pattern, so the order of strings is the order of bytes. */
function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.key < b.key);
}
