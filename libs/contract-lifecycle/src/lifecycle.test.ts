import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import type { Signer } from '@selvedge/identity';
import { suiteByName } from '@selvedge/crypto';
import { approvePolicyChange, createOwnerKeys, createPolicyTransaction, createProfile, facts, parseProfile, verifyPolicyTransaction } from '@selvedge/policy';
import { AppraisalPolicySchema, DistinctBy, type ContractPolicy } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bringContract, planContract, type ContractPlan } from './lifecycle.js';
import { commitPending, findPending, readPending, verifyCommittable, type PendingContract } from './pending.js';
import type { EndorsementState, LifecyclePorts } from './ports.js';
import { readProposal } from './proposals.js';

const QUORUM = ['AuroraMSP', 'BorealisMSP', 'NorthMSP', 'SouthMSP'];
let consortium: TestConsortium;
let folder: string;
let block = 0n;
let endorsement: EndorsementState | undefined;
let brought: string[] = [];
let held: boolean[] = [];
beforeAll(async () => {
  consortium = await createTestConsortium();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sv-lifecycle-'));
  await writeFile(join(folder, 'index.js'), '');
  await writeCollections(...Object.keys(COLLECTIONS));
  await writeVersion('2.0.0');
  [endorsement, brought, held, block] = [undefined, [], [], 10n];
});
afterEach(async () => {
  consortium.restore();
  await rm(folder, { recursive: true, force: true });
});

/** The collections of the contract on the ledger. */
const COLLECTIONS: Record<string, string[]> = { auroraStones: ['AuroraMSP'], borealisStones: ['BorealisMSP'], celestaStones: ['CelestaMSP'], tradeOffers: ['AuroraMSP', 'BorealisMSP'] };
const writeCollections = (...names: string[]): Promise<void> =>
  writeFile(join(folder, 'collections_config.json'), JSON.stringify(names.map((name) => ({ name, policy: `OR(${(COLLECTIONS[name] ?? []).map((mspId) => `'${mspId}.member'`).join(', ')})` }))));
const writeVersion = (version: string): Promise<void> =>
  writeFile(join(folder, 'package.json'), JSON.stringify({ name: consortium.contract, version, main: 'index.js', scripts: { start: 'node index.js' } }));
const admins = (...mspIds: string[]): Signer[] => mspIds.map((mspId) => consortium.organisation(mspId).admin.signer);
const present = () => ({ fact: (key: string) => consortium.state.fact(key), profile: consortium.profile });

const ownerKeysOf = (mspId: string, suite: string = consortium.contractPolicy.suite): Uint8Array => {
  const { network, channel } = consortium;
  const { publicKey } = suiteByName(suite).generateKemKeyPair();
  return createOwnerKeys(consortium.organisation(mspId).peer.signer, { network, channel, keys: [{ suite, publicKey }] });
};

/** A ledger that takes what it verifies, as the real ones do. */
const ports = (): LifecyclePorts => ({
  present: () => Promise.resolve(present()),
  submit(transaction) {
    for (const { key, value } of verifyPolicyTransaction(transaction, { facts: consortium.state, profile: consortium.profile }).changes) consortium.state.setFact(key, value);
    block += 1n;
    return Promise.resolve(block);
  },
  fetchKeyCommitments: () => Promise.reject(new Error('the contract has its keys')),
  fetchOwnerKeys: (_profile, mspId) => Promise.resolve(ownerKeysOf(mspId)),
  proposals: join(folder, 'proposals'),
  endorsement: (policy, { isHeld } = { isHeld: false }) => {
    brought.push(policy.version);
    held.push(isHeld);
    return Promise.resolve(endorsement ?? { committed: !isHeld, sequence: 1 });
  },
});

