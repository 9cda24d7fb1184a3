import { create } from '@bufbuild/protobuf';
import { toHex } from '@selvedge/crypto';
import { CommitStatusAnswerSchema, encodeMessage, SealedRequestSchema, ValidationCode } from '@selvedge/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contract } from './contract.js';
import type { Gateway } from './gateway.js';
import { executeRequest } from './testdata/fake-compute.js';
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
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('compute nodes that fail', () => {
  it('are replaced by another, which gets the same sealed bytes', async () => {
    const seen: string[] = [];
    network.hooks.execute = (peer, genuine, request) => {
      seen.push(toHex(encodeMessage(SealedRequestSchema, request)));
      return peer === 'compute-1' ? Promise.reject(refusal('UNAVAILABLE')) : genuine();
    };
    for (let i = 0; i < 4; i += 1) expect(text(await contract.evaluateTransaction('f', String(i)))).toBe(`f(${String(i)})`);
    expect(seen[0]).toBe(seen[1]);
    // A node that failed a moment ago is asked last.
    expect(callsOf('execute compute-1')).toHaveLength(1);
  });

  it('are asked again after a pause when there is no other, until the time is over', async () => {
    let failures = 3;
    network.hooks.execute = (_peer, genuine) => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(refusal('OVERLOADED')) : genuine();
    };
    expect(text(await contract.evaluateTransaction('f'))).toBe('f()');
    network.hooks.execute = () => Promise.reject(refusal('DRAINING'));
    const impatient = network.connect({ limits: { executeTimeoutMs: 150 } });
    await expect(impatient.getNetwork('trade').getContract('diamonds').evaluateTransaction('f')).rejects.toMatchObject({ code: 'DRAINING' });
    impatient.close();
  });

  it('are asked once each about a request that crashes the chaincode', async () => {
    network.hooks.execute = () => Promise.reject(refusal('CHAINCODE_CRASHED'));
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'CHAINCODE_CRASHED' });
    expect(callsOf('execute').sort()).toEqual(network.nodes.map(({ nodeId }) => `execute ${nodeId}`).sort());
    await expect(contract.submit('f', { computeQuorum: 2 })).rejects.toMatchObject({ code: 'COMPUTE_QUORUM_NOT_MET' });
  });

  it('end the request when they refuse for good', async () => {
    network.hooks.execute = () => Promise.reject(refusal('DATASET_ACCESS_DENIED'));
    await expect(contract.evaluateTransaction('f')).rejects.toMatchObject({ code: 'DATASET_ACCESS_DENIED' });
    expect(callsOf('execute')).toHaveLength(1);
  });

  it('cannot answer under another name: one node would count for two', async () => {
    network.hooks.execute = (_peer, _genuine, request) => executeRequest(network.consortium, network.nodes[0]!, request);
    await expect(contract.submit('f', { computeQuorum: 2 })).rejects.toMatchObject({ code: 'TARGET_DATA_INCONSISTENT' });
  });

  it('are named when their results differ', async () => {
    network.hooks.execute = (peer, _genuine, request) => {
      const node = network.nodes[peer === 'compute-1' ? 0 : 1]!;
      return executeRequest(network.consortium, node, request, { response: { status: 200, payload: Buffer.from(peer) } });
    };
    await expect(contract.submit('f', { computeQuorum: 2 })).rejects.toMatchObject({ code: 'REPLICAS_DISAGREE' });
    await expect(contract.evaluate('f', { computeQuorum: 2 })).rejects.toMatchObject({ code: 'REPLICAS_DISAGREE' });
  });
});

describe('endorsers that fail', () => {
  it('are replaced by the others', async () => {
    network.hooks.endorse = (peer, genuine) => (peer === 'NorthMSP' ? Promise.reject(refusal('UNAVAILABLE')) : genuine());
    await contract.submitTransaction('f');
    await contract.submitTransaction('f');
    expect(callsOf('endorse NorthMSP').length).toBeLessThanOrEqual(2);
  });

  it('refuse for all when they agree on the code', async () => {
    network.hooks.endorse = () => Promise.reject(refusal('TEE_SIGNATURE_INVALID'));
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'TEE_SIGNATURE_INVALID', role: 'endorser' });
    expect(callsOf('endorse')).toHaveLength(3);
    expect(callsOf('stage')).toHaveLength(0);
  });

  it('are asked again once when they were behind the owners', async () => {
    let asked = 0;
    network.hooks.endorse = (_peer, genuine) => {
      asked += 1;
      return asked <= 3 ? Promise.reject(refusal('STALE_READ')) : genuine();
    };
    await contract.submitTransaction('f');
    network.hooks.endorse = () => Promise.reject(refusal('STALE_READ'));
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'STALE_READ' });
  });

  it('do not hold up a refusal by waiting for one that is gone', async () => {
    network.hooks.endorse = (peer) => Promise.reject(refusal(peer === 'NorthMSP' ? 'UNAVAILABLE' : 'TEE_REVOKED'));
    const startedAt = performance.now();
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'ENDORSEMENT_FAILED' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('do not count when their signature or content is not theirs', async () => {
    network.hooks.endorse = async (peer, genuine) => (peer === 'EastMSP' ? genuine() : { ...(await genuine()), signature: new Uint8Array(70) });
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(callsOf('stage')).toHaveLength(0);
  });
});

