import { status } from '@grpc/grpc-js';
import { common, peer, type gateway as messages } from '@hyperledger/fabric-protos';
import { isP256SignatureValid, sha256, toHex } from '@selvedge/crypto';
import { EndorsersRefused } from '@selvedge/fabric';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import type { Signer } from '@selvedge/identity';
import { computeTxId } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectFabricGateway } from './fabric-gateway.js';
import type { FabricCall, FabricGateway, FabricInvocation } from './ports.js';
import { FakeRefusal, startFakeGateway, type FakeGatewayPeer } from './testdata/fake-gateway.js';

let consortium: TestConsortium;
let endorsers: Map<string, Signer>;
let first: FakeGatewayPeer;
let second: FakeGatewayPeer;
let gateway: FabricGateway;
const seen: FabricCall[] = [];
const BOUNDS = { timeoutMs: 5_000 };
const nonce = new Uint8Array(24).fill(7);
const invocation: FabricInvocation = { chaincode: 'diamonds', functionName: 'Endorse', transientData: { targetData: Buffer.from('packets') }, organisations: ['NorthMSP', 'SouthMSP'], nonce };

beforeAll(async () => {
  consortium = await createTestConsortium();
  endorsers = new Map(['NorthMSP', 'SouthMSP', 'EastMSP'].map((mspId) => [mspId, consortium.organisation(mspId).peer.signer]));
});
const client = (): Signer => consortium.organisation('AuroraMSP').client.signer;
const open = (...peers: FakeGatewayPeer[]): FabricGateway =>
  connectFabricGateway({ channel: 'trade', signer: client(), peers: peers.map((each) => each.peer), clock: () => consortium.now, nowMs: () => performance.now(), onCall: (call) => seen.push(call) });
beforeEach(async () => {
  [first, second] = await Promise.all([startFakeGateway('AuroraMSP', endorsers), startFakeGateway('BorealisMSP', endorsers)]);
  seen.length = 0;
  gateway = open(first, second);
});
afterEach(() => {
  gateway.close();
  first.close();
  second.close();
});

describe('endorse', () => {
  it('sends the proposal to the named organisations under the caller’s nonce, and reads what they signed', async () => {
    let request: messages.EndorseRequest | undefined;
    first.behaviour.refuse = (_mspId, asked) => void (request = asked);
    const transaction = await gateway.endorse(invocation, BOUNDS);
    expect(transaction.transactionId).toBe(toHex(computeTxId(nonce, client().serialized)));
    expect(Buffer.from(transaction.response).toString()).toBe('answer');
    expect(transaction.endorsements).toHaveLength(2);
    for (const { identity, signature } of transaction.endorsements) {
      expect(consortium.profile.msps.verifySignature({ identity, signature }, Buffer.concat([transaction.signedPayload, identity]), { role: 'peer' }).role).toBe('peer');
    }
    expect(request?.getEndorsingOrganizationsList()).toEqual(['NorthMSP', 'SouthMSP']);
    const signed = request?.getProposedTransaction();
    expect(consortium.profile.msps.verifySignature({ identity: client().serialized, signature: signed?.getSignature_asU8() as Uint8Array }, signed?.getProposalBytes_asU8() as Uint8Array).mspId).toBe('AuroraMSP');
    const proposal = peer.Proposal.deserializeBinary(signed?.getProposalBytes_asU8() as Uint8Array);
    const header = common.ChannelHeader.deserializeBinary(common.Header.deserializeBinary(proposal.getHeader_asU8()).getChannelHeader_asU8());
    expect([header.getChannelId(), header.getTxId(), (header.getTimestamp() as { getSeconds(): number } | undefined)?.getSeconds(), header.getEpoch()]).toEqual(['trade', transaction.transactionId, Math.floor(consortium.now.getTime() / 1000), 0]);
    expect(Buffer.from((peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8()).getTransientmapMap() as Map<string, Uint8Array>).get('targetData') as Uint8Array).toString()).toBe('packets');
  });

  it('leaves the choice of endorsers to the gateway peer when none are named', async () => {
    const { endorsements } = await gateway.endorse({ chaincode: 'selvedge-policy', functionName: 'Apply', args: [Buffer.from('x')] }, BOUNDS);
    expect(endorsements).toHaveLength(2);
  });

  it('gives the endorsers’ common code, or a list by organisation', async () => {
    first.behaviour.refuse = () => 'chaincode response 500, STALE_READ: read 3 has changed';
    await expect(gateway.endorse(invocation, BOUNDS)).rejects.toMatchObject({ code: 'STALE_READ', role: 'endorser', message: 'read 3 has changed' });
    first.behaviour.refuse = (mspId) => (mspId === 'NorthMSP' ? 'chaincode response 500, TEE_REVOKED: node-1' : 'rpc error: code = Unavailable desc = connection refused');
    const error = await gateway.endorse(invocation, BOUNDS).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EndorsersRefused);
    expect((error as EndorsersRefused).refusals.map(({ mspId, refusal }) => [mspId, refusal.code])).toEqual([['NorthMSP', 'TEE_REVOKED'], ['SouthMSP', 'UNAVAILABLE']]);
    expect(second.calls).toEqual([]);
  });

  it('names the organisations whose peers are not known', async () => {
    const error = await gateway.endorse({ ...invocation, organisations: ['NorthMSP', 'WestMSP'] }, BOUNDS).catch((thrown: unknown) => thrown);
    expect((error as EndorsersRefused).refusals.map(({ mspId, refusal }) => [mspId, refusal.code])).toEqual([['WestMSP', 'UNAVAILABLE']]);
  });
});

