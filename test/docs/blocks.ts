/** A fenced block of a Markdown text. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

/** The fenced blocks of a Markdown text, in order. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | null = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (!line.startsWith('```')) open?.lines.push(line);
    else if (open === null) open = { language: line.slice(3).trim(), line: index + 1, lines: [] };
    else {
      blocks.push({ language: open.language, code: open.lines.join('\n'), line: open.line });
      open = null;
    }
  }
  return blocks;
}
