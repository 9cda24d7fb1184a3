import { sha256, toHex } from '@selvedge/crypto';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { CHANNEL_EPOCH, facts } from '@selvedge/policy';
import { ValidationCode } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contract } from './contract.js';
import { describeFailure } from './domain/endorsements.js';
import type { Gateway } from './gateway.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';
import { refusal } from './testdata/fake-ports.js';

let network: FakeNetwork;
let gateway: Gateway;
let contract: Contract;
beforeEach(async () => {
  network = await createFakeNetwork();
  gateway = network.connect();
  contract = gateway.getNetwork('trade').getContract('diamonds');
});
afterEach(() => {
  gateway.close();
});

const callsOf = (hop: string): string[] => network.calls.filter((call) => call.startsWith(hop));

describe('a request that a rotation or revocation overtakes', () => {
  it.each(['KEY_EPOCH_RETIRED', 'KEY_EPOCH_REVOKED', 'TEE_CERTIFICATE_EXPIRED', 'TEE_REVOKED'] as const)('%s before its endorsement: is executed again on fresh evidence, under another id', async (code) => {
    const ids = new Set<string>();
    network.hooks.endorse = (_peer, genuine, targetData) => {
      ids.add(toHex(sha256(targetData.cores[0]!)));
      return ids.size === 1 ? Promise.reject(refusal(code)) : genuine();
    };
    const attested = callsOf('attest').length;
    expect(Buffer.from(await contract.submitTransaction('f', '1')).toString()).toBe('f(1)');
    expect(callsOf('execute')).toHaveLength(2);
    expect(callsOf('attest').length).toBeGreaterThan(attested + 1);
    expect(ids.size).toBe(2);
    expect(network.ledger.ordered).toHaveLength(1);
  });

  it('waits a little for compute nodes that do not know an owner’s new key yet', async () => {
    const since = performance.now();
    network.hooks.endorse = (_peer, genuine) => (performance.now() - since < 1_000 ? Promise.reject(refusal('OWNER_COPY_MISMATCH')) : genuine());
    expect(Buffer.from(await contract.submitTransaction('f', '1')).toString()).toBe('f(1)');
    expect(callsOf('execute').length).toBeLessThanOrEqual(6);
  });

  it('is sealed to no key of a broker that the ledger revokes', async () => {
    network.consortium.state.setFact(facts.revokedMeasurement(network.brokerMeasurement), Buffer.of(1));
    const careful = network.connect();
    await expect(careful.getNetwork('trade').getContract('diamonds').submitTransaction('f')).rejects.toMatchObject({ code: 'BROKER_REVOKED' });
    expect(callsOf('execute')).toEqual([]);
    careful.close();
  });

  it('is given up when new keys do not help, and other refusals end it at once', async () => {
    const hasty = network.connect({ limits: { maxRebuilds: 2 } });
    const impatient = hasty.getNetwork('trade').getContract('diamonds');
    network.hooks.endorse = () => Promise.reject(refusal('KEY_EPOCH_RETIRED'));
    await expect(impatient.submitTransaction('f')).rejects.toMatchObject({ code: 'KEY_EPOCH_RETIRED' });
    expect(callsOf('execute')).toHaveLength(3);
    network.hooks.endorse = () => Promise.reject(refusal('CODE_HASH_MISMATCH'));
    await expect(impatient.submitTransaction('f')).rejects.toMatchObject({ code: 'CODE_HASH_MISMATCH' });
    expect(callsOf('execute')).toHaveLength(4);
    hasty.close();
  });

  it('waits for a node that renews its certificate, and for no other reason begins again when all nodes are revoked', async () => {
    let renewals = 2;
    network.hooks.execute = (_peer, genuine) => {
      renewals -= 1;
      return renewals >= 0 ? Promise.reject(new SelvedgeError('TEE_CERTIFICATE_EXPIRED', 'channel epoch 1 is retired', { role: 'compute' })) : genuine();
    };
    expect(Buffer.from(await contract.submitTransaction('f')).toString()).toBe('f()');
    const hasty = network.connect({ limits: { executeTimeoutMs: 100 } });
    network.hooks.execute = () => Promise.reject(new SelvedgeError('TEE_REVOKED', 'the node is revoked', { role: 'compute' }));
    const attested = callsOf('attest').length;
    await expect(hasty.getNetwork('trade').getContract('diamonds').submitTransaction('f')).rejects.toMatchObject({ code: 'TEE_REVOKED' });
    expect(callsOf('attest')).toHaveLength(attested + 1);
    hasty.close();
  });

  it('waits longer with each try for a node that has not seen the newest epoch', async () => {
    let behind = 3;
    network.hooks.execute = (_peer, genuine) => {
      behind -= 1;
      return behind >= 0 ? Promise.reject(new SelvedgeError('ENVELOPE_EPOCH_UNKNOWN', 'envelope epoch 2 is unknown', { role: 'compute' })) : genuine();
    };
    const startedAt = performance.now();
    expect(Buffer.from(await contract.submitTransaction('f')).toString()).toBe('f()');
    expect(performance.now() - startedAt).toBeGreaterThan(800);
  });

  it.each([
    ['KEY_EPOCH_RETIRED', () => facts.epoch('diamonds', 3n)],
    ['KEY_EPOCH_REVOKED', () => facts.revokedEpoch('diamonds', 1n)],
    ['TEE_CERTIFICATE_EXPIRED', () => facts.epoch(CHANNEL_EPOCH, 3n)],
    ['TEE_REVOKED', () => facts.revokedNode('compute-1')],
  ])('between endorsement and commit: the conflict is known for what it is, %s', async (code, fact) => {
    const executed = await contract.newProposal('f').execute();
    const submitted = await (await executed.endorse()).submit();
    network.ledger.code = ValidationCode.MVCC_READ_CONFLICT;
    const [node] = executed.executedBy;
    const key = code === 'TEE_REVOKED' ? facts.revokedNode(node!) : fact();
    network.consortium.state.setFact(key, Buffer.from('changed'));
    network.ledger.height += 1n;
    await expect(submitted.verifyCommitted()).rejects.toMatchObject({ code, cause: { code: 'MVCC_READ_CONFLICT' } });
    network.consortium.state.setFact(key, undefined);
    network.ledger.height += 1n;
    await expect(submitted.verifyCommitted()).rejects.toMatchObject({ code: 'MVCC_READ_CONFLICT' });
  });

  it('is known for it also where organisations come to that block later than the owner that told of the conflict', async () => {
    network.ledger.height = 5n; // without block 5
    const submitted = await (await (await contract.newProposal('f').execute()).endorse()).submit();
    network.ledger.code = ValidationCode.MVCC_READ_CONFLICT;
    setTimeout(() => {
      network.consortium.state.setFact(facts.epoch('diamonds', 3n), Buffer.from('changed'));
      network.ledger.height = 6n;
    }, 300);
    await expect(submitted.verifyCommitted()).rejects.toMatchObject({ code: 'KEY_EPOCH_RETIRED' });
  });

  it('is the conflict that it was where they do not come to that block', async () => {
    network.ledger.height = 5n;
    const hasty = network.connect({ limits: { evidenceTimeoutMs: 200 } });
    const submitted = await (await (await hasty.getNetwork('trade').getContract('diamonds').newProposal('f').execute()).endorse()).submit();
    network.ledger.code = ValidationCode.MVCC_READ_CONFLICT;
    network.consortium.state.setFact(facts.epoch('diamonds', 3n), Buffer.from('changed'));
    await expect(submitted.verifyCommitted()).rejects.toMatchObject({ code: 'MVCC_READ_CONFLICT' });
    hasty.close();
  });
});

describe('describeFailure', () => {
  it('puts new keys before conflicts, since both end with the request made again', () => {
    const codeOf = (...codes: RefusalCode[]) => describeFailure([], new Map(codes.map((code, i) => [String(i), refusal(code)]))).code;
    expect(codeOf('STALE_READ', 'KEY_EPOCH_RETIRED')).toBe('KEY_EPOCH_RETIRED');
    expect(codeOf('TEE_CERTIFICATE_EXPIRED', 'KEY_EPOCH_RETIRED')).toBe('TEE_CERTIFICATE_EXPIRED');
    expect(codeOf('KEY_EPOCH_RETIRED', 'SIGNATURE_INVALID')).toBe('ENDORSEMENT_FAILED');
  });
});
