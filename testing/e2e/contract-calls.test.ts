import { fileURLToPath } from 'node:url';
import { encodeMessage, CoreSchema, parseCore } from '@selvedge/protocol';
import type { Contract, EndorsedTransaction, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fabricMissing } from './src/fabric.js';
import { startTestNetwork, text, type TestNetwork } from './src/network.js';

const folder = (name: string): string => fileURLToPath(new URL(`./contracts/${name}`, import.meta.url));
/** Arguments of a call, as contract relays takes them. */
const call = (...args: string[]): string => JSON.stringify(args);
const LEDGERS = ['embedded', 'fabric'] as const;

/** One contract that calls another, both with data of their own, within one transaction. */
describe.each(LEDGERS)('contracts that call contracts on the %s ledger', (ledger) => {
  const isSkipped = ledger === 'fabric' && fabricMissing() !== undefined;
  let test: TestNetwork | undefined;
  let gateway: Gateway | undefined;
  let relays: Contract;
  let vaults: Contract;
  let keys = 0;

  const freshKey = (): string => `key-${String((keys += 1))}`;
  const read = async (key: string): Promise<[own: string, called: string]> => [text(await relays.evaluateTransaction('Get', key)), text(await vaults.evaluateTransaction('Get', '', key))];
  const executed = async (name: string, ...args: string[]): Promise<EndorsedTransaction> => (await relays.newProposal(name, { arguments: args }).execute()).endorse();
  const verdict = (transaction: EndorsedTransaction): Promise<string> =>
    transaction.submit().then((submitted) => submitted.verifyCommitted()).then(() => 'VALID', (error: unknown) => String((error as { code?: unknown }).code));

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startTestNetwork({ ledger, businessOrganisations: ['AuroraMSP', 'BorealisMSP'], endorserOrganisations: ['NorthMSP', 'SouthMSP', 'EastMSP'] });
    await test.network.deploy(folder('vaults'));
    await test.network.deploy(folder('relays'));
    gateway = await test.network.connect('BorealisMSP');
    [relays, vaults] = [gateway.getNetwork('main').getContract('relays'), gateway.getNetwork('main').getContract('vaults')];
  });
  afterAll(async () => {
    gateway?.close();
    await test?.end();
  });

  it.skipIf(isSkipped)('write each in its own namespace, in one transaction, and read there', async () => {
    const key = freshKey();
    await relays.submitTransaction('PutAndCall', key, 'ours', 'vaults', call('Put', '', key, 'theirs'));
    expect(await read(key)).toEqual(['ours', 'theirs']);
    await relays.submitTransaction('Copy', key, 'vaults', call('Get', '', key));
    expect(await read(key)).toEqual(['theirs', 'theirs']);
    expect(text(await relays.evaluateTransaction('Call', '', 'vaults', call('Get', '', key)))).toBe('theirs');
  });

  it.skipIf(isSkipped)('are invalid as a whole when what the called one read has changed', async () => {
    const key = freshKey();
    await relays.submitTransaction('PutAndCall', key, 'ours', 'vaults', call('Put', '', key, 'theirs'));
    const late = await executed('PutAndCall', key, 'late', 'vaults', call('Append', '', key, ' late'));
    await vaults.submitTransaction('Put', '', key, 'meanwhile');
    expect(await verdict(late)).toMatch(/^(MVCC_READ_CONFLICT|STALE_READ)$/);
    expect(await read(key)).toEqual(['ours', 'meanwhile']);
  });

  it.skipIf(isSkipped)('commit nothing when the called one fails', async () => {
    const key = freshKey();
    await expect(relays.submitTransaction('PutAndCall', key, 'ours', 'vaults', call('NoSuchFunction'))).rejects.toMatchObject({ code: 'CHAINCODE_ERROR' });
    expect(await read(key)).toEqual(['', '']);
  });

  it.skipIf(isSkipped)('have the event of the invoked one', async () => {
    const key = freshKey();
    const { cores } = (await relays.newProposal('AnnounceAndCall', { arguments: [key, 'ours', 'vaults', call('AnnounceChange', key, 'theirs')] }).execute()).targetData;
    const { sections } = parseCore(cores[0]!);
    expect(sections.map(({ contract, sealedEventHash }) => [contract, sealedEventHash.length])).toEqual([['relays', 32], ['vaults', 0]]);
    const silent = (await relays.newProposal('PutAndCall', { arguments: [key, 'ours', 'vaults', call('AnnounceChange', key, 'theirs')] }).execute()).targetData;
    expect(silent.attachments!.sealedEvents).toEqual([]);
    await relays.submitTransaction('AnnounceAndCall', key, 'ours', 'vaults', call('AnnounceChange', key, 'theirs'));
    expect(await read(key)).toEqual(['ours', 'theirs']);
  });

  it.skipIf(isSkipped)('are refused by code: unknown, on another channel; and not entered twice', async () => {
    await expect(relays.evaluateTransaction('Call', '', 'nowhere', call('Get'))).rejects.toMatchObject({ code: 'CALLED_CONTRACT_UNKNOWN' });
    await expect(relays.evaluateTransaction('Call', 'elsewhere', 'vaults', call('Get'))).rejects.toMatchObject({ code: 'CHANNEL_NOT_SERVED' });
    await expect(relays.evaluateTransaction('Call', '', 'relays', call('Get', 'key'))).rejects.toMatchObject({ code: 'CHAINCODE_ERROR', message: expect.stringMatching(/txid: [0-9a-f]{64}\(main\) exists/) as string });
  });

  it.skipIf(isSkipped)('keep the called one’s key-level policies', async () => {
    const key = freshKey();
    await relays.submitTransaction('PutAndCall', key, 'ours', 'vaults', call('PutProtected', '', key, 'theirs', 'Org1MSP'));
    const proposal = await relays.newProposal('PutAndCall', { arguments: [key, 'changed', 'vaults', call('Append', '', key, '!')], endorsingOrganizations: ['NorthMSP'] }).execute();
    proposal.targetData.attachments!.keyPolicies = [];
    expect(await verdict(await proposal.endorse())).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(await read(key)).toEqual(['ours', 'theirs']);
    await relays.submitTransaction('PutAndCall', key, 'changed', 'vaults', call('Append', '', key, '!'));
    expect(await read(key)).toEqual(['changed', 'theirs!']);
  });

  it.skipIf(isSkipped)('are refused by endorsers with a section that was dropped or changed', async () => {
    const key = freshKey();
    for (const isDropped of [true, false]) {
      const proposal = await relays.newProposal('PutAndCall', { arguments: [key, 'ours', 'vaults', call('Put', '', key, 'theirs')] }).execute();
      const core = parseCore(proposal.targetData.cores[0]!);
      if (isDropped) core.sections.pop();
      else core.sections[1]!.writes = [];
      proposal.targetData.cores = [encodeMessage(CoreSchema, core)];
      await expect(proposal.endorse()).rejects.toMatchObject({ code: 'TEE_SIGNATURE_INVALID' });
    }
    expect(await read(key)).toEqual(['', '']);
  });
});
