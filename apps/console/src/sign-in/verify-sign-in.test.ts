import { createTestConsortium, type TestConsortium } from '@selvedge/fixtures';
import { signing } from '@selvedge/protocol';
import { beforeAll, expect, it } from 'vitest';
import { signInMessage, verifySignIn, type SignInProof } from './verify-sign-in.js';

const CHALLENGE = 'ab'.repeat(32);
let consortium: TestConsortium;
const scope = () => ({ network: consortium.network, channel: consortium.channel, origin: 'http://127.0.0.1:7420' });
const verify = (proof: SignInProof, at = consortium.now) => verifySignIn(proof, scope(), consortium.profile, at);
const proofOf = (role: 'client' | 'admin' | 'peer', message = signInMessage(scope(), CHALLENGE)): SignInProof => {
  const { signer } = consortium.organisation('AuroraMSP')[role];
  return { challenge: CHALLENGE, identity: signer.serialized, signature: signer.sign(message) };
};
beforeAll(async () => {
  consortium = await createTestConsortium();
});

it.each(['client', 'admin'] as const)('lets a %s in', (role) => {
  expect(verify(proofOf(role))).toMatchObject({ mspId: 'AuroraMSP', role });
});

it('takes no node’s certificate', () => {
  expect(() => verify(proofOf('peer'))).toThrow(expect.objectContaining({ code: 'IDENTITY_WRONG_ROLE' }));
});

it.each<[string, () => Uint8Array]>([
  ['another challenge', () => signInMessage(scope(), 'cd'.repeat(32))],
  ['another console', () => signInMessage({ ...scope(), origin: 'http://127.0.0.1:7421' }, CHALLENGE)],
  ['another network', () => signInMessage({ ...scope(), network: 'other' }, CHALLENGE)],
  ['another channel', () => signInMessage({ ...scope(), channel: 'other' }, CHALLENGE)],
  ['something else', () => signing.request(new TextEncoder().encode(CHALLENGE))],
])('takes no signature for %s', (_what, message) => {
  expect(() => verify(proofOf('client', message()))).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
});

it('takes no certificate after its time, and none of strangers', async () => {
  expect(() => verify(proofOf('client'), new Date('2100-01-01T00:00:00Z'))).toThrow(expect.objectContaining({ code: 'IDENTITY_EXPIRED' }));
  const { signer } = (await createTestConsortium()).organisation('AuroraMSP').client;
  expect(() => verify({ challenge: CHALLENGE, identity: signer.serialized, signature: signer.sign(signInMessage(scope(), CHALLENGE)) })).toThrow(expect.objectContaining({ code: 'IDENTITY_UNTRUSTED' }));
});
