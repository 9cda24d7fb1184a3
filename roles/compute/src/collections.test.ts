import { sha256, toHex } from '@selvedge/crypto';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CertifiedNode } from '@selvedge/tee-node/testing';
import type { StateCalls } from './ports.js';
import { bytes, calls, createSubmitter, type Submitter } from './submit.test.support.js';

const dataset = { name: 'auroraStones', ownerSet: 'aurora', members: ['AuroraMSP'], memberOnlyRead: true, memberOnlyWrite: true };
const attempts: [string, string, (state: StateCalls) => Promise<unknown>][] = [
  ['read', 'get', (state) => state.getState('auroraStones', 'a')],
  ['read', 'range', (state) => state.getRange('auroraStones', '\x01', '')],
  ['write', 'put', (state) => state.putState('auroraStones', 'a', bytes('1'))],
  ['write', 'delete', (state) => state.deleteState('auroraStones', 'a')],
  ['write', 'purge', (state) => state.purge('auroraStones', 'a')],
];

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
  net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, dataset] });
});

describe('membership rules of collections', () => {
  it.each(attempts)('refuse a %s (%s) by another organisation, as Fabric does', async (access, _call, attempt) => {
    const { response } = await on.submit(calls(attempt), { signer: net.organisation('BorealisMSP').client.signer });
    expect(response.refusal?.code).toBe('DATASET_ACCESS_DENIED');
    expect(response.refusal?.message).toBe(`tx creator does not have ${access} access permission on privatedata in chaincodeName:diamonds collectionName: auroraStones`);
  });

  it('admit members, and everyone where the collection is not for members only', async () => {
    for (const [, , attempt] of attempts) expect((await on.submit(calls(attempt))).response.status).toBe(200);
    net.setContractPolicy({ datasets: [{ ...dataset, memberOnlyRead: false, memberOnlyWrite: false }] });
    const signer = net.organisation('BorealisMSP').client.signer;
    for (const [, , attempt] of attempts) expect((await on.submit(calls(attempt), { signer })).response.status).toBe(200);
  });

  it('show everyone the hash of a private value', async () => {
    on.store('a', 'ruby', 'auroraStones', 'aurora');
    const hashes: (Uint8Array | undefined)[] = [];
    const { section } = await on.submit(
      calls(async (state) => {
        for (const key of ['a', 'b']) hashes.push(await state.getPrivateDataHash('auroraStones', key));
      }),
      { signer: net.organisation('BorealisMSP').client.signer },
    );
    expect(hashes.map((hash) => hash && toHex(hash))).toEqual([toHex(sha256(bytes('ruby'))), undefined]);
    expect(section.reads).toHaveLength(2);
  });

  it('refuse collections that are not declared', async () => {
    for (const attempt of [(state: StateCalls) => state.getState('noSuch', 'a'), (state: StateCalls) => state.putState('noSuch', 'a', bytes('1'))]) {
      const { refusal } = (await on.submit(calls(attempt))).response;
      expect([refusal?.code, refusal?.message]).toEqual(['DATASET_UNKNOWN', `collection ${net.channel}/diamonds/noSuch could not be found`]);
    }
    const { refusal } = (await on.submit(calls((state) => state.getPrivateDataHash('noSuch', 'a')))).response;
    expect([refusal?.code, refusal?.message]).toEqual(['DATASET_UNKNOWN', 'collection [noSuch] not defined in the collection config for chaincode [diamonds]']);
  });
});
