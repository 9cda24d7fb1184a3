import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, createTestRevocation, type TestConsortium } from '@selvedge/fixtures';
import { CHANNEL_EPOCH, facts } from '@selvedge/policy';
import { RequestKind, type Response } from '@selvedge/protocol';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CertifiedNode, createFakeBusinessNode, heldKeysOf, viewOf } from '@selvedge/tee-node/testing';
import { buildRequest, type ClientSetting, type RequestChange } from './client.test.support.js';
import { createTestNode, type TestNode } from './node.test.support.js';

let net: TestConsortium;
let certified: CertifiedNode;
let client: ClientSetting;
let test: TestNode;
let facts0: ReturnType<TestConsortium['state']['factEntries']>;

beforeAll(async () => {
  net = await createTestConsortium();
  facts0 = net.state.factEntries();
  certified = await net.issueComputeNode({ binding: { nodeId: 'compute-1', platformId: new Uint8Array(32).fill(7), measurement: new Uint8Array(48).fill(9) } });
});
beforeEach(() => {
  for (const { key } of net.state.factEntries()) net.state.setFact(key, undefined);
  for (const { key, value } of facts0) net.state.setFact(key, value);
  net.setContractPolicy({ keyAccess: [], gatedFunctions: [] });
  const { suite } = net.contractPolicy;
  client = {
    network: net.network,
    channel: net.channel,
    contract: net.contract,
    profileDigest: net.profile.digest,
    suite,
    envelopePublicKey: net.envelopeKeys['P256-AES256GCM-SHA256'].publicKey,
    signer: net.organisation('AuroraMSP').client.signer,
    now: net.now,
  };
  test = createTestNode({ net, certified, business: [createFakeBusinessNode('AuroraMSP')] });
});

async function ask(change: RequestChange = {}): Promise<Response> {
  const request = buildRequest(client, change);
  return request.open(await test.execute(request));
}

/** The code of a refusal in the clear. */
async function refusedClear(change: RequestChange = {}): Promise<string> {
  const error: unknown = await test.execute(buildRequest(client, change)).catch((caught: unknown) => caught);
  if (!isSelvedgeError(error)) throw new Error('not refused in the clear');
  expect(test.checkpoints).toEqual([]);
  return error.code;
}

/** The code of a refusal under the response key. */
async function refusedSealed(change: RequestChange = {}): Promise<string> {
  const response = await ask(change);
  expect(response.status).toBe(500);
  expect(response.refusal?.role).toBe('compute');
  expect(response.refusal?.action).not.toBe('');
  return response.refusal?.code ?? 'none';
}

/** Enums are open on the wire. */
const UNKNOWN_KIND = JSON.parse('99') as RequestKind;
const evaluate: RequestChange = { body: { kind: RequestKind.EVALUATE } };

describe('before authentication, refusals travel in the clear', () => {
  it('another network and another channel', async () => {
    expect(await refusedClear({ header: { network: 'other' } })).toBe('WRONG_NETWORK');
    expect(await refusedClear({ header: { channel: 'other' } })).toBe('WRONG_CHANNEL');
  });

  it('a suite that the profile does not allow', async () => {
    test.view = viewOf(net, { profile: { ...net.profile, message: { ...net.profile.message, allowedSuites: ['X25519-ED25519-AES256GCM-SHA256'] } } });
    expect(await refusedClear()).toBe('UNKNOWN_SUITE');
  });

  it('envelope epochs that are unknown, retired or revoked', async () => {
    expect(await refusedClear({ header: { epoch: 2n } })).toBe('ENVELOPE_EPOCH_UNKNOWN');
    net.setEpoch(CHANNEL_EPOCH, 2n);
    expect(await refusedClear({ header: { epoch: 2n } })).toBe('NOT_READY');
    expect(test.renewals).toBe(1);
    net.state.setFact(facts.revokedEpoch(CHANNEL_EPOCH, 2n), Buffer.from('lost'));
    expect(await refusedClear({ header: { epoch: 2n } })).toBe('ENVELOPE_EPOCH_REVOKED');
  });

  it('an envelope epoch that is no longer current or previous, though this node still holds its key', async () => {
    test.view = viewOf(net, { fact: (key) => (key === facts.epoch(CHANNEL_EPOCH, 1n) ? undefined : net.state.fact(key)) });
    test.keys = { ...test.keys!, bindings: [] };
    expect(await refusedClear()).toBe('ENVELOPE_EPOCH_UNKNOWN');
  });

  it('a request that is sealed to another key', async () => {
    expect(await refusedClear({ header: { envelopePublicKey: (await createTestConsortium()).envelopeKeys['P256-AES256GCM-SHA256'].publicKey } })).toBe('DECRYPT_FAILED');
  });

  it('a node without keys', async () => {
    test.keys = undefined;
    expect(await refusedClear()).toBe('NOT_READY');
    expect(test.node.health().ready).toBe(false);
  });

  it.each([
    ['node', facts.revokedNode('compute-1')],
    ['platform', facts.revokedPlatform(new Uint8Array(32).fill(7))],
    ['measurement', facts.revokedMeasurement(new Uint8Array(48).fill(9))],
  ])('a revoked %s', async (_what, fact) => {
    net.state.setFact(fact, Buffer.from('lost'));
    expect(await refusedClear()).toBe('TEE_REVOKED');
  });
});

