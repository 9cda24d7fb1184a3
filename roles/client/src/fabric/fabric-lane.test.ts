import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { EndorsersRefused, parseFabricEndorsement } from '@selvedge/fabric';
import type { FabricStatus } from '@selvedge/fabric-network/gateway';
import { BatchCommitStatusAnswerSchema, CommitStatusAnswerSchema, computeTxId, coreDigest, EndorsementPayloadSchema, LIMITS, parseCores, parseMessage, ValidationCode } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contract } from '../contract.js';
import type { Gateway } from '../gateway.js';
import type { ClientLimits } from '../limits.js';
import { createFakeFabric, type FakeFabric } from '../testdata/fake-fabric.js';
import { createFakeNetwork, type FakeNetwork } from '../testdata/fake-network.js';

let network: FakeNetwork;
let fabric: FakeFabric;
const gateways: Gateway[] = [];
const contractOf = (limits: Partial<ClientLimits> = {}): Contract => {
  const gateway = fabric.connect({ limits });
  gateways.push(gateway);
  return gateway.getNetwork('trade').getContract('diamonds');
};
let contract: Contract;
beforeEach(async () => {
  network = await createFakeNetwork();
  fabric = createFakeFabric(network);
  contract = contractOf();
});
afterEach(() => {
  for (const gateway of gateways.splice(0)) gateway.close();
});

const callsOf = (hop: string): string[] => network.calls.filter((call) => call.startsWith(hop));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const fail = (code: RefusalCode): Promise<never> => Promise.reject(new SelvedgeError(code, `made to fail with ${code}`, { role: 'ledger' }));

describe('a transaction on Fabric', () => {
  it('has the same stages and objects', async () => {
    expect(text(await contract.submitTransaction('SetPrice', 'stone-1', '900'))).toBe('SetPrice(stone-1,900)');
    const hops = [...new Set(network.calls.map((call) => call.split(' ')[0]))];
    expect(hops).toEqual(['attest', 'execute', 'endorse', 'order', 'commit-status']);
    expect(callsOf('commit-status').sort()).toEqual(['commit-status AuroraMSP', 'commit-status BorealisMSP', 'commit-status CelestaMSP']);

    const proposal = contract.newProposal('f');
    const endorsed = await (await proposal.execute()).endorse();
    expect(endorsed.getTransactionId()).toBe(proposal.getTransactionId());
    expect(endorsed.declaredTargets.map(({ ownerSet }) => ownerSet)).toEqual(['houses']);
    expect(endorsed.packetsOf('AuroraMSP')).toHaveLength(1);
    expect([endorsed.message.cores.length, endorsed.message.teeSignatures.length, endorsed.message.endorsements.length, endorsed.message.receipts.length]).toEqual([1, 1, 2, 0]);
    expect(parseMessage(EndorsementPayloadSchema, endorsed.message.endorsementPayload, LIMITS.maxFactBytes).targets[0]?.owners).toEqual(['AuroraMSP', 'BorealisMSP', 'CelestaMSP']);
    const status = await (await endorsed.submit()).getStatus();
    expect(status).toEqual({ transactionId: proposal.getTransactionId(), code: ValidationCode.VALID, successful: true, blockNumber: 5n, coreDigest: coreDigest(endorsed.message.cores[0]!) });
  });

  it('keeps one id through every hop, and gives the target data to the endorsers alone', async () => {
    const proposal = contract.newProposal('f');
    await (await proposal.execute()).endorse();
    const [{ nonce, chaincode, functionName, transientData, args } = { nonce: undefined }] = fabric.invocations;
    expect(toHex(computeTxId(nonce ?? new Uint8Array(0), network.consortium.organisation('AuroraMSP').client.signer.serialized))).toBe(proposal.getTransactionId());
    expect([chaincode, functionName, args]).toEqual(['diamonds', 'Endorse', undefined]);
    expect(Object.keys(transientData ?? {})).toEqual(['targetData']);
  });

  it('holds many requests at once without a warning of Node’s', async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error): void => {
      warnings.push(name);
    };
    process.on('warning', note);
    let unavailable = 60;
    fabric.hooks.refuse = () => ((unavailable -= 1) >= 0 ? 'UNAVAILABLE' : undefined);
    await Promise.all(Array.from({ length: 20 }, () => contract.submitTransaction('f')));
    process.off('warning', note);
    expect(unavailable).toBeLessThan(0);
    expect(warnings).toEqual([]);
  });

  it('opens one way into Fabric, tries again when that failed, and closes it', async () => {
    let failures = 1;
    const gateway = fabric.connect();
    const gatewayThatFails = fabric.connect({ openFabric: () => ((failures -= 1) >= 0 ? fail('INVALID_CONFIGURATION') : Promise.reject(new Error('second'))) });
    const failing = gatewayThatFails.getNetwork('trade').getContract('diamonds');
    await expect(failing.submitTransaction('f')).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
    await expect(failing.submitTransaction('f')).rejects.toThrow('second');
    gatewayThatFails.close();
    const two = gateway.getNetwork('trade').getContract('diamonds');
    await Promise.all([two.submitTransaction('f'), two.submitTransaction('g')]);
    gateway.close();
    await Promise.resolve();
    expect(fabric.opened).toEqual({ count: 1, closed: 1 });
  });
});