describe('an answer of another transaction is refused before the client signs it', () => {
  const rejects = async (what: RegExp): Promise<void> => {
    second.close();
    await expect(gateway.endorse(invocation, BOUNDS)).rejects.toMatchObject({ code: expect.stringMatching(/FABRIC_TRANSACTION_MISMATCH|UNAVAILABLE/) as string });
    const own = seen.find(({ mspId }) => mspId === 'AuroraMSP')?.error;
    expect(own).toMatchObject({ code: 'FABRIC_TRANSACTION_MISMATCH', message: expect.stringMatching(what) as string });
  };
  const other = Buffer.from('other');

  it('another channel header', async () => {
    first.behaviour.changeTransaction = ({ header }) => {
      const changed = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
      changed.setChannelId('other');
      header.setChannelHeader(changed.serializeBinary());
    };
    await rejects(/another channel header/);
  });
  it('another signature header', async () => {
    first.behaviour.changeTransaction = ({ header }) => { header.setSignatureHeader(other); };
    await rejects(/another signature header/);
  });
  it('two actions', async () => {
    first.behaviour.changeTransaction = ({ transaction, action }) => void transaction.addActions(action);
    await rejects(/more than one action/);
  });
  it('an action of another creator', async () => {
    first.behaviour.changeTransaction = ({ action }) => { action.setHeader(other); };
    await rejects(/another creator or nonce/);
  });
  it('transient data that would reach the block', async () => {
    first.behaviour.changeTransaction = ({ payload }) => {
      const leaking = peer.ChaincodeProposalPayload.deserializeBinary(payload.getChaincodeProposalPayload_asU8());
      (leaking.getTransientmapMap() as Map<string, Uint8Array>).set('targetData', Buffer.from('packets'));
      payload.setChaincodeProposalPayload(leaking.serializeBinary());
    };
    await rejects(/holds transient data/);
  });
  it('an endorsement of another proposal', async () => {
    first.behaviour.changeAction = (_action, payload) => { payload.setProposalHash(sha256(other)); };
    await rejects(/endorsed for another proposal/);
  });
  it('an endorsement by another chaincode', async () => {
    first.behaviour.changeAction = (action) => { action.getChaincodeId()?.setName('other'); };
    await rejects(/endorsed by another chaincode/);
  });
  it('a chaincode’s error', async () => {
    first.behaviour.changeAction = (action) => { action.getResponse()?.setStatus(500); };
    await rejects(/chaincode status 500/);
  });

  it('another peer may do better', async () => {
    first.behaviour.changeAction = (action) => { action.getResponse()?.setStatus(500); };
    await gateway.endorse(invocation, BOUNDS);
    expect(second.calls).toEqual(['Endorse']);
  });
});

