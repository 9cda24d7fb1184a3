import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTls, type Contract, type Gateway } from '@selvedge/client';
import { Compute, type ComputeHealth } from '@selvedge/protocol';
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

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({
      ledger,
      computeNodes: 2,
      businessOrganisations: ['AuroraMSP', 'BorealisMSP'],
      endorserOrganisations: ['NorthMSP', 'SouthMSP'],
      keyAccess: [{ contract: '*', rules: ['NorthMSP', 'SouthMSP'].map((operatorMspId) => ({ role: 'compute', operatorMspId })) }],
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
    const profile = { ...test.network.connectionProfile(), computeNodes: [{ nodeId: CLAIMED, address: test.network.node('compute-2').address }] };
    const misled = await test.network.connect('AuroraMSP', { connectionProfile: profile, reload: () => Promise.resolve(profile) });
    const executed = await misled.getNetwork(profile.channel).getContract('tally').newProposal('Put', { arguments: ['by-south'] }).execute();
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
});
