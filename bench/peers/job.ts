/** Partitions of the input and of every output. */
export const PARTITIONS = 12;
/** Event time that the input spans. */
export const FLEET_MS = 3_600_000;
/** Between two ticks of the clock, in event time; a running fleet has one a second. */
export const TICK_MS = 10_000;
/** Tenant of the last record of each partition, which counts nowhere. */
export const FLUSH = 'flush';

export type Job = 'decode' | 'twin' | 'windows' | 'both' | 'live';

/** What the input is made from. */
export interface Input {
  readonly brokers: readonly string[];
  readonly registryFile: string;
  readonly events: number;
  readonly devices: number;
  readonly seed: number;
  /** Event time of the first event. */
  readonly base: number;
}

/** Count of a job's records, and a sum over them that does not depend on their order. */
export interface Sum {
  readonly count: number;
  readonly sum: number;
}

/** What each job must come to, by one pass over the input. */
export interface Expected {
  readonly sampleId: number;
  readonly decode: Sum;
  readonly twin: Sum;
  readonly windows: Sum;
}

/** What a row measured. */
export interface Row {
  /** Events that were timed: those before all threads had their share are not. */
  readonly timed: number;
  readonly seconds: number;
  /** Events a second of the second half. */
  readonly secondHalf: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  /** Result of J1, where the peer keeps it in memory. */
  readonly decode?: Sum;
}
