import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import type { Contract, EndorsedTransaction, ExecutedTransaction, Gateway, Proposal, SubmittedTransaction } from '@selvedge/client';
import { sha256, toHex } from '@selvedge/crypto';
import { issueTlsMaterial, layoutOf } from '@selvedge/dev-network';
import { EndorsementPayloadSchema, PacketHeaderSchema, PacketSchema, parseCore, RequestHeaderSchema, SealedRequestSchema, type Core } from '@selvedge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRecordingProxy, type RecordingProxy } from './src/canary/recording-proxy.js';
import { DIAMONDS, startTestNetwork, stone, text, type TestNetwork } from './src/network.js';

/**
 * One private request through every hop of the design's section 2, in order, on real processes. A proxy in front of
 * every process records which call arrives where: the hops are seen on the wire, not only in the client's objects.
 */
describe('the life of a request', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-flow-'));
  const capture = path.join(folder, 'capture');
  const directory = path.join(folder, 'network');
  const nodeByAddress = new Map<string, string>();
  const proxies: RecordingProxy[] = [];
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;
  let proposal: Proposal;
  let executed: ExecutedTransaction;
  let endorsed: EndorsedTransaction;
  let submitted: SubmittedTransaction;
  let core: Core;

  let position = 0;
  /** Calls that arrived since the last look, in order, as Service/Method@node; standing polls and streams left out. */
  const newCalls = (): string[] => {
    if (!existsSync(capture)) return [];
    const all = readFileSync(capture, 'latin1');
    const fresh = all.slice(position);
    position = all.length;
    const calls = [...fresh.matchAll(/:path: \/selvedge\.v1\.(\S+)/g)].map(({ 1: method, index }) => {
      const block = fresh.slice(Math.max(0, index - 200), index + 200);
      const near = [...block.matchAll(/:authority: (\S+)/g)].sort((a, b) => Math.abs(a.index - Math.min(200, index)) - Math.abs(b.index - Math.min(200, index)))[0];
      return `${method ?? ''}@${nodeByAddress.get(near?.[1] ?? '') ?? 'unknown'}`;
    });
    return calls.filter((call) => !/^(Follower\/|Sequencer\/Deliver|Compute\/Health)/.test(call));
  };

  beforeAll(async () => {
    test = await startTestNetwork({
      computeNodes: 1,
      directory,
      intercept: async ({ name, mspId, address }) => {
        const tls = await issueTlsMaterial(layoutOf(directory), mspId, { commonName: `proxy of ${name}`, hosts: ['127.0.0.1'] });
        const proxy = await startRecordingProxy({ target: address, tls, file: capture });
        nodeByAddress.set(proxy.address, name);
        proxies.push(proxy);
        return proxy.address;
      },
    });
    await test.network.deploy(DIAMONDS);
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('diamonds');
  });

  afterAll(async () => {
    gateway.close();
    await test.end();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('(0) compute nodes attest to the key broker and get keys; the client verifies the broker’s evidence before it sends anything', async () => {
    const started = newCalls();
    const attested = started.indexOf('KeyBroker/Challenge@key-broker');
    expect(attested).toBeGreaterThanOrEqual(0);
    expect(started.indexOf('KeyBroker/ReleaseKeys@key-broker')).toBeGreaterThan(attested);

    proposal = contract.newProposal('LoadStones', { transientData: { stones: JSON.stringify([stone('FLOW-1')]) } });
    await proposal.getBytes();
    expect(newCalls()).toEqual(['KeyBroker/GetEnvelopeEvidence@key-broker']);
  });

  it('(1) the client seals the request to the TEE', async () => {
    const sealed = fromBinary(SealedRequestSchema, await proposal.getBytes());
    const header = fromBinary(RequestHeaderSchema, sealed.header);
    expect(toHex(header.txId)).toBe(proposal.getTransactionId());
    expect(Buffer.from(sealed.ciphertext).includes('FLOW-1')).toBe(false);
  });

  it('(2) (3) the compute node opens it and fetches state from the business node that owns the dataset', async () => {
    newCalls();
    executed = await proposal.execute();
    const calls = newCalls();
    expect(calls[0]).toBe('Compute/Execute@compute-1');
    expect(new Set(calls.slice(1))).toEqual(new Set(['Business/QueryState@business-aurora']));
    expect(calls.length).toBeGreaterThan(1);
  });

  it('(4) the compute node answers with target data: core, packets, TEE signature; the result opens for the client only', () => {
    core = parseCore(executed.targetData.cores[0] as Uint8Array);
    expect(toHex(core.txId)).toBe(proposal.getTransactionId());
    const [section] = core.sections;
    const packets = executed.targetData.attachments?.packets ?? [];
    const written = section?.writes.flatMap((write) => (write.effect.case === 'packetHash' ? [toHex(write.effect.value)] : [])) ?? [];
    expect(written.length).toBeGreaterThan(0);
    expect(packets.map((packet) => toHex(sha256(packet))).sort()).toEqual([...written].sort());
    expect(executed.targetData.attachments?.teeSignatures).toHaveLength(1);
    expect(section?.guardsWritten.length).toBeGreaterThan(0); // an insert writes the membership guard
    for (const packet of packets) {
      const header = fromBinary(PacketHeaderSchema, fromBinary(PacketSchema, packet).header);
      expect(toHex(header.txId)).toBe(proposal.getTransactionId());
      expect(Buffer.from(packet).includes('FLOW-1')).toBe(false);
    }
    expect(JSON.parse(text(executed.getResult()))).toEqual({ house: 'Aurora', count: 1 });
  });

  it('(5) (6) the client sends all target data to endorsers, whose endorsements name the target business node', async () => {
    newCalls();
    endorsed = await executed.endorse();
    const calls = newCalls();
    expect(calls.length).toBeGreaterThanOrEqual(2);
    expect(calls.every((call) => call.startsWith('Endorser/Endorse@endorser-'))).toBe(true);
    const payload = fromBinary(EndorsementPayloadSchema, endorsed.message.endorsementPayload);
    expect(payload.targets.map(({ contract: name, owners }) => ({ name, owners }))).toEqual([{ name: 'diamonds', owners: ['AuroraMSP'] }]);
    expect(endorsed.message.endorsements.length).toBeGreaterThanOrEqual(2);
  });

  it('(7) the client hands endorsement results and packets to the declared business node, then to ordering', async () => {
    newCalls();
    submitted = await endorsed.submit();
    expect(newCalls()).toEqual(['BusinessLedger/Stage@business-aurora', 'Sequencer/Submit@sequencer']);
  });

  it('(8) the business node reports the commit', async () => {
    newCalls();
    const status = await submitted.getStatus();
    expect(status.successful).toBe(true);
    expect(new Set(newCalls())).toEqual(new Set(['BusinessLedger/CommitStatus@business-aurora']));
  });

  it('(9) the committed result is what another client reads', async () => {
    const other = await test.network.connect('CelestaMSP');
    try {
      const answer = await other.getNetwork(test.network.connectionProfile().channel).getContract('diamonds').evaluateTransaction('PriceOf', 'FLOW-1');
      expect(JSON.parse(text(answer))).toEqual({ id: 'FLOW-1', house: 'Aurora', price: 1_000 });
    } finally {
      other.close();
    }
  });
});
