import type { Incident, LookAlike } from './log.ts';
import type { Delivered } from './replay.ts';

/** What is delivered of what looks like an incident. */
export interface Told {
  readonly story: LookAlike;
  readonly delivered: Delivered;
}

/** What is delivered of an incident, and of what looks like it. */
export interface Seen {
  readonly incident: Incident;
  readonly delivered: Delivered;
  readonly alike: readonly Told[];
}

/** What must be delivered of an incident, or of what looks like one. */
export function wantedOf({ opens = [] }: LookAlike): Delivered {
  return { opened: opens.toSorted(), untimely: [], resolved: opens.toSorted(), retracted: [] };
}

/** The table of all incidents and what is missing, as Markdown. */
export function tableOf(rows: readonly Seen[]): string {
  const lines = rows.flatMap(({ incident, delivered, alike }) => {
    const { name, what, opens } = incident;
    const found = isSame(delivered, wantedOf(incident)) ? 'yes' : `**no**: ${listed(delivered)}`;
    return [
      `| **${name}** | ${what} | ${brief(opens)} | ${found} |`,
      ...alike.map(({ story, delivered: of }) => {
        const wanted = story.opens === undefined ? 'nothing' : brief(story.opens);
        const right = isSame(of, wantedOf(story)) ? 'yes' : `**no**: ${listed(of)}`;
        return `| | *None:* ${story.what} | ${wanted} | ${right} |`;
      }),
    ];
  });
  const missing = rows.flatMap(({ incident }) =>
    [incident, ...incident.lookAlikes].flatMap((story) =>
      story.missing === undefined ? [] : [`- **${incident.name}**: ${story.missing}`],
    ),
  );
  const head = '| incident | what happens | what must open, and then resolve | so it is |\n|---|---|---|---|';
  const left = missing.length === 0 ? 'Nothing is known to be missing.' : `What is missing:\n\n${missing.join('\n')}`;
  return `${head}\n${lines.join('\n')}\n\n${left}`;
}

function isSame(one: Delivered, other: Delivered): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function listed({ opened, untimely, resolved, retracted }: Delivered): string {
  const parts = [
    opened.length === 0 ? 'nothing opens in time' : `${brief(opened)} opens`,
    ...(untimely.length === 0 ? [] : [`${brief(untimely)} opens at another time`]),
    ...(retracted.length === 0 ? [] : [`${brief(retracted)} is retracted`]),
    ...(resolved.length > 0 || opened.length === 0 ? [] : ['nothing is resolved']),
  ];
  return parts.join(', ');
}

/** Keys of alerts; of one rule the first and the last. */
function brief(keys: readonly string[]): string {
  const rules = new Map<string, string[]>();
  for (const key of keys) {
    const rule = key.slice(0, key.indexOf('/'));
    rules.set(rule, [...(rules.get(rule) ?? []), key]);
  }
  const named = Array.from(rules, ([rule, same]) => {
    const [first = '', last = first] = [same[0], same.at(-1)];
    return first === last ? `\`${first}\`` : `\`${first}\` to \`${last.slice(rule.length + 1)}\``;
  });
  return named.join(', ');
}
