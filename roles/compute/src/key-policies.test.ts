import { toHex } from '@selvedge/crypto';
import { createTestConsortium, createTestKeyPolicy, TEST_ORGANISATION_MAP, type TestConsortium } from '@selvedge/fixtures';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CertifiedNode, placeOf } from '@selvedge/tee-node/testing';
import type { StateCalls } from './ports.js';
import { bytes, calls, createSubmitter, type Run, type Submitter } from './submit.test.support.js';

const ORG1 = createTestKeyPolicy('Org1MSP');
const ORG2 = createTestKeyPolicy('Org2MSP');

let net: TestConsortium;
let certified: CertifiedNode;
let on: Submitter;

beforeAll(async () => {
  net = await createTestConsortium();
  certified = await net.issueComputeNode();
});
beforeEach(() => {
  net.setContractPolicy({ organisationMap: TEST_ORGANISATION_MAP });
  on = createSubmitter(net, certified, net.organisation('AuroraMSP').client.signer);
});
afterEach(() => {
  net.restore();
});

const submit = (run: (state: StateCalls) => Promise<unknown>): Promise<Run> => on.submit(calls(run));
const written = async (run: (state: StateCalls) => Promise<unknown>): Promise<unknown> =>
  (await submit(run)).section.writes.map(({ effect, keyPolicy }) => [effect.case, keyPolicy && toHex(keyPolicy)]);
const stands = (key: string, policy: Uint8Array): void => {
  on.business.setKeyPolicy('houses', '', placeOf(net, '', key).ledgerKey, policy);
};

describe('key-level policies of a run', () => {
  it('are set with the value, before or after it; the last one counts', async () => {
    expect(await written(async (state) => { await state.putState('', 'k', bytes('1')); await state.setKeyPolicy('', 'k', ORG1); })).toEqual([['packetHash', toHex(ORG1)]]);
    expect(await written(async (state) => { await state.setKeyPolicy('', 'k', ORG1); await state.putState('', 'k', bytes('1')); })).toEqual([['packetHash', toHex(ORG1)]]);
    expect(await written(async (state) => { await state.putState('', 'k', bytes('1')); await state.setKeyPolicy('', 'k', ORG1); await state.setKeyPolicy('', 'k', ORG2); await state.putState('', 'k', bytes('2')); })).toEqual([['packetHash', toHex(ORG2)]]);
  });

  it('are set alone for a key that is present, with its version in the read set and no guard', async () => {
    const version = on.store('k', 'x');
    const { section } = await submit((state) => state.setKeyPolicy('', 'k', ORG1));
    expect(section.writes.map(({ effect }) => effect.case)).toEqual(['keep']);
    expect([section.reads.map(({ packetHash }) => toHex(packetHash)), section.guardsWritten]).toEqual([[version], []]);
  });

  it('do nothing for a key that is absent, and go with one that is removed', async () => {
    expect(await written((state) => state.setKeyPolicy('', 'absent', ORG1))).toEqual([]);
    on.store('k', 'x');
    expect(await written(async (state) => { await state.setKeyPolicy('', 'k', ORG1); await state.deleteState('', 'k'); })).toEqual([['delete', undefined]]);
  });

  it('are read as they stand, and recorded', async () => {
    stands('k', ORG1);
    const seen: (string | undefined)[] = [];
    const { section } = await submit(async (state) => {
      for (const key of ['k', 'other']) seen.push(await state.getKeyPolicy('', key).then((policy) => policy && toHex(policy)));
    });
    expect(seen).toEqual([toHex(ORG1), undefined]);
    expect(section.keyPolicyReads.map(({ policy }) => toHex(policy)).sort()).toEqual(['', toHex(ORG1)]);
  });

  it('that stand for written keys are told to the client, blind writes included', async () => {
    stands('read', ORG1);
    stands('blind', ORG2);
    const { targetData } = await submit(async (state) => {
      await state.getState('', 'read');
      for (const key of ['read', 'blind', 'free']) await state.putState('', key, bytes('1'));
    });
    expect(targetData!.attachments!.keyPolicies.map(({ contract, policy }) => [contract, toHex(policy)]).sort()).toEqual([[net.contract, toHex(ORG1)], [net.contract, toHex(ORG2)]].sort());
  });

  it('are refused where they could not be carried out', async () => {
    const refusal = async (policy: Uint8Array, dataset = ''): Promise<string | undefined> => (await submit((state) => state.setKeyPolicy(dataset, 'k', policy))).response.refusal?.code;
    expect(await refusal(createTestKeyPolicy('Org9MSP'))).toBe('KEY_POLICY_UNMAPPED');
    expect(await refusal(Uint8Array.of(0xff))).toBe('KEY_POLICY_MALFORMED');
    net.setContractPolicy({ datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora', blockToLive: 3n }] });
    expect(await refusal(ORG1, 'auroraStones')).toBe('CHAINCODE_UNSUPPORTED');
    net.setContractPolicy({ organisationMap: [] });
    expect(await refusal(ORG1)).toBe('KEY_POLICY_UNMAPPED');
    expect(on.business.queries.flatMap(({ points }) => points).filter(({ withKeyPolicy }) => withKeyPolicy)).toEqual([]);
  });
});
