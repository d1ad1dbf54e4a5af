import { describe, expect, test } from 'vitest';
import type { Entries } from '#sdk';
import type { HealthCell, HealthExposure } from '#schemas';
import { healthPolicy } from '#schemas';
import { added, CELLS_EACH_DAY_MAX } from '../../../processors/fleet-health/cells.ts';
import { subjectOf } from '../../../processors/fleet-health/findings.ts';
import { judge } from '../../../processors/fleet-health/judging.ts';
import { fleetHealth } from '../../../processors/fleet-health/processor.ts';
import { cellOf, DAY, FIRST, HOUR } from './fleet.ts';

/** Entries that are written to by name. */
class Written implements Entries<HealthCell> {
  readonly all = new Map<string, HealthCell>();

  get(subkey: string): HealthCell | undefined {
    return this.all.get(subkey);
  }

  range(from: string, to: string): Iterable<readonly [string, HealthCell]> {
    return [...this.all].filter(([key]) => key >= from && key < to).sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function exposureOf(said: Partial<HealthExposure>): HealthExposure {
  const { day: _, overflow: __, changed: ___, revision: ____, ...nothing } = cellOf({});
  const cause = { causeTopic: 'fleet.events', causePartition: 0, causeOffset: 0, causePath: '', logTime: 0 };
  return { tenant: 'acme', device: 'd1', eventTime: FIRST * DAY, ...nothing, ...cause, ...said };
}

function add(cells: Written, said: Partial<HealthExposure>): boolean {
  const { subkey, cell, overflowed } = added(cells, exposureOf(said));
  cells.all.set(subkey, cell);
  return overflowed;
}

describe('the cells of a day', () => {
  test('hold what their hours add up to, and what late reports take away again', () => {
    const cells = new Written();
    add(cells, { lot: 'A', operatingMs: 3 * HOUR, crashes: 2, hours: 3 });
    add(cells, { lot: 'A', operatingMs: 2 * HOUR, eventTime: FIRST * DAY + 5 * HOUR, hours: 2 });
    add(cells, { lot: 'B', operatingMs: HOUR });
    add(cells, { lot: 'A', operatingMs: -HOUR, crashes: -1 });
    const all = [...cells.all.values()];
    expect(all).toMatchObject([
      { day: FIRST, lot: 'A', operatingMs: 4 * HOUR, crashes: 1, hours: 5, changed: true, overflow: false },
      { day: FIRST, lot: 'B', operatingMs: HOUR },
    ]);
  });

  test('are bounded: what finds no room is added up together, and compared with nothing', () => {
    const cells = new Written();
    for (let i = 0; i < CELLS_EACH_DAY_MAX; i++) expect(add(cells, { site: `S${i}`, lot: 'A' })).toBe(false);
    for (const lot of ['B', 'C', null]) expect(add(cells, { lot, firstCrashes: 40, atRiskMs: DAY })).toBe(true);
    // Cells that are there take more, and those of other days have room.
    expect(add(cells, { site: 'S7', lot: 'A', atRiskMs: DAY })).toBe(false);
    expect(add(cells, { lot: 'B', eventTime: (FIRST + 1) * DAY })).toBe(false);
    expect(cells.all.size).toBe(CELLS_EACH_DAY_MAX + 2);
    const [rest, ...more] = [...cells.all.values()].filter(({ overflow }) => overflow);
    expect(more).toEqual([]);
    expect(rest).toMatchObject({ lot: null, site: null, firstCrashes: 120, atRiskMs: 3 * DAY });
    const judged = judge([...cells.all.values()], FIRST, 'LOT', healthPolicy.fallback);
    expect(judged.map(({ name, crashed }) => [name, crashed])).toEqual([['A', 0]]);
  });

  test('that are no longer kept take nothing, which is counted', () => {
    const cells = new Written();
    const meta = { key: 'acme/health', logTime: 0, heardSince: 0, partition: 0, offset: 0 };
    const admission = { dedupable: true, missing: null, filled: false, lost: null, reset: false };
    const { exposed } = fleetHealth.apply;
    const context = { cells, worse: new Map() as never, policies: { health: healthPolicy.fallback } };
    const state = { ...fleetHealth.initial, newestDay: FIRST + 90 };
    const versions = { health: 0 };
    const step = exposed(state, exposureOf({}), { ...context, versions, meta: { ...meta, admission } });
    expect(step.state).toMatchObject({ forgotten: 1, dueAt: null });
    expect(step.changes ?? []).toEqual([]);
  });
});

describe('the device of a signal', () => {
  test('is the lot or the firmware by its name', () => {
    expect(subjectOf('LOT', 'L7')).toBe('lot:L7');
    expect(subjectOf('FIRMWARE', '1.4.2-rc_1')).toBe('firmware:1.4.2-rc_1');
  });

  test('is within the alphabet of devices, and still tells one name from another', () => {
    const names = ['L 7', 'L/7', 'Ł7', '', '~', 'x'.repeat(65), 'x'.repeat(66)];
    const subjects = names.map((name) => subjectOf('LOT', name));
    expect(new Set(subjects).size).toBe(names.length);
    for (const subject of subjects) expect(subject).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/);
  });
});
