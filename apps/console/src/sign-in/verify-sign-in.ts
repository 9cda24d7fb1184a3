import { SelvedgeError } from '@selvedge/errors';
import type { Identity } from '@selvedge/identity';
import type { Profile } from '@selvedge/policy';
import { signing } from '@selvedge/protocol';

/** Who claims to be whom, and the signature that shows it. */
export interface SignInProof {
  /** Hexadecimal, as it was given out. */
  readonly challenge: string;
  /** SerializedIdentity bytes. */
  readonly identity: Uint8Array;
  /** Over signInMessage, ECDSA-SHA-256, DER, low-S. */
  readonly signature: Uint8Array;
}

/** What a challenge is for: a signature for another network or another console is none here. */
export interface SignInScope {
  readonly network: string;
  readonly channel: string;
  /** scheme://host:port of the console. */
  readonly origin: string;
}

/** The bytes that whoever signs in signs. */
export function signInMessage({ network, channel, origin }: SignInScope, challenge: string): Uint8Array {
  return signing.consoleSignIn(network, channel, origin, challenge);
}

/**
 * Checks that a person of an organisation of the network signed the challenge. Throws what MspRegistry.verifySignature throws,
 * and IDENTITY_WRONG_ROLE for a node's certificate: a stolen one of a peer opens no console.
 */
export function verifySignIn({ challenge, identity, signature }: SignInProof, scope: SignInScope, { msps }: Pick<Profile, 'msps'>, at: Date): Identity {
  const signedIn = msps.verifySignature({ identity, signature }, signInMessage(scope, challenge), { at });
  if (signedIn.role !== 'client' && signedIn.role !== 'admin') throw new SelvedgeError('IDENTITY_WRONG_ROLE', `identity of ${signedIn.mspId}: ${signedIn.role}, client or admin expected`, { role: 'console' });
  return signedIn;
}
