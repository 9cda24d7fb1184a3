import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnose.js';
import type { CertificateFacts, DeploymentFacts, DoctorLimits, LedgerFacts, NodeFacts, ProfileFacts } from './facts.js';
import { FAULTS, type FaultCode } from './findings.js';

const AT = new Date('2026-11-29T12:00:00Z');
const LIMITS: DoctorLimits = { maxSkewMs: 5_000, maxLagBlocks: 3n, minFreeBytes: 256n << 20n, warnBeforeMs: 30 * 86_400_000 };
const PROFILE: ProfileFacts = { version: 1n, digest: 'aa'.repeat(32), allowSimulated: true };
const CODE = 'cc'.repeat(32);
const LEDGER: LedgerFacts = {
  profile: PROFILE,
  revokedNodes: [],
  revokedMeasurements: [],
  contracts: [{ name: 'desks', codeHash: CODE, owners: [{ mspId: 'AuroraMSP', ownerSet: 'collection near' }], members: [{ mspId: 'AuroraMSP', dataset: 'near' }] }],
};

const node = (name: string, service: string, more: Partial<NodeFacts> = {}): NodeFacts => ({ name, service, mspId: 'AuroraMSP', address: '127.0.0.1:1', refusal: undefined, unmet: [], disks: [], clock: { skewMs: 0 }, profile: PROFILE, ...more });
const certificate = (notBefore: string, notAfter: string): CertificateFacts => ({ subject: 'business-aurora', use: 'TLS, as served', notBefore: new Date(notBefore), notAfter: new Date(notAfter) });

const SOUND: DeploymentFacts = {
  at: AT,
  profile: PROFILE,
  ledger: LEDGER,
  nodes: [
    node('sequencer', 'sequencer'),
    node('endorser-north', 'endorser', { height: 10n }),
    node('business-aurora', 'business', { height: 10n, disks: [{ path: '/data', freeBytes: 1n << 30n, totalBytes: 1n << 40n }] }),
    node('key-broker', 'key-broker', { teeType: 'simulated' }),
    node('compute-1', 'compute', { height: 9n, teeType: 'simulated', measurement: 'ee'.repeat(32), packages: [{ codeHash: CODE, verified: true }] }),
  ],
  certificates: [certificate('2026-01-01T00:00:00Z', '2036-01-01T00:00:00Z')],
  businessOrganisations: ['AuroraMSP'],
};

/** The sound deployment with one node changed. */
const withNode = (name: string, more: Partial<NodeFacts>): DeploymentFacts => ({ ...SOUND, nodes: SOUND.nodes.map((one) => (one.name === name ? { ...one, ...more } : one)) });
const withLedger = (more: Partial<LedgerFacts>): DeploymentFacts => ({ ...SOUND, ledger: { ...LEDGER, ...more } });
const found = (facts: DeploymentFacts): string[] => diagnose(facts, LIMITS).findings.map(({ severity, code, subject }) => `${severity} ${code} ${subject}`);

const OTHER: ProfileFacts = { ...PROFILE, version: 2n, digest: 'bb'.repeat(32) };
const PRODUCTION: ProfileFacts = { ...PROFILE, allowSimulated: false };

