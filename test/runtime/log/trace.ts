import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What a traced process did to the log's file, in order. */
export type FileEvent =
  | {
      readonly kind: 'write';
      readonly position: number;
      readonly bytes: Buffer;
      readonly synchronous: boolean;
      readonly ends: number;
      readonly begins: number;
    }
  | { readonly kind: 'sync' | 'renamed'; readonly ends: number; readonly begins: number }
  | { readonly kind: 'line'; readonly text: string; readonly ends: number; readonly begins: number };

/** Options of strace that this parser needs: one file a thread, times, whole buffers as hex. */
export const STRACE = [
  '-ff',
  '-ttt',
  '-T',
  '-xx',
  '-s',
  '40000000',
  '-e',
  'trace=openat,lseek,pwrite64,pwritev,write,writev,fdatasync,fsync,msync,rename',
];

/** Reads the traces `<prefix>.<thread>` in a folder: all that touched the log's file, and lines to stdout. */
export function readTrace(folder: string): FileEvent[] {
  const calls = readdirSync(folder)
    .filter((file) => file.startsWith('trace.'))
    .flatMap((file) => readFileSync(join(folder, file), 'latin1').split('\n'))
    .map(parseCall)
    .filter((call) => call !== null)
    .sort((a, b) => a.begins - b.begins);
  const files = new Map<number, OpenFile>();
  return calls.flatMap((call) => eventsOf(call, files));
}

interface OpenFile {
  readonly isLog: boolean;
  readonly synchronous: boolean;
  /** Where the next write without a position goes. */
  position: number;
}

interface Call {
  readonly name: string;
  readonly args: string;
  readonly result: number;
  readonly begins: number;
  readonly ends: number;
}

/** `1795482808.123456 pwrite64(22, "\x00…"…, 4096, 8192) = 4096 <0.000024>` */
function parseCall(line: string): Call | null {
  const match = /^(\d+\.\d+) (\w+)\((.*)\) += (-?\d+).*<(\d+\.\d+)>$/s.exec(line);
  if (match === null) return null;
  const [begins, took] = [Number(match[1]), Number(match[5])];
  return { name: match[2] as string, args: match[3] as string, result: Number(match[4]), begins, ends: begins + took };
}

function eventsOf(call: Call, files: Map<number, OpenFile>): FileEvent[] {
  const { name, args, result, begins, ends } = call;
  const time = { begins, ends };
  if (name === 'openat') {
    const path = unhex(args).toString();
    const isLog = /^log\.mdb(\.new)?$/.test(basename(path));
    if (result >= 0) files.set(result, { isLog, synchronous: args.includes('O_DSYNC'), position: 0 });
    return [];
  }
  if (name === 'rename') return args.includes(hexOf('log.mdb.new')) ? [{ kind: 'renamed', ...time }] : [];
  const fd = Number.parseInt(args, 10);
  if (name === 'write' && fd === 1) return [{ kind: 'line', text: unhex(args).toString().trim(), ...time }];
  const file = files.get(fd);
  if (file?.isLog !== true) return [];
  if (name === 'fdatasync' || name === 'fsync') return result === 0 ? [{ kind: 'sync', ...time }] : [];
  if (name === 'msync') throw new Error("msync on the log's file is not modelled");
  if (name === 'lseek') {
    file.position = result;
    return [];
  }
  const placed = name.startsWith('p');
  const position = placed ? Number(/, (\d+)$/.exec(args)?.[1]) : file.position;
  if (!placed) file.position += result;
  return [{ kind: 'write', position, bytes: unhex(args).subarray(0, result), synchronous: file.synchronous, ...time }];
}

/** All quoted buffers of a call, one after another. */
function unhex(args: string): Buffer {
  const parts = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((match) =>
    Buffer.from((match[1] as string).replaceAll('\\x', ''), 'hex'),
  );
  return Buffer.concat(parts);
}

function hexOf(text: string): string {
  return [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
