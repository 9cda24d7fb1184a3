import type { Contract, EndorsedTransaction, Gateway } from '@selvedge/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEDGERS, isMissing, startVaults } from './src/ledgers.js';
import { text, type TestNetwork } from './src/network.js';


/**
 * Key-level endorsement policies of an unmodified chaincode. Any one of North, South and East endorses the contract and its
 * owner sets; the manifest maps Org1 to South and Org2 to East.
 */
describe.each(LEDGERS)('key-level endorsement policies on the %s ledger', (ledger) => {
  const isSkipped = isMissing(ledger);
  let test: TestNetwork | undefined;
  let gateway: Gateway | undefined;
  let contract: Contract;
  let keys = 0;

  const freshKey = (): string => `key-${String((keys += 1))}`;
  const query = async (name: string, ...args: string[]): Promise<string> => text(await contract.evaluateTransaction(name, ...args));
  const submit = (name: string, ...args: string[]): Promise<Uint8Array> => contract.submitTransaction(name, ...args);
  /** Executed now and endorsed by whom the key's policy, as it stands now, does not ask for. */
  const endorsedBy = async (organisation: string, name: string, ...args: string[]): Promise<EndorsedTransaction> => {
    const executed = await contract.newProposal(name, { arguments: args, endorsingOrganizations: [organisation] }).execute();
    // What compute nodes tell is a hint: a client that passes over it is stopped by the ledger.
    executed.targetData.attachments!.keyPolicies = [];
    return executed.endorse();
  };
  /** On the embedded ledger the owners, who take the packets, see it first. */
  const verdict = async (transaction: EndorsedTransaction): Promise<string> => {
    const committed = transaction.submit().then((submitted) => submitted.verifyCommitted());
    return committed.then(() => 'VALID', (error: unknown) => String((error as { code?: unknown }).code));
  };

  beforeAll(async () => {
    if (isSkipped) return;
    test = await startVaults(ledger);
    gateway = await test.network.connect('BorealisMSP');
    contract = gateway.getNetwork('main').getContract('vaults');
  });
  afterAll(async () => {
    gateway?.close();
    await test?.end();
  });

  for (const collection of ['', '_implicit_org_BorealisMSP'] as const) {
    const where = collection === '' ? 'the world state' : 'a collection';

    it.skipIf(isSkipped)(`in ${where}: set with a value, read back, asked for by the client, replaced by those they name, ended with the key`, async () => {
      const key = freshKey();
      await submit('PutProtected', collection, key, 'one', 'Org1MSP');
      expect(await query('Protectors', collection, key)).toBe('Org1MSP');
      const executed = await contract.newProposal('Append', { arguments: [collection, key, ', two'] }).execute();
      expect(executed.targetData.attachments!.keyPolicies).toHaveLength(1);
      await (await (await executed.endorse()).submit()).verifyCommitted();
      await submit('Protect', collection, key, 'Org1MSP,Org2MSP');
      expect(await query('Protectors', collection, key)).toBe('Org1MSP,Org2MSP');
      await submit('Put', collection, key, 'blind');
      expect(await query('Get', collection, key)).toBe('blind');
      await submit('Delete', collection, key);
      await submit('Put', collection, key, 'again');
      expect(await query('Protectors', collection, key)).toBe('');
    });

    it.skipIf(isSkipped)(`in ${where}: a write, a delete and a new policy without the endorsements of the present one are invalid`, async () => {
      const key = freshKey();
      await submit('PutProtected', collection, key, 'one', 'Org1MSP');
      for (const [name, ...args] of [['Append', '!'], ['Delete'], ['Protect', 'Org2MSP']] as const) {
        expect(await verdict(await endorsedBy('NorthMSP', name, collection, key, ...args)), name).toBe('ENDORSEMENT_POLICY_FAILURE');
      }
      expect([await query('Get', collection, key), await query('Protectors', collection, key)]).toEqual(['one', 'Org1MSP']);
      expect(await verdict(await endorsedBy('SouthMSP', 'Protect', collection, key, ''))).toBe('VALID');
      expect(await verdict(await endorsedBy('NorthMSP', 'Put', collection, key, 'free'))).toBe('VALID');
    });
  }

  it.skipIf(isSkipped)('that were read are read again at commit', async () => {
    const [key, copy] = [freshKey(), freshKey()];
    await submit('PutProtected', '', key, 'one', 'Org1MSP');
    const reader = await (await contract.newProposal('CopyProtectors', { arguments: ['', key, copy] }).execute()).endorse();
    await submit('Protect', '', key, 'Org2MSP');
    expect(await verdict(reader)).toBe('MVCC_READ_CONFLICT');
    expect(await query('Get', '', copy)).toBe('');
    await submit('CopyProtectors', '', key, copy);
    expect(await query('Get', '', copy)).toBe('Org2MSP');
  });

  it.skipIf(isSkipped)('of organisations that the manifest does not map are refused by name; those of absent keys do nothing', async () => {
    await expect(submit('PutProtected', '', freshKey(), 'x', 'Org3MSP')).rejects.toMatchObject({ code: 'KEY_POLICY_UNMAPPED', message: expect.stringContaining('Org3MSP') as string });
    const absent = freshKey();
    await submit('Protect', '', absent, 'Org1MSP');
    expect(await query('Protectors', '', absent)).toBe('');
    await expect(submit('PutProtected', 'ending', freshKey(), 'x', 'Org1MSP')).rejects.toMatchObject({ code: 'CHAINCODE_UNSUPPORTED' });
  });
});
