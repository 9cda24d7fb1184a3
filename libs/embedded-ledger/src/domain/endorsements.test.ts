import { generateKeyPairSync } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { labelledHash } from '@selvedge/crypto';
import {
  createEndorsedTransaction,
  createReceipts,
  createTargetData,
  createTestConsortium,
  createTestContractPolicy,
  createTestOrganisation,
  endorserSigners,
  issueTestIdentity,
  TWO_OF_THREE,
  type EndorsedTransactionInput,
  type TargetDataInput,
  type TestComputeNode,
  type TestConsortium,
} from '@selvedge/fixtures';
import { serializeIdentity, signAs, type Signer } from '@selvedge/identity';
import { facts } from '@selvedge/policy';
import { contentGuardKey, GuardKind, GuardReadSchema, GuardWriteSchema, IdentitySignatureSchema, membershipGuardKey, ReadEntrySchema, ReceiptSchema, signing, type ContractSection, type EndorsedTransaction } from '@selvedge/protocol';
import { readEndorsedTransaction } from './endorsed-content.js';
import { verifyEndorsements } from './endorsements.js';
import { createReceipt, verifyReceipts } from './receipts.js';

const FAILURE = expect.objectContaining({ code: 'ENDORSEMENT_POLICY_FAILURE' }) as Error;
const hash = (name: string): Uint8Array => labelledHash('test', name);

