import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { ENDORSE_FUNCTION, MARKER_COLLECTION, markerKey, parseFabricEndorsement, POLICY_CHAINCODE, TARGET_DATA_FIELD } from '@selvedge/fabric';
import { createTargetData, createTestConsortium, createTestGenesis, createTestPolicyTransaction, type TestComputeNode, type TestConsortium } from '@selvedge/fixtures';
import { createDevTlsCa, type DevTlsCa } from '@selvedge/identity';
import { facts, type FactReader } from '@selvedge/policy';
import { encodeMessage, parseCore, TargetDataSchema, type TargetData } from '@selvedge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProtocolPeer, type PeerTls, type ProtocolAnswer } from './testdata/protocol-peer.js';

const root = path.join(import.meta.dirname, '../../..');
const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-chaincodes-'));
const SERVICES = ['policy-chaincode', 'endorsement-chaincode'] as const;
const running = new Map<string, { child: ChildProcess; address: string; output: string[] }>();
let fabric = new ProtocolPeer(false);
let consortium: TestConsortium;
let node: TestComputeNode;
let ca: DevTlsCa;

const file = (name: string, content: string | Uint8Array): string => {
  const target = path.join(directory, name);
  writeFileSync(target, content);
  return target;
};
const tlsOf = async (hosts: readonly string[], issuer = ca): Promise<PeerTls> => ({ ...(await issuer.issueTls({ commonName: 'x', hosts })), trustedRootsPem: ca.rootCertificatePem });

/** Starts a bundle in an empty folder: nothing beside it can be loaded. */
async function start(service: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const tls = await tlsOf(['127.0.0.1']);
  const config = file(`${service}.json`, JSON.stringify({
    network: consortium.network,
    channel: consortium.channel,
    packageId: `${service}:0123`,
    tls: { certificate: file(`${service}.pem`, tls.certificatePem), privateKey: file(`${service}.key`, tls.privateKeyPem), trustedRoots: file('roots.pem', tls.trustedRootsPem) },
    ...settings,
  }));
  const child = spawn(process.execPath, [path.join(directory, `${service}.mjs`)], { cwd: directory, env: { PATH: process.env.PATH, SELVEDGE_CONFIG: config, SELVEDGE_LOG_LEVEL: 'debug' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => output.push(line));
  const [ready] = (await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => Promise.reject(new Error(output.join('\n'))))])) as [string];
  expect(JSON.parse(ready)).toMatchObject({ ready: true, role: service });
  running.set(service, { child, address: (JSON.parse(ready) as { address: string }).address, output });
}

