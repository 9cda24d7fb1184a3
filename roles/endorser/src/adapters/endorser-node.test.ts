import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSequencerHandlers, openLedgerStore, openSequencer, type Sequencer as OpenSequencer } from '@selvedge/embedded-ledger';
import {
  createTargetData, createTestBootstrap, createTestConsortium, createTestGenesis, createTestPolicyTransaction, encodePolicyTransaction, refusalCodeOf,
  type TestComputeNode, type TestConsortium,
} from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { Endorser, Follower, LedgerViewStatementSchema, LIMITS, parseMessage, Sequencer } from '@selvedge/protocol';
import { connectRpc, implement, startRpcServer } from '@selvedge/rpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEndorserNode } from './endorser-node.js';

let root: string;
let consortium: TestConsortium;
let compute: TestComputeNode;
let sequencer: OpenSequencer;
let sequencerAddress: string;
const closing: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'selvedge-endorser-'));
  consortium = await createTestConsortium();
  compute = await consortium.issueComputeNode({ binding: { nodeId: 'compute-1' } });
  sequencer = await openSequencer({
    store: openLedgerStore({ directory: path.join(root, 'sequencer') }),
    signer: consortium.organisation('OrdererMSP').orderer.signer,
    genesis: createTestGenesis(consortium),
    network: consortium.network,
    channel: consortium.channel,
  });
  const server = await startRpcServer({ role: 'sequencer', address: '127.0.0.1:0', tls: 'off', services: [implement(Sequencer, createSequencerHandlers(sequencer))] });
  sequencerAddress = server.address;
  closing.push(async () => {
    await server.close(100);
    await sequencer.close();
  });
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(root, { recursive: true });
});

const options = (mspId: string) => ({
  listen: '127.0.0.1:0',
  directory: path.join(root, mspId),
  profile: consortium.profile,
  signer: consortium.organisation(mspId).peer.signer,
  ledger: { kind: 'embedded' as const, sequencer: sequencerAddress },
  tls: 'off' as const,
  now: () => consortium.now,
});

async function start(mspId: string) {
  const node = await startEndorserNode(options(mspId));
  const connection = connectRpc(node.address, { tls: 'off' });
  closing.push(() => node.close(), () => { connection.close(); });
  const follower = connection.client(Follower);
  const height = async (): Promise<bigint> => {
    const answer = await follower.getLedgerView({ nonce: new Uint8Array(16) }).catch(() => undefined);
    return answer === undefined ? 0n : parseMessage(LedgerViewStatementSchema, answer.statement, LIMITS.maxFactBytes).height;
  };
  return { endorser: connection.client(Endorser), height };
}

describe('endorsers on a sequencer', () => {
  it('endorse equally, and obey a revocation as soon as they have its block', async () => {
    await sequencer.submit(createTestBootstrap(consortium));
    const [north, south] = [await start('NorthMSP'), await start('SouthMSP')];
    for (const { height } of [north, south]) await expect.poll(height, { timeout: 10_000 }).toBe(2n);
    const targetData = createTargetData({ consortium, nodes: [compute] });
    const [first, second] = [await north.endorser.endorse({ targetData }), await south.endorser.endorse({ targetData })];
    expect(Buffer.from(first.payload).equals(second.payload)).toBe(true);

    const changes = consortium.withNextEpochs([{ key: facts.revokedNode('compute-1'), value: Buffer.from('stolen') }]);
    await sequencer.submit(encodePolicyTransaction(createTestPolicyTransaction(consortium, changes, consortium.state)));
    await expect.poll(north.height, { timeout: 10_000 }).toBe(3n);
    expect(await refusalCodeOf(north.endorser.endorse({ targetData }))).toBe('TEE_REVOKED');
  });

  it('endorse nothing while the ledger holds only its profile', async () => {
    const { endorser, height } = await start('NorthMSP');
    await expect.poll(height, { timeout: 10_000 }).toBe(1n);
    expect(await refusalCodeOf(endorser.endorse({ targetData: createTargetData({ consortium, nodes: [compute] }) }))).toBe('TEE_CERTIFICATE_INVALID');
  });

  it('do not start under an identity that is not a peer’s', async () => {
    const { signer } = consortium.organisation('NorthMSP').admin;
    expect(await refusalCodeOf(startEndorserNode({ ...options('NorthMSP'), signer }))).toBe('INVALID_CONFIGURATION');
  });

  it('leave nothing open when they cannot listen', async () => {
    const taken = { ...options('NorthMSP'), listen: sequencerAddress };
    expect(await refusalCodeOf(startEndorserNode(taken))).toBe('INVALID_CONFIGURATION');
    expect(await refusalCodeOf(startEndorserNode(taken))).toBe('INVALID_CONFIGURATION');
  });
});