describe('a diagnosis', () => {
  it('of a sound deployment is empty', () => {
    expect(diagnose(SOUND, LIMITS)).toEqual({ healthy: true, findings: [], unchecked: [] });
  });

  it.each<[string, DeploymentFacts, FaultCode, string]>([
    ['an expired certificate', { ...SOUND, certificates: [certificate('2026-01-01T00:00:00Z', '2026-11-29T12:00:00Z')] }, 'CERTIFICATE_EXPIRED', 'business-aurora'],
    ['a certificate of the future', { ...SOUND, certificates: [certificate('2026-11-29T12:00:01Z', '2036-01-01T00:00:00Z')] }, 'CERTIFICATE_NOT_YET_VALID', 'business-aurora'],
    ['a clock that is ahead', withNode('endorser-north', { clock: { skewMs: 5_001 } }), 'CLOCK_SKEW', 'endorser-north'],
    ['a clock that is behind', withNode('endorser-north', { clock: { skewMs: -5_001 } }), 'CLOCK_SKEW', 'endorser-north'],
    ['a revoked node', withLedger({ revokedNodes: ['compute-1'] }), 'NODE_REVOKED', 'compute-1'],
    ['a revoked measurement', withLedger({ revokedMeasurements: ['ee'.repeat(32)] }), 'NODE_REVOKED', 'compute-1'],
    ['a missing owner', { ...SOUND, businessOrganisations: ['BorealisMSP'] }, 'MEMBER_MISSING', 'AuroraMSP'],
    ['a lagging follower', withNode('endorser-north', { height: 6n }), 'FOLLOWER_LAGS', 'endorser-north'],
    ['a TEE with another profile', withNode('compute-1', { profile: OTHER }), 'PROFILE_MISMATCH', 'compute-1'],
    ['a follower with a profile of the same version', withNode('business-aurora', { profile: { ...OTHER, version: 1n } }), 'PROFILE_MISMATCH', 'business-aurora'],
    ['a folder with another profile', { ...SOUND, profile: OTHER }, 'PROFILE_MISMATCH', 'this folder'],
    ['a node of elsewhere that is refused for its profile', withNode('compute-1', { profile: undefined, unmet: [{ check: 'keys', reason: 'PROFILE_MISMATCH' }] }), 'PROFILE_MISMATCH', 'compute-1'],
    ['a key broker that does not answer', withNode('key-broker', { refusal: 'UNAVAILABLE' }), 'BROKER_UNREACHABLE', 'key-broker'],
    ['another node that does not', withNode('business-aurora', { refusal: 'TIMEOUT' }), 'NODE_UNREACHABLE', 'business-aurora'],
    ['a full disk', withNode('business-aurora', { disks: [{ path: '/data', freeBytes: (256n << 20n) - 1n, totalBytes: 1n << 40n }] }), 'DISK_FULL', 'business-aurora'],
    ['no approved code', withNode('compute-1', { packages: [{ codeHash: 'dd'.repeat(32), verified: true }] }), 'CODE_HASH_MISMATCH', 'compute-1'],
    ['other code under the approved hash', withNode('compute-1', { packages: [{ codeHash: CODE, verified: false }] }), 'CODE_HASH_MISMATCH', 'compute-1'],
    ['a node that is not ready', withNode('compute-1', { unmet: [{ check: 'keys', reason: 'BROKER_LOCKED' }] }), 'NODE_NOT_READY', 'compute-1'],
    ['a ledger that cannot be read', { ...SOUND, ledger: { refusal: 'VIEW_QUORUM_UNREACHABLE' } }, 'LEDGER_UNREADABLE', 'policy'],
  ])('names %s, and nothing else', (_what, facts, code, subject) => {
    expect(found(facts)).toEqual([`error ${code} ${subject}`]);
    const { healthy, findings } = diagnose(facts, LIMITS);
    expect([healthy, findings[0]?.action]).toEqual([false, FAULTS[code]]);
  });

  it('names every simulated TEE where the profile in force allows none', () => {
    expect(found({ ...SOUND, profile: PRODUCTION, ledger: { ...LEDGER, profile: PRODUCTION } })).toEqual(['error SIMULATED_TEE key-broker', 'error SIMULATED_TEE compute-1']);
    // The ledger's word wins over the folder's; without one, the folder's stands.
    expect(found(withLedger({ profile: PRODUCTION }))).toContain('error SIMULATED_TEE compute-1');
    expect(found({ ...SOUND, profile: PRODUCTION, ledger: { refusal: 'VIEW_QUORUM_UNREACHABLE' } })).toContain('error SIMULATED_TEE compute-1');
  });

  it.each<[string, DeploymentFacts, string]>([
    ['a certificate that ends soon', { ...SOUND, certificates: [certificate('2026-01-01T00:00:00Z', '2026-12-28T12:00:00Z')] }, 'warning CERTIFICATE_ENDS_SOON business-aurora'],
    ['a member that could keep nothing', withLedger({ contracts: [{ name: 'desks', codeHash: CODE, owners: [], members: [{ mspId: 'NorthMSP', dataset: 'near' }] }] }), 'warning MEMBER_WITHOUT_NODE NorthMSP'],
    ['a replica of the key broker that is down', { ...SOUND, nodes: [...SOUND.nodes, node('key-broker-2', 'key-broker', { refusal: 'UNAVAILABLE' })] }, 'warning BROKER_UNREACHABLE key-broker-2'],
  ])('warns of %s, and calls it healthy', (_what, facts, finding) => {
    expect([found(facts), diagnose(facts, LIMITS).healthy]).toEqual([[finding], true]);
  });

  it('takes what is right: an earlier profile that a follower is pinned to, a node that is kept from a contract, what lies at the limits', () => {
    expect(found({ ...withNode('business-aurora', { profile: { ...PROFILE, version: 0n, digest: '00' } }) })).toEqual([]);
    expect(found(withNode('compute-1', { packages: [], deniedContracts: ['desks'] }))).toEqual([]);
    expect(found(withNode('endorser-north', { clock: { skewMs: 5_000 }, height: 7n, disks: [{ path: '/', freeBytes: 256n << 20n, totalBytes: 1n << 40n }] }))).toEqual([]);
  });

  it('says what it could not look at', () => {
    expect(diagnose(withNode('compute-1', { clock: undefined }), LIMITS)).toMatchObject({ healthy: true, unchecked: [expect.stringContaining('compute-1') as string] });
    expect(diagnose({ ...SOUND, ledger: { refusal: 'UNAVAILABLE' } }, LIMITS).unchecked).toHaveLength(1);
  });
});
