import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import type { Signer } from '@selvedge/identity';
import { facts, listFacts, verifyPolicyTransaction, type FactReader, type FactUpdate } from '@selvedge/policy';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { approveProposal, listProposals, proposalName, removeOutdated, removeProposal, type Proposal } from './proposals.js';

let consortium: TestConsortium;
let folder: string;
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'selvedge-proposals-'));
});
afterEach(async () => {
  consortium.restore();
  await rm(folder, { recursive: true });
});

const revoke = (node: string, reason = 'lost'): FactUpdate[] => [{ key: facts.revokedNode(node), value: Buffer.from(reason) }];
const admins = (...mspIds: string[]): Signer[] => mspIds.map((mspId) => consortium.organisation(mspId).admin.signer);
const approve = (changes: FactUpdate[], signers: Signer[], verify?: (key: string, value: Uint8Array) => void, reader: FactReader = consortium.state): Promise<Proposal> =>
  approveProposal(folder, { changes, verify }, { profile: consortium.profile, facts: reader, admins: signers });

describe('approveProposal', () => {
  it('gathers approvals of several operators in one file', async () => {
    const first = await approve(revoke('n1'), admins('AuroraMSP', 'BorealisMSP'));
    expect(first).toMatchObject({ approvals: ['AuroraMSP', 'BorealisMSP'], needed: 4 });
    const second = await approve(revoke('n1'), admins('NorthMSP', 'SouthMSP'));
    expect(second.file).toBe(first.file);
    expect(second.approvals).toEqual(['AuroraMSP', 'BorealisMSP', 'NorthMSP', 'SouthMSP']);
    expect(verifyPolicyTransaction(second.transaction, { facts: listFacts([]), profile: consortium.profile }).changes).toHaveLength(1);
    expect(await listProposals(folder)).toEqual([proposalName(revoke('n1'))]);
    await removeProposal(second);
    expect(await readdir(folder)).toEqual([]);
  });

  it('changes nothing when the same administrators approve again', async () => {
    const first = await approve(revoke('n1'), admins('AuroraMSP'));
    expect((await approve(revoke('n1'), admins('AuroraMSP'))).transaction).toEqual(first.transaction);
  });

  it('refuses to approve another value than the one that is wanted here', async () => {
    await approve(revoke('n1', 'theirs'), admins('NorthMSP'));
    await expect(approve(revoke('n1', 'ours'), admins('AuroraMSP'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('proposes another value of revoked/node/n1') as string });
  });

  it('refuses to approve less than what is wanted here', async () => {
    const { file } = await approve(revoke('n1'), admins('NorthMSP'));
    const both = [...revoke('n1'), ...revoke('n2')];
    await rename(file, join(folder, proposalName(both)));
    await expect(approve(both, admins('AuroraMSP'))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('revoked/node/n2 is wanted here') as string });
  });

  it('approves another value that was verified, and refuses one that was not', async () => {
    await approve(revoke('n1', 'theirs'), admins('NorthMSP'));
    const approved = await approve(revoke('n1', 'ours'), admins('AuroraMSP'), () => undefined);
    expect(approved.approvals).toEqual(['AuroraMSP', 'NorthMSP']);
    const wrong = approve(revoke('n1', 'ours'), admins('SouthMSP'), () => { throw new SelvedgeError('SIGNATURE_INVALID', 'not signed'); });
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('does not hold (not signed)') as string });
  });

  it('makes its own proposal anew when what is wanted has changed', async () => {
    await approve(revoke('n1', 'first'), admins('AuroraMSP'));
    const again = await approve(revoke('n1', 'second'), admins('AuroraMSP', 'NorthMSP'));
    expect(again.approvals).toEqual(['AuroraMSP', 'NorthMSP']);
  });

  it('makes a proposal anew when the facts have changed since', async () => {
    await approve(revoke('n1'), admins('NorthMSP'));
    consortium.state.setFact(facts.revokedNode('n1'), Buffer.from('meanwhile'));
    expect((await approve(revoke('n1', 'again'), admins('AuroraMSP'))).approvals).toEqual(['AuroraMSP']);
  });

  it('are removed when the ledger has overtaken them', async () => {
    await approve(revoke('n1'), admins('AuroraMSP'));
    await approve(revoke('n2'), admins('AuroraMSP'));
    consortium.state.setFact(facts.revokedNode('n1'), Buffer.from('lost'));
    await removeOutdated(folder, consortium.state);
    expect(await listProposals(folder)).toEqual([proposalName(revoke('n2'))]);
  });

  it('counts administrators alone', async () => {
    const [change] = [revoke('n1')];
    expect((await approve(change, [consortium.organisation('AuroraMSP').client.signer])).approvals).toEqual([]);
  });
});
