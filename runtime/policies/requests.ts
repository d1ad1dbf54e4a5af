import { z } from 'zod';
import { decidePolicies, listPolicies, type PoliciesOptions } from './decide.ts';
import { POLICIES_MAX } from './live.ts';

/** What is asked of the policies. */
export const PoliciesRequest = z.strictObject({
  action: z.enum(['list', 'apply']).describe('What to do.'),
  policies: z
    .array(
      z.strictObject({
        policy: z.string().min(1).max(128).describe('Name of the policy.'),
        tenant: z.string().nullable().default(null).describe('For whom; null for all.'),
        value: z.unknown().describe('What it is to be; null withdraws it.'),
      }),
    )
    .max(POLICIES_MAX)
    .default([])
    .describe('Of apply: what is decided, all of it or nothing.'),
  dryRun: z.boolean().default(false).describe('Of apply: say what would be done, and write nothing.'),
});
export type PoliciesRequest = z.output<typeof PoliciesRequest>;

/** Where operators decide policies over HTTP, and how. */
export const POLICIES_ADDRESS = {
  path: '/v1/policies',
  operationId: 'decidePolicies',
  summary: 'Lists what was decided, or decides policies; needs the operator token when the server has tokens.',
  question: z.toJSONSchema(PoliciesRequest, { io: 'input' }),
  lines: 'An object a line, each with its kind: a decision each; last end, or failure with its code and detail.',
};

/** The policies, as operators decide them over HTTP. */
export function policiesOperation(options: PoliciesOptions) {
  return {
    ...POLICIES_ADDRESS,
    answer: (question: unknown) => {
      const request = PoliciesRequest.safeParse(question);
      if (!request.success) throw new Error(z.prettifyError(request.error));
      return answerPolicies(options, request.data);
    },
  };
}

/** One line of the answer. */
export type PoliciesLine = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** Answers line by line, and `end` when nothing is missing. */
export async function* answerPolicies(
  options: PoliciesOptions,
  { action, policies, dryRun }: PoliciesRequest,
): AsyncGenerator<PoliciesLine> {
  const decisions = action === 'list' ? await listPolicies(options) : await decidePolicies(options, policies, dryRun);
  for (const decision of decisions) yield { kind: 'decision', ...decision };
  yield { kind: 'end' };
}
