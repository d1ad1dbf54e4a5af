import type { ClickHouseEngine } from '#runtime/clickhouse/engine.ts';
import type { TargetHouse } from '../../contract/target.ts';

/** What a database of the engine of this process has, whoever wrote it. */
export function storageOf(engine: ClickHouseEngine, database: string): Pick<TargetHouse, 'lose' | 'offsets'> {
  return {
    async offsets(partition) {
      const query = `SELECT toUInt32(_offset) AS o FROM ${database}.samples WHERE _partition = ${partition}`;
      const result = await engine.client.query({ query, format: 'JSONEachRow' });
      return (await result.json<{ o: number }>()).map(({ o }) => o);
    },
    async lose(partition, from, to) {
      const where = `_partition = ${partition} AND _offset >= ${from} AND _offset < ${to}`;
      await engine.client.command({
        query: `ALTER TABLE ${database}.samples DELETE WHERE ${where} SETTINGS mutations_sync = 2`,
      });
    },
  };
}