describe('endorsing organisations', () => {
  it('are as few as the policies need, in turn', async () => {
    for (let i = 0; i < 3; i += 1) await contract.submitTransaction('f');
    expect(new Set(fabric.asked.flatMap((set) => set.split('+')))).toEqual(new Set(['NorthMSP', 'SouthMSP', 'EastMSP']));
    expect(fabric.asked.every((set) => set.split('+').length === 2)).toBe(true);
  });

  it('are replaced when one cannot be reached, which is asked last for a while', async () => {
    fabric.hooks.refuse = (mspId) => (mspId === 'SouthMSP' ? 'UNAVAILABLE' : undefined);
    for (let i = 0; i < 3; i += 1) await contract.submitTransaction('f');
    expect(fabric.asked.filter((set) => set.includes('SouthMSP')).length).toBeLessThanOrEqual(1);
  });

  it('are those that the caller names', async () => {
    await contract.submit('f', { endorsingOrganizations: ['SouthMSP', 'EastMSP'] });
    expect(fabric.asked).toEqual(['EastMSP+SouthMSP']);
    await expect(contract.submit('f', { endorsingOrganizations: ['SouthMSP'] })).rejects.toMatchObject({ code: 'ENDORSEMENT_FAILED' });
  });

  it('refuse for all when they agree on the code, and no others are asked that would refuse again', async () => {
    fabric.hooks.refuse = () => 'TEE_SIGNATURE_INVALID';
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'TEE_SIGNATURE_INVALID', role: 'endorser' });
    expect(fabric.asked).toHaveLength(1);
    fabric.hooks.refuse = (mspId) => (mspId === 'NorthMSP' ? 'UNAVAILABLE' : 'TEE_REVOKED');
    const startedAt = performance.now();
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ message: expect.stringContaining('TEE_REVOKED') as string });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(callsOf('order')).toHaveLength(0);
  });

  it('are asked again once when they were behind the owners', async () => {
    let asked = 0;
    fabric.hooks.refuse = () => ((asked += 1) <= 2 ? 'STALE_READ' : undefined);
    await contract.submitTransaction('f');
    fabric.hooks.refuse = () => 'STALE_READ';
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'STALE_READ' });
  });

  it('are asked again while peers find each other, reach too few owners or disagree, within the time', async () => {
    for (const code of ['UNAVAILABLE', 'PACKETS_NOT_DISTRIBUTED', 'ENDORSEMENTS_DISAGREE'] as const) {
      let failures = 4;
      fabric.hooks.refuse = () => ((failures -= 1) >= 0 ? code : undefined);
      await contract.submitTransaction('f');
      fabric.hooks.refuse = () => code;
      await expect(contractOf({ endorseTimeoutMs: 150, staleGraceMs: 50 }).submitTransaction('f')).rejects.toMatchObject({ code });
    }
  });

  it('fail one by one where the gateway peer names nobody', async () => {
    fabric.hooks.endorse = (organisations, genuine) => (organisations.includes('NorthMSP') ? fail('FABRIC_REFUSED') : genuine());
    await contract.submitTransaction('f');
    fabric.hooks.endorse = () => fail('FABRIC_REFUSED');
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'FABRIC_REFUSED' });
    fabric.hooks.endorse = () => Promise.reject(new EndorsersRefused([{ mspId: 'WestMSP', refusal: new SelvedgeError('TEE_REVOKED', 'not asked') }]));
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'TEE_REVOKED' });
    fabric.hooks.endorse = () => fail('CANCELLED');
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('what endorsers signed', () => {
  it('is checked before anything is signed by the client', async () => {
    fabric.hooks.changePayload = (payload) => { payload.targets[0]?.owners.pop(); };
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'ENDORSEMENT_FAILED' });
    delete fabric.hooks.changePayload;
    fabric.hooks.changeResponse = (response) => { response.cores.push(Buffer.from('more')); };
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'ENDORSEMENT_FAILED' });
    expect(callsOf('order')).toHaveLength(0);
  });
});

