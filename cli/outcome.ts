import { setTimeout as pause } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Config } from '#runtime/config.ts';
import { CommandError } from './failure.ts';
import { withClickHouse } from './sql.ts';

/** A device, as the tables name it. */
export interface Key {
  readonly tenant: string;
  readonly device: string;
}

/** What a twin said of a wish. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly version: number; readonly open: readonly OpenPath[] }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string };

/** A desired path that the device has not reported as asked. */
export interface OpenPath {
  readonly path: string;
  /** As JSON text. */
  readonly desired: string;
  readonly status: string;
}

const WAIT_MS_MAX = 5_000;
const POLL_MS = 100;

/** Waits for what the twin says of a wish. Throws `outcome_unknown` when it says nothing in time, or cannot be asked. */
export async function outcomeOf(config: Config, key: Key, eventId: string): Promise<Outcome> {
  const deadline = performance.now() + WAIT_MS_MAX;
  try {
    return await withClickHouse(config, async (client) => {
      for (;;) {
        const outcome = await look(client, { ...key, eventId });
        if (outcome !== null) return outcome;
        if (performance.now() > deadline) throw unknown(key, eventId, `said nothing within ${WAIT_MS_MAX / 1000} s`);
        await pause(POLL_MS);
      }
    });
  } catch (error) {
    if (!(error instanceof CommandError) || error.code === 'outcome_unknown') throw error;
    throw unknown(key, eventId, `could not be asked (${error.message.replace(/\.$/, '')})`);
  }
}

type Parameters = Key & { readonly eventId: string };

async function look(client: ClickHouseClient, parameters: Parameters): Promise<Outcome | null> {
  const rows = async <T>(query: string): Promise<T[]> => {
    const answer = await client.query({ query, query_params: { ...parameters }, format: 'JSONEachRow' });
    return answer.json<T>();
  };
  const [said] = await rows<SaidRow>(SAID);
  if (said === undefined) return null;
  const { code, version, hasChanged } = said;
  if (code !== '') return { kind: 'refused', code, detail: said.path ? `${said.detail} at ${said.path}` : said.detail };
  // The difference comes as a row of its own, and of what changed a section there is one.
  if (hasChanged && (await rows(DELTA)).length === 0) return null;
  return { kind: 'accepted', version: Number(version), open: await rows<OpenPath>(OPEN) };
}

interface SaidRow {
  /** Empty for what was accepted. */
  readonly code: string;
  readonly detail: string;
  readonly path: string | null;
  readonly version: string;
  readonly hasChanged: boolean;
}

const OF_DEVICE = 'tenant = {tenant:String} AND device = {device:String}';
const OF_EVENT = `${OF_DEVICE} AND eventId = {eventId:String}`;

const SAID = `
  SELECT '' AS code, '' AS detail, NULL AS path, version, notEmpty(changes) AS hasChanged
  FROM twin_changes WHERE ${OF_EVENT}
  UNION ALL
  SELECT code, detail, path, version, false FROM twin_rejections WHERE ${OF_EVENT}
  UNION ALL
  SELECT code, concat('it is older than the twin takes, ', toString(horizonMs), ' ms'), NULL, 0, false
  FROM late_events WHERE ${OF_EVENT} AND processor = 'twin'`;

const DELTA = `SELECT 1 FROM twin_deltas WHERE ${OF_EVENT} LIMIT 1`;

const OPEN = `
  SELECT each.path AS path, each.desired AS desired, each.status AS status
  FROM (SELECT paths FROM twin_deltas WHERE ${OF_DEVICE} ORDER BY _offset DESC LIMIT 1) ARRAY JOIN paths AS each
  WHERE each.status NOT IN ('CONVERGED', 'SUPERSEDED')`;

function unknown({ tenant, device }: Key, eventId: string, why: string): CommandError {
  const next = `see later: npx fleetstream inspect ${tenant}/${device}`;
  return new CommandError(
    'outcome_unknown',
    `the wish is in the log as event ${eventId}, but its twin ${why}; ${next}`,
  );
}
