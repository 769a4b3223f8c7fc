export * from './activities.ts';
export * from './inputs.ts';
export * from './messages.ts';
export * from './names.ts';
