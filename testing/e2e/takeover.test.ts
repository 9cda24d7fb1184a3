import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract, Gateway } from '@selvedge/client';
import { sha256, toHex } from '@selvedge/crypto';
import type { Deployment } from '@selvedge/dev-network';
import { createCollections } from '@selvedge/fabric';
import type { EndorsedFabricTransaction } from '@selvedge/fabric-network/gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodingsOf } from './src/canary/search.js';
import { foldersHolding, STORES } from './src/fabric/stores.js';
import { isMissing } from './src/ledgers.js';
import { commandsOf } from './src/mode-page.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';
import { LEGACY_LIES } from './src/plaintext/lie.js';
import { collectionsOf, startOldChaincode, type OldChaincode } from './src/plaintext/old-chaincode.js';
import { createSuspectOwner, type SuspectOwner } from './src/plaintext/suspect-owner.js';
import { runCommand } from './src/run-command.js';

const DEEDS = fileURLToPath(new URL('./contracts/deeds', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const BUSINESS = ['AuroraMSP', 'BorealisMSP'];
const ENDORSERS = ['NorthMSP', 'SouthMSP'];
const OWNER = 'business-aurora';
const CANARY = 'canary-51d0c7aa9e42';
const PATIENCE = { timeout: 60_000, interval: 100 };
const [VALID, MVCC_READ_CONFLICT] = [0, 11];
/** What the old chaincode has written. */
const OLD = {
  joint: { ruby: 'old ruby', opal: `old opal ${CANARY}`, jade: 'old jade', onyx: 'old onyx', zircon: 'old zircon', topaz: 'old topaz', quartz: 'old quartz' },
  aurora: { pearl: 'old pearl', coral: `old coral ${CANARY}` },
};

/** The same chaincode with another selvedge.json, and without some of its collections. */
function variant(folder: string, name: string, takesOver: readonly string[], left: readonly string[] = []): string {
  const directory = path.join(folder, name);
  cpSync(DEEDS, directory, { recursive: true });
  symlinkSync(MODULES, path.join(directory, 'node_modules'));
  writeFileSync(path.join(directory, 'selvedge.json'), JSON.stringify({ takesOver }));
  writeFileSync(path.join(directory, 'collections_config.json'), JSON.stringify(collectionsOf(DEEDS).filter((collection) => !left.includes(collection.name))));
  return directory;
}

/** Chaincode that knows nothing of Selvedge has written two collections; then its very package runs in the TEE, under its name. */
describe.skipIf(isMissing('fabric'))('collections that are taken over, on the fabric ledger', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-takeover-'));
  const directory = path.join(folder, 'network');
  let suspect: SuspectOwner;
  let test: TestNetwork;
  let old: OldChaincode;
  let late: EndorsedFabricTransaction;
  let deployment: Deployment;
  let gateway: Gateway | undefined;
  let contract: Contract;

  const startOld = (version: string, collections: readonly object[], mspIds = [...BUSINESS, ...ENDORSERS]): Promise<OldChaincode> =>
    startOldChaincode({ network: test.network, directory: DEEDS, name: 'deeds', version, mspIds, collections, client: 'AuroraMSP' });

  beforeAll(async () => {
    suspect = await createSuspectOwner({ nodeId: OWNER, folder, directory });
    test = await startTestNetwork({
      ledger: 'fabric',
      directory,
      businessOrganisations: BUSINESS,
      endorserOrganisations: ENDORSERS,
      ...suspect.options,
    });
    // Fabric lets the upgrade give a collection another policy, and narrow who may read it.
    const [joint, aurora] = collectionsOf(DEEDS);
    old = await startOld('2.1', [joint!, { ...aurora, endorsementPolicy: { signaturePolicy: "AND('AuroraMSP.peer', 'NorthMSP.peer')" } }]);
    for (const [collection, entries] of Object.entries(OLD)) {
      for (const [key, value] of Object.entries(entries)) expect(await old.commit(await old.endorsePut(collection, key, value, ['AuroraMSP', 'NorthMSP']))).toBe(VALID);
    }
    // Signed by all that the policies will ever ask for, and kept.
    late = await old.endorsePut('joint', 'ruby', 'late ruby', [...BUSINESS, ...ENDORSERS]);
  });
  afterAll(async () => {
    gateway?.close();
    await old.stop();
    await test.end();
    await suspect.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (collection: string, key: string, value: string): Promise<Uint8Array> => contract.submit('Put', { arguments: [collection, key], transientData: { text: Buffer.from(value) } });
  const get = async (collection: string, key: string): Promise<string> => text(await contract.evaluateTransaction('Get', collection, key));

  it('are not replaced unasked, nor left out, nor looked for where there are none', async () => {
    const deploy = (...args: Parameters<typeof variant> extends [string, ...infer Rest] ? Rest : never): Promise<Deployment> => test.network.deploy(variant(folder, ...args));
    await expect(deploy('unasked', [])).rejects.toMatchObject({ code: 'CHAINCODE_NAME_TAKEN', message: expect.stringContaining('version 2.1-') as string });
    await expect(deploy('partly', ['joint'])).rejects.toMatchObject({ code: 'COLLECTION_LEFT_OUT', message: expect.stringContaining('aurora') as string });
    await expect(deploy('undeclared', ['joint'], ['aurora'])).rejects.toMatchObject({ code: 'COLLECTION_LEFT_OUT', message: expect.stringContaining('aurora') as string });
    const elsewhere = variant(folder, 'elsewhere', ['joint', 'aurora']);
    await expect(test.network.deploy(elsewhere, { name: 'others' })).rejects.toMatchObject({ code: 'TAKE_OVER_IMPOSSIBLE', message: expect.stringContaining('aurora') as string });
    expect(await old.query('AuroraMSP', 'Get', 'joint', 'ruby')).toBe('old ruby');
  });

  it('are read in place from the upgrade on, as the page has its reader type', async () => {
    for (const command of commandsOf('takeover')) {
      const typed = command.map((argument) => (argument === 'path/to/deeds' ? DEEDS : argument));
      const { code, value } = await runCommand('--dir', test.directory, '--json', ...typed);
      expect({ command, code, value }).toMatchObject({ code: 0 });
    }
    deployment = await test.network.deploy(DEEDS);
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork('main').getContract('deeds');
    expect(await get('joint', 'quartz')).toBe('quartz, amended');
    expect(await get('joint', 'ruby')).toBe('old ruby');
    expect(await get('aurora', 'coral')).toBe(OLD.aurora.coral);
    expect(await get('joint', 'nothing')).toBe('');
    expect(text(await contract.evaluateTransaction('Hash', 'joint', 'ruby'))).toBe(toHex(sha256(Buffer.from('old ruby'))));
    expect(text(await contract.evaluate('Get', { arguments: ['joint', 'opal'], confirm: 2 }))).toBe(OLD.joint.opal);
  });

  it('take nothing any more that the old chaincode’s peers have endorsed before', async () => {
    expect(await old.commit(late)).toBe(MVCC_READ_CONFLICT);
    await expect(old.endorsePut('joint', 'ruby', 'later ruby', ['AuroraMSP'])).rejects.toThrow();
    expect(await get('joint', 'ruby')).toBe('old ruby');
  });

  it('about which an owner lies are caught by the ledger’s hash, and the owner is named where there is no other', async () => {
    const { dialAddress } = test.network.node(OWNER);
    const named = { code: 'STATE_FORGED', message: expect.stringContaining(`AuroraMSP at ${dialAddress}`) as string };
    for (const lie of LEGACY_LIES) {
      await expect(suspect.whileLying(lie, () => get('aurora', 'pearl')), lie).rejects.toMatchObject(named);
      await expect(suspect.whileLying(lie, () => contract.submitTransaction('Append', 'joint', 'ruby', 'aurora', 'pearl')), lie).rejects.toMatchObject(named);
      // The other owner is asked.
      expect(await suspect.whileLying(lie, () => get('joint', 'jade')), lie).toBe('old jade');
    }
    expect(await get('aurora', 'pearl')).toBe('old pearl');
  });

  it('give up a key to a packet when it is written, whatever the write is', async () => {
    await put('joint', 'ruby', 'new ruby');
    expect(await get('joint', 'ruby')).toBe('new ruby');
    await contract.submitTransaction('Append', 'joint', 'opal', 'aurora', 'coral');
    expect(await get('joint', 'opal')).toBe(`${OLD.joint.opal}${OLD.aurora.coral}`);
    await contract.submitTransaction('Delete', 'joint', 'jade');
    expect(await get('joint', 'jade')).toBe('');
    await put('joint', 'jade', 'new jade');
    await contract.submitTransaction('Delete', 'joint', 'ruby');
    // Nothing comes back that was there before.
    expect([await get('joint', 'ruby'), await get('joint', 'jade')]).toEqual(['', 'new jade']);
    await contract.submitTransaction('Purge', 'aurora', 'pearl');
    expect(await get('aurora', 'pearl')).toBe('');
    // Of a key that has moved: its old values go too.
    await contract.submitTransaction('Purge', 'joint', 'jade');
    expect(await get('joint', 'jade')).toBe('');
    await put('joint', `key of ${CANARY}`, 'new');
    expect(await get('joint', `key of ${CANARY}`)).toBe('new');
  });

  it('have no list of their keys, which is refused by name', async () => {
    await expect(contract.evaluateTransaction('Keys', 'joint')).rejects.toMatchObject({ code: 'CHAINCODE_UNSUPPORTED', message: expect.stringContaining('range queries of collection joint, which is taken over') as string });
  });

  it('are read and written by clients that send batches: what meets an old entry travels alone', async () => {
    const batching = await test.network.connect('AuroraMSP', { batching: { deeds: { maxBatch: 6, maxBatchDelayMs: 200 } } });
    try {
      const batched = batching.getNetwork('main').getContract('deeds');
      const submit = (functionName: string, ...args: string[]): Promise<Uint8Array> => batched.submit(functionName, { arguments: args, transientData: { text: Buffer.from(`batched ${args[1] ?? ''}`) } });
      await Promise.all([submit('Put', 'joint', 'jade'), submit('Put', 'joint', 'onyx'), submit('Append', 'joint', 'zircon', 'joint', 'topaz'), submit('Put', 'joint', 'beryl'), submit('Put', 'joint', 'opal')]);
      expect(await Promise.all(['jade', 'onyx', 'zircon', 'topaz', 'beryl', 'opal'].map((key) => get('joint', key)))).toEqual(['batched jade', 'batched onyx', 'old zirconold topaz', 'old topaz', 'batched beryl', 'batched opal']);
    } finally {
      batching.close();
    }
  });

  it('are read after the owner’s business node was killed, and while it is away from the other owner’s', async () => {
    await test.network.kill(OWNER);
    await expect.poll(() => get('joint', 'topaz').catch((error: unknown) => String(error)), PATIENCE).toBe('old topaz');
    await test.network.restart(OWNER);
    await expect.poll(() => get('aurora', 'coral').catch((error: unknown) => String(error)), PATIENCE).toBe(OLD.aurora.coral);
  });

  it('are never seen between business node and compute node, nor are names of their keys in blocks', () => {
    const seen = suspect.captured();
    expect(seen.includes('/selvedge.v1.Business/QueryState')).toBe(true);
    for (const [encoding, form] of encodingsOf(CANARY)) expect(seen.includes(form), encoding).toBe(false);
    for (const node of test.network.nodes().filter(({ service }) => service === 'peer')) expect(foldersHolding(node, Buffer.from(CANARY)), node.name).not.toContain(STORES.blocks);
  });

  it('are empty at last, as the old chaincode itself finds when it is put back', async () => {
    await put('joint', 'topaz', 'new topaz');
    await contract.submitTransaction('Delete', 'aurora', 'coral');
    await old.stop();
    const { keepers, orderer } = test.network.fabric!.plan();
    old = await startOld('2.2', createCollections(deployment.policy, { keepers, markerMembers: [orderer.mspId] }), BUSINESS);
    for (const mspId of BUSINESS) expect(await old.query(mspId, 'Keys', 'joint'), mspId).toBe('[]');
    expect(await old.query('AuroraMSP', 'Keys', 'aurora')).toBe('[]');
  });
});

/** Nobody but Selvedge writes there, so that nothing is there to take over. */
describe('collections that are taken over, on the embedded ledger', () => {
  it('are refused by name before anybody approves', async () => {
    const test = await startTestNetwork({ businessOrganisations: BUSINESS, endorserOrganisations: ENDORSERS });
    try {
      await expect(test.network.deploy(DEEDS)).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED', message: expect.stringContaining('the embedded ledger has no collections of other chaincode') as string });
    } finally {
      await test.end();
    }
  });
});
