import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isSelvedgeError } from '@selvedge/errors';
import { createTestConsortium, createTestRevocation, createTestState, ENDORSER_MSP_IDS, type TestConsortium, type TestState } from '@selvedge/fixtures';
import { createProfile, createSignedProfile, facts, signProfile } from '@selvedge/policy';
import type { NetworkProfile } from '@selvedge/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFakeFollower, type FakeFollower } from './followers.test.support.js';
import type { LedgerAdvance, LedgerViewTracker, LedgerViewTrackerOptions } from './ports.js';
import { createLedgerViewTracker } from './tracker.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let net: TestConsortium;
let followers: FakeFollower[];
let nowMs: number;
let tracker: LedgerViewTracker;
let facts0: ReturnType<TestState['factEntries']>;

function track(options: Partial<LedgerViewTrackerOptions> = {}): LedgerViewTracker {
  return createLedgerViewTracker({ profile: net.profile, followers: () => followers, clock: () => nowMs, answerTimeoutMs: 100, pollIntervalMs: 5, ...options });
}

beforeAll(async () => {
  net = await createTestConsortium();
  facts0 = net.state.factEntries();
});
beforeEach(() => {
  for (const { key } of net.state.factEntries()) net.state.setFact(key, undefined);
  for (const { key, value } of facts0) net.state.setFact(key, value);
  nowMs = 1000;
  net.state.height = 5n;
  followers = ENDORSER_MSP_IDS.map((mspId) => follower(mspId));
  tracker = track();
});
afterEach(() => {
  tracker.close();
});

function follower(mspId: string, ledger: TestState = net.state): FakeFollower {
  return createFakeFollower({ network: net.network, channel: net.channel, mspId, signer: net.organisation(mspId).peer.signer, ledger });
}

/** A ledger of its own with the same facts. */
function ledgerAt(height: bigint): TestState {
  const ledger = createTestState();
  for (const { key, value } of net.state.factEntries()) ledger.setFact(key, value);
  ledger.height = height;
  return ledger;
}

async function refusal(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (isSelvedgeError(error)) return { code: error.code, message: error.message };
  throw new Error('no refusal');
}

function recordProfile(change: Partial<NetworkProfile>): void {
  const bytes = createProfile({ ...net.profile.message, version: 2n, ...change });
  const signatures = [...net.organisations.values()].map(({ admin }) => signProfile(bytes, admin.signer));
  net.state.setFact(facts.profile, createSignedProfile(bytes, signatures));
  net.state.height += 1n;
}

describe('a ledger view', () => {
  it('has the height and the facts of a quorum', async () => {
    await tracker.start();
    const view = tracker.current();
    expect(view.height).toBe(5n);
    expect(view.supporters).toEqual([...ENDORSER_MSP_IDS].sort());
    expect(view.fact(facts.contract(net.contract))).toEqual(net.state.fact(facts.contract(net.contract)));
    expect(view.keys('contract/')).toEqual([facts.contract(net.contract)]);
  });

  it('is refused before the first quorum and without one', async () => {
    expect(() => tracker.current()).toThrow('no quorum');
    followers.pop();
    expect((await refusal(tracker.refresh())).code).toBe('VIEW_QUORUM_UNREACHABLE');
  });

  it('needs the quorum of the profile at least', async () => {
    followers.pop();
    tracker = track({ quorum: 1 });
    expect((await refusal(tracker.refresh())).code).toBe('VIEW_QUORUM_UNREACHABLE');
    followers = [follower('NorthMSP'), follower('SouthMSP'), follower('EastMSP')];
    tracker = track({ quorum: 4 });
    expect((await refusal(tracker.refresh())).code).toBe('VIEW_QUORUM_UNREACHABLE');
  });

  it('names the followers whose answers do not count', async () => {
    followers[0]!.statement = { channel: 'other' };
    const { message } = await refusal(tracker.refresh());
    expect(message).toContain(`${followers[0]!.mspId} at ${followers[0]!.address}: WRONG_CHANNEL`);
  });

  it('does not wait for a silent follower beyond its time', async () => {
    followers.push({ ...follower('AuroraMSP'), getLedgerView: () => new Promise(() => undefined) });
    // A collection must not take the time limit away.
    setTimeout(collectGarbage, 30);
    expect((await tracker.refresh()).height).toBe(5n);
  });

  it('ages, and is refused when it is too old', async () => {
    await tracker.refresh();
    nowMs += 9_999;
    expect(tracker.current().ageMs()).toBe(9_999);
    nowMs += 2;
    expect(() => tracker.current()).toThrow('10001 ms old');
    await tracker.refresh();
    expect(tracker.current().ageMs()).toBe(0);
  });

  it('gets no facts again while the policy stands', async () => {
    await tracker.refresh();
    net.state.height = 6n;
    let sent = 0;
    followers[0]!.tamper = (answer) => {
      sent += answer.facts.length;
      return answer;
    };
    const view = await tracker.refresh();
    expect(sent).toBe(0);
    expect(view.height).toBe(6n);
    expect(view.fact(facts.profile)).toBeDefined();
  });

  it('reports each policy once', async () => {
    const roots: bigint[] = [];
    tracker = track({ onPolicyChange: (view) => roots.push(view.height) });
    await tracker.refresh();
    net.state.height = 6n;
    await tracker.refresh();
    net.state.setFact(facts.revokedNode('n'), Buffer.from('lost'));
    net.state.height = 7n;
    await tracker.refresh();
    expect(roots).toEqual([5n, 7n]);
    expect(tracker.current().fact(facts.revokedNode('n'))).toEqual(Buffer.from('lost'));
  });

  it('keeps polling after start and stops when closed', async () => {
    await tracker.start();
    const asked = followers[0]!.asked;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(followers[0]!.asked).toBeGreaterThan(asked);
    tracker.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const after = followers[0]!.asked;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(followers[0]!.asked).toBe(after);
  });

  it('starts when a quorum comes, and ends a start when closed', async () => {
    const late = followers.splice(1, 2);
    const failures: unknown[] = [];
    tracker = track({ onFailure: (error) => failures.push(error) });
    const started = tracker.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    followers.push(...late);
    await started;
    expect(failures.length).toBeGreaterThan(0);
    followers = [];
    const other = track();
    const ended = refusal(other.start());
    other.close();
    expect((await ended).code).toBe('CANCELLED');
  });

  it('polls again for a caller that comes while a poll runs', async () => {
    const [first, second] = await Promise.all([tracker.refresh(), tracker.refresh()]);
    expect(followers[0]!.asked).toBe(2);
    expect(first).not.toBe(second);
  });
});

