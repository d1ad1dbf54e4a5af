import { type Setting, settings } from '#runtime/config.ts';

/** Every setting as a table of Markdown, as the README has it. */
export function settingsTable(): string {
  const rows = settings().map(
    (setting) => `| \`${setting.key}\` | \`${setting.variable}\` | ${usual(setting)} | ${words(setting)} |`,
  );
  return ['| key | variable | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function usual({ standard }: Setting): string {
  return standard === null ? 'none' : `\`${standard}\``;
}

function words({ doc, expected, secret }: Setting): string {
  const kept = secret ? ' Kept out of every log.' : '';
  return expected.startsWith('one of') || expected.includes(' to ')
    ? `${doc} ${sentence(expected)}${kept}`
    : `${doc}${kept}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
