import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { createGrpcNetwork, loadTls, type ConnectionProfile, type Contract, type EndorsedTransaction, type ExecutedTransaction, type Gateway, type NetworkPorts, type Proposal, type SubmittedTransaction } from '@selvedge/client';
import { sha256, toHex } from '@selvedge/crypto';
import { issueTlsMaterial, layoutOf, type DevNetwork } from '@selvedge/dev-network';
import { EndorsementPayloadSchema, PacketHeaderSchema, PacketSchema, parseCore, RequestHeaderSchema, SealedRequestSchema, type Core } from '@selvedge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRecordingProxy, type RecordingProxy } from './src/canary/recording-proxy.js';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { DIAMONDS, startTestNetwork, stone, text, type TestNetwork } from './src/network.js';

/** Whom a client of Aurora's asks: its own organisation's peer. */
const FIRST_PEER = 'peer.auroramsp';

/**
 * One private request through every hop of the design's section 2, in order, on real processes. A proxy in front of
 * every process of ours, and before the peers that a client of Fabric talks to, records which call arrives where: the hops
 * are seen on the wire, not only in the client's objects.
 */
describe.each(LEDGERS)('the life of a request on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-flow-'));
  const capture = path.join(folder, 'capture');
  const directory = path.join(folder, 'network');
  const nodeByAddress = new Map<string, string>();
  const proxies: RecordingProxy[] = [];
  let test: TestNetwork;
  /** The client's. */
  let throughProxies: ConnectionProfile;
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
    const calls = [...fresh.matchAll(/:path: \/(?:selvedge\.v1|gateway)\.(\S+)/g)].map(({ 1: method, index }) => {
      const block = fresh.slice(Math.max(0, index - 200), index + 200);
      const near = [...block.matchAll(/:authority: (\S+)/g)].sort((a, b) => Math.abs(a.index - Math.min(200, index)) - Math.abs(b.index - Math.min(200, index)))[0];
      return `${method ?? ''}@${nodeByAddress.get(near?.[1] ?? '') ?? 'unknown'}`;
    });
    return calls.filter((call) => !/^(Follower\/|Sequencer\/Deliver|Compute\/Health)/.test(call));
  };

  const intercept = async ({ name, mspId, address }: { readonly name: string; readonly mspId: string; readonly address: string }): Promise<string> => {
    const tls = await issueTlsMaterial(layoutOf(directory), mspId, { commonName: `proxy of ${name}`, hosts: ['127.0.0.1', name] });
    const proxy = await startRecordingProxy({ target: address, tls, file: capture });
    nodeByAddress.set(proxy.address, name);
    proxies.push(proxy);
    return proxy.address;
  };
  /** The connection profile with a proxy before each of Fabric's peers. */
  const interceptPeers = async (): Promise<ConnectionProfile> => {
    const profile = test.network.connectionProfile();
    if (profile.fabric === undefined) return profile;
    const peers = await Promise.all(
      profile.fabric.peers.map(async (peer) => {
        const hostnameOverride = `peer.${peer.mspId.toLowerCase()}`;
        const endpoint = await intercept({ name: hostnameOverride, mspId: peer.mspId, address: peer.endpoint });
        nodeByAddress.set(hostnameOverride, hostnameOverride);
        return { ...peer, endpoint, hostnameOverride };
      }),
    );
    return { ...profile, fabric: { ...profile.fabric, peers } };
  };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({ computeNodes: 1, directory, ledger, intercept });
    await test.network.deploy(DIAMONDS);
    throughProxies = await interceptPeers();
    gateway = await test.network.connect('AuroraMSP', { connectionProfile: throughProxies });
    contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('diamonds');
  });

  afterAll(async () => {
    if (isSkipped) return;
    gateway.close();
    await test.end();
    await Promise.all(proxies.map((proxy) => proxy.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(isSkipped)('(0) compute nodes attest to the key broker and get keys; the client verifies the broker’s evidence before it sends anything', async () => {
    const started = newCalls();
    const attested = started.indexOf('KeyBroker/Challenge@key-broker');
    expect(attested).toBeGreaterThanOrEqual(0);
    expect(started.indexOf('KeyBroker/ReleaseKeys@key-broker')).toBeGreaterThan(attested);

    proposal = contract.newProposal('LoadStones', { transientData: { stones: JSON.stringify([stone('FLOW-1')]) } });
    await proposal.getBytes();
    expect(newCalls()).toEqual(['KeyBroker/GetEnvelopeEvidence@key-broker']);
  });

  it.skipIf(isSkipped)('(1) the client seals the request to the TEE', async () => {
    const sealed = fromBinary(SealedRequestSchema, await proposal.getBytes());
    const header = fromBinary(RequestHeaderSchema, sealed.header);
    expect(toHex(header.txId)).toBe(proposal.getTransactionId());
    expect(Buffer.from(sealed.ciphertext).includes('FLOW-1')).toBe(false);
  });

  it.skipIf(isSkipped)('(2) (3) the compute node opens it and fetches state from the business node that owns the dataset', async () => {
    newCalls();
    executed = await proposal.execute();
    const calls = newCalls();
    expect(calls[0]).toBe('Compute/Execute@compute-1');
    expect(new Set(calls.slice(1))).toEqual(new Set(['Business/QueryState@business-aurora']));
    expect(calls.length).toBeGreaterThan(1);
  });

  it.skipIf(isSkipped)('(4) the compute node answers with target data: core, packets, TEE signature; the result opens for the client only', () => {
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

  it.skipIf(isSkipped)('(5) (6) the client sends all target data to endorsers, whose endorsements name the target business node', async () => {
    newCalls();
    endorsed = await executed.endorse();
    const calls = newCalls();
    // On Fabric one peer's gateway asks the endorsing peers, each of another organisation.
    if (ledger === 'fabric') expect(calls).toEqual([`Gateway/Endorse@${FIRST_PEER}`]);
    else expect(calls.length).toBeGreaterThanOrEqual(2);
    if (ledger === 'embedded') expect(calls.every((call) => call.startsWith('Endorser/Endorse@endorser-'))).toBe(true);
    const payload = fromBinary(EndorsementPayloadSchema, endorsed.message.endorsementPayload);
    expect(payload.targets.map(({ contract: name, owners }) => ({ name, owners }))).toEqual([{ name: 'diamonds', owners: ['AuroraMSP'] }]);
    expect(endorsed.message.endorsements.length).toBeGreaterThanOrEqual(2);
  });

  it.skipIf(isSkipped)('(7) the client hands endorsement results and packets to the declared business node, then to ordering', async () => {
    newCalls();
    submitted = await endorsed.submit();
    expect(newCalls()).toEqual(ledger === 'fabric' ? [`Gateway/Submit@${FIRST_PEER}`] : ['BusinessLedger/Stage@business-aurora', 'Sequencer/Submit@sequencer']);
  });

  it.skipIf(isSkipped)('(8) the business node reports the commit', async () => {
    newCalls();
    const status = await submitted.getStatus();
    expect(status.successful).toBe(true);
    // On Fabric a peer is asked as well when the owner takes long.
    const calls = newCalls().filter((call) => call !== `Gateway/CommitStatus@${FIRST_PEER}`);
    expect(new Set(calls)).toEqual(new Set(['BusinessLedger/CommitStatus@business-aurora']));
  });

  it.skipIf(isSkipped)('(9) the committed result is what another client reads', async () => {
    const other = await test.network.connect('CelestaMSP');
    try {
      const answer = await other.getNetwork(test.network.connectionProfile().channel).getContract('diamonds').evaluateTransaction('PriceOf', 'FLOW-1');
      expect(JSON.parse(text(answer))).toEqual({ id: 'FLOW-1', house: 'Aurora', price: 1_000 });
    } finally {
      other.close();
    }
  });

  it.skipIf(isSkipped)('a query that is repeated is answered from the TEE’s memory: no message reaches a business node, until the key changes', async () => {
    const price = async (): Promise<unknown> => (JSON.parse(text(await contract.evaluateTransaction('PriceOf', 'FLOW-1'))) as { readonly price: unknown }).price;
    /** What a query costs once the node's view has caught up with what this client knows. */
    const costOf = async (expected: number): Promise<string[]> => {
      newCalls();
      expect(await price()).toBe(expected);
      return newCalls();
    };
    await expect.poll(() => costOf(1_000), { timeout: 60_000 }).toEqual(['Compute/Execute@compute-1']);
    await contract.submit('SetPrice', { arguments: ['FLOW-1'], transientData: { price: '2000' } });
    // At once: not what is in memory.
    expect(await costOf(2_000)).toContain('Business/QueryState@business-aurora');
    await expect.poll(() => costOf(2_000), { timeout: 60_000 }).toEqual(['Compute/Execute@compute-1']);
  });

  describe.skipIf(isSkipped)('requests that travel together', () => {
    /** Sent when three are there. */
    const BATCHING = { batching: { diamonds: { maxBatch: 3, maxBatchDelayMs: 60_000 } } };
    const connectBatching = async (options: Parameters<DevNetwork['connect']>[1] = {}): Promise<{ readonly batched: Contract; readonly close: () => void }> => {
      const batching = await test.network.connect('AuroraMSP', { connectionProfile: throughProxies, ...BATCHING, ...options });
      return { batched: batching.getNetwork(test.network.connectionProfile().channel).getContract('diamonds'), close: () => { batching.close(); } };
    };
    const priceOf = async (id: string): Promise<unknown> => (JSON.parse(text(await contract.evaluateTransaction('PriceOf', id))) as { readonly price: unknown }).price;
    const setPrice = (on: Contract, id: string, price: number): Promise<Uint8Array> => on.submit('SetPrice', { arguments: [id], transientData: { price: String(price) } });

    it('are executed by one call, endorsed and ordered as one transaction, and each has its own result; later ones see earlier ones', async () => {
      const { batched, close } = await connectBatching();
      newCalls();
      const results = await Promise.all([
        batched.submit('LoadStones', { transientData: { stones: JSON.stringify([stone('FLOW-2')]) } }),
        setPrice(batched, 'FLOW-2', 3_000),
        setPrice(batched, 'FLOW-1', 4_000),
      ]);
      close();
      expect(results.map((result) => JSON.parse(text(result)) as unknown)).toEqual([{ house: 'Aurora', count: 1 }, { id: 'FLOW-2', house: 'Aurora' }, { id: 'FLOW-1', house: 'Aurora' }]);
      const calls = newCalls().filter((call) => !/KeyBroker|QueryState|CommitStatus|Endorser/.test(call));
      const carried = ledger === 'fabric' ? [`Gateway/Endorse@${FIRST_PEER}`, `Gateway/Submit@${FIRST_PEER}`] : ['BusinessLedger/Stage@business-aurora', 'Sequencer/Submit@sequencer'];
      expect(calls).toEqual(['Compute/ExecuteBatch@compute-1', ...carried]);
      expect([await priceOf('FLOW-1'), await priceOf('FLOW-2')]).toEqual([4_000, 3_000]);
    });

    it('lose those that are stale before they are ordered, with what rests on them: these alone are refused', async () => {
      const profile = test.network.connectionProfile();
      const genuine = createGrpcNetwork(profile, { tls: loadTls(profile) });
      // Between execution and endorsement another client changes what two of the three rest on.
      let meanwhile: Promise<unknown> | undefined;
      const ports: NetworkPorts = {
        ...genuine,
        computeNodes: () =>
          genuine.computeNodes().map((node) => ({
            ...node,
            executeBatch: async (requests, bounds) => {
              const answer = await node.executeBatch(requests, bounds);
              await (meanwhile ??= setPrice(contract, 'FLOW-2', 5_000));
              return answer;
            },
          })),
      };
      const { batched, close } = await connectBatching({ ports });
      const settled = await Promise.allSettled([setPrice(batched, 'FLOW-2', 6_000), setPrice(batched, 'FLOW-2', 7_000), setPrice(batched, 'FLOW-1', 8_000)]);
      close();
      expect(settled.map((each) => (each.status === 'fulfilled' ? 'committed' : (each.reason as { readonly code?: string }).code))).toEqual(['STALE_READ', 'STALE_READ', 'committed']);
      expect([await priceOf('FLOW-1'), await priceOf('FLOW-2')]).toEqual([8_000, 5_000]);
    });
  });
});