describe('a ledger view never goes backwards', () => {
  it('names a follower that went below its own earlier height', async () => {
    await tracker.refresh();
    followers[1]!.ledger = ledgerAt(4n);
    const { code, message } = await refusal(tracker.refresh());
    expect(code).toBe('VIEW_ROLLED_BACK');
    expect(message).toContain(`${followers[1]!.mspId} at ${followers[1]!.address} states height 4, earlier 5`);
  });

  it('goes on without that follower when a quorum remains', async () => {
    followers.push(follower('AuroraMSP'));
    await tracker.refresh();
    followers[1]!.ledger = ledgerAt(4n);
    expect((await tracker.refresh()).supporters).not.toContain(followers[1]!.mspId);
  });

  it('refuses a quorum below the height that was seen before', async () => {
    await tracker.refresh();
    followers = ['AuroraMSP', 'BorealisMSP', 'CelestaMSP'].map((mspId) => follower(mspId, ledgerAt(4n)));
    expect((await refusal(tracker.refresh())).code).toBe('VIEW_BEHIND');
    expect(tracker.current().height).toBe(5n);
  });

  it('refuses another policy at the same height', async () => {
    await tracker.refresh();
    net.state.setFact(facts.revokedNode('n'), Buffer.from('lost'));
    expect((await refusal(tracker.refresh())).message).toContain('without a block');
  });

  it('refuses a new policy without its facts', async () => {
    await tracker.refresh();
    net.state.setFact(facts.revokedNode('n'), Buffer.from('lost'));
    net.state.height = 6n;
    for (const each of followers) each.tamper = (answer) => ({ ...answer, hasFacts: false, facts: [] });
    expect((await refusal(tracker.refresh())).message).toContain('no follower sent the facts');
  });
});

describe('profile succession', () => {
  it('follows a newer profile on the ledger: its quorum and its organisations', async () => {
    await tracker.refresh();
    recordProfile({ viewQuorum: 2, organisations: net.profile.message.organisations.filter(({ mspId }) => mspId !== 'EastMSP') });
    const view = await tracker.refresh();
    expect(view.profile.message.version).toBe(2n);
    net.state.height += 1n;
    const next = await tracker.refresh();
    expect(next.supporters).toEqual(['NorthMSP', 'SouthMSP']);
  });

  it('keeps the configured profile when the ledger has an older one', async () => {
    const bytes = createProfile({ ...net.profile.message, version: 3n });
    const newer = { ...net.profile, bytes, digest: new Uint8Array(32), message: { ...net.profile.message, version: 3n } };
    tracker = track({ profile: newer });
    expect((await tracker.refresh()).profile).toBe(newer);
  });

  it('refuses another profile of the same version', async () => {
    tracker = track({ profile: { ...net.profile, digest: new Uint8Array(32) } });
    expect((await refusal(tracker.refresh())).code).toBe('PROFILE_MISMATCH');
  });

  it('refuses a newer profile that the administrators of the present one did not sign', async () => {
    await tracker.refresh();
    const bytes = createProfile({ ...net.profile.message, version: 2n, adminQuorum: 1 });
    net.state.setFact(facts.profile, createSignedProfile(bytes, [signProfile(bytes, net.organisation('NorthMSP').admin.signer)]));
    net.state.height += 1n;
    expect((await refusal(tracker.refresh())).code).toBe('PROFILE_SIGNATURES_MISSING');
    expect(tracker.current().profile.message.version).toBe(1n);
  });
});

