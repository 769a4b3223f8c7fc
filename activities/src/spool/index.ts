export * from './folders.ts';
export * from './header.ts';
export * from './host.ts';
export * from './journal.ts';
export * from './space.ts';
export * from './sweep.ts';
