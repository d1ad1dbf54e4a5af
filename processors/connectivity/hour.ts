import { type Change, drop, set } from '#sdk';
import type { ConnectivityBlock, RecentMinute } from '#schemas';
import { appended, packed, unpacked, writtenIn } from './block.ts';
import { emptyMinute } from './minute.ts';
import { blocks } from './state.ts';

/** The block of an hour as a step reads and writes it; unpacked only where its minutes are asked for. */
export class Hour {
  readonly #start: number;
  #kept: ConnectivityBlock | undefined;
  /** All of them, those that were added included; null until they are asked for. */
  #minutes: RecentMinute[] | null = null;
  readonly #added: RecentMinute[] = [];
  #revisions: number[] | null = null;
  #change: 'NONE' | 'APPENDED' | 'EDITED' | 'DROPPED' = 'NONE';

  constructor(start: number, kept: ConnectivityBlock | undefined) {
    this.#start = start;
    this.#kept = kept;
  }

  /** Oldest first. */
  get minutes(): readonly RecentMinute[] {
    return this.#all;
  }

  /** Changes a minute, or one of which nothing was known. */
  edit(start: number, change: (minute: RecentMinute) => RecentMinute): void {
    const minutes = this.#all;
    const index = minutes.findIndex((each) => each.start >= start);
    const found = minutes[index];
    if (found?.start === start) minutes[index] = change(found);
    else minutes.splice(index === -1 ? minutes.length : index, 0, change(emptyMinute(start)));
    this.#change = 'EDITED';
  }

  /** Adds a minute that is later than all of its block. */
  append(minute: RecentMinute): void {
    this.#added.push(minute);
    this.#minutes?.push(minute);
    if (this.#change === 'NONE') this.#change = 'APPENDED';
  }

  /** Counts that a window is written so many times; gives how often it was. */
  revise(place: number, times: number): number {
    const revisions = (this.#revisions ??= this.#kept === undefined ? [] : writtenIn(this.#kept));
    while (revisions.length <= place) revisions.push(0);
    const written = times + (revisions[place] as number);
    revisions[place] = written;
    if (this.#change === 'NONE') this.#change = 'APPENDED';
    return written;
  }

  /** Keeps this one minute and nothing else. */
  keep(minute: RecentMinute): void {
    this.#minutes = [minute];
    this.#change = 'EDITED';
  }

  drop(): void {
    if (this.#kept !== undefined) this.#change = 'DROPPED';
    else this.#change = 'NONE';
    this.#kept = undefined;
    this.#minutes = [];
    this.#added.length = 0;
  }

  /**
   * What becomes of its entry; null where it stays. While minutes are still to come they are put before what is there,
   * and when the last of them came, all of them are packed together. So a block has no more parts than minutes.
   */
  changeOf(key: string, isOpen: boolean): Change | null {
    if (this.#change === 'NONE') return null;
    if (this.#change === 'DROPPED') return drop(blocks, key);
    const kept = this.#kept;
    const isWhole = this.#change === 'EDITED' || !isOpen || kept === undefined || this.#added.length === 0;
    const revisions = this.#revisions ?? (kept === undefined ? [] : writtenIn(kept));
    const block = { minutes: isWhole ? this.#all : this.#added, revisions };
    return set(blocks, key, isWhole ? packed(block, this.#start) : appended(kept, block, this.#start));
  }

  get #all(): RecentMinute[] {
    const before = () => (this.#kept === undefined ? [] : unpacked(this.#kept, this.#start).minutes);
    return (this.#minutes ??= [...before(), ...this.#added]);
  }
}
