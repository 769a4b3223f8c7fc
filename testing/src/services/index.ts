export * from './dcmqrscp.ts';
export * from './orthanc.ts';
export * from './postgres.ts';
export * from './processes.ts';
export * from './shared.ts';
export * from './storescp.ts';
export * from './temporal.ts';
export * from './waiting.ts';