describe('owners and the sequencer that fail', () => {
  it('must all give a receipt before anything is ordered', async () => {
    network.hooks.stage = (peer, genuine) => (peer === 'BorealisMSP' ? Promise.reject(refusal('NOT_DECLARED_HERE')) : genuine());
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'NOT_DECLARED_HERE' });
    network.hooks.stage = async (peer, genuine) => (peer === 'BorealisMSP' ? { ...(await genuine()), expiresAtHeight: 3n } : genuine());
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
    expect(callsOf('order')).toHaveLength(0);
  });

  it('are asked again when they could not be reached', async () => {
    let failures = 2;
    network.hooks.stage = (_peer, genuine) => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(refusal('UNAVAILABLE')) : genuine();
    };
    await contract.submitTransaction('f');
    expect(callsOf('order')).toHaveLength(1);
  });

  it('lose no transaction with a lost answer: what was ordered counts', async () => {
    network.hooks.submit = async (_peer, genuine) => {
      await genuine();
      throw refusal('TIMEOUT');
    };
    await contract.submitTransaction('f');
    expect(network.ledger.ordered).toHaveLength(1);
  });

  it('get the same bytes again when the answer was lost before anything was ordered', async () => {
    const seen: string[] = [];
    network.hooks.submit = (_peer, genuine, transaction) => {
      seen.push(toHex(transaction));
      return seen.length === 1 ? Promise.reject(refusal('UNAVAILABLE')) : genuine();
    };
    await contract.submitTransaction('f');
    expect([seen.length, new Set(seen).size]).toEqual([2, 1]);
  });

  it('leave the outcome open, by name, when nobody can tell', async () => {
    network.hooks.submit = () => Promise.reject(refusal('UNAVAILABLE'));
    const impatient = network.connect({ limits: { submitTimeoutMs: 100, commitStatusTimeoutMs: 100 } });
    const impatiently = impatient.getNetwork('trade').getContract('diamonds');
    await expect(impatiently.submitTransaction('f')).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
    delete network.hooks.submit;
    network.hooks.commitStatus = () => Promise.reject(refusal('UNAVAILABLE'));
    await expect(impatiently.submitTransaction('f')).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
    impatient.close();
  });

  it('acknowledge a commit only when every declared owner has it', async () => {
    let asked = 0;
    network.hooks.commitStatus = (peer, genuine) => {
      if (peer !== 'CelestaMSP' || asked >= 2) return genuine();
      asked += 1;
      return Promise.resolve(create(CommitStatusAnswerSchema, { known: false }));
    };
    await contract.submitTransaction('f');
    expect(callsOf('commit-status CelestaMSP')).toHaveLength(3);
  });

  it('turn an invalid transaction into its validation code’s refusal', async () => {
    network.ledger.code = ValidationCode.MVCC_READ_CONFLICT;
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'MVCC_READ_CONFLICT', role: 'ledger' });
    const submitted = await contract.submitAsync('f');
    expect(await submitted.getStatus()).toMatchObject({ successful: false, code: ValidationCode.MVCC_READ_CONFLICT });
  });

  it('are named when they contradict each other', async () => {
    network.hooks.commitStatus = (peer) =>
      Promise.resolve(create(CommitStatusAnswerSchema, { known: true, code: peer === 'AuroraMSP' ? ValidationCode.VALID : ValidationCode.MVCC_READ_CONFLICT, blockNumber: 5n }));
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'LEDGER_CORRUPT' });
  });
});

describe('an upgrade of the contract under way', () => {
  /** Organisations record another endorsement policy; what was endorsed before is refused under it. */
  const upgrade = (): void => {
    network.consortium.setContractPolicy({ policyVersion: network.consortium.contractPolicy.policyVersion + 1n, codeHash: new Uint8Array(32).fill(9) });
    network.ledger.height += 1n;
  };

  it.each(['owners refuse to store it', 'followers find it invalid'])('is what the caller is told when %s', async (what) => {
    if (what.startsWith('owners')) {
      network.hooks.stage = () => {
        upgrade();
        return Promise.reject(refusal('ENDORSEMENT_POLICY_FAILURE'));
      };
    } else {
      network.hooks.submit = (_peer, genuine) => {
        upgrade();
        network.ledger.code = ValidationCode.ENDORSEMENT_POLICY_FAILURE;
        return genuine();
      };
    }
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'POLICY_VERSION_MISMATCH', cause: expect.objectContaining({ code: 'ENDORSEMENT_POLICY_FAILURE' }) as Error });
  });

  it('is not blamed for a policy that was never satisfied', async () => {
    network.ledger.code = ValidationCode.ENDORSEMENT_POLICY_FAILURE;
    await expect(contract.submitTransaction('f')).rejects.toMatchObject({ code: 'ENDORSEMENT_POLICY_FAILURE' });
  });
});

describe('followers that are gone', () => {
  it('end a request by name instead of holding it up', async () => {
    const silent = { ...network.ports, followers: () => [] };
    const lonely = network.connect({ ports: silent, limits: { evidenceTimeoutMs: 100 } });
    await expect(lonely.getNetwork('trade').getContract('diamonds').evaluateTransaction('f')).rejects.toMatchObject({ code: 'VIEW_QUORUM_UNREACHABLE' });
    expect(callsOf('attest')).toHaveLength(0);
    lonely.close();
  });
});
