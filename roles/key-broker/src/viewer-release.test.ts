import { describe, expect, it } from 'vitest';
import { openKeyRelease, type KeyRequestInput, type OpenedKeyRelease } from '@selvedge/attestation';
import { facts } from '@selvedge/policy';
import { KeyRequestSchema } from '@selvedge/protocol';
import { create } from '@bufbuild/protobuf';
import { AT, consortium, CONTRACT, createAttester, createRequest, createTestBroker, profile, recordContract, VIEWER_MEASUREMENT, type TestBroker } from './testdata/setting.js';

const viewerOf = (mspId: string): Partial<KeyRequestInput> => ({ role: 'viewer', nodeId: `viewer-${mspId}`, attester: createAttester(VIEWER_MEASUREMENT), operator: consortium.organisation(mspId).peer.signer });

async function release(test: TestBroker, over: Partial<KeyRequestInput>): Promise<OpenedKeyRelease> {
  const pending = await createRequest(test, over);
  return openKeyRelease({ release: await test.broker.releaseKeys(pending.request), pending, profile, ledger: test.ledger, at: AT });
}

/** Lengths of the keys that a viewer of the organisation got, contract by contract. */
async function lengthsOf(test: TestBroker, mspId: string): Promise<unknown> {
  const { contracts } = await release(test, viewerOf(mspId));
  return contracts.map(({ contract, nameKey, epochs }) => {
    const { dataKey, randomKey, gateKey, eventKey } = epochs[0]!;
    return { contract, ...Object.fromEntries(Object.entries({ nameKey, dataKey, eventKey, randomKey, gateKey }).map(([name, key]) => [name, key.length])) };
  });
}

const only = (state: number, events: number) => ({ contract: CONTRACT, nameKey: state, dataKey: state, eventKey: events, randomKey: 0, gateKey: 0 });

describe('a viewer', () => {
  it('gets a certificate as a viewer, and of a contract what its organisation may open, no more', async () => {
    const test = createTestBroker();
    const { certificate, envelopeKeys } = await release(test, viewerOf('AuroraMSP'));
    expect(certificate.binding).toMatchObject({ role: 'viewer', nodeId: 'viewer-AuroraMSP', operatorMspId: 'AuroraMSP' });
    expect(envelopeKeys).toEqual([]);
    expect(await lengthsOf(test, 'AuroraMSP')).toEqual([only(32, 0)]);
    recordContract(test.ledger, { name: CONTRACT, eventReaders: ['AuroraMSP', 'EastMSP'] });
    expect(await lengthsOf(test, 'AuroraMSP')).toEqual([only(32, 32)]);
    expect(await lengthsOf(test, 'EastMSP')).toEqual([only(0, 32)]);
  });

  it('of an organisation that owns nothing gets no key, whatever the rules say', async () => {
    const test = createTestBroker();
    recordContract(test.ledger, { name: CONTRACT, keyAccess: ['NorthMSP', 'AuroraMSP'].map((operatorMspId) => ({ role: 'viewer', operatorMspId })) });
    expect(await lengthsOf(test, 'NorthMSP')).toEqual([]);
    expect(await lengthsOf(test, 'AuroraMSP')).toEqual([only(32, 0)]);
  });

  it('gets of its rights what rules leave, and nothing when they admit another', async () => {
    const test = createTestBroker();
    const ruled = (...rules: object[]): void => {
      recordContract(test.ledger, { name: CONTRACT, eventReaders: ['AuroraMSP'], keyAccess: rules });
    };
    const rule = { role: 'viewer', operatorMspId: 'AuroraMSP' };
    ruled(rule);
    expect(await lengthsOf(test, 'AuroraMSP')).toEqual([only(32, 32)]);
    ruled({ ...rule, purposes: ['events'] });
    expect(await lengthsOf(test, 'AuroraMSP')).toEqual([only(0, 32)]);
    ruled({ ...rule, nodeIds: ['viewer-2'] });
    await expect(release(test, viewerOf('AuroraMSP'))).rejects.toMatchObject({ code: 'KEY_ACCESS_DENIED' });
    ruled({ ...rule, role: 'compute' });
    await expect(release(test, viewerOf('AuroraMSP'))).rejects.toMatchObject({ code: 'KEY_ACCESS_DENIED' });
  });

  it('that is revoked gets nothing', async () => {
    const test = createTestBroker();
    test.ledger.facts.set(facts.revokedNode('viewer-AuroraMSP'), Buffer.from('lost'));
    await expect(release(test, viewerOf('AuroraMSP'))).rejects.toMatchObject({ code: 'TEE_REVOKED' });
  });

  it('is no compute node, and a compute node no viewer', async () => {
    const test = createTestBroker();
    await expect(release(test, { ...viewerOf('AuroraMSP'), attester: createAttester() })).rejects.toMatchObject({ code: 'APPRAISAL_REFUSED' });
    await expect(release(test, { attester: createAttester(VIEWER_MEASUREMENT) })).rejects.toMatchObject({ code: 'APPRAISAL_REFUSED' });
    const { request } = await createRequest(test, viewerOf('AuroraMSP'));
    await expect(test.broker.releaseKeys(create(KeyRequestSchema, { ...request, role: 'compute' }))).rejects.toMatchObject({ code: 'EVIDENCE_UNBOUND' });
    for (const role of ['', 'key-broker', 'Viewer', 'x'.repeat(1000)]) {
      const other = await createRequest(test, viewerOf('AuroraMSP'));
      await expect(test.broker.releaseKeys(create(KeyRequestSchema, { ...other.request, role }))).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
    }
  });

  it('stands in the audit log as what it is', async () => {
    const test = createTestBroker();
    await release(test, viewerOf('AuroraMSP'));
    expect(test.events.at(-1)).toMatchObject({ event: 'released', role: 'viewer', operatorMspId: 'AuroraMSP', contracts: [`${CONTRACT}@1`] });
  });
});
