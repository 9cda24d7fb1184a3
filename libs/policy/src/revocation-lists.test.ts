import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDevCa, toPem, type Signer } from '@selvedge/identity';
import { LIMITS } from '@selvedge/protocol';
import { facts, listFacts, type FactList } from './facts.js';
import { approvePolicyChange, createPolicyChange, createPolicyTransaction, type FactUpdate } from './policy-change.js';
import { verifyPolicyTransaction } from './policy-transaction.js';
import { parseProfile, createProfile, type Profile } from './profile.js';
import { recordRevocationLists } from './record-revocation-lists.js';
import { encodeChannelLists, encodeRevocationLists, parseRevocationLists, revocationListFacts, withRevocationLists } from './revocation-lists.js';
import { NOW, makeNetwork, signedBy, type TestNetwork, type TestOrganisation } from './testdata/network.js';
import { refusal } from './testdata/refusal.js';

let network: TestNetwork;
let first: TestOrganisation;
let second: TestOrganisation;
let user: Signer;
let other: Signer;

beforeAll(async () => {
  network = await makeNetwork();
  [first, second] = network.organisations as [TestOrganisation, TestOrganisation];
  [user, other] = [await first.signer('client'), await first.signer('client')];
});

const KEY = facts.revocationLists('Org1MSP');
const LATER = new Date(NOW.getTime() + 1000);
const holding = (held: Record<string, Uint8Array> = {}): FactList => listFacts(Object.entries(held).map(([key, value]) => ({ key, value })));
const listOf = (organisation: TestOrganisation, revoked: readonly Signer[], at = NOW): Promise<Uint8Array> =>
  organisation.ca.revocationList(revoked.map(({ serialized }) => network.profile.msps.verifyIdentity(serialized)), at);
const statusOf = (profile: Profile, signer: Signer): string => refusal(() => profile.msps.verifyIdentity(signer.serialized)).split(':')[0] as string;

/** What the ledger says of these changes. */
function judge(changes: readonly FactUpdate[], signers: readonly Signer[], held = holding(), profile = network.profile): string {
  const change = createPolicyChange({ network: 'test-network', channel: 'trade', changes, facts: held });
  return refusal(() => verifyPolicyTransaction(createPolicyTransaction(change, signers.map((signer) => approvePolicyChange(change, signer))), { facts: held, profile }));
}

describe('a profile with the ledger’s lists', () => {
  it('is the profile itself without lists, and with lists differs by whom it recognises alone', async () => {
    expect(withRevocationLists(network.profile, holding())).toBe(network.profile);
    const held = holding({ [KEY]: encodeRevocationLists([await listOf(first, [user])]) });
    const profile = withRevocationLists(network.profile, held);
    expect(profile).toMatchObject({ digest: network.profile.digest, bytes: network.profile.bytes });
    expect([statusOf(profile, user), statusOf(profile, other), statusOf(network.profile, user)]).toEqual(['IDENTITY_REVOKED', 'nothing was refused', 'nothing was refused']);
    // The same facts give the same profile: its registry keeps what it verified.
    expect(withRevocationLists(network.profile, held)).toBe(profile);
    expect(withRevocationLists(profile, held)).toBe(profile);
    // Read anew, as by a chaincode for each transaction.
    expect(withRevocationLists(network.profile, holding({ [KEY]: Uint8Array.from(held.fact(KEY)!) }))).toBe(profile);
    expect(withRevocationLists(profile, holding())).toBe(network.profile);
  });

  it('takes lists of a channel’s configuration beside recorded ones, PEM or DER', async () => {
    const channelKey = facts.channelRevocationLists('Org1MSP');
    const pem = Buffer.from(`Certificate Revocation List (CRL):\n${toPem(await listOf(first, [other]), 'X509 CRL')}`);
    const both = withRevocationLists(network.profile, holding({ [KEY]: encodeRevocationLists([await listOf(first, [user])]), [channelKey]: encodeChannelLists([pem])! }));
    expect([user, other].map((one) => statusOf(both, one))).toEqual(['IDENTITY_REVOKED', 'IDENTITY_REVOKED']);
    const der = withRevocationLists(network.profile, holding({ [channelKey]: encodeChannelLists([await listOf(first, [other])])! }));
    expect([user, other].map((one) => statusOf(der, one))).toEqual(['nothing was refused', 'IDENTITY_REVOKED']);
  });

  it('refuses an organisation whose lists are too large or too many to be carried, or are no lists', async () => {
    const large = new Uint8Array(LIMITS.maxProfileBytes);
    const list = await listOf(first, [other]);
    for (const lists of [[large], Array.from({ length: 33 }, () => list), [Buffer.from('nothing')], [Buffer.from('-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----')]]) {
      const value = encodeChannelLists(lists)!;
      expect(value.length).toBeLessThan(LIMITS.maxProfileBytes);
      const profile = withRevocationLists(network.profile, holding({ [facts.channelRevocationLists('Org1MSP')]: value }));
      expect([statusOf(profile, user), statusOf(profile, network.admins[1] as Signer)]).toEqual(['IDENTITY_REVOKED', 'nothing was refused']);
    }
    expect(encodeChannelLists([])).toBeUndefined();
  });

  it('never fails on any value of such a fact', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (value) => {
        const profile = withRevocationLists(network.profile, holding({ [KEY]: value }));
        expect(statusOf(profile, user)).toMatch(/^(?:IDENTITY_REVOKED|nothing was refused)$/);
        expect(parseRevocationLists(value)).toBeInstanceOf(Array);
      }),
      { numRuns: 200 },
    );
  });

  it('reads one recorded fact for each organisation', () => {
    expect(revocationListFacts(network.profile)).toEqual(['revocation-lists/Org1MSP', 'revocation-lists/Org2MSP', 'revocation-lists/Org3MSP']);
  });
});

