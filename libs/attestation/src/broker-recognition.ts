import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { facts, type FactReader } from '@selvedge/policy';
import { BrokerRootSchema, LIMITS, parseMessage, type BrokerRoot } from '@selvedge/protocol';

/** The broker that the organisations recorded; undefined before they did. Throws MALFORMED_MESSAGE. */
export function recordedBrokerRoot(ledger: FactReader): BrokerRoot | undefined {
  const fact = ledger.fact(facts.brokerRoot);
  return fact === undefined ? undefined : parseMessage(BrokerRootSchema, fact, LIMITS.maxFactBytes);
}

/** Throws BROKER_NOT_RECOGNISED unless this root (DER) is the one that the organisations recorded on the ledger. */
export function verifyBrokerRecognised(ledger: FactReader, rootCertificateDer: Uint8Array): void {
  const recorded = recordedBrokerRoot(ledger);
  if (recorded === undefined) throw new SelvedgeError('BROKER_NOT_RECOGNISED', 'no key broker is recorded on the ledger yet');
  if (!equalBytes(recorded.rootCertificate, rootCertificateDer)) throw new SelvedgeError('BROKER_NOT_RECOGNISED', 'the ledger records another key broker');
}
