/** A transaction that a broker names beside the records, since its records are not to be read. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** Which producers are within an aborted transaction, as a reader goes through the batches of a fetch. */
export class Transactions {
  readonly #waiting: readonly AbortedTransaction[];
  #at = 0;
  readonly #aborted = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#waiting = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** True when no batch to come can be of an aborted transaction. */
  get isEmpty(): boolean {
    return this.#at === this.#waiting.length && this.#aborted.size === 0;
  }

  /** Begins the transactions up to a batch's last offset. */
  advanceTo(lastOffset: number): void {
    for (let next = this.#waiting[this.#at]; next !== undefined && next.firstOffset <= lastOffset; ) {
      this.#aborted.add(next.producerId);
      next = this.#waiting[++this.#at];
    }
  }

  /** A marker of the producer's abort was read. */
  end(producerId: bigint): void {
    this.#aborted.delete(producerId);
  }

  isAborted(producerId: bigint): boolean {
    return this.#aborted.has(producerId);
  }
}
