import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SettingsError, readSettings } from './index.ts';
import { settingsPage } from './table.ts';

describe('settings', () => {
  test('have a default for everything', () => {
    const settings = readSettings({});
    expect(settings.spool).toBe(path.join(settings.home, 'spool'));
    expect(settings.origin).toBe('http://127.0.0.1:4280');
  });

  test('take an empty variable as absent', () => {
    expect(readSettings({ VIADUCT_HTTP_PORT: '' }).VIADUCT_HTTP_PORT).toBe(4280);
  });

  test.each([
    ['VIADUCT_HTTP_PORT', 'eighty'],
    ['VIADUCT_HTTP_PORT', '70000'],
    ['VIADUCT_AE_TITLE', 'BACK\\SLASH'],
    ['VIADUCT_AE_TITLE', 'SEVENTEEN LETTERS'],
    ['VIADUCT_CHUNK_SIZE', '0'],
    ['VIADUCT_LOG_LEVEL', 'loud'],
  ])('refuse %s=%s and name the variable', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrowError(SettingsError);
    expect(() => readSettings({ [name]: value })).toThrowError(name);
  });

  test('resolve several folder roots', () => {
    expect(readSettings({ VIADUCT_FOLDER_ROOTS: '/a:/b/../c' }).folderRoots).toEqual(['/a', '/c']);
  });

  test('are all on the configuration page', () => {
    expect(readFileSync(path.join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')).toBe(settingsPage());
  });
});
