import type { Command } from './command.ts';

interface Entry {
  readonly summary: string;
  load(): Promise<{ default: Command }>;
}

/** All commands by name, loaded when they are called. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  echo: { summary: 'asks whether a peer answers (C-ECHO)', load: () => import('./commands/echo.ts') },
  find: { summary: 'queries a peer (C-FIND)', load: () => import('./commands/find.ts') },
  get: { summary: 'fetches a study from a peer (C-GET)', load: () => import('./commands/get.ts') },
  move: { summary: 'has a peer send a study to a third (C-MOVE)', load: () => import('./commands/move.ts') },
  send: { summary: 'sends files and folders to a peer (C-STORE)', load: () => import('./commands/send.ts') },
  receive: { summary: 'takes what peers send into a folder (C-STORE)', load: () => import('./commands/receive.ts') },
  dump: { summary: 'prints a DICOM file', load: () => import('./commands/dump.ts') },
  deid: { summary: 'de-identifies files and folders', load: () => import('./commands/deid.ts') },
  pacs: { summary: 'is a PACS over a folder, with faults if wished', load: () => import('./commands/pacs.ts') },
};