describe('ordering', () => {
  it('loses no transaction with a lost answer, and sends the same one again when nothing was ordered', async () => {
    fabric.hooks.submit = async (genuine) => {
      await genuine();
      return fail('TIMEOUT');
    };
    await contract.submitTransaction('f');
    expect(network.ledger.ordered).toHaveLength(1);
    network.ledger.ordered.length = 0;
    fabric.submitted.length = 0;
    fabric.hooks.commitStatus = () => fail('TIMEOUT');
    fabric.hooks.submit = (genuine) => (fabric.submitted.length === 1 ? fail('UNAVAILABLE') : genuine());
    await contract.submitTransaction('f');
    expect([fabric.submitted.length, new Set(fabric.submitted).size]).toEqual([2, 1]);
  });

  it('waits for a leader, and says so when there is none: nothing was ordered', async () => {
    let failures = 2;
    fabric.hooks.submit = (genuine) => ((failures -= 1) >= 0 ? fail('NOT_READY') : genuine());
    await contract.submitTransaction('f');
    fabric.hooks.submit = () => fail('NOT_READY');
    await expect(contractOf({ submitTimeoutMs: 100 }).submitTransaction('f')).rejects.toMatchObject({ code: 'NOT_READY' });
  });

  it('leaves the outcome open, by name, when nobody can tell', async () => {
    fabric.hooks.submit = () => fail('UNAVAILABLE');
    fabric.hooks.commitStatus = () => fail('TIMEOUT');
    await expect(contractOf({ submitTimeoutMs: 100 }).submitTransaction('f')).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
    fabric.hooks.submit = () => fail('FABRIC_REFUSED');
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'FABRIC_REFUSED' });
  });
});

