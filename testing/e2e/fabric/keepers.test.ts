import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openFabricGateway, type Contract, type EndorsedTransaction, type ExecutedTransaction, type Gateway } from '@selvedge/client';
import { sha256, toHex } from '@selvedge/crypto';
import type { Deployment, NodeInfo } from '@selvedge/dev-network';
import { ENDORSE_FUNCTION, FACTS_FUNCTION, POLICY_CHAINCODE, TARGET_DATA_FIELD } from '@selvedge/fabric';
import type { FabricGateway } from '@selvedge/fabric-network/gateway';
import { repetitions } from '@selvedge/fixtures';
import { facts } from '@selvedge/policy';
import { encodeMessage, FactsQuerySchema, TargetDataSchema } from '@selvedge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKeyMaterial } from '../src/canary/key-material.js';
import { searchNetworkFolder } from '../src/canary/places.js';
import { createSearch, type Finding, type Search } from '../src/canary/search.js';
import { createSecrets, markersOf } from '../src/canary/secrets.js';
import { EXPECTED_BATCHED, runBatchedWorkload } from '../src/canary/batched-workload.js';
import { EXPECTED_OUTCOMES, runWorkload } from '../src/canary/workload.js';
import { ledgerHeads, missingCommits } from '../src/crash/checks.js';
import { fabricMissing } from '../src/fabric.js';
import { deliveredPrivateValues, validTransactions } from '../src/fabric/delivered.js';
import { foldersHolding, searchLevelDb, STORES } from '../src/fabric/stores.js';
import { startTestNetwork, text, type TestNetwork } from '../src/network.js';

const CANARY = fileURLToPath(new URL('../contracts/canary', import.meta.url));
const BUSINESS = ['AuroraMSP', 'BorealisMSP'];
const ENDORSERS = ['NorthMSP', 'SouthMSP'];
const ORGANISATIONS = [...BUSINESS, ...ENDORSERS];
const BOUNDS = { timeoutMs: 30_000 };
const WITHOUT_BATCHES = { CORE_CHAINCODE_RUNTIMEPARAMS_USEWRITEBATCH: 'false', CORE_CHAINCODE_RUNTIMEPARAMS_USEGETMULTIPLEKEYS: 'false' };
const TRANSACTIONS = repetitions({ ordinary: 30, soak: 100 });
const IN_FLIGHT = 10;

