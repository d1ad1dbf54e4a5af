import { SimulatedTarget } from '#runtime/clickhouse/simulated.ts';
import { targetContract } from '../../contract/target.ts';
import { sampleTable } from './records.ts';

targetContract('simulated', async () => {
  const target = new SimulatedTarget();
  await Promise.resolve();
  return {
    target,
    offsets: async (partition) => {
      await Promise.resolve();
      const rows = target.rowsOf(sampleTable).filter(({ _partition }) => _partition === partition);
      return rows.map(({ _offset }) => _offset);
    },
    lose: async (partition, from, to) => {
      await Promise.resolve();
      const isLost = ({ _offset }: { _offset: number }) => _offset >= from && _offset < to;
      target.lose(sampleTable, (row) => row._partition === partition && isLost(row));
    },
    close: async () => target.close(),
  };
});