describe('the verdict', () => {
  const unknown = (): Promise<ReturnType<typeof create<typeof CommitStatusAnswerSchema>>> => Promise.resolve(create(CommitStatusAnswerSchema, { known: false }));

  it('is the owners’, who know a replay and a phantom from a conflict', async () => {
    network.ledger.code = ValidationCode.PHANTOM_READ_CONFLICT;
    fabric.hooks.commitStatus = (transactionId) => Promise.resolve({ transactionId, code: ValidationCode.MVCC_READ_CONFLICT, blockNumber: 5n });
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'PHANTOM_READ_CONFLICT', role: 'ledger' });
  });

  it.each([
    [ValidationCode.MVCC_READ_CONFLICT, 'MVCC_READ_CONFLICT', 'MVCC_READ_CONFLICT'],
    [22, 'COMMIT_INVALID', 'BAD_RWSET'],
  ])('is Fabric’s own for what it found invalid and the owners never hear of (%s)', async (code, expected, name) => {
    network.hooks.commitStatus = (mspId, genuine) => (mspId === 'CelestaMSP' ? unknown() : genuine());
    fabric.hooks.commitStatus = (transactionId) => Promise.resolve({ transactionId, code, blockNumber: 6n });
    await expect(contractOf({ ownersGraceMs: 100 }).submitTransaction('f')).rejects.toMatchObject({ code: expected, message: expect.stringContaining(name) as string });
  });

  describe('of a batch', () => {
    const submit = (): Promise<string[]> => {
      const gateway = fabric.connect({ limits: { ownersGraceMs: 100 }, batching: { diamonds: { maxBatch: 8, maxBatchDelayMs: 20 } } });
      gateways.push(gateway);
      const batched = gateway.getNetwork('trade').getContract('diamonds');
      return Promise.all(['a', 'b', 'c'].map((name) => batched.submitTransaction(name).then(text, (error: unknown) => (error as SelvedgeError).code)));
    };
    /** Owners know nothing of the first so many transactions; the peer says that they were refused so. */
    const refuse = (count: number, code: number): void => {
      network.ledger.refused = count;
      network.hooks.batchCommitStatus = async (_mspId, genuine, txIds) => {
        const answer = await genuine();
        return fabric.submitted.length > count ? answer : create(BatchCommitStatusAnswerSchema, { items: txIds.map((txId) => ({ txId, known: false })), height: answer.height });
      };
      fabric.hooks.commitStatus = (transactionId) => Promise.resolve({ transactionId, code: fabric.submitted.length > count ? 0 : code, blockNumber: 6n });
    };

    it('is each item’s, in one question to an owner', async () => {
      expect(await submit()).toEqual(['a()', 'b()', 'c()']);
      expect(callsOf('commit-status ')).toHaveLength(3);
    });

    it('is the carrier’s by a peer’s word: where that was not endorsed enough, nothing is made again', async () => {
      refuse(1, 10);
      expect(await submit()).toEqual(['a', 'b', 'c'].map(() => 'ENDORSEMENT_POLICY_FAILURE'));
      expect(fabric.submitted).toHaveLength(1);
    });

    it('is on no item’s id where a conflict was lost: each goes again under the id that it has, in a transaction with another', async () => {
      refuse(2, 11);
      expect(await submit()).toEqual(['a()', 'b()', 'c()']);
      const ids = network.ledger.ordered.map((ordered) => parseFabricEndorsement(ordered)).map(({ cores, itemMask }) => parseCores(cores, itemMask).map(({ txId }) => toHex(txId)).sort());
      const carriers = fabric.submitted.map(({ transactionId }) => transactionId);
      expect(ids).toEqual([ids[0], ids[0], ids[0]]);
      expect(new Set([...carriers, ...ids.flat()]).size).toBe(6);
    });
  });

  it('is open while an owner does not have a valid transaction on disk; the text says what Fabric found', async () => {
    network.hooks.commitStatus = (mspId, genuine) => (mspId === 'CelestaMSP' ? unknown() : genuine());
    const impatient = contractOf({ commitStatusTimeoutMs: 3_000 });
    await expect(impatient.submitTransaction('f')).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN', message: expect.stringContaining('found it VALID in block 5') as string });
  });

  it('comes in spite of an orderer that died with the transaction: equal bytes are sent again, until they are in a block', async () => {
    const unheard = (): Promise<FabricStatus> => new Promise((_resolve, reject) => setTimeout(() => { reject(new SelvedgeError('TIMEOUT', 'in no block')); }, 50));
    network.hooks.commitStatus = (_mspId, genuine) => (network.ledger.ordered.length > 0 ? genuine() : unknown());
    fabric.hooks.commitStatus = unheard;
    fabric.hooks.submit = (genuine) => (fabric.submitted.length < 3 ? Promise.resolve() : genuine());
    await contractOf({ resubmitAfterMs: 100 }).submitTransaction('f');
    expect(fabric.submitted.length).toBeGreaterThanOrEqual(3);
    expect(new Set(fabric.submitted).size).toBe(1);
  });

  it('is waited for without sending again once a peer has seen the transaction in a block', async () => {
    network.hooks.commitStatus = (mspId, genuine) => (mspId === 'CelestaMSP' ? unknown() : genuine());
    await expect(contractOf({ resubmitAfterMs: 1_200, commitStatusTimeoutMs: 3_000 }).submitTransaction('f')).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
    expect(fabric.submitted).toHaveLength(1);
  });

  it('does not need a gateway peer', async () => {
    fabric.hooks.commitStatus = () => fail('INVALID_CONFIGURATION');
    network.hooks.commitStatus = async (_mspId, genuine) => {
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      return genuine();
    };
    await contract.submitTransaction('f');
    expect(callsOf('commit-status gateway')).toHaveLength(1);
  });
});