/** Who keeps packets on Fabric, what happens while an owner is away, and that nobody keeps what is secret. */
describe.skipIf(fabricMissing() !== undefined)('packets on Hyperledger Fabric', () => {
  let test: TestNetwork;
  let gateway: Gateway;
  /** Deployed with keepers and without. */
  let kept: Deployment;
  let unkept: Deployment;

  const contractOf = ({ name }: Deployment): Contract => gateway.getNetwork(test.network.connectionProfile().channel).getContract(name);
  const peerOf = (mspId: string): NodeInfo => test.network.nodes().find((node) => node.service === 'peer' && node.mspId === mspId)!;
  const put = (deployment: Deployment, collection: string, key: string, value: string): Promise<ExecutedTransaction> =>
    contractOf(deployment).newProposal('Put', { arguments: [collection, key, value] }).execute();
  const get = async (deployment: Deployment, key: string): Promise<string> => text(await contractOf(deployment).evaluateTransaction('Get', 'secrets', key));
  const commit = async (executed: ExecutedTransaction): Promise<void> => {
    await (await (await executed.endorse()).submit()).verifyCommitted();
  };
  const packetOf = (executed: ExecutedTransaction): Uint8Array => executed.targetData.attachments!.packets[0]!;
  /** The way into Fabric of an organisation that owns none of the secrets. */
  const withFabric = async (run: (fabric: FabricGateway) => Promise<void>): Promise<void> => {
    const fabric = await openFabricGateway({ connectionProfile: test.network.connectionProfile(), signer: await test.network.identity('BorealisMSP') });
    try {
      await run(fabric);
    } finally {
      fabric.close();
    }
  };
  const kill = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) await test.network.kill(name);
  };
  const restart = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) await test.network.restart(name);
  };
  /** Of both business nodes. */
  const businessHeads = async (): Promise<string[]> => (await ledgerHeads(test.network)).slice(ENDORSERS.length);

  beforeAll(async () => {
    test = await startTestNetwork({
      ledger: 'fabric',
      businessOrganisations: BUSINESS,
      endorserOrganisations: ENDORSERS,
      // Peers and orderer tell as much as Fabric's do by default. South's peer speaks with chaincodes as those before
      // Fabric 3.1 do: one read or write at a time. North's endorsements of the same target data must be equal.
      environment: ({ name, service }) => ({ ...(service === 'peer' || service === 'orderer' ? { FABRIC_LOGGING_SPEC: 'info' } : {}), ...(name === 'peer-south' ? WITHOUT_BATCHES : {}) }),
    });
    kept = await test.network.deploy(CANARY, { name: 'kept', keepers: 'endorsers' });
    unkept = await test.network.deploy(CANARY, { name: 'unkept', keepers: 'none' });
    gateway = await test.network.connect('AuroraMSP');
  });

  afterAll(async () => {
    gateway.close();
    await test.end();
  });

  describe('without keepers', () => {
    it.each([
      ['secrets', ['AuroraMSP']],
      ['shared', ['AuroraMSP', 'BorealisMSP']],
    ])('reach the peers of the declared owners and no others: collection %s', async (collection, owners) => {
      const executed = await put(unkept, collection, 'where', randomBytes(300).toString('base64'));
      const endorsed = await executed.endorse();
      expect(endorsed.message.endorsements).toHaveLength(2); // North's and South's, members of no owner's collection
      expect(endorsed.declaredTargets.flatMap((target) => target.owners)).toEqual(owners);
      const submitted = await endorsed.submit();
      await submitted.verifyCommitted();
      const { blockNumber } = await submitted.getStatus();

      const packet = packetOf(executed);
      const hash = sha256(packet);
      for (const mspId of ORGANISATIONS) {
        const isOwner = owners.includes(mspId);
        expect((await deliveredPrivateValues(test.network, mspId, blockNumber)).has(toHex(hash)), `${mspId}’s peer delivers the packet`).toBe(isOwner);
        const peer = peerOf(mspId);
        // Bytes of the ciphertext: a peer that only passed the packet on has them where they pass through.
        const places = foldersHolding(peer, packet.subarray(-48, -16)).filter((folder) => folder !== STORES.transient);
        expect(places, `${peer.name} keeps the packet`).toEqual(isOwner ? [STORES.privateData, STORES.state].sort() : []);
        expect(foldersHolding(peer, hash), `${peer.name} keeps the hash`).toEqual(expect.arrayContaining([STORES.blocks, STORES.state]));
      }
      expect(foldersHolding(peerOf('BorealisMSP'), packet.subarray(-48, -16)).length > 0).toBe(owners.includes('BorealisMSP'));
    });

    it('are shown by an owner’s peer to clients of owners only', async () => {
      const executed = await put(unkept, 'secrets', 'shown', 'to few');
      const submitted = await (await executed.endorse()).submit();
      await submitted.verifyCommitted();
      const { blockNumber } = await submitted.getStatus();
      const hash = toHex(sha256(packetOf(executed)));
      for (const client of ORGANISATIONS) {
        expect((await deliveredPrivateValues(test.network, 'AuroraMSP', blockNumber, client)).has(hash), `Aurora’s peer delivers to ${client}`).toBe(client === 'AuroraMSP');
      }
    });

    it('are refused rather than lost while no peer of an owner can take them', async () => {
      await commit(await put(unkept, 'secrets', 'before', 'kept'));
      const { targetData } = await put(unkept, 'secrets', 'during', 'lost');
      await test.network.kill('peer-aurora');
      await withFabric(async (fabric) => {
        const transientData = { [TARGET_DATA_FIELD]: encodeMessage(TargetDataSchema, targetData) };
        const endorsing = fabric.endorse({ chaincode: unkept.name, functionName: ENDORSE_FUNCTION, transientData, organisations: ENDORSERS }, BOUNDS);
        await expect(endorsing).rejects.toMatchObject({ code: 'PACKETS_NOT_DISTRIBUTED' });
      });
      await test.network.restart('peer-aurora');
      expect([await get(unkept, 'before'), await get(unkept, 'during')]).toEqual(['kept', '']);
      await commit(await put(unkept, 'secrets', 'during', 'again'));
      expect(await get(unkept, 'during')).toBe('again');
    });
  });

  it('come back to an owner whose peer and business node were away for 100 transactions', async () => {
    await kill('business-aurora', 'peer-aurora');
    const keys = Array.from({ length: TRANSACTIONS }, (_unused, index) => `away-${String(index)}`);
    const waiting = [...keys];
    const endorsed: EndorsedTransaction[] = [];
    const endorse = async (): Promise<void> => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) endorsed.push(await (await put(kept, 'secrets', key, `value of ${key}`)).endorse());
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, endorse));
    const committed = endorsed.map((transaction) => transaction.getTransactionId());
    await withFabric(async (fabric) => {
      // The owner cannot acknowledge anything; that Fabric found it valid, others tell.
      const codes = endorsed.map(async (transaction) => {
        await transaction.submit();
        return (await fabric.commitStatus(transaction.getTransactionId(), BOUNDS)).code;
      });
      expect(new Set(await Promise.all(codes))).toEqual(new Set([0]));
    });
    expect(new Set(committed).size).toBe(TRANSACTIONS);

    // Its peer gets the blocks before anybody can give it their packets, so they stay behind as gaps.
    await kill('peer-north', 'peer-south');
    await restart('peer-aurora', 'business-aurora');
    await expect.poll(async () => new Set(await businessHeads()).size, { timeout: 120_000, interval: 500 }).toBe(1);
    expect((await missingCommits(test.network, 'AuroraMSP', committed, 0)).sort()).toEqual([...committed].sort());
    await restart('peer-north', 'peer-south');
    expect(await missingCommits(test.network, 'AuroraMSP', committed, 60_000)).toEqual([]);
    for (const key of keys) expect(await get(kept, key)).toBe(`value of ${key}`);
  });

  it('arrive when they are more together than a gRPC message may be by default', async () => {
    const values = Array.from({ length: 6 }, (_unused, index) => `${String(index)}${randomBytes(500_000).toString('hex')}`);
    const endorsed = await Promise.all(values.map(async (value, index) => (await put(kept, 'secrets', `large-${String(index)}`, value)).endorse()));
    const submitted = await Promise.all(endorsed.map((transaction) => transaction.submit()));
    const statuses = await Promise.all(submitted.map((transaction) => transaction.getStatus()));
    expect(statuses.map(({ successful }) => successful)).toEqual(values.map(() => true));
    // Most share a block, with more than 4 MiB of private data.
    expect(Math.max(...statuses.map(({ blockNumber }) => statuses.filter((status) => status.blockNumber === blockNumber).length))).toBeGreaterThanOrEqual(5);
    for (const [index, value] of values.entries()) expect((await get(kept, `large-${String(index)}`)) === value, `large-${String(index)}`).toBe(true);
  });

  describe('and secrets', () => {
    const secrets = createSecrets();
    const planted = `planted${randomBytes(10).toString('hex')}`;

    const lookAtAll = (search: Search): Finding[] => [
      ...searchNetworkFolder({ directory: test.directory, deployment: kept }, search),
      ...test.network.nodes().filter(({ service }) => service === 'peer' || service === 'orderer').flatMap((node) => searchLevelDb(node, search)),
    ];

    it('went through every kind of request', async () => {
      for (const deployment of [kept, unkept]) {
        const { byStep } = await runWorkload({ network: test.network, deployment }, secrets);
        for (const [step, expected] of Object.entries(EXPECTED_OUTCOMES)) expect(byStep[step], `${deployment.name}: ${step}`).toMatch(expected);
      }
      const { byStep, batches } = await runBatchedWorkload({ network: test.network, deployment: kept }, secrets);
      expect([byStep, batches]).toEqual([EXPECTED_BATCHED, [10, 5]]);
    });

    it('a careless client gave one away, for the search to find', async () => {
      const query = Buffer.from(encodeMessage(FactsQuerySchema, { facts: [{ key: facts.contract(planted) }] })).toString('base64');
      await withFabric(async (fabric) => {
        const endorsed = await fabric.endorse({ chaincode: POLICY_CHAINCODE, functionName: FACTS_FUNCTION, args: [Buffer.from(query)], organisations: ORGANISATIONS }, BOUNDS);
        await fabric.submit(endorsed, BOUNDS);
        expect(await fabric.commitStatus(endorsed.transactionId, BOUNDS)).toMatchObject({ code: 0 });
      });
    });

    it('are in no store, block or log of any peer, orderer or node; what was given away is in all of them', async () => {
      // All that was committed has come to everybody, and no packet is missing.
      await expect.poll(async () => new Set(await ledgerHeads(test.network)).size, { timeout: 120_000, interval: 200 }).toBe(1);
      const [head = ''] = await ledgerHeads(test.network);
      for (const { name } of [kept, unkept]) {
        const committed = await validTransactions(test.network, 'AuroraMSP', name, BigInt(head.split(' ')[0]!));
        expect(await missingCommits(test.network, 'AuroraMSP', committed)).toEqual([]);
      }
      const nodes = test.network.nodes();
      await Promise.all(nodes.map(({ name }) => test.network.kill(name)));
      const { channel, network } = test.network.connectionProfile();
      const { markers: keys } = await readKeyMaterial(test.directory, { network, channel, contract: kept.name, suite: kept.policy.suite });
      const search = createSearch([...markersOf(secrets), ...keys, { name: 'planted', content: planted }]);
      const findings = lookAtAll(search);
      expect(findings.filter(({ marker }) => marker !== 'planted')).toEqual([]);
      const planting = new Set(findings.map(({ place }) => path.relative(path.join(test.directory, 'nodes'), place.replace(/^.*?: /, '')).split(path.sep)[0]));
      expect([...planting].sort()).toEqual(nodes.filter(({ service }) => service === 'peer' || service === 'orderer').map(({ name }) => name).sort());
    });
  });
});