beforeAll(async () => {
  const { bundleService } = (await import(pathToFileURL(path.join(root, 'scripts/build.mjs')).href)) as { bundleService: (name: string, outfile: string) => Promise<void> };
  for (const service of SERVICES) await bundleService(service, path.join(directory, `${service}.mjs`));
  consortium = await createTestConsortium();
  node = await consortium.issueComputeNode();
  ca = await createDevTlsCa('NorthMSP');
  await start('policy-chaincode', { signedProfile: file('profile.bin', consortium.signedProfile) });
  await start('endorsement-chaincode', { contract: consortium.contract });
});
afterAll(() => {
  fabric.disconnect();
  for (const { child } of running.values()) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

const reader: FactReader = { fact: (key) => fabric.read(POLICY_CHAINCODE, '', key) };
const apply = (transaction: Uint8Array): Promise<ProtocolAnswer> => fabric.call({ chaincode: POLICY_CHAINCODE, channel: consortium.channel, args: ['Apply', Buffer.from(transaction).toString('base64')] });
const endorse = (targetData: TargetData): Promise<ProtocolAnswer> =>
  fabric.call({ chaincode: consortium.contract, channel: consortium.channel, args: [ENDORSE_FUNCTION], transient: { [TARGET_DATA_FIELD]: encodeMessage(TargetDataSchema, targetData) } });

describe('the chaincode processes, as bundled', () => {
  it('register with a peer that shows a certificate, under the id of their package', async () => {
    const tls = await tlsOf([]);
    expect(await fabric.connect(POLICY_CHAINCODE, running.get('policy-chaincode')!.address, tls)).toBe('policy-chaincode:0123');
    expect(await fabric.connect(consortium.contract, running.get('endorsement-chaincode')!.address, tls)).toBe('endorsement-chaincode:0123');
  });

  it('do not talk to strangers', async () => {
    const stranger = await tlsOf([], await createDevTlsCa('StrangerMSP'));
    for (const { address } of running.values()) await expect(new ProtocolPeer(false).connect('x', address, stranger)).rejects.toMatchObject({ code: 14 });
  });

  it('take the policy onto the ledger, and endorse on its facts', async () => {
    expect(await apply(createTestGenesis(consortium))).toMatchObject({ status: 200 });
    const others = consortium.state.factEntries().filter(({ key }) => key !== facts.profile);
    expect(await apply(createTestPolicyTransaction(consortium, others, reader))).toMatchObject({ status: 200 });

    const targetData = createTargetData({ consortium, nodes: [node], event: { name: 'traded', payload: 'x' }, writes: [{ key: 'stone-1', value: 'x'.repeat(5 * 1024 * 1024 / 2) }] });
    const answer = await endorse(targetData);
    expect(answer).toMatchObject({ status: 200, message: '', event: 'selvedge' });
    expect(parseFabricEndorsement(answer.payload).cores).toHaveLength(1);
    const marker = markerKey(parseCore(targetData.cores[0]!).txId);
    expect(answer.writes.at(-1)).toBe(`${consortium.contract}/${MARKER_COLLECTION}/${marker}`);
    expect(await endorse(targetData)).toMatchObject({ status: 500, message: expect.stringMatching(/^DUPLICATE_TXID: /) as string });
  });

  it('take several keys and writes in one message with peers that offer it, and answer the same', async () => {
    const targetData = createTargetData({ consortium, nodes: [node], event: { name: 'traded', payload: 'x' }, reads: [{ key: 'stone-2' }], writes: [{ key: 'stone-2', value: 'x' }, { key: 'stone-3' }, { dataset: 'auroraStones', key: 'a', value: 'y' }] });
    const [single, batching] = [fabric, new ProtocolPeer(true)];
    const before = single.asked;
    const answer = await endorse(targetData);
    const askedSingly = single.asked - before;

    await batching.connect(POLICY_CHAINCODE, running.get('policy-chaincode')!.address, await tlsOf([]));
    await batching.connect(consortium.contract, running.get('endorsement-chaincode')!.address, await tlsOf([]));
    fabric = batching;
    expect(await apply(createTestGenesis(consortium))).toMatchObject({ status: 200 });
    const others = consortium.state.factEntries().filter(({ key }) => key !== facts.profile);
    expect(await apply(createTestPolicyTransaction(consortium, others, reader))).toMatchObject({ status: 200 });
    const warmed = batching.asked;
    expect(await endorse(targetData)).toEqual(answer);
    // Thirteen facts at five a message, six writes at three a message; two hashes; the policy chaincode.
    expect(askedSingly).toBe(13 + 6 + 2 + 1);
    expect(batching.asked - warmed).toBe(3 + 2 + 2 + 1);
    single.disconnect();
  });

  it('refuse messages of more than 4 MiB by our limits, not by their transport’s', async () => {
    const targetData = createTargetData({ consortium, nodes: [node], changeSigned: ({ attachments }) => { attachments!.packets.push(new Uint8Array(5 * 1024 * 1024)); } });
    expect(await endorse(targetData)).toMatchObject({ status: 500, message: expect.stringMatching(/^LIMIT_EXCEEDED: /) as string });
  });

  it('log codes, and neither the shim’s own text nor anything of a call', async () => {
    const canary = 'canary-of-transient-data';
    await fabric.call({ chaincode: consortium.contract, channel: consortium.channel, args: [ENDORSE_FUNCTION], transient: { [TARGET_DATA_FIELD]: Buffer.from(canary) } });
    await fabric.call({ chaincode: POLICY_CHAINCODE, channel: consortium.channel, args: [canary] });
    const log = [...running.values()].flatMap(({ output }) => output).join('\n');
    expect(log).toContain('DUPLICATE_TXID');
    expect(log).not.toContain(canary);
    expect(log).not.toContain('c-api:');
  });

  it('end in order when they are told to', async () => {
    for (const { child } of running.values()) {
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    }
  });
});
