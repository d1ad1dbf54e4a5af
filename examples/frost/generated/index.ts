export * from './FrostChanged.ts';
export * from './FrostState.ts';
