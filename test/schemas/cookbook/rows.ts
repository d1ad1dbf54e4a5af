// The day that the questions of the cookbook are asked about, and what its rows share.
export const HOUR = 3_600_000;
export const FROM = Date.UTC(2026, 10, 1);
export const TO = FROM + 24 * HOUR;

export interface Row {
  readonly tenant: string;
  readonly device: string;
  readonly eventTime: number;
  readonly receivedAt: number;
  readonly logTime: number;
  readonly eventId: string;
  readonly _partition: number;
}

export type MakeRow = (device: Pick<Row, 'tenant' | 'device'>, eventTime: number, delayMs?: number) => Row;
