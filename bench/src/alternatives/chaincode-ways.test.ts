import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openChaincodeWays } from './chaincode-ways.js';
import type { Choices } from './ways.js';

const CONTRACT = fileURLToPath(new URL('../../contract', import.meta.url));

let directory: string;
let opened: Choices;
beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sv-alternatives-'));
  opened = await openChaincodeWays(CONTRACT, directory, 200);
});
afterAll(async () => {
  await opened.close();
  rmSync(directory, { recursive: true, force: true });
});

it('every way to run a contract answers and writes the same: each verifies what it got', { timeout: 60_000 }, async () => {
  const ways = opened.choices.flatMap((choice) => choice.ways);
  expect(ways.map(({ name }) => name)).toEqual(expect.arrayContaining(['a process of its own', 'two processes', "in the node's process", 'four processes']));
  for (const way of [...ways, ...ways]) await way.call();
});
