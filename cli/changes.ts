/** A difference between a declaration and what is there, as plans show it. */
export interface Change {
  /** Whose difference it is. */
  readonly name: string;
  readonly what: string;
  /** Null where there is nothing yet. */
  readonly from: string | null;
  readonly to: string;
  readonly meaning: string;
  readonly risk: 'none' | 'loss' | 'impossible';
  /** The whole of it is missing. */
  readonly isMissing: boolean;
}

/** Something is to do. */
export const EXIT_CHANGES = 2;

export function actionOf({ risk, isMissing }: Pick<Change, 'risk' | 'isMissing'>): 'create' | 'change' | 'refused' {
  if (risk !== 'none') return 'refused';
  return isMissing ? 'create' : 'change';
}

/** A plan for people; `agreed` is said where nothing differs. */
export function planText(plan: readonly Change[], agreed: string): string {
  const counts = [
    count(
      plan.filter(({ isMissing }) => isMissing),
      'to create',
    ),
    count(
      plan.filter(({ isMissing, risk }) => !isMissing && risk === 'none'),
      'to change',
    ),
    count(
      plan.filter(({ risk }) => risk === 'loss'),
      'only with apply --destructive',
    ),
    count(
      plan.filter(({ risk }) => risk === 'impossible'),
      'not to be done from here',
    ),
  ];
  const end = plan.length === 0 ? [agreed] : counts.filter((each) => each !== '');
  return [...linesOf(plan), `  ${end.join(', ')}`].join('\n');
}

/** What was done, and what was not. */
export function appliedText(done: readonly Change[], left: readonly Change[]): string {
  const lines = [...linesOf(done), `  ${done.length === 0 ? 'nothing was to do' : count(done, 'done')}`];
  if (left.length > 0) lines.push('', ...linesOf(left), `  ${count(left, 'left as they are')}`);
  return lines.join('\n');
}

const SIGNS = { create: '+', change: '~', refused: '!' } as const;

/** A line for each change; those of one name stand below it. */
function linesOf(plan: readonly Change[]): string[] {
  const lines: string[] = [];
  let above = '';
  for (const change of plan) {
    const { name, what, from, to, meaning, risk, isMissing } = change;
    const sign = SIGNS[actionOf(change)];
    if (isMissing) {
      lines.push(`${sign} ${name}: ${to}; ${meaning}`);
      continue;
    }
    if (name !== above) lines.push(`  ${name}`);
    above = name;
    const refusal = risk === 'none' ? '' : 'refused: ';
    lines.push(`${sign}   ${what} ${from ?? '(none)'} → ${to}: ${refusal}${meaning}`);
  }
  return lines;
}

function count(changes: readonly unknown[], what: string): string {
  return changes.length === 0 ? '' : `${changes.length} ${what}`;
}
