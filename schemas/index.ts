export * from './events.ts';
export * from './generated/index.ts';
export * as tables from './tables.ts';
export * as topics from './topics.ts';