describe('endorsements, declared targets and receipts', () => {
  let consortium: TestConsortium;
  let node: TestComputeNode;
  let north: Signer;
  let south: Signer;

  beforeAll(async () => {
    consortium = await createTestConsortium();
    node = await consortium.issueComputeNode();
    [north, south] = endorserSigners(consortium) as [Signer, Signer, Signer];
  });
  beforeEach(() => {
    const { endorsementPolicy, ownerSets, datasets } = createTestContractPolicy();
    consortium.setContractPolicy({ endorsementPolicy, ownerSets, datasets });
  });

  const build = (target: Partial<TargetDataInput> = {}, endorsed: Partial<EndorsedTransactionInput> = {}): EndorsedTransaction =>
    createEndorsedTransaction({ consortium, targetData: createTargetData({ consortium, nodes: [node], ...target }), ...endorsed });
  const verify = (transaction: EndorsedTransaction): void => {
    verifyEndorsements(readEndorsedTransaction(transaction), { facts: consortium.state, profile: consortium.profile, keyPolicies: consortium.state });
  };
  const changed = (change: (section: ContractSection) => void): EndorsedTransaction => build({ changeCore: (core) => { change(core.sections[0]!); } });
  const entry = { ownerSet: 'aurora', dataset: '', ledgerKey: hash('k') };
  const guard = { ownerSet: 'aurora', dataset: '', guardKey: hash('g'), kind: GuardKind.MEMBERSHIP };

  it('takes two endorsements of three', () => {
    verify(build());
    verify(build({}, { endorsers: endorserSigners(consortium) }));
  });

  it.each<[string, Partial<TargetDataInput>, Partial<EndorsedTransactionInput>]>([
    ['a payload of other cores', {}, { changePayload: (payload) => (payload.targetDigest = hash('other')) }],
    ['another network', {}, { changePayload: (payload) => (payload.network = 'other') }],
    ['another channel', {}, { changePayload: (payload) => (payload.channel = 'other') }],
    ['a core of another network', { changeCore: (core) => (core.network = 'other') }, {}],
    ['a core of another channel', { changeCore: (core) => (core.channel = 'other') }, {}],
  ])('refuses %s', (_, target, endorsed) => {
    const transaction = build(target, endorsed);
    expect(() => { verify(transaction); }).toThrow(FAILURE);
  });

  it('refuses cores that were exchanged after the endorsement', () => {
    const transaction = build();
    transaction.cores = build().cores;
    expect(() => { verify(transaction); }).toThrow('of other cores');
  });

  it('refuses too few endorsements, and none', () => {
    for (const endorsers of [[north], []]) {
      const transaction = build({}, { endorsers });
      expect(() => { verify(transaction); }).toThrow(FAILURE);
    }
  });

  it('refuses an endorsement whose signature is of another payload', () => {
    const transaction = build();
    transaction.endorsements[1] = build().endorsements[1]!;
    expect(() => { verify(transaction); }).toThrow('SIGNATURE_INVALID');
  });

  it('refuses an endorsement by a client, even beside enough others', () => {
    const { signer } = consortium.organisation('EastMSP').client;
    const transaction = build({}, { endorsers: [north, south, signer] });
    expect(() => { verify(transaction); }).toThrow('IDENTITY_WRONG_ROLE');
  });

  it('refuses an endorser from a CA that is not the organisation’s', async () => {
    const impostor = await createTestOrganisation('EastMSP', consortium.now);
    const transaction = build({}, { endorsers: [north, impostor.peer.signer] });
    expect(() => { verify(transaction); }).toThrow('IDENTITY_UNTRUSTED');
  });

  it('counts a key once, however its certificate is written', () => {
    const { mspId, peer } = consortium.organisation('NorthMSP');
    const twice = build({}, { endorsers: [north, north] });
    expect(() => { verify(twice); }).toThrow('endorsed twice');
    const rewritten = { mspId, serialized: serializeIdentity(mspId, `${peer.certificatePem}\n\n`), sign: (message: Uint8Array) => peer.signer.sign(message) };
    const again = build({}, { endorsers: [north, rewritten] });
    expect(() => { verify(again); }).toThrow('endorsed twice');
  });

  it('counts two peers of one organisation as two', async () => {
    consortium.setContractPolicy({ endorsementPolicy: `OutOf(2, 'NorthMSP.peer', 'NorthMSP.peer')`, ownerSets: [{ name: 'houses', owners: ['AuroraMSP'], endorsementPolicy: `OR('NorthMSP.peer')` }], datasets: [{ name: '', ownerSet: 'houses' }] });
    const second = await issueTestIdentity(consortium.organisation('NorthMSP').ca, { commonName: 'peer2', role: 'peer' });
    verify(build({}, { endorsers: [north, second.signer] }));
  });

  it('refuses a contract that is not approved', () => {
    const transaction = build();
    const key = facts.contract(consortium.contract);
    const value = consortium.state.fact(key);
    consortium.state.setFact(key, undefined);
    expect(() => { verify(transaction); }).toThrow('no contract diamonds is approved');
    consortium.state.setFact(key, value);
  });

  it('asks for the policy of the contract, even where an owner set’s is satisfied', () => {
    consortium.setContractPolicy({ endorsementPolicy: `AND('NorthMSP.peer', 'SouthMSP.peer', 'EastMSP.peer')` });
    const transaction = build();
    expect(() => { verify(transaction); }).toThrow('contract diamonds is not satisfied');
    const reading = build({ writes: [] });
    expect(() => { verify(reading); }).toThrow('contract diamonds is not satisfied');
  });

  it('asks for the policy of every owner set that is written, and no other', () => {
    const owners = ['AuroraMSP', 'BorealisMSP', 'CelestaMSP'];
    const ownerSets = [{ name: 'houses', owners, endorsementPolicy: TWO_OF_THREE }, { name: 'aurora', owners: ['AuroraMSP'], endorsementPolicy: `AND('EastMSP.peer', 'NorthMSP.peer')` }];
    consortium.setContractPolicy({ ownerSets, datasets: [{ name: '', ownerSet: 'houses' }, { name: 'auroraStones', ownerSet: 'aurora' }] });
    verify(build());
    const transaction = build({ writes: [{ key: 'a', value: '1' }, { dataset: 'auroraStones', key: 'b', value: '2' }] });
    expect(() => { verify(transaction); }).toThrow('owner set diamonds/aurora is not satisfied');
  });

  it.each<[string, (section: ContractSection) => void]>([
    ['read', (section) => (section.reads = [create(ReadEntrySchema, entry)])],
    ['write', (section) => (section.writes = [{ ...section.writes[0]!, ownerSet: 'aurora' }])],
    ['guard read', (section) => (section.guardsRead = [create(GuardReadSchema, guard)])],
    ['guard written', (section) => (section.guardsWritten = [create(GuardWriteSchema, guard)])],
  ])('refuses a %s under an owner set that is not its dataset’s', (_, change) => {
    const transaction = changed(change);
    expect(() => { verify(transaction); }).toThrow(`dataset '' is not in owner set aurora`);
  });

  it('refuses a guard in an owner set without a write', () => {
    const transaction = changed((section) => (section.guardsWritten = [create(GuardWriteSchema, { ...guard, dataset: 'auroraStones' })]));
    expect(() => { verify(transaction); }).toThrow('without an entry');
  });

  it('refuses a guard of another object type or dataset than the writes’', () => {
    for (const guardKey of [membershipGuardKey(hash('tag')), contentGuardKey(consortium.contract, 'auroraStones')]) {
      const transaction = changed((section) => (section.guardsWritten = [create(GuardWriteSchema, { ownerSet: 'houses', dataset: '', guardKey, kind: GuardKind.CONTENT })]));
      expect(() => { verify(transaction); }).toThrow('without an entry of its set');
    }
    const own = changed((section) => (section.guardsWritten = [create(GuardWriteSchema, { ownerSet: 'houses', dataset: '', guardKey: contentGuardKey(consortium.contract, ''), kind: GuardKind.CONTENT })]));
    expect(() => { verify(own); }).not.toThrow();
  });

  it.each<[string, NonNullable<EndorsedTransactionInput['changePayload']>]>([
    ['no target', (payload) => (payload.targets = [])],
    ['a target that is not written', (payload) => payload.targets.push({ ...payload.targets[0]!, ownerSet: 'trade' })],
    ['another owner set', (payload) => (payload.targets[0]!.ownerSet = 'aurora')],
    ['another contract', (payload) => (payload.targets[0]!.contract = 'other')],
    ['an owner too few', (payload) => payload.targets[0]!.owners.pop()],
    ['an owner too many', (payload) => payload.targets[0]!.owners.push('NorthMSP')],
    ['another owner', (payload) => (payload.targets[0]!.owners[0] = 'NorthMSP')],
  ])('refuses declared targets with %s', (_, changePayload) => {
    const transaction = build({}, { changePayload });
    expect(() => { verify(transaction); }).toThrow('the declared targets are not');
  });

  describe('verifyReceipts', () => {
    const withReceipts = (change: (transaction: EndorsedTransaction) => void = () => undefined): EndorsedTransaction => {
      const transaction = build();
      transaction.receipts = createReceipts(consortium, transaction, 10n).map((receipt) => create(ReceiptSchema, receipt));
      change(transaction);
      return transaction;
    };
    const verifyAt = (transaction: EndorsedTransaction, height = 9n): void => {
      verifyReceipts(readEndorsedTransaction(transaction), consortium.profile, height);
    };
    const receiptOf = (signer: Signer, transaction: EndorsedTransaction): ReturnType<typeof createReceipt> =>
      createReceipt(signer, { network: consortium.network, channel: consortium.channel, targetDigest: readEndorsedTransaction(transaction).targetDigest, expiresAtHeight: 10n });

    it('takes one of every declared owner, and others beside them', () => {
      verifyAt(withReceipts());
      verifyAt(withReceipts((tx) => tx.receipts.push(receiptOf(north, tx))));
      const { signer } = consortium.organisation('CelestaMSP').peer;
      verifyAt(withReceipts((tx) => (tx.receipts[2] = receiptOf(signer, tx))));
    });

    it('names the owner whose receipt is missing', () => {
      const transaction = withReceipts((tx) => tx.receipts.pop());
      expect(() => { verifyAt(transaction); }).toThrow('there is no receipt of CelestaMSP');
    });

    it('refuses receipts from the height that they name', () => {
      expect(() => { verifyAt(withReceipts(), 10n); }).toThrow('ended at height 10');
      const stretched = withReceipts((tx) => (tx.receipts[0]!.expiresAtHeight = 100n));
      expect(() => { verifyAt(stretched); }).toThrow('SIGNATURE_INVALID');
    });

    it('refuses a receipt for other target data', () => {
      const transaction = withReceipts((tx) => (tx.receipts[0] = withReceipts().receipts[0]!));
      expect(() => { verifyAt(transaction); }).toThrow('SIGNATURE_INVALID');
    });

    it('refuses a receipt by another role of the owner', () => {
      const { signer } = consortium.organisation('AuroraMSP').client;
      const transaction = withReceipts((tx) => (tx.receipts[0] = receiptOf(signer, tx)));
      expect(() => { verifyAt(transaction); }).toThrow('IDENTITY_WRONG_ROLE');
    });
  });

  it('does not take a bare key for an identity', () => {
    const transaction = build();
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const identity = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
    transaction.endorsements.push(create(IdentitySignatureSchema, { ...signAs(north, signing.endorsement(transaction.endorsementPayload, identity)), identity }));
    expect(() => { verify(transaction); }).toThrow(FAILURE);
  });
});
