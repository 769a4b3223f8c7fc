export * from './folders.ts';
export * from './headers.ts';
export * from './host.ts';
export * from './journal.ts';
export * from './space.ts';
export * from './spares.ts';
export * from './sweep.ts';