describe('recording revocation lists', () => {
  it('takes an administrator of the organisation itself, or a quorum', async () => {
    const [own, foreign, third] = network.admins as [Signer, Signer, Signer];
    const changes = [{ key: KEY, value: encodeRevocationLists([await listOf(first, [user])]) }];
    expect(judge(changes, [own])).toBe('nothing was refused');
    expect(judge(changes, [foreign])).toMatch(/^POLICY_APPROVALS_MISSING/);
    expect(judge(changes, [await first.signer('peer')])).toMatch(/^POLICY_APPROVALS_MISSING/);
    expect(judge(changes, [foreign, third])).toBe('nothing was refused');
    // An organisation’s lists do not carry anything else past the quorum.
    expect(judge([...changes, { key: facts.revokedNode('compute-1'), value: Buffer.from('x') }], [own])).toMatch(/^POLICY_APPROVALS_MISSING/);
    expect(judge([...changes, { key: facts.revocationLists('Org2MSP'), value: encodeRevocationLists([await listOf(second, [])]) }], [own])).toMatch(/^POLICY_APPROVALS_MISSING/);
  });

  it('refuses lists by others, of other organisations, of one authority twice, none, too many, and what does not parse', async () => {
    const { admins } = network;
    const list = await listOf(first, [user]);
    const record = (lists: readonly Uint8Array[], key = KEY): string => judge([{ key, value: encodeRevocationLists(lists) }], admins);
    expect(record([await listOf(second, [])])).toMatch(/^POLICY_MALFORMED: .*not signed by an authority/);
    expect(record([list, list])).toMatch(/^POLICY_MALFORMED: .*two lists/);
    expect(record(Array.from({ length: 33 }, () => list))).toMatch(/^POLICY_MALFORMED: .*1 to 32/);
    expect(record([list], facts.revocationLists('Org9MSP'))).toMatch(/^POLICY_MALFORMED: .*no organisation/);
    expect(judge([{ key: KEY, value: Uint8Array.of(0xff) }], admins)).toMatch(/^POLICY_MALFORMED: .*do not parse/);
    expect(judge([{ key: KEY, value: new Uint8Array(LIMITS.maxFactBytes + 1) }], admins)).toMatch(/^POLICY_MALFORMED: .*too large/);
    expect(record([list], facts.channelRevocationLists('Org1MSP'))).toMatch(/^POLICY_MALFORMED: .*no fact/);
  });

  it('never goes back: to an older list, to none, or by leaving an authority out', async () => {
    const { admins } = network;
    const held = holding({ [KEY]: encodeRevocationLists([await listOf(first, [user], LATER)]) });
    const record = async (revoked: readonly Signer[], at: Date): Promise<string> => judge([{ key: KEY, value: encodeRevocationLists([await listOf(first, revoked, at)]) }], admins, held);
    expect(await record([], NOW)).toMatch(/^POLICY_MALFORMED: .*older than the recorded one/);
    expect(await record([user, other], LATER)).toBe('nothing was refused');
    expect(judge([{ key: KEY, value: undefined }], admins, held)).toMatch(/^POLICY_MALFORMED: .*cannot be removed/);
    // A second authority of the organisation.
    const renewed = await createDevCa('Renewed', { now: NOW });
    const organisations = network.profile.message.organisations.map((organisation, i) => (i === 0 ? { ...organisation, rootCertificates: [...organisation.rootCertificates, renewed.rootCertificate] } : organisation));
    const wider = parseProfile(createProfile({ ...network.profile.message, organisations }));
    const fresh = await renewed.revocationList([], LATER);
    expect(judge([{ key: KEY, value: encodeRevocationLists([fresh]) }], admins, held, wider)).toMatch(/^POLICY_MALFORMED: .*left out/);
    const [update] = recordRevocationLists(wider, held, [fresh]);
    expect(parseRevocationLists(update!.value!)).toHaveLength(2);
    expect(judge([update!], admins, held, wider)).toBe('nothing was refused');
    // Its list goes with an authority that the profile no longer names.
    expect(judge([{ key: KEY, value: encodeRevocationLists([await listOf(first, [], LATER)]) }], admins, holding({ [KEY]: update!.value! }))).toBe('nothing was refused');
  });

  it('finds the organisation whose list it is', async () => {
    const [update, ...more] = recordRevocationLists(network.profile, holding(), [await listOf(second, [])]);
    expect([update?.key, more.length]).toEqual([facts.revocationLists('Org2MSP'), 0]);
    expect(refusal(() => recordRevocationLists(network.profile, holding(), [Uint8Array.of(1)]))).toMatch(/^POLICY_MALFORMED/);
  });

  it('ends what a revoked administrator may approve, its own organisation’s lists too', async () => {
    const [revoked, second_, third] = network.admins as [Signer, Signer, Signer];
    const held = holding({ [KEY]: encodeRevocationLists([await listOf(first, [revoked])]) });
    const node = [{ key: facts.revokedNode('compute-1'), value: Buffer.from('x') }];
    expect(judge(node, [revoked, second_], held)).toMatch(/^POLICY_APPROVALS_MISSING: .*refused: IDENTITY_REVOKED/);
    expect(judge(node, [second_, third], held)).toBe('nothing was refused');
    expect(judge([{ key: KEY, value: encodeRevocationLists([await listOf(first, [], LATER)]) }], [revoked], held)).toMatch(/^POLICY_APPROVALS_MISSING/);
    const bytes = createProfile({ ...network.init, version: 2n });
    const next = [{ key: facts.profile, value: signedBy(bytes, [revoked, second_]) }];
    expect(judge(next, [second_, third], holding({ [facts.profile]: network.signedProfile, [KEY]: held.fact(KEY)! }))).toMatch(/^PROFILE_SIGNATURES_MISSING/);
  });

  it('does not revoke the sequencer, nor takes one that is revoked', async () => {
    const { admins, profile } = network;
    const orderer = { serialized: profile.message.sequencer } as Signer;
    expect(judge([{ key: KEY, value: encodeRevocationLists([await listOf(first, [orderer])]) }], admins)).toMatch(/^POLICY_MALFORMED: .*sequencer/);
    const next = await first.signer('orderer');
    const held = holding({ [facts.profile]: network.signedProfile, [KEY]: encodeRevocationLists([await listOf(first, [next])]) });
    const replaced = signedBy(createProfile({ ...network.init, version: 2n, sequencer: next.serialized }), admins);
    expect(judge([{ key: facts.profile, value: replaced }], admins, held)).toMatch(/^POLICY_MALFORMED: .*sequencer/);
    const both = holding({ [facts.profile]: network.signedProfile });
    expect(judge([{ key: facts.profile, value: replaced }, { key: KEY, value: encodeRevocationLists([await listOf(first, [orderer])]) }], admins, both)).toBe('nothing was refused');
  });
});
