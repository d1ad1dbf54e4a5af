/** A type or expression without what ClickHouse writes one way and a declaration another. */
export function plain(sql: string): string {
  return sql
    .replaceAll('`', '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\( | \)/g, (bracket) => bracket.trim());
}

/** The width of what a delta is taken of follows from the column. */
export function plainCodec(codec: string): string {
  return codec.replace(/^CODEC\((.*)\)$/, '$1').replaceAll(/\b(Delta|DoubleDelta|Gorilla)\(\d\)/g, '$1');
}

export function withoutDictionary(type: string): string {
  return type.replaceAll(/LowCardinality\(((?:[^()]|\([^()]*\))*)\)/g, '$1');
}

export function settingIn(engineFull: string, name: string): string | null {
  return new RegExp(`\\b${name} = ([^,\\s]+)`).exec(engineFull)?.[1] ?? null;
}
