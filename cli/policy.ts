import { readFileSync } from 'node:fs';
import type { Config } from '#runtime/config.ts';
import type { Decision } from '#runtime/policies/decide.ts';
import { answerPolicies, POLICIES_ADDRESS, PoliciesRequest } from '#runtime/policies/requests.ts';
import { type Asked, ask } from './ask.ts';
import { type Expected, expectedOf } from './expected.ts';
import { CommandError } from './failure.ts';
import { readJson } from './json.ts';
import { policiesOf } from './processors.ts';

/** How an answer is shown. */
export interface PolicyOutput {
  readonly json: boolean;
  readonly print: (line: string) => void;
}

/**
 * Decides what files say, all of it or nothing; `dryRun` only says what would be done, and how many alerts a week are
 * to be expected of it by what is stored.
 */
export async function applyPolicies(
  config: Config,
  files: readonly string[],
  dryRun: boolean,
  output: PolicyOutput,
): Promise<void> {
  const wishes = files.flatMap(wishesIn);
  const request = PoliciesRequest.safeParse({ action: 'apply', policies: wishes, dryRun });
  if (!request.success) throw notPolicies(files.join(', '), request.error.issues[0]);
  const decisions = await decisionsOf(config, request.data);
  const decided = dryRun ? await decisionsOf(config, PoliciesRequest.parse({ action: 'list' })) : [];
  for (const decision of decisions) {
    output.print(output.json ? JSON.stringify(decision) : lineOf(decision, dryRun));
    if (!dryRun || decision.outcome === 'unchanged') continue;
    const expected = await expectedOf(config, decision, decided);
    output.print(output.json ? JSON.stringify({ kind: 'expectation', ...expected }) : expectationLine(expected));
  }
  if (output.json) return;
  const changed = decisions.filter(({ outcome }) => outcome !== 'unchanged').length;
  const what = `${changed} of ${decisions.length} ${dryRun ? 'would change' : 'changed'}`;
  output.print(dryRun && changed > 0 ? `${what}; nothing was written` : what);
}

/** What was decided, and what is in force without a decision. */
export async function listPolicies(config: Config, output: PolicyOutput): Promise<void> {
  const request = PoliciesRequest.parse({ action: 'list' });
  const decided = await decisionsOf(config, request);
  if (output.json) {
    for (const { policy, tenant, version, after: value } of decided)
      output.print(JSON.stringify({ policy, tenant, version, value }));
  }
  for (const { name, doc, fallback } of policiesOf()) {
    const own = decided.filter(({ policy }) => policy === name);
    const isForAll = own.some(({ tenant, after }) => tenant === null && after !== null);
    if (output.json) {
      if (!isForAll) output.print(JSON.stringify({ policy: name, tenant: null, version: 0, value: fallback }));
      continue;
    }
    output.print(`${name}: ${doc}`);
    if (!isForAll) output.print(`  for all, as shipped: ${JSON.stringify(fallback)}`);
    for (const { tenant, version, after } of own) {
      const value = after === null ? 'withdrawn' : JSON.stringify(after);
      output.print(`  for ${tenant ?? 'all'}, version ${version}: ${value}`);
    }
  }
}

async function decisionsOf(config: Config, request: PoliciesRequest): Promise<readonly Decision[]> {
  const asked: Asked<PoliciesRequest> = {
    path: POLICIES_ADDRESS.path,
    answer: (parts, said) => answerPolicies({ ...parts, declared: policiesOf() }, said),
  };
  const decisions: Decision[] = [];
  for await (const line of ask(config, asked, request)) {
    if (line.kind === 'decision') decisions.push(line as unknown as Decision);
  }
  return decisions;
}

/** A file holds one policy, or a list of them. */
function wishesIn(file: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError('file_unreadable', `${(error as Error).message}; name a file of policies as JSON`);
  }
  const value = readJson(text, file);
  return Array.isArray(value) ? value : [value];
}

function notPolicies(
  files: string,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
) {
  const at = issue === undefined ? '' : ` at ${issue.path.slice(1).join('.')}: ${issue.message}`;
  return new CommandError(
    'policies_invalid',
    `${files}${at}; write {"policy": …, "tenant": …, "value": {…}}, or a list of such`,
  );
}

/** What a week would bring, in a sentence. */
function expectationLine({ basis, before, after }: Expected): string {
  if (after === null || before === null) return `  how many alerts that raises is not known: ${basis}`;
  const now = `${rounded(before.perWeek)} (${before.low} to ${before.high}) with what is in force`;
  return `  ${rounded(after.perWeek)} alerts a week (95 %: ${after.low} to ${after.high}), ${now}; by ${basis}`;
}

function rounded(perWeek: number): string {
  return String(perWeek < 10 ? Math.round(perWeek * 10) / 10 : Math.round(perWeek));
}

function lineOf({ policy, tenant, outcome, version, before, after }: Decision, dryRun: boolean): string {
  const who = `${policy} for ${tenant ?? 'all'}`;
  if (outcome === 'unchanged') return `= ${who}, version ${version}`;
  const is = dryRun ? 'would be' : 'is';
  const change = `${before === null ? 'nothing decided' : JSON.stringify(before)} → ${JSON.stringify(after)}`;
  return `${after === null ? '-' : '+'} ${who} ${is} version ${version}: ${change}`;
}
