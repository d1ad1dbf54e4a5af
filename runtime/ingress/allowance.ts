/** Refusals of one source address that become dead letters in a minute; those beyond it are only counted. */
export const REFUSALS_PER_MINUTE_MAX = 100;

/** Source addresses that are told apart in a minute; refusals of those beyond it are only counted. */
export const SOURCES_MAX = 10_000;

const MINUTE_MS = 60_000;

/** How many more refusals of each source may become dead letters in this minute. */
export class Allowance {
  readonly #used = new Map<string, number>();
  #since = 0;

  /** False when the source has had its share. `now` is milliseconds since 1970. */
  take(source: string, now: number): boolean {
    // A clock that was set back begins a new minute too.
    if (now - this.#since >= MINUTE_MS || now < this.#since) {
      this.#used.clear();
      this.#since = now;
    }
    const used = this.#used.get(source);
    if (used === undefined && this.#used.size >= SOURCES_MAX) return false;
    if (used !== undefined && used >= REFUSALS_PER_MINUTE_MAX) return false;
    this.#used.set(source, (used ?? 0) + 1);
    return true;
  }

  /** For a refusal of which nothing was kept, since the sender will send it again. */
  giveBack(source: string): void {
    this.#used.set(source, Math.max(0, (this.#used.get(source) ?? 0) - 1));
  }
}