/** The contract on the ledger, with another code hash. */
async function plan(code = 7, options: object = {}, on = ports()): Promise<ContractPlan> {
  const surroundings = { businessOrganisations: ['AuroraMSP', 'BorealisMSP', 'CelestaMSP'], endorserOrganisations: ['NorthMSP'], endorsementPolicy: "OR('NorthMSP.peer')" };
  consortium.state.setFact(facts.epoch(consortium.contract, 1n), consortium.state.fact(facts.epoch(consortium.contract, 1n)) ?? new Uint8Array(1));
  return planContract(on, { directory: folder, codeHash: new Uint8Array(32).fill(code), surroundings, options: { name: consortium.contract, ...options }, keepsRecorded: true });
}
const recorded = (): ContractPolicy['codeHash'] | undefined => consortium.state.fact(facts.contract(consortium.contract));
const pending = async (): Promise<PendingContract> => findPending(await readPending(ports().proposals, present()), consortium.contract, folder);

describe('planContract', () => {
  it('makes an upgrade of the contract on the ledger, which keeps what nobody changes', async () => {
    const { policy, isKnown, change } = await plan();
    const before = consortium.contractPolicy;
    expect([policy.policyVersion, policy.version, policy.endorsementPolicy, policy.computeQuorum, isKnown]).toEqual([before.policyVersion + 1n, '2.0.0', before.endorsementPolicy, before.computeQuorum, true]);
    expect(change?.changes.map(({ key }) => key)).toEqual([facts.contract(consortium.contract)]);
    expect((await plan(7, { computeQuorum: 3 })).policy.computeQuorum).toBe(3);
    expect((await plan(7, { distinctBy: 'operator' })).policy.distinctBy).toBe(DistinctBy.OPERATOR);
  });

  it('refuses a version number below the one on the ledger before anybody approves', async () => {
    await bringContract(ports(), await plan(), { admins: admins(...QUORUM) });
    await writeVersion('1.9.0');
    await expect(plan(8)).rejects.toMatchObject({ code: 'CONTRACT_DOWNGRADE' });
  });

  it('refuses a package that lacks a collection of the one on the ledger before anybody approves', async () => {
    const [, ...rest] = Object.keys(COLLECTIONS);
    await writeCollections(...rest);
    await expect(plan()).rejects.toMatchObject({ code: 'CONTRACT_DATASET_DROPPED', message: expect.stringContaining('dataset auroraStones is missing') as string });
  });

  describe('against a contract that the manifest says it calls', () => {
    const OWNERS = ['AuroraMSP', 'BorealisMSP', 'CelestaMSP'];
    const call = async (change: NonNullable<Parameters<TestConsortium['addContract']>[1]>, { options = {}, on = ports() }: { options?: object; on?: LifecyclePorts } = {}): Promise<unknown> => {
      consortium.addContract('bank', { datasets: [{ name: '', ownerSet: 'houses' }], endorsementPolicy: "OR('NorthMSP.peer')", ownerSets: [{ name: 'houses', owners: OWNERS, endorsementPolicy: "OR('NorthMSP.peer')" }], ...change });
      await writeFile(join(folder, 'selvedge.json'), JSON.stringify({ calls: ['bank'], worldState: { owners: OWNERS, endorsementPolicy: "OR('NorthMSP.peer', 'SouthMSP.peer')" } }));
      return plan(7, { endorsementPolicy: "OR('NorthMSP.peer', 'SouthMSP.peer')", ...options }, on);
    };

    it('accepts one that can run and be endorsed with it', async () => {
      await expect(call({})).resolves.toBeDefined();
      await expect(call({ keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-1'] }] })).resolves.toBeDefined();
      await expect(call({ keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-1', 'compute-2'] }], computeQuorum: 1 }, { options: { keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-2', 'compute-3'] }], computeQuorum: 1 } })).resolves.toBeDefined();
    });

    it('refuses one that the ledger does not have, naming it', async () => {
      await writeFile(join(folder, 'selvedge.json'), JSON.stringify({ calls: ['nowhere'] }));
      await expect(plan()).rejects.toMatchObject({ code: 'CALLED_CONTRACT_UNKNOWN', message: 'selvedge.json: calls: contract nowhere is not on the ledger' });
    });

    it('refuses one of another suite', async () => {
      await expect(call({ suite: 'X25519-ED25519-AES256GCM-SHA256' })).rejects.toMatchObject({ code: 'UNKNOWN_SUITE' });
    });

    it('refuses one that too few nodes may run with it', async () => {
      const options = { keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-2', 'compute-3'] }], computeQuorum: 1 };
      await expect(call({ keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-1'] }] }, { options })).rejects.toMatchObject({ code: 'MANIFEST_INVALID', message: expect.stringContaining('key access rules let 0 compute nodes run both diamonds and bank, 1 must run a call') as string });
      await expect(call({ keyAccess: [{ role: 'compute', operatorMspId: 'SouthMSP' }] }, { options })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
      await expect(call({ keyAccess: [{ role: 'compute', operatorMspId: 'NorthMSP', nodeIds: ['compute-1', 'compute-2'] }], computeQuorum: 2 }, { options })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
    });

    it('counts those nodes by the profile’s floors too, of which the least is met whatever their TEEs', async () => {
      const keyAccess = [{ role: 'compute' as const, operatorMspId: 'NorthMSP', nodeIds: ['compute-1', 'compute-2'] }];
      const under = (...floors: (number | undefined)[]): Promise<unknown> => {
        const appraisalPolicies = floors.map((count, i) => create(AppraisalPolicySchema, { role: 'compute', teeType: ['simulated', 'sgx'][i] ?? '', measurements: [new Uint8Array(i === 0 ? 48 : 32)], ...(count === undefined ? {} : { quorum: { count } }) }));
        const profile = parseProfile(createProfile({ ...consortium.profile.message, appraisalPolicies }));
        return call({ keyAccess, computeQuorum: 1 }, { options: { keyAccess, computeQuorum: 1 }, on: { ...ports(), present: () => Promise.resolve({ ...present(), profile }) } });
      };
      await expect(under(2)).resolves.toBeDefined();
      await expect(under(3, undefined)).resolves.toBeDefined();
      for (const floors of [[3], [4, 3]]) await expect(under(...floors)).rejects.toMatchObject({ code: 'MANIFEST_INVALID', message: expect.stringContaining('2 compute nodes run both diamonds and bank, 3 must run a call') as string });
    });

    it('refuses one that nobody can endorse with it on Fabric, and takes it on the embedded ledger', async () => {
      const apart = { endorsementPolicy: "OR('EastMSP.peer')", ownerSets: [{ name: 'houses', owners: OWNERS, endorsementPolicy: "OR('EastMSP.peer')" }] };
      await expect(call(apart)).rejects.toMatchObject({ code: 'CALLED_ENDORSERS_DIFFER', message: expect.stringContaining('EastMSP cannot endorse diamonds; NorthMSP, SouthMSP cannot endorse bank') as string });
      await expect(call(apart, { on: { ...ports(), endorsement: undefined } })).resolves.toBeDefined();
    });
  });

  describe('of a contract with datasets in plaintext', () => {
    const SUITES = ['P256-AES256GCM-SHA256', 'X25519-ED25519-AES256GCM-SHA256'] as const;
    const fresh = async (settings: object): Promise<readonly string[]> => {
      await writeFile(join(folder, 'selvedge.json'), JSON.stringify({ plaintext: ['auroraStones'], ...settings }));
      const { change } = await plan(7, { name: 'fresh', suite: SUITES[0] }, { ...ports(), fetchKeyCommitments: () => Promise.resolve(new Uint8Array(1)) });
      return change!.changes.map(({ key }) => key).filter((key) => key.startsWith('owner-keys/'));
    };

    it('records the keys of their owners, also where those on the ledger are of another suite', async () => {
      expect(await fresh({})).toEqual([facts.ownerKeys('AuroraMSP')]);
      consortium.state.setFact(facts.ownerKeys('AuroraMSP'), ownerKeysOf('AuroraMSP', SUITES[1]));
      expect(await fresh({})).toEqual([facts.ownerKeys('AuroraMSP')]);
      consortium.state.setFact(facts.ownerKeys('AuroraMSP'), ownerKeysOf('AuroraMSP', SUITES[0]));
      expect(await fresh({})).toEqual([]);
    });

    it('refuses gated functions beside them before anybody approves', async () => {
      await expect(fresh({ gatedFunctions: ['Close'], gate: { organisations: ['NorthMSP'], quorum: 1 } })).rejects.toMatchObject({ code: 'POLICY_MALFORMED', message: expect.stringContaining('could open results before the commit') as string });
    });
  });

  it('plans nothing where the ledger has it as it is', async () => {
    await bringContract(ports(), await plan(), { admins: admins(...QUORUM) });
    expect((await plan()).change).toBeUndefined();
    expect(await bringContract(ports(), await plan(), { admins: [] })).toMatchObject({ isRecorded: true, proposal: undefined, blockNumber: undefined });
  });
});

describe('bringContract', () => {
  it('records a contract when enough organisations have approved, after what its endorsers run', async () => {
    const before = recorded();
    const first = await bringContract(ports(), await plan(), { admins: admins('AuroraMSP', 'NorthMSP') });
    expect(first).toMatchObject({ isRecorded: false, proposal: { approvals: ['AuroraMSP', 'NorthMSP'], needed: 4 } });
    expect(first.proposal?.missing).toContain('SouthMSP');
    expect(recorded()).toBe(before);
    const second = await bringContract(ports(), await plan(), { admins: admins('BorealisMSP', 'SouthMSP') });
    expect(second).toMatchObject({ isRecorded: true, blockNumber: 11n });
    expect(brought).toEqual(['2.0.0', '2.0.0']);
    expect(await readdir(ports().proposals)).toEqual([]);
  });

  it('lets no changed policy outrun its collections', async () => {
    endorsement = { committed: false, sequence: 2 };
    const before = recorded();
    expect(await bringContract(ports(), await plan(), { admins: admins(...QUORUM) })).toMatchObject({ isRecorded: false });
    expect(recorded()).toBe(before);
    await expect(commitPending(ports(), await pending())).rejects.toMatchObject({ code: 'NOT_READY' });
    endorsement = undefined;
    expect(await commitPending(ports(), await pending())).toBe(11n);
  });

  describe('a contract that takes a collection over', () => {
    const taking = async (): Promise<ContractPlan> => {
      await writeFile(join(folder, 'selvedge.json'), JSON.stringify({ takesOver: ['auroraStones'] }));
      consortium.state.setFact(facts.epoch('deeds', 1n), new Uint8Array(1));
      return plan(7, { name: 'deeds' });
    };
    const isRecorded = (): boolean => consortium.state.fact(facts.contract('deeds')) !== undefined;

    it('ends the chaincode of before only where the policy can follow at once', async () => {
      expect(await bringContract(ports(), await taking(), { admins: admins('AuroraMSP', 'NorthMSP') })).toMatchObject({ isRecorded: false, endorsement: { committed: false } });
      expect(await bringContract(ports(), await taking(), { admins: admins('BorealisMSP', 'SouthMSP'), isApprovalOnly: true })).toMatchObject({ isRecorded: false, endorsement: { committed: false } });
      expect([held, isRecorded()]).toEqual([[true, true], false]);
      expect(await bringContract(ports(), await taking(), { admins: [] })).toMatchObject({ isRecorded: true, endorsement: { committed: true } });
      expect([held, isRecorded()]).toEqual([[true, true, false], true]);
    });

    it('is recorded after its definition alone', async () => {
      endorsement = { committed: false, sequence: 2 };
      expect(await bringContract(ports(), await taking(), { admins: admins(...QUORUM) })).toMatchObject({ isRecorded: false });
      expect([held, isRecorded()]).toEqual([[false], false]);
      endorsement = undefined;
      await commitPending(ports(), findPending(await readPending(ports().proposals, present()), 'deeds', folder));
      expect([held, isRecorded()]).toEqual([[false, false], true]);
    });
  });

  it('records nothing where only approvals are asked for', async () => {
    expect(await bringContract(ports(), await plan(), { admins: admins(...QUORUM), isApprovalOnly: true })).toMatchObject({ isRecorded: false });
    expect((await pending()).approvals).toEqual(QUORUM);
  });

  it('adds no approval to a proposal of other code', async () => {
    await bringContract(ports(), await plan(7), { admins: admins('NorthMSP'), isApprovalOnly: true });
    await expect(bringContract(ports(), await plan(8), { admins: admins('AuroraMSP'), isApprovalOnly: true })).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining('does not hold (it differs in codeHash)') as string });
  });
});

describe('a pending contract', () => {
  const propose = async (...mspIds: string[]): Promise<unknown> => bringContract(ports(), await plan(), { admins: admins(...mspIds), isApprovalOnly: true });

  it('names who has approved and who is missing, and is not committed with too few', async () => {
    await propose('AuroraMSP', 'NorthMSP');
    const found = await pending();
    expect(found).toMatchObject({ approvals: ['AuroraMSP', 'NorthMSP'], needed: 4, isCurrent: true, refused: [] });
    await expect(commitPending(ports(), found)).rejects.toMatchObject({ code: 'POLICY_APPROVALS_MISSING', message: expect.stringMatching(/approved by AuroraMSP, NorthMSP; 4 organisations are needed, so 2 more of .*SouthMSP/) as string });
  });

  it('counts two administrators of one organisation once, and names approvals that do not count', async () => {
    await propose('AuroraMSP', 'NorthMSP', 'BorealisMSP');
    const { file } = await pending();
    const { change, approvals } = (await readProposal(file))!;
    const client = approvePolicyChange(change, consortium.organisation('SouthMSP').client.signer);
    const forged = { ...approvePolicyChange(change, admins('EastMSP')[0]!), signature: new Uint8Array(70) };
    await writeFile(file, createPolicyTransaction(change, [...approvals, approvals[0]!, client, forged]));
    const found = await pending();
    expect(found.approvals).toEqual(['AuroraMSP', 'BorealisMSP', 'NorthMSP']);
    expect(found.refused).toEqual([{ mspId: 'SouthMSP', code: 'IDENTITY_WRONG_ROLE' }, { mspId: 'EastMSP', code: 'SIGNATURE_INVALID' }]);
    expect(() => { verifyCommittable(found); }).toThrow(expect.objectContaining({ code: 'POLICY_APPROVALS_MISSING', message: expect.stringContaining('the approval of SouthMSP does not count: IDENTITY_WRONG_ROLE') as string }));
  });

  it('is void once the ledger has changed, whoever approved', async () => {
    await propose(...QUORUM);
    const file = await readFile((await pending()).file);
    await commitPending(ports(), await pending());
    await writeFile(join(ports().proposals, 'again.bin'), file);
    const found = await pending();
    expect(found.isCurrent).toBe(false);
    // Before anything is sent, with what to do.
    await expect(commitPending(ports(), found)).rejects.toMatchObject({ code: 'POLICY_CONFLICT', role: 'cli', message: expect.stringContaining('"selvedge contract approve" proposes it anew') as string });
    // The ledger says the same to whoever does not ask.
    await expect((async () => ports().submit(found.transaction))()).rejects.toMatchObject({ code: 'POLICY_CONFLICT' });
  });

  it('is found by name only', async () => {
    await propose('AuroraMSP');
    const all = await readPending(ports().proposals, present());
    expect(() => findPending(all, 'other', folder)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIGURATION', message: expect.stringContaining(`there are ${consortium.contract}`) as string }));
    expect(await readPending(join(folder, 'nothing'), present())).toEqual([]);
  });

  it('that is no proposal at all is refused', async () => {
    await propose('AuroraMSP');
    await writeFile(join(ports().proposals, 'x.bin'), Buffer.from([0xff, 0xff]));
    await expect(pending()).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' });
  });
});
