import { toHex } from '@selvedge/crypto';
import { createEndorsedTransaction, createTestConsortium } from '@selvedge/fixtures';
import { DistinctBy, ValidationCode } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SelvedgeError } from '@selvedge/errors';
import type { Contract } from './contract.js';
import type { Gateway } from './gateway.js';
import type { KeyBrokerPort } from './ports.js';
import { createFakeNetwork, type FakeNetwork } from './testdata/fake-network.js';
import { openRequest } from './testdata/fake-compute.js';
import { refusal } from './testdata/fake-ports.js';

let network: FakeNetwork;
let gateway: Gateway;
let contract: Contract;
beforeEach(async () => {
  network = await createFakeNetwork();
  gateway = network.connect();
  contract = gateway.getNetwork(network.consortium.channel).getContract(network.consortium.contract);
});
afterEach(() => {
  gateway.close();
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const hopsOf = (calls: readonly string[]): string[] => calls.map((call) => call.split(' ')[0] ?? '');

describe('a transaction', () => {
  it('goes through every hop in order', async () => {
    expect(text(await contract.submitTransaction('SetPrice', 'stone-1', '900'))).toBe('SetPrice(stone-1,900)');
    const hops = hopsOf(network.calls);
    expect([...new Set(hops)]).toEqual(['attest', 'execute', 'endorse', 'stage', 'order', 'commit-status']);
    expect(hops.filter((hop) => hop === 'execute')).toHaveLength(1);
    expect(hops.filter((hop) => hop === 'endorse')).toHaveLength(2);
    expect(network.calls.filter((call) => call.startsWith('stage'))).toEqual(['stage AuroraMSP', 'stage BorealisMSP', 'stage CelestaMSP']);
    expect(network.calls.filter((call) => call.startsWith('commit-status')).sort()).toEqual(['commit-status AuroraMSP', 'commit-status BorealisMSP', 'commit-status CelestaMSP']);
  });

  it('has stages that can be held apart', async () => {
    const proposal = contract.newProposal('f', { arguments: ['a', Buffer.from('b')], transientData: { name: 'value' } });
    const sealed = await proposal.getBytes();
    const executed = await proposal.execute();
    expect(sealed.length).toBeGreaterThan(0);
    expect([text(executed.getResult()), executed.executedBy.length]).toEqual(['f(a,b)', 1]);
    const endorsed = await executed.endorse();
    expect(endorsed.declaredTargets.map(({ ownerSet }) => ownerSet)).toEqual(['houses']);
    expect(endorsed.packetsOf('AuroraMSP')).toHaveLength(1);
    expect(endorsed.packetsOf('NorthMSP')).toHaveLength(0);
    const submitted = await endorsed.submit();
    const status = await submitted.getStatus();
    expect(status).toMatchObject({ transactionId: proposal.getTransactionId(), code: ValidationCode.VALID, successful: true, blockNumber: 5n });
    expect(new Set([executed, endorsed, submitted].map((stage) => stage.getTransactionId()))).toEqual(new Set([proposal.getTransactionId()]));
  });

  it('evaluates without endorsing or ordering', async () => {
    expect(text(await contract.evaluateTransaction('PriceOf', 'stone-1'))).toBe('PriceOf(stone-1)');
    expect(hopsOf(network.calls)).toEqual(['attest', 'execute']);
  });

  it('gives the chaincode’s error to the caller and stops there', async () => {
    await expect(contract.submitTransaction('fail', 'stone-9')).rejects.toMatchObject({ code: 'CHAINCODE_ERROR', message: 'chaincode response 500, the key stone-9 does not exist' });
    expect(hopsOf(network.calls)).toEqual(['attest', 'execute']);
  });

  it('asks as many compute nodes as the contract’s policy or the caller wants, and names those that disagree', async () => {
    await contract.submit('f', { computeQuorum: 2 });
    expect(network.calls.filter((call) => call.startsWith('execute')).sort()).toEqual(['execute compute-1', 'execute compute-2']);
    network.consortium.setContractPolicy({ computeQuorum: 3 });
    network.ledger.height += 1n;
    await gateway.refresh();
    const impatient = network.connect({ limits: { executeTimeoutMs: 100 } });
    await expect(impatient.getNetwork('trade').getContract('diamonds').submitTransaction('f')).rejects.toMatchObject({ code: 'COMPUTE_QUORUM_NOT_MET' });
    impatient.close();
  });

  it('asks as many as the profile wants for the type of TEE that answers, distinct as it counts', async () => {
    const floored = await createFakeNetwork({ computeNodes: 3, floor: { count: 2, distinctBy: DistinctBy.OPERATOR } });
    const own = floored.connect();
    const diamonds = own.getNetwork('trade').getContract('diamonds');
    const executed = await diamonds.newProposal('f').execute();
    // The first two have one operator.
    expect(executed.executedBy).toContain('compute-3');
    expect(executed.executedBy.length).toBeGreaterThanOrEqual(2);
    await diamonds.evaluateTransaction('f');
    own.close();
    const lacking = await createFakeNetwork({ computeNodes: 2, floor: { count: 2, distinctBy: DistinctBy.OPERATOR } });
    const impatient = lacking.connect({ limits: { executeTimeoutMs: 100 } });
    await expect(impatient.getNetwork('trade').getContract('diamonds').submitTransaction('f')).rejects.toMatchObject({ code: 'COMPUTE_QUORUM_NOT_MET' });
    impatient.close();
  });

  it('refuses an unknown contract and another channel', async () => {
    await expect(gateway.getNetwork('trade').getContract('nothing').evaluateTransaction('f')).rejects.toMatchObject({ code: 'CONTRACT_UNKNOWN' });
    expect(() => gateway.getNetwork('other')).toThrow(expect.objectContaining({ code: 'WRONG_CHANNEL' }));
  });
});

describe('what queries must not fall behind', () => {
  const leastHeights = (): bigint[] => {
    const seen: bigint[] = [];
    network.hooks.execute = (_node, genuine, request) => {
      seen.push(openRequest(network.consortium, request).body.leastHeight);
      return genuine();
    };
    return seen;
  };

  it('is the newest block that a commit told of, for every gateway of the process to this network', async () => {
    const seen = leastHeights();
    await contract.evaluateTransaction('f');
    await contract.submitTransaction('f');
    await contract.evaluateTransaction('f');
    const other = network.connect({ identity: network.consortium.organisation('BorealisMSP').client.signer });
    await other.getNetwork('trade').getContract('diamonds').evaluateTransaction('f');
    other.close();
    expect([seen[0], ...seen.slice(-2)]).toEqual([0n, 6n, 6n]);
  });

  it('is nothing that another network told of', async () => {
    await contract.submitTransaction('f');
    network = await createFakeNetwork();
    const seen = leastHeights();
    const other = network.connect();
    await other.getNetwork('trade').getContract('diamonds').evaluateTransaction('f');
    other.close();
    expect(seen).toEqual([0n]);
  });
});

describe('connect', () => {
  it('refuses a profile of another network or channel, or one without enough signatures', async () => {
    const other = await createTestConsortium({ network: 'other' });
    expect(() => network.connect({ signedProfile: other.signedProfile })).toThrow(expect.objectContaining({ code: 'WRONG_NETWORK' }));
    const channel = await createTestConsortium({ channel: 'other' });
    expect(() => network.connect({ signedProfile: channel.signedProfile })).toThrow(expect.objectContaining({ code: 'WRONG_CHANNEL' }));
    expect(() => network.connect({ signedProfile: network.consortium.profile.bytes })).toThrow();
  });
});

describe('evidence', () => {
  const rejects = async (code: string): Promise<void> => {
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code });
    expect(network.calls.some((call) => call.startsWith('execute'))).toBe(false);
  };

  it('is verified before anything is sent: bound to the client’s own nonce', async () => {
    network.hooks.evidence = () => network.evidence(new Uint8Array(32));
    await rejects('EVIDENCE_UNBOUND');
  });

  it('comes from another replica when one is down, locked, or gives evidence that does not verify', async () => {
    const [good] = network.ports.keyBrokers();
    const refusing = (code: 'UNAVAILABLE' | 'BROKER_LOCKED'): KeyBrokerPort => ({ address: code, getEnvelopeEvidence: () => Promise.reject(new SelvedgeError(code, code)) });
    const lying: KeyBrokerPort = { address: 'lying', getEnvelopeEvidence: () => network.evidence(new Uint8Array(32)) };
    for (const bad of [refusing('UNAVAILABLE'), refusing('BROKER_LOCKED'), lying]) {
      const gateway = network.connect({ ports: { ...network.ports, keyBrokers: () => [bad, good!] } });
      await gateway.getNetwork('trade').getContract('diamonds').evaluateTransaction('f');
      gateway.close();
    }
    const gateway = network.connect({ ports: { ...network.ports, keyBrokers: () => [lying, lying] } });
    await expect(gateway.getNetwork('trade').getContract('diamonds').evaluateTransaction('f')).rejects.toMatchObject({ code: 'EVIDENCE_UNBOUND' });
    gateway.close();
  });

  it('must bind the statement', async () => {
    network.hooks.evidence = async (_peer, genuine) => {
      const [answer, other] = [await genuine(), await network.evidence(new Uint8Array(32))];
      return { ...answer, statement: Buffer.concat([other.statement, Buffer.of(0x0a, 0)]) };
    };
    await rejects('EVIDENCE_UNBOUND');
  });

  it('must be of the broker on the ledger', async () => {
    const other = await createTestConsortium();
    network.consortium.state.setFact('broker-root', other.state.fact('broker-root'));
    await rejects('BROKER_NOT_RECOGNISED');
  });

  it('must offer the envelope keys that are on the ledger', async () => {
    network.changeStatement = (statement) => { for (const key of statement.envelopeKeys) key.publicKey = new Uint8Array(65); };
    await rejects('BROKER_STATE_MISMATCH');
  });

  it('is fetched once while it is fresh, and again when it is old', async () => {
    await contract.evaluateTransaction('f');
    await contract.evaluateTransaction('f');
    expect(hopsOf(network.calls).filter((hop) => hop === 'attest')).toHaveLength(1);
    const impatient = network.connect({ limits: { evidenceMaxAgeMs: -1 } });
    const again = impatient.getNetwork('trade').getContract('diamonds');
    await again.evaluateTransaction('f');
    await again.evaluateTransaction('f');
    impatient.close();
    expect(hopsOf(network.calls).filter((hop) => hop === 'attest')).toHaveLength(3);
  });

  it('is fetched again when a node does not know the envelope’s epoch; the request keeps its transaction id', async () => {
    const seen: string[] = [];
    network.hooks.execute = (_peer, genuine, request) => {
      seen.push(toHex(openRequest(network.consortium, request).opened.header.txId));
      return seen.length === 1 ? Promise.reject(refusal('ENVELOPE_EPOCH_UNKNOWN')) : genuine();
    };
    await contract.submitTransaction('f');
    expect(hopsOf(network.calls).filter((hop) => hop === 'attest')).toHaveLength(2);
    expect(new Set(seen).size).toBe(1);
  });

  it('is not fetched for ever', async () => {
    network.hooks.execute = () => Promise.reject(refusal('KEY_EPOCH_UNKNOWN'));
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'KEY_EPOCH_UNKNOWN' });
    expect(hopsOf(network.calls).filter((hop) => hop === 'execute')).toHaveLength(6);
  });
});

describe('a contract', () => {
  it('cannot be committed with another transaction’s endorsements', async () => {
    const executed = await contract.newProposal('f').execute();
    const foreign = await contract.newProposal('g').execute();
    const { endorsements, endorsementPayload } = createEndorsedTransaction({ consortium: network.consortium, targetData: foreign.targetData });
    network.hooks.endorse = (peer) => {
      const own = endorsements[peer === 'NorthMSP' ? 0 : 1]!;
      return Promise.resolve({ $typeName: 'selvedge.v1.Endorsement', payload: endorsementPayload, endorser: own.identity, signature: own.signature });
    };
    await expect(executed.endorse()).rejects.toMatchObject({ code: 'ENDORSEMENT_FAILED' });
  });
});
