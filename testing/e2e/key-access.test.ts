import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTls, type Contract, type Gateway } from '@selvedge/client';
import { Compute, LIMITS, parseMessage, SerializedIdentitySchema, type ComputeHealth } from '@selvedge/protocol';
import { connectRpc } from '@selvedge/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endorseUntilRefused } from './src/endorse-until-refused.js';
import { isMissing, LEDGERS } from './src/ledgers.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';

const TALLY = fileURLToPath(new URL('contracts/tally', import.meta.url));
const TIMEOUT_MS = 300_000;
const POLL = { timeout: 60_000, interval: 100 };
/** North runs compute-1. South runs a genuine node beside, of the same code, and gives it that id. */
const CLAIMED = 'compute-1';
const REASON = 'rules of contract tally: saw compute node compute-1 of SouthMSP, expected compute node compute-1 of NorthMSP';

/** Who a node is, is who signs for it: an id can be claimed by anybody. */
describe.each(LEDGERS)('keys of a contract that is one organisation’s to run, on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestNetwork;
  let gateway: Gateway;
  let contract: Contract;

  const healthOf = async (name: string): Promise<ComputeHealth | undefined> => {
    const connection = connectRpc(test.network.node(name).address, { tls: loadTls(test.network.connectionProfile()) });
    try {
      return await connection.client(Compute).health({}, { timeoutMs: 5_000 });
    } catch {
      return undefined;
    } finally {
      connection.close();
    }
  };
  const audited = (): unknown[] =>
    readFileSync(path.join(test.network.node('key-broker').dataDirectory, 'audit.jsonl'), 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse((JSON.parse(line) as { body: string }).body) as unknown);

  /** A client that takes South's node for the one whose id it has. */
  const connectToSouth = async (): Promise<Gateway> => {
    const profile = { ...test.network.connectionProfile(), computeNodes: [{ nodeId: CLAIMED, address: test.network.node('compute-2').address }] };
    return test.network.connect('AuroraMSP', { connectionProfile: profile, reload: () => Promise.resolve(profile) });
  };
  /** Of whose signature asks for a node's keys. */
  const operatorOf = async (mspId: string): Promise<{ readonly hash: string; readonly name: string }> => {
    const { idBytes } = parseMessage(SerializedIdentitySchema, (await test.network.identity(mspId, 'peer0')).serialized, LIMITS.maxCreatorBytes);
    const { raw, subject } = new X509Certificate(idBytes);
    return { hash: createHash('sha256').update(raw).digest('hex'), name: /^CN=(.*)$/m.exec(subject)?.[1] ?? '' };
  };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({
      ledger,
      computeNodes: 2,
      businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
      endorserOrganisations: ['NorthMSP', 'SouthMSP'],
      viewers: true,
      keyAccess: [{ contract: '*', rules: [...['NorthMSP', 'SouthMSP'].map((operatorMspId) => ({ role: 'compute' as const, operatorMspId })), ...['AuroraMSP', 'BorealisMSP'].map((operatorMspId) => ({ role: 'viewer' as const, operatorMspId }))] }],
      configure: ({ name }) => (name === 'compute-2' ? { nodeId: CLAIMED } : {}),
    });
    await test.network.deploy(TALLY);
    gateway = await test.network.connect('AuroraMSP');
    contract = gateway.getNetwork(test.network.connectionProfile().channel).getContract('tally');
  }, TIMEOUT_MS);
  afterAll(async () => {
    if (isSkipped) return;
    gateway.close();
    await test.end();
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('go to every node that the profile’s rules admit, while the contract has none', async () => {
    for (const name of ['compute-1', 'compute-2']) expect(await healthOf(name)).toMatchObject({ nodeId: CLAIMED, contracts: ['tally'], deniedContracts: [] });
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('are refused to the other organisation’s node, and endorsers refuse what it ran', async () => {
    const misled = await connectToSouth();
    const executed = await misled.getNetwork(test.network.connectionProfile().channel).getContract('tally').newProposal('Put', { arguments: ['by-south'] }).execute();
    await test.network.deploy(TALLY, { keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: [CLAIMED] }] });

    await expect(endorseUntilRefused(executed)).rejects.toMatchObject({ code: 'KEY_ACCESS_DENIED', message: expect.stringContaining(REASON) as string });
    await expect.poll(audited, POLL).toContainEqual(expect.objectContaining({ event: 'refused', code: 'KEY_ACCESS_DENIED', nodeId: CLAIMED, operatorMspId: 'SouthMSP', denied: [expect.stringContaining(REASON) as string] }));
    misled.close();
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('are not held by it after its next start, and it serves nobody', async () => {
    await test.network.kill('compute-2');
    await test.network.restart('compute-2');
    await expect.poll(async () => (await healthOf('compute-2'))?.deniedContracts, POLL).toEqual(['tally']);
    await expect.poll(() => readFileSync(test.network.node('compute-2').logFile, 'utf8'), POLL).toContain('KEY_ACCESS_DENIED');
    expect(await healthOf('compute-2')).toMatchObject({ nodeId: CLAIMED, ready: false, contracts: [] });
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('are held by the rightful one, which serves', async () => {
    expect(await healthOf('compute-1')).toMatchObject({ nodeId: CLAIMED, ready: true, contracts: ['tally'], deniedContracts: [] });
    for (const key of ['a', 'b', 'c']) expect(text(await contract.submitTransaction('Put', key))).toBe('1.0.0');
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('go by the operator’s certificate and by the name in it, which a node cannot choose', async () => {
    const [north, south] = [await operatorOf('NorthMSP'), await operatorOf('SouthMSP')];
    const executed = await contract.newProposal('Put', { arguments: ['by-north'] }).execute();
    await test.network.deploy(TALLY, { keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', operatorNames: ['somebody else'] }, { role: 'compute', operatorMspId: 'SouthMSP', operatorCertificates: [south.hash] }] });
    await expect(endorseUntilRefused(executed)).rejects.toMatchObject({ code: 'KEY_ACCESS_DENIED', message: expect.stringContaining(`operator name "${north.name}"`) as string });
    const misled = await connectToSouth();
    const bySouth = misled.getNetwork(test.network.connectionProfile().channel).getContract('tally');
    expect(text(await bySouth.submitTransaction('Put', 'by-south'))).toBe('1.0.0');

    const late = await bySouth.newProposal('Put', { arguments: ['late'] }).execute();
    await test.network.deploy(TALLY, { keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', operatorNames: [north.name] }, { role: 'compute', operatorMspId: 'SouthMSP', operatorCertificates: [north.hash] }] });
    await expect(endorseUntilRefused(late)).rejects.toMatchObject({ code: 'KEY_ACCESS_DENIED', message: expect.stringContaining(`operator certificate ${south.hash}`) as string });
    expect(text(await contract.submitTransaction('Put', 'by-north'))).toBe('1.0.0');
    misled.close();
  }, TIMEOUT_MS);

  it.skipIf(isSkipped)('are a viewer’s for what its rule’s purposes say', async () => {
    const reader = await test.network.connect('AuroraMSP', { user: 'Admin' });
    const compute = [{ role: 'compute' as const, operatorMspId: 'NorthMSP' }];
    const view = (): Promise<string> => reader.getNetwork(test.network.connectionProfile().channel).getViews().key({ contract: 'tally', key: 'a' }).then(({ versions }) => versions.map(({ value }) => text(value)).join(), (error: unknown) => (error as { code: string }).code);
    await test.network.deploy(TALLY, { keyAccess: [...compute, { role: 'viewer', operatorMspId: 'AuroraMSP', purposes: ['state'] }] });
    await expect.poll(view, POLL).toBe('1.0.0');
    await test.network.deploy(TALLY, { keyAccess: [...compute, { role: 'viewer', operatorMspId: 'AuroraMSP', purposes: ['events'] }] });
    await expect.poll(view, POLL).toBe('KEY_ACCESS_DENIED');
    reader.close();
  }, TIMEOUT_MS);
});
