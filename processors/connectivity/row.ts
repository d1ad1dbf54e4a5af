import type { Uncaused } from '#sdk';
import type { ConnectivityWindow, QualityBands, RecentLink } from '#schemas';
import type { Growth } from './counters.ts';
import { measured, NO_MEASURES } from './measures.ts';
import { qualityOf } from './quality.ts';
import type { Whose } from './window.ts';

/** A row without what the engine adds. */
export type Row = Uncaused<ConnectivityWindow>;

/** What the rows of a window share. */
export type Shared = Pick<
  Row,
  | 'start'
  | 'spanSeconds'
  | 'reports'
  | 'missing'
  | 'expected'
  | 'completeness'
  | 'payloadBytes'
  | 'connectedMs'
  | 'expectedMs'
  | 'policyVersion'
>;

/** What makes a row one of a technology, or of all. */
export interface Part extends Pick<Row, 'technology' | 'whole' | 'linkReports' | 'unsampled'> {
  /** Null of all technologies together, as their signals do not compare. */
  readonly links: readonly RecentLink[] | null;
  readonly grown: Growth;
}

/** A row as it is written. Its columns stand here by name, since to copy them from several parts takes most of the time. */
export function rowOf(whose: Whose, revision: number, shared: Shared, part: Part, bands: QualityBands): Row {
  const { links, grown, technology } = part;
  const loss = lossOf(grown);
  const measures = links === null ? NO_MEASURES : measured(links);
  const { rssi, snr, rsrp, rsrq, sinr, marginDb, latencyP50 } = measures;
  const graded = { technology, rssi, snr, rsrp, rsrq, sinr, marginDb, latencyP50, loss };
  const { quality, qualityBy } = links === null ? UNKNOWN : qualityOf(graded, bands);
  return {
    ...measures,
    tenant: whose.tenant,
    device: whose.device,
    start: shared.start,
    spanSeconds: shared.spanSeconds,
    technology,
    whole: part.whole,
    revision,
    reports: shared.reports,
    missing: shared.missing,
    expected: shared.expected,
    completeness: shared.completeness,
    payloadBytes: shared.payloadBytes,
    connectedMs: shared.connectedMs,
    expectedMs: shared.expectedMs,
    linkReports: part.linkReports,
    unsampled: part.unsampled,
    packetsSent: grown.packetsSent,
    packetsLost: grown.packetsLost,
    loss,
    resets: grown.resets,
    rollovers: grown.rollovers,
    repetitions: grown.repetitions,
    bytesUp: grown.bytesUp,
    bytesDown: grown.bytesDown,
    quality,
    qualityBy,
    policyVersion: shared.policyVersion,
  };
}

const UNKNOWN = { quality: 'UNKNOWN', qualityBy: null } as const;

function lossOf({ packetsSent, packetsLost }: Growth): number | null {
  return packetsSent === null || packetsLost === null || packetsSent <= 0 ? null : packetsLost / packetsSent;
}