describe('submit', () => {
  it('signs once, and sends equal bytes however often', async () => {
    const transaction = await gateway.endorse(invocation, BOUNDS);
    await gateway.submit(transaction, BOUNDS);
    first.behaviour.before = () => { throw new FakeRefusal(status.UNAVAILABLE, 'no orderers could successfully process transaction', [{ mspId: 'OrdererMSP', message: 'EOF' }]); };
    await gateway.submit(transaction, BOUNDS);
    expect(first.submitted).toHaveLength(1);
    expect(second.submitted.map((bytes) => toHex(bytes))).toEqual(first.submitted.map((bytes) => toHex(bytes)));
    const envelope = common.Envelope.deserializeBinary(first.submitted[0] as Uint8Array);
    const { publicKey } = consortium.profile.msps.verifyIdentity(client().serialized);
    expect(isP256SignatureValid(publicKey, envelope.getPayload_asU8(), envelope.getSignature_asU8())).toBe(true);
  });

  it.each([
    ['NOT_READY', status.UNAVAILABLE, 'no orderers could successfully process transaction', []],
    ['UNAVAILABLE', status.UNAVAILABLE, 'no orderers could successfully process transaction', ['connection refused']],
    ['TIMEOUT', status.DEADLINE_EXCEEDED, 'submit timeout expired while broadcasting to ordering service', []],
    ['FABRIC_REFUSED', status.ABORTED, 'received unsuccessful response from orderer: status=FORBIDDEN, info=', []],
    ['MESSAGE_TOO_LARGE', status.ABORTED, 'received unsuccessful response from orderer: status=REQUEST_ENTITY_TOO_LARGE, info=', []],
  ])('says %s for what the gateway says of ordering', async (code, grpc, text, messagesOfOrderers) => {
    const transaction = await gateway.endorse(invocation, BOUNDS);
    for (const each of [first, second]) each.behaviour.before = () => { throw new FakeRefusal(grpc, text, messagesOfOrderers.map((message) => ({ mspId: 'OrdererMSP', message }))); };
    await expect(gateway.submit(transaction, BOUNDS)).rejects.toMatchObject({ code, role: 'ledger' });
  });
});

describe('commitStatus and evaluate', () => {
  it('give the code and block, and the answer', async () => {
    first.behaviour.commitStatus = () => Promise.resolve([11, 42]);
    expect(await gateway.commitStatus('ab', BOUNDS)).toEqual({ transactionId: 'ab', code: 11, blockNumber: 42n });
    expect(Buffer.from(await gateway.evaluate(invocation, BOUNDS)).toString()).toBe('evaluated');
  });

  it('end with the time and with the caller’s patience', async () => {
    for (const each of [first, second]) each.behaviour.commitStatus = () => new Promise(() => undefined);
    await expect(gateway.commitStatus('ab', { timeoutMs: 100 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    const patience = new AbortController();
    const asked = gateway.commitStatus('ab', { timeoutMs: 60_000, signal: patience.signal });
    setTimeout(() => { patience.abort(); }, 50);
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(gateway.commitStatus('ab', { timeoutMs: 60_000, signal: patience.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('gateway peers', () => {
  it('stand in for one that is gone, and the one that failed is asked last for a while', async () => {
    first.close();
    await gateway.evaluate(invocation, BOUNDS);
    await gateway.evaluate(invocation, BOUNDS);
    expect(seen.map(({ mspId, step, error }) => [mspId, step, error === undefined])).toEqual([['AuroraMSP', 'evaluate', false], ['BorealisMSP', 'evaluate', true], ['BorealisMSP', 'evaluate', true]]);
    expect(seen[1]).toMatchObject({ receivedBytes: 9, endpoint: second.peer.endpoint, sentBytes: expect.any(Number) as number });
    second.close();
    await expect(gateway.evaluate(invocation, { timeoutMs: 500 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('must show a certificate of their own root', async () => {
    const impostor = open({ ...second, peer: { ...second.peer, tlsRootCertificatePem: first.peer.tlsRootCertificatePem } });
    await expect(impostor.evaluate(invocation, { timeoutMs: 1_000 })).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|TIMEOUT/) as string });
    expect(second.calls).toEqual([]);
    impostor.close();
  });

  it('must be who the certificate says', async () => {
    const elsewhere = open({ ...first, peer: { ...first.peer, endpoint: first.peer.endpoint.replace('127.0.0.1', '127.0.0.2') } });
    await expect(elsewhere.evaluate(invocation, { timeoutMs: 1_000 })).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|TIMEOUT/) as string });
    const misnamed = open({ ...first, peer: { ...first.peer, hostnameOverride: 'peer.example' } });
    await expect(misnamed.evaluate(invocation, { timeoutMs: 1_000 })).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|TIMEOUT/) as string });
    expect(first.calls).toEqual([]);
    elsewhere.close();
    misnamed.close();
  });

  it('are needed', () => {
    expect(() => open()).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION' }));
  });
});
