import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDataFolder } from '../../cli/folder.ts';

test('the data folder is made with its parents, and again without harm', () => {
  const root = mkdtempSync(join(tmpdir(), 'fleetstream-folder-'));
  try {
    makeDataFolder(join(root, 'a', 'b'));
    makeDataFolder(join(root, 'a', 'b'));
    expect(existsSync(join(root, 'a', 'b'))).toBe(true);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('a folder that cannot be made is one line with the setting, and no endless search', () => {
  expect(() => makeDataFolder('/dev/null/data')).toThrow(/^data_unwritable: .*FLEETSTREAM_DATA/);
  expect(() => makeDataFolder('/proc/nope')).toThrow('data_unwritable');
  expect(() => makeDataFolder('package.json')).toThrow(/^data_unwritable: .*it is a file/);
  expect(() => makeDataFolder('package.json/a/b')).toThrow(/^data_unwritable: .*FLEETSTREAM_DATA/);
});
