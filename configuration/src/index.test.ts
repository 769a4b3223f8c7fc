import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SettingsError, readSettings, readTemporalTls } from './index.ts';
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
    ['VIADUCT_RECEIVER_PEERS', '10.0.0.0/33'],
    ['VIADUCT_RECEIVER_PEERS', 'pacs.example.org'],
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

describe('settings that name a file', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'viaduct-settings-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };

  test('give the database without its password in the environment', () => {
    const DATABASE_URL_FILE = file('database-url', 'postgresql://me:secret@database/viaduct\n');
    expect(readSettings({ DATABASE_URL_FILE }).DATABASE_URL).toBe('postgresql://me:secret@database/viaduct');
    expect(readSettings({ DATABASE_URL_FILE, DATABASE_URL: 'other' }).DATABASE_URL).toBe('other');
  });

  test('are refused by name when the file is not there', () => {
    const DATABASE_URL_FILE = path.join(folder, 'missing');
    expect(() => readSettings({ DATABASE_URL_FILE })).toThrowError(/^DATABASE_URL_FILE: .*missing.*ENOENT/);
  });

  test('give the certificates for Temporal, or none', () => {
    const [TEMPORAL_TLS_CA_FILE, TEMPORAL_TLS_CERT_FILE, TEMPORAL_TLS_KEY_FILE] = ['ca', 'crt', 'key'].map((name) =>
      file(name, name),
    );
    expect(readTemporalTls(readSettings({}))).toBeUndefined();
    expect(readTemporalTls(readSettings({ TEMPORAL_TLS_CA_FILE }))).toEqual({
      serverRootCACertificate: Buffer.from('ca'),
    });
    expect(
      readTemporalTls(readSettings({ TEMPORAL_TLS_CA_FILE, TEMPORAL_TLS_CERT_FILE, TEMPORAL_TLS_KEY_FILE }))
        ?.clientCertPair,
    ).toEqual({ crt: Buffer.from('crt'), key: Buffer.from('key') });
  });

  test('never leave Temporal without TLS when a certificate is given by halves', () => {
    const TEMPORAL_TLS_CERT_FILE = file('crt', 'crt');
    const TEMPORAL_TLS_KEY_FILE = file('key', 'key');
    expect(() => readTemporalTls(readSettings({ TEMPORAL_TLS_CERT_FILE }))).toThrowError(/belong together/);
    expect(() => readTemporalTls(readSettings({ TEMPORAL_TLS_CERT_FILE, TEMPORAL_TLS_KEY_FILE }))).toThrowError(
      /needs TEMPORAL_TLS_CA_FILE/,
    );
  });
});
