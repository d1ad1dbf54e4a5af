/** What the process of a test is told at least, as JSON in its first argument. */
export interface ChildOrders {
  readonly brokers: readonly string[];
  readonly registry: string;
  readonly instance: string;
  readonly partitions: number;
  /** Kills itself by SIGKILL at the n-th time that it comes to this step. */
  readonly deadly?: string;
  readonly nth?: number;
}

/** Within such a process: it prints a line for each thing that it reports, and is to stop when its input ends. */
export function childOf({ deadly, nth = 1 }: ChildOrders) {
  let left = nth;
  return {
    step: (name: string): void => {
      if (name === deadly && --left <= 0) process.kill(process.pid, 'SIGKILL');
    },
    report: (code: string, detail: unknown): void => {
      process.stdout.write(`${code} ${JSON.stringify(detail)}\n`);
    },
    inputEnds: new Promise<void>((ended) => process.stdin.resume().once('end', ended)),
  };
}
