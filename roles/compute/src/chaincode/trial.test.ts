import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installPackage } from '@selvedge/contract-package';
import { SelvedgeError } from '@selvedge/errors';
import { createTestOrganisation } from '@selvedge/fixtures';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { explainStart, tryChaincode } from './trial.js';

const TESTDATA = path.join(import.meta.dirname, 'testdata/chaincode');
let store: string;
let codeHash: Uint8Array;
let creator: { mspId: string; serialized: Uint8Array };
beforeAll(async () => {
  store = await mkdtemp(path.join(tmpdir(), 'selvedge-trial-'));
  ({ codeHash } = await installPackage(TESTDATA, store));
  creator = (await createTestOrganisation('AuroraMSP', new Date())).client.signer;
});
afterAll(async () => {
  await rm(store, { recursive: true });
});

it('a chaincode that starts answers, whatever it makes of the question', async () => {
  expect((await tryChaincode({ packageStore: store, codeHash, contract: 'kv', channel: 'main', creator }))?.status).toBeGreaterThanOrEqual(200);
});

it('a package that is not there is refused', async () => {
  await expect(tryChaincode({ packageStore: store, codeHash: new Uint8Array(32), contract: 'kv', channel: 'main', creator })).rejects.toMatchObject({ code: 'CONTRACT_CODE_MISSING' });
});

it('a refusal tells what was printed, if anything was', () => {
  const error = new SelvedgeError('CHAINCODE_START_FAILED', 'the chaincode process ended', { role: 'compute' });
  expect(explainStart(error, '')).toBe(error);
  expect(explainStart(error, 'Error: no\n')).toMatchObject({ code: 'CHAINCODE_START_FAILED', role: 'compute', message: 'the chaincode process ended; it printed:\n  | Error: no' });
});
