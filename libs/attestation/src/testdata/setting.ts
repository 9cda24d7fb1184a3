import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { profileDigest, encodeMessage, NetworkProfileSchema } from '@selvedge/protocol';
import { createSimulatedAttester, type SimulatedAttesterInput } from '../simulated/attester.js';
import { createDevelopmentPlatform, createDevelopmentRoot } from '../simulated/platform.js';
import type { AppraisalProfile, Attester, ReportDataInput } from '../types.js';

/** For this package's tests: a development root, a platform, measurements and a profile that lists them. */

export const AT = new Date('2026-11-20T12:00:00Z');
export const COMPUTE_MEASUREMENT = new Uint8Array(48).fill(0xc0);
export const BROKER_MEASUREMENT = new Uint8Array(48).fill(0xb0);

const YEAR_MS = 365 * 24 * 3600 * 1000;
export const root = createDevelopmentRoot({ name: 'root', now: new Date(AT.getTime() - YEAR_MS) });
export const platform = createDevelopmentPlatform({ root, name: 'platform', now: new Date(AT.getTime() - 1000), validityMs: YEAR_MS });

export function createAttester(over: Partial<SimulatedAttesterInput> = {}): Attester {
  return createSimulatedAttester({ ...platform, measurement: COMPUTE_MEASUREMENT, ...over });
}

export function createTestProfile(over: MessageInitShape<typeof NetworkProfileSchema> = {}): AppraisalProfile {
  const message = create(NetworkProfileSchema, {
    network: 'net',
    channel: 'chan',
    version: 1n,
    appraisalPolicies: [
      { role: 'compute', teeType: 'simulated', measurements: [new Uint8Array(48).fill(1), COMPUTE_MEASUREMENT] },
      { role: 'key-broker', teeType: 'simulated', measurements: [BROKER_MEASUREMENT] },
    ],
    allowedSuites: ['P256-AES256GCM-SHA256', 'X25519-ED25519-AES256GCM-SHA256'],
    allowSimulated: true,
    simulatedRoots: [root.certificateDer],
    ...over,
  });
  return { message, digest: profileDigest(encodeMessage(NetworkProfileSchema, message)) };
}

export function createBinding(over: Partial<ReportDataInput> = {}): ReportDataInput {
  return {
    role: 'compute',
    nonce: new Uint8Array(32).fill(1),
    ephemeralKey: new Uint8Array(65).fill(2),
    signingKey: new Uint8Array(91).fill(3),
    profileDigest: createTestProfile().digest,
    statementDigest: new Uint8Array(32).fill(5),
    ...over,
  };
}