describe('what changed since the last view', () => {
  const marks = (...numbers: number[]): Uint8Array => Buffer.concat(numbers.map((number) => Uint8Array.of(number, 0, 0, 0, 0, 0, 0, 0)));
  const hex = (number: number): string => Buffer.from(marks(number)).toString('hex');

  it('is not asked for where nobody wants it', async () => {
    await tracker.start();
    await tracker.refresh();
    expect(followers.map(({ changesFrom }) => changesFrom)).toEqual(followers.map(() => undefined));
  });

  it('is told before the view counts: unknown at first, then by block', async () => {
    const told: { readonly advance: LedgerAdvance; readonly seen: bigint | undefined }[] = [];
    const seen = (): bigint | undefined => {
      try {
        return tracker.current().height;
      } catch {
        return undefined;
      }
    };
    tracker = track({ pollIntervalMs: 60_000, onAdvance: (advance) => told.push({ advance, seen: seen() }) });
    await tracker.start();
    await tracker.refresh();
    net.state.height = 7n;
    for (const one of followers) one.statement = { changes: [marks(1, 2), marks(3)] };
    await tracker.refresh();
    expect(followers.map(({ changesFrom }) => changesFrom)).toEqual(followers.map(() => 5n));
    expect(told).toEqual([
      { advance: { from: 0n, to: 5n, changes: undefined }, seen: undefined },
      { advance: { from: 5n, to: 7n, changes: [[hex(1), hex(2)], [hex(3)]] }, seen: 5n },
    ]);
  });

  it('is unknown where followers do not tell it, as after they started anew', async () => {
    const told: LedgerAdvance[] = [];
    tracker = track({ pollIntervalMs: 60_000, onAdvance: (advance) => told.push(advance) });
    await tracker.start();
    net.state.height = 7n;
    for (const one of followers) one.statement = { changes: [marks(3)] };
    await tracker.refresh();
    expect(told.at(-1)).toEqual({ from: 5n, to: 7n, changes: undefined });
  });

  it('names organisations whose word is not a quorum’s', async () => {
    followers.push(follower('AuroraMSP'));
    const differing: (readonly string[])[] = [];
    const told: LedgerAdvance[] = [];
    tracker = track({ pollIntervalMs: 60_000, onAdvance: (advance) => told.push(advance), onDiffering: (mspIds) => differing.push(mspIds) });
    await tracker.start();
    net.state.height = 6n;
    for (const one of followers) one.statement = { changes: [marks(1)] };
    followers[0]!.statement = { changes: [marks()] };
    await tracker.refresh();
    expect(differing).toEqual([[followers[0]!.mspId]]);
    expect(told.at(-1)?.changes).toEqual([[hex(1)]]);
  });

  it('is not taken from a follower that went back below its height', async () => {
    const told: LedgerAdvance[] = [];
    followers.push(follower('AuroraMSP'));
    const rolledBack = followers[0]!;
    rolledBack.ledger = ledgerAt(9n);
    tracker = track({ pollIntervalMs: 60_000, onAdvance: (advance) => told.push(advance) });
    await tracker.start();
    net.state.height = 6n;
    for (const one of followers) one.statement = { changes: [marks(1)] };
    rolledBack.ledger = ledgerAt(6n);
    rolledBack.statement = { changes: [marks(9)] };
    await tracker.refresh();
    expect(told.at(-1)).toEqual({ from: 5n, to: 6n, changes: [[hex(1)]] });
  });
});

describe('revocation lists on the ledger', () => {
  const revoke = async (mspId: string, role: 'client' | 'peer' | 'admin'): Promise<void> => {
    const { key, value } = await createTestRevocation(net, mspId, [net.organisation(mspId)[role].signer]);
    net.state.setFact(key, value);
    net.state.height += 1n;
  };

  it('end with the view that holds them what they revoke, and nobody else', async () => {
    await tracker.start();
    const of = (mspId: string): (() => unknown) => () => tracker.current().profile.msps.verifyIdentity(net.organisation(mspId).client.signer.serialized);
    expect(of('AuroraMSP')).not.toThrow();
    await revoke('AuroraMSP', 'client');
    await tracker.refresh();
    expect(of('AuroraMSP')).toThrow(expect.objectContaining({ code: 'IDENTITY_REVOKED' }));
    expect(of('BorealisMSP')).not.toThrow();
    expect(tracker.current().profile.digest).toEqual(net.profile.digest);
  });

  it('end the word of a follower whose certificate is on one', async () => {
    await tracker.start();
    await revoke('SouthMSP', 'peer');
    await tracker.refresh();
    const { code, message } = await refusal(tracker.refresh());
    expect([code, message.includes('SouthMSP at SouthMSP:1: IDENTITY_REVOKED')]).toEqual(['VIEW_QUORUM_UNREACHABLE', true]);
  });

  it('do not undo what somebody signed before: the profile on the ledger', async () => {
    for (const mspId of ['AuroraMSP', 'BorealisMSP', 'CelestaMSP', 'NorthMSP']) await revoke(mspId, 'admin');
    recordProfile({ viewQuorum: 2 });
    await tracker.start();
    expect(tracker.current().profile.message.viewQuorum).toBe(2);
  });
});