describe('after authentication, refusals travel under the response key', () => {
  it('a request that does not parse', async () => {
    expect(await refusedSealed({ signedRequest: Buffer.from('not protobuf') })).toBe('MALFORMED_MESSAGE');
  });

  it('bodies beyond the limits', async () => {
    expect(await refusedSealed({ body: { args: Array.from({ length: 1025 }, () => new Uint8Array(1)) } })).toBe('LIMIT_EXCEEDED');
    expect(await refusedSealed({ body: { transient: Array.from({ length: 257 }, (_, i) => ({ name: String(i).padStart(3, '0'), value: new Uint8Array(1) })) } })).toBe('LIMIT_EXCEEDED');
    expect(await refusedSealed({ body: { creator: new Uint8Array(16 * 1024 + 1) } })).toBe('LIMIT_EXCEEDED');
    expect(await refusedSealed({ signature: new Uint8Array(513) })).toBe('LIMIT_EXCEEDED');
  });

  it('bodies of the wrong shape', async () => {
    const field = (name: string): { name: string; value: Uint8Array } => ({ name, value: new Uint8Array(1) });
    expect(await refusedSealed({ body: { nonce: new Uint8Array(23) } })).toBe('MALFORMED_MESSAGE');
    expect(await refusedSealed({ body: { transient: [field('b'), field('a')] } })).toBe('MALFORMED_MESSAGE');
    expect(await refusedSealed({ body: { transient: [field('a'), field('a')] } })).toBe('MALFORMED_MESSAGE');
    expect(await refusedSealed({ body: { kind: RequestKind.UNSPECIFIED } })).toBe('MALFORMED_MESSAGE');
    expect(await refusedSealed({ body: { kind: UNKNOWN_KIND } })).toBe('MALFORMED_MESSAGE');
    expect(await refusedSealed({ body: { timestampNanos: 1_000_000_000 } })).toBe('MALFORMED_MESSAGE');
    expect(await refusedSealed({ body: { timestampNanos: -1 } })).toBe('MALFORMED_MESSAGE');
  });

  it('a body that contradicts its header', async () => {
    expect(await refusedSealed({ body: { network: 'other' } })).toBe('WRONG_NETWORK');
    expect(await refusedSealed({ body: { channel: 'other' } })).toBe('WRONG_CHANNEL');
    expect(await refusedSealed({ header: { txId: new Uint8Array(32) } })).toBe('TX_ID_MISMATCH');
  });

  it('another profile', async () => {
    expect(await refusedSealed({ body: { profileDigest: new Uint8Array(32) } })).toBe('PROFILE_MISMATCH');
  });

  it('a forged signature', async () => {
    expect(await refusedSealed({ signature: client.signer.sign(Buffer.from('another message')) })).toBe('SIGNATURE_INVALID');
  });

  it('creators that their organisation does not vouch for', async () => {
    const stranger = (await createTestConsortium()).organisation('AuroraMSP').client.signer;
    expect(await refusedSealed({ signer: stranger })).toBe('IDENTITY_UNTRUSTED');
    test.now = new Date(net.now.getTime() + 100 * 365 * 24 * 3600 * 1000);
    expect(await refusedSealed({ body: { timestampSeconds: BigInt(Math.floor(test.now.getTime() / 1000)) } })).toBe('IDENTITY_EXPIRED');
  });

  it('creators whose certificate is on a revocation list of the ledger, by name and serial under the response key', async () => {
    const { key, value } = await createTestRevocation(net, 'AuroraMSP', [client.signer]);
    net.state.setFact(key, value);
    test.view = viewOf(net);
    expect(await refusedSealed({})).toBe('IDENTITY_REVOKED');
    expect((await ask({ signer: net.organisation('BorealisMSP').client.signer })).status).toBe(200);
  });

  it('a timestamp beyond five minutes, either way, and none within', async () => {
    const at = (offsetSeconds: number): RequestChange => ({ body: { timestampSeconds: BigInt(Math.floor(net.now.getTime() / 1000) + offsetSeconds) } });
    expect(await refusedSealed(at(-302))).toBe('REQUEST_EXPIRED');
    expect(await refusedSealed(at(302))).toBe('REQUEST_EXPIRED');
    expect((await ask(at(-298))).status).toBe(200);
    expect((await ask(at(298))).status).toBe(200);
  });

  it('contracts that are unknown here', async () => {
    expect(await refusedSealed({ body: { contract: 'no-such-contract' } })).toBe('CONTRACT_UNKNOWN');
    expect(await refusedSealed({ body: { contract: '../diamonds' } })).toBe('CONTRACT_UNKNOWN');
  });

  it('a contract whose keys rules give to other nodes, or to nodes of others', async () => {
    for (const rule of [{ operatorMspId: 'NorthMSP', nodeIds: ['compute-2'] }, { operatorMspId: 'SouthMSP', nodeIds: ['compute-1'] }]) {
      net.setContractPolicy({ keyAccess: [{ role: 'compute', ...rule }] });
      expect(await refusedSealed()).toBe('CONTRACT_NOT_ASSIGNED');
      expect(test.node.health().deniedContracts).toEqual([net.contract]);
    }
    net.setContractPolicy({ keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-1', 'compute-2'] }] });
    expect((await ask()).status).toBe(200);
  });

  it('a request in another suite than the contract’s', async () => {
    const suite = 'X25519-ED25519-AES256GCM-SHA256';
    expect(await refusedSealed({ header: { suite, envelopePublicKey: net.envelopeKeys[suite].publicKey } })).toBe('UNKNOWN_SUITE');
  });

  it('key epochs that are unknown, retired or revoked', async () => {
    expect(await refusedSealed({ body: { keyEpoch: 2n } })).toBe('KEY_EPOCH_UNKNOWN');
    net.setEpoch(net.contract, 2n);
    net.state.setFact(facts.revokedEpoch(net.contract, 2n), Buffer.from('lost'));
    expect(await refusedSealed({ body: { keyEpoch: 2n } })).toBe('KEY_EPOCH_REVOKED');
    net.setEpoch(net.contract, 3n);
    expect(await refusedSealed()).toBe('KEY_EPOCH_RETIRED');
  });

  it('keys that are still on their way, for which it asks again', async () => {
    net.setEpoch(net.contract, 2n);
    expect(await refusedSealed({ body: { keyEpoch: 2n } })).toBe('NOT_READY');
    expect(test.renewals).toBe(1);
    test.keys = { ...heldKeysOf(net, certified), contract: () => undefined };
    expect(await refusedSealed()).toBe('NOT_READY');
    expect(test.renewals).toBe(2);
  });

  it('a ledger view that only owners support', async () => {
    test.view = viewOf(net, { supporters: ['AuroraMSP', 'BorealisMSP', 'CelestaMSP'] });
    expect(await refusedSealed()).toBe('VIEW_QUORUM_UNREACHABLE');
    test.view = viewOf(net, { supporters: ['AuroraMSP', 'NorthMSP'] });
    expect((await ask()).status).toBe(200);
  });

  it('what this release does not have', async () => {
    expect(await refusedSealed({ body: { kind: RequestKind.SUBMIT, confirmQuorum: 2 } })).toBe('FEATURE_UNSUPPORTED');
  });

  it('another request under a used transaction id, but not the same request again, and not on what the client knows by then', async () => {
    const nonce = new Uint8Array(24).fill(1);
    const request = buildRequest(client, { body: { nonce } });
    expect(request.open(await test.execute(request)).status).toBe(200);
    expect(request.open(await test.execute(request)).status).toBe(200);
    const anew = buildRequest(client, { body: { nonce, calledEpochs: [{ contract: 'bank', epoch: 1n }], leastHeight: 1n } });
    expect(anew.open(await test.execute(anew)).status).toBe(200);
    expect(await refusedSealed({ body: { nonce, args: [Buffer.from('other')] } })).toBe('REQUEST_REPLAYED');
  });

  it('failures of the chaincode host, by code and without foreign text', async () => {
    test.chaincode = () => Promise.reject(new SelvedgeError('CHAINCODE_TIMEOUT', 'took too long'));
    expect(await refusedSealed()).toBe('CHAINCODE_TIMEOUT');
    test.chaincode = () => Promise.reject(new Error('secret text'));
    const response = await ask();
    expect(response.refusal?.code).toBe('INTERNAL');
    expect(JSON.stringify(response.refusal)).not.toContain('secret text');
    expect(test.refusals.every(({ isSealed }) => isSealed)).toBe(true);
  });
});

describe('a compute node', () => {
  it('hands the whole request to the chaincode', async () => {
    test.chaincode = (_state, invocation) =>
      Promise.resolve({
        payload: Buffer.from(
          JSON.stringify([invocation.channel, invocation.contract, invocation.creatorMspId, invocation.args.map((arg) => Buffer.from(arg).toString()), [...invocation.transient.keys()], invocation.timestamp.nanos, invocation.txId.length]),
        ),
      });
    const response = await ask({ body: { transient: [{ name: 'secret', value: new Uint8Array(2) }], timestampNanos: 12 } });
    expect(JSON.parse(Buffer.from(response.payload).toString())).toEqual([net.channel, net.contract, 'AuroraMSP', ['invoke'], ['secret'], 12, 64]);
    expect(response.viewHeight).toBe(net.state.height);
  });

  it('gives a chaincode’s error back without target data', async () => {
    test.chaincode = () => Promise.resolve({ status: 500, message: 'the asset does not exist' });
    const request = buildRequest(client);
    const sealed = await test.execute(request);
    expect(sealed.targetData).toBeUndefined();
    const response = request.open(sealed);
    expect([response.status, response.message, response.refusal]).toEqual([500, 'the asset does not exist', undefined]);
  });

  it('gives an evaluate back without target data', async () => {
    const request = buildRequest(client, evaluate);
    const sealed = await test.execute(request);
    expect(sealed.targetData).toBeUndefined();
    expect(request.open(sealed).status).toBe(200);
  });

  it('passes its checkpoints in order', async () => {
    await ask();
    expect(test.checkpoints).toEqual(['compute.after-open', 'compute.before-answer']);
  });

  it('says what it is and how busy', async () => {
    const health = test.node.health();
    expect(health).toMatchObject({ nodeId: 'compute-1', ready: true, draining: false, inFlight: 0, capacity: 36, viewHeight: net.state.height, contracts: [net.contract], teeType: 'simulated' });
    test.chaincode = () => {
      expect(test.node.health().inFlight).toBe(1);
      return Promise.resolve({});
    };
    expect((await ask()).status).toBe(200);
  });

  it('refuses when it is full and while it stops, and ends what runs', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    test = createTestNode({ net, certified, business: [], options: { limits: { maxRunning: 1, maxQueued: 1 } }, chaincode: () => gate.then(() => ({})) });
    const running = [ask(), ask()];
    const third: unknown = await ask().catch((error: unknown) => error);
    expect(isSelvedgeError(third, 'OVERLOADED')).toBe(true);
    const drained = test.node.drain();
    expect(test.node.health()).toMatchObject({ ready: false, draining: true, inFlight: 2 });
    const late: unknown = await ask().catch((error: unknown) => error);
    expect(isSelvedgeError(late, 'DRAINING')).toBe(true);
    release();
    expect((await Promise.all(running)).map((response) => response.status)).toEqual([200, 200]);
    await drained;
  });
});
