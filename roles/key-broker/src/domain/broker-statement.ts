import { recordedBrokerRoot, type AuditAnchor } from '@selvedge/attestation';
import { equalBytes } from '@selvedge/crypto';
import { CHANNEL_EPOCH, facts, type FactReader } from '@selvedge/policy';
import { BrokerStatementSchema, encodeMessage } from '@selvedge/protocol';
import type { BrokerState } from '../ports.js';
import { listedEpochs, usableChannelEpochs } from './epochs.js';
import type { KeyRing } from './key-derivation.js';
import type { LedgerFacts } from './release-decision.js';

/** Whether the ledger records this broker's root. */
export function isRecognised(ledger: FactReader, rootCertificate: Uint8Array): boolean {
  const recorded = recordedBrokerRoot(ledger);
  return recorded !== undefined && equalBytes(recorded.rootCertificate, rootCertificate);
}

/**
 * The channel epochs whose envelope keys the broker proves: those in use when the ledger records this broker; before
 * that, the one that the organisations would record.
 */
export function provenChannelEpochs(ledger: LedgerFacts | undefined, rootCertificate: Uint8Array): bigint[] {
  if (ledger === undefined) return [1n];
  const listed = listedEpochs(ledger, CHANNEL_EPOCH);
  if (isRecognised(ledger, rootCertificate) && listed.length > 0) return usableChannelEpochs(ledger);
  return [(listed.at(-1) ?? 0n) + 1n];
}

export interface StatementInput {
  readonly state: BrokerState;
  readonly ring: KeyRing;
  readonly suites: readonly string[];
  /** undefined: no view of the ledger yet. */
  readonly ledger: LedgerFacts | undefined;
  /** Where the audit log ends. */
  readonly audit: AuditAnchor;
}

/** BrokerStatement bytes (DESIGN 9): the root, the envelope keys of every allowed suite, the epoch of every contract, and the envelope keys that would be next. */
export function createBrokerStatement({ state, ring, suites, ledger, audit }: StatementInput): Uint8Array {
  const epochs = provenChannelEpochs(ledger, state.rootCertificate);
  const next = ledger === undefined ? 1n : (listedEpochs(ledger, CHANNEL_EPOCH).at(-1) ?? 0n) + 1n;
  const publicKeys = (epoch: bigint) => suites.map((suite) => ({ suite, epoch, publicKey: ring.envelopeKey(suite, epoch).publicKey }));
  return encodeMessage(BrokerStatementSchema, {
    network: state.network,
    channel: state.channel,
    rootCertificate: state.rootCertificate,
    envelopeKeys: epochs.flatMap(publicKeys),
    contracts: ledger === undefined ? [] : contractEpochs(ledger),
    nextEnvelopeKeys: publicKeys(next),
    auditEntries: BigInt(audit.count),
    auditHash: audit.hash,
  });
}

function contractEpochs(ledger: LedgerFacts): { contract: string; epoch: bigint }[] {
  const prefix = facts.contract('');
  return ledger
    .keys(prefix)
    .map((key) => key.slice(prefix.length))
    .flatMap((contract) => listedEpochs(ledger, contract).slice(-1).map((epoch) => ({ contract, epoch })));
}
