import { randomBytes } from 'node:crypto';
import { isAuditHeadSigned, parseBrokerRoot, recordedBrokerRoot, verifyBrokerRecognised, verifyEnvelopeEvidence, verifyKeyCommitments, verifyNameKeyCommitment, verifyRootBirth, type AuditHead } from '@selvedge/attestation';
import { equalBytes } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { FIRST_KEY_EPOCH, type FactReader, type Profile } from '@selvedge/policy';
import { BrokerRootSchema, encodeMessage, KeyBroker, SignedKeyCommitmentsSchema, SignedNameKeyCommitmentSchema, type BrokerStatement, type EnvelopeEvidence } from '@selvedge/protocol';
import { connectRpc, createFailover, type RpcClient } from '@selvedge/rpc';
import { loadTls } from './adapters/tls-files.js';
import { keyBrokerAddresses, type ConnectionProfile } from './domain/connection-profile.js';

const NONCE_BYTES = 32;
const TIMEOUT_MS = 10_000;

type BrokerClient = RpcClient<typeof KeyBroker>;

/** A key broker, and by what it is recognised. */
export interface BrokerToAsk {
  readonly connectionProfile: ConnectionProfile;
  readonly profile: Profile;
  readonly now: Date;
  /** Once there is one: a broker that it revokes is not believed. */
  readonly ledger?: FactReader;
}

/** What a broker states of itself, once it has proved itself under a fresh nonce. Throws what verifyEnvelopeEvidence throws. */
export async function fetchBrokerStatement(input: BrokerToAsk): Promise<BrokerStatement> {
  return askBrokers(input.connectionProfile, async (broker) => (await proofOf(broker, input)).statement);
}

async function proofOf(broker: BrokerClient, { profile, now, ledger }: Pick<BrokerToAsk, 'profile' | 'now' | 'ledger'>): Promise<{ readonly answer: EnvelopeEvidence; readonly statement: BrokerStatement }> {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  const answer = await broker.getEnvelopeEvidence({ nonce }, { timeoutMs: TIMEOUT_MS });
  return { answer, statement: verifyEnvelopeEvidence({ answer, nonce, profile, at: now, ledger }) };
}

/** One replica of the key broker after the other, until one serves. */
async function askBrokers<T>(connectionProfile: ConnectionProfile, ask: (broker: BrokerClient) => Promise<T>): Promise<T> {
  const tls = loadTls(connectionProfile);
  return createFailover()(keyBrokerAddresses(connectionProfile), async (address) => {
    const connection = connectRpc(address, { tls });
    try {
      return await ask(connection.client(KeyBroker));
    } finally {
      connection.close();
    }
  });
}

/**
 * What administrators check before they record a key broker (DESIGN 3, bootstrap): it proves itself under a fresh nonce,
 * and its root was made by a key broker that the profile admits. Resolves with BrokerRoot bytes: its root and the envelope
 * keys of the first epoch. Throws what verifyEnvelopeEvidence throws, BROKER_ROOT_UNPROVEN.
 */
export async function fetchBrokerRoot(input: BrokerToAsk): Promise<Uint8Array> {
  const statement = await askBrokers(input.connectionProfile, async (broker) => {
    const proof = await proofOf(broker, input);
    verifyRootBirth({ birth: proof.answer.rootBirth, rootCertificate: proof.statement.rootCertificate, profile: input.profile, at: input.now });
    return proof.statement;
  });
  const envelopeKeys = statement.envelopeKeys.filter(({ epoch }) => epoch === FIRST_KEY_EPOCH).map(({ suite, epoch, publicKey }) => ({ suite, epoch, publicKey }));
  return encodeMessage(BrokerRootSchema, { rootCertificate: statement.rootCertificate, envelopeKeys });
}

/** Where a broker's audit log ended, with the root that signed it. */
export interface KeptAuditHead extends AuditHead {
  /** DER. */
  readonly rootCertificate: Uint8Array;
}

/**
 * The head of the audit log of a broker that the ledger records, no older than its evidence under a fresh nonce; each
 * replica has a log of its own. Throws what verifyEnvelopeEvidence throws, BROKER_NOT_RECOGNISED, AUDIT_LOG_BROKEN for a
 * head that it did not sign or that is older.
 */
export async function fetchAuditHead(input: BrokerToAsk & { readonly ledger: FactReader }): Promise<KeptAuditHead> {
  return askBrokers(input.connectionProfile, async (broker) => {
    const { rootCertificate, auditEntries, auditHash } = (await proofOf(broker, input)).statement;
    verifyBrokerRecognised(input.ledger, rootCertificate);
    const { count, hash, signature } = await broker.getAuditHead({}, { timeoutMs: TIMEOUT_MS });
    const head = { count: Number(count), hash, signature };
    const isCurrent = count > 0n && (count > auditEntries || (count === auditEntries && equalBytes(hash, auditHash)));
    if (!isCurrent || !isAuditHeadSigned(head, parseBrokerRoot(rootCertificate).publicKey)) {
      throw new SelvedgeError('AUDIT_LOG_BROKEN', 'the head of the audit log is not signed by this key broker, or is an older one', { role: 'client' });
    }
    return { ...head, rootCertificate };
  });
}

/**
 * Commitments to a contract's keys of an epoch, the first one where none is named, signed by the broker that the ledger records: SignedKeyCommitments bytes.
 * Throws BROKER_NOT_RECOGNISED before one is recorded, and what verifyKeyCommitments throws.
 */
export async function fetchKeyCommitments(input: CommitmentToFetch & { readonly epoch?: bigint }): Promise<Uint8Array> {
  const { contract, suite, epoch = FIRST_KEY_EPOCH } = input;
  return askRecordedBroker(input, async (broker, rootCertificate) => {
    const signed = encodeMessage(SignedKeyCommitmentsSchema, await broker.getKeyCommitments({ contract, suite, epoch }, { timeoutMs: TIMEOUT_MS }));
    verifyKeyCommitments(signed, rootCertificate, { contract, epoch });
    return signed;
  });
}

/** Commitment to an epoch of a contract's name key, likewise: SignedNameKeyCommitment bytes. Throws BROKER_NOT_RECOGNISED and what verifyNameKeyCommitment throws. */
export async function fetchNameKeyCommitment(input: CommitmentToFetch & { readonly epoch: bigint }): Promise<Uint8Array> {
  const { contract, suite, epoch } = input;
  return askRecordedBroker(input, async (broker, rootCertificate) => {
    const signed = encodeMessage(SignedNameKeyCommitmentSchema, await broker.getNameKeyCommitment({ contract, suite, epoch }, { timeoutMs: TIMEOUT_MS }));
    verifyNameKeyCommitment(signed, rootCertificate, { contract, epoch });
    return signed;
  });
}

interface CommitmentToFetch {
  readonly connectionProfile: ConnectionProfile;
  readonly ledger: FactReader;
  readonly contract: string;
  readonly suite: string;
}

function askRecordedBroker<T>({ connectionProfile, ledger }: CommitmentToFetch, ask: (broker: BrokerClient, rootCertificate: Uint8Array) => Promise<T>): Promise<T> {
  const root = recordedBrokerRoot(ledger);
  if (root === undefined) throw new SelvedgeError('BROKER_NOT_RECOGNISED', 'no key broker is recorded on the ledger yet', { role: 'client' });
  return askBrokers(connectionProfile, (broker) => ask(broker, root.rootCertificate));
}
