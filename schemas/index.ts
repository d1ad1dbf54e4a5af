export * from './connectivity-policies.ts';
export * from './cookbook/index.ts';
export * from './derived.ts';
export * from './events.ts';
export * from './generated/index.ts';
export * from './patch.ts';
export * from './pointer.ts';
export * as tables from './tables.ts';
export * as topics from './topics.ts';
