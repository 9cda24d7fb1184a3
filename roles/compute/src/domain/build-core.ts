import type { MessageInitShape } from '@bufbuild/protobuf';
import { compareBytes, sha256, toHex } from '@selvedge/crypto';
import { FIRST_NAME_EPOCH, keepsKeyPolicies } from '@selvedge/policy';
import {
  compareEntries,
  compareGuards,
  compareText,
  contentGuardKey,
  CoreSchema,
  encodeMessage,
  GuardKind,
  membershipGuardKey,
  PROTOCOL_VERSION,
  readSetDigest,
  StorageMode,
  type ContractPolicy,
  type ContractSectionSchema,
  type GuardWriteSchema,
  type WriteEntrySchema,
} from '@selvedge/protocol';
import { SelvedgeError } from '@selvedge/errors';
import { nameEpochField, sealEvent, sealPacket, type OwnerCopyRecipient } from '@selvedge/sealed-objects';
import type { ChaincodeEvent } from '../ports.js';
import type { AuthorisedRequest } from './authorise.js';
import { namesInUse, type ContractTerms } from './contract-terms.js';
import type { Recorded, RecordedRead, RecordedWrite } from './recorded-sets.js';

const NONE = new Uint8Array(0);

/** Digests of what was answered; 32 bytes. */
export interface AnswerDigests {
  readonly responseDigest: Uint8Array;
  /** Empty: no event. */
  readonly eventDigest: Uint8Array;
}

/** Digests of the core. */
export interface CoreDigests {
  /** Keyed with the transaction key; 32 bytes. */
  readonly requestDigest: Uint8Array;
  /** @param blankCore gives Core bytes without what depends on the answer */
  readonly answerDigests: (blankCore: () => Uint8Array) => AnswerDigests;
}

/** A core and what its hashes cover. */
export interface BuiltCore {
  /** Core bytes: equal at every node that ran the same request on the same state. */
  readonly core: Uint8Array;
  readonly packets: readonly Uint8Array[];
  readonly sealedEvents: readonly Uint8Array[];
  /** Keys of collections that are taken over, whose hashes it names: UTF-8, for endorsers alone. */
  readonly legacyKeys: readonly Uint8Array[];
  /** One of each write. */
  readonly changes: readonly StateChange[];
}

/** What a write leaves under a key, for whoever runs on it before it is committed. */
export interface StateChange {
  readonly contract: string;
  readonly dataset: string;
  readonly datasetTag: Uint8Array;
  readonly ledgerKey: Uint8Array;
  /** undefined: the key is gone, or only its policy was set. */
  readonly packet: Uint8Array | undefined;
  /** The key's own endorsement policy is another from then on. */
  readonly isPolicyChanged: boolean;
  /** Earlier versions of the key go with it. */
  readonly isPurge: boolean;
}

/** One contract's part of a transaction. */
export interface ContractPart {
  readonly terms: ContractTerms;
  readonly recorded: Recorded;
}

/**
 * Turns what a transaction read and wrote into a core and its packets. Depends on nothing but its arguments.
 * parts: the invoked contract first, then those that it called; their order does not matter.
 * Throws LIMIT_EXCEEDED or MALFORMED_MESSAGE for a value or key that cannot be sealed.
 */
export function buildCore(request: AuthorisedRequest, parts: readonly ContractPart[], event: ChaincodeEvent | undefined, { requestDigest, answerDigests }: CoreDigests): BuiltCore {
  const { policy, body, txId, isGated } = request;
  const { network, channel, timestampSeconds, timestampNanos } = body;
  const [invoked, ...called] = parts;
  const sorted = [...(invoked === undefined ? [] : [invoked]), ...called.sort((a, b) => compareText(a.terms.policy.name, b.terms.policy.name))];
  const built = sorted.map((part) => buildSection(request, part));
  // As on Fabric, the events of called contracts are not the transaction's.
  const sealedEvent = event === undefined ? undefined : sealOwnEvent(request, event);
  const sections = built.map(({ section }, i) => (i === 0 && sealedEvent !== undefined ? { ...section, sealedEventHash: sealedEvent.hash } : section));
  const common = { version: PROTOCOL_VERSION, suite: policy.suite, network, channel, txId, requestDigest, gated: isGated, timestampSeconds, timestampNanos };
  const digests = answerDigests(() => encodeMessage(CoreSchema, { ...common, sections: built.map(({ section }) => section) }));
  return {
    core: encodeMessage(CoreSchema, { ...common, ...digests, sections }),
    packets: built.flatMap(({ packets }) => packets),
    sealedEvents: sealedEvent === undefined ? [] : [sealedEvent.bytes],
    legacyKeys: legacyKeysOf(sorted),
    changes: built.flatMap(({ changes }) => changes),
  };
}

function buildSection(request: AuthorisedRequest, { terms, recorded }: ContractPart): { section: MessageInitShape<typeof ContractSectionSchema>; packets: readonly Uint8Array[]; changes: readonly StateChange[] } {
  const { policy, keyEpoch, names } = terms;
  const reads = [...recorded.reads].sort(compareEntries);
  const readDigest = readSetDigest(reads);
  const writes = [...recorded.writes].sort(compareEntries);
  const sealed = writes.map((write) => sealWrite(request, terms, write, readDigest));
  return {
    section: {
      contract: policy.name,
      codeHash: policy.codeHash,
      policyVersion: policy.policyVersion,
      keyEpoch,
      reads: reads.map(({ ownerSet, dataset, ledgerKey, packetHash, legacyKeyHash = NONE, legacyValueHash = NONE }) => ({ ownerSet, dataset, ledgerKey, packetHash, legacyKeyHash, legacyValueHash })),
      writes: sealed.map(({ entry }) => entry),
      keyPolicyReads: [...recorded.keyPolicyReads].sort(compareEntries),
      guardsRead: [...recorded.guards].sort(compareGuards),
      guardsWritten: guardsOf(policy.name, recorded.writes, reads),
      ...(names.newest === FIRST_NAME_EPOCH ? {} : { names: namesInUse(names) }),
    },
    packets: sealed.flatMap(({ packet }) => packet ?? []),
    changes: writes.map((write, i) => changeOf(policy, write, sealed[i]?.packet)),
  };
}

/** In order of their bytes, each once. */
function legacyKeysOf(parts: readonly ContractPart[]): Uint8Array[] {
  const keys = parts.flatMap(({ recorded }) => [...recorded.reads.flatMap(({ legacyKey }) => legacyKey ?? []), ...recorded.writes.flatMap(({ key, isFirst }) => (isFirst === true ? key : []))]);
  return [...new Set(keys)].map((key) => Buffer.from(key)).sort(compareBytes);
}

function sealWrite({ body, txId }: AuthorisedRequest, terms: ContractTerms, write: RecordedWrite, readDigest: Uint8Array): { entry: MessageInitShape<typeof WriteEntrySchema>; packet?: Uint8Array } {
  const { policy, keyEpoch, epochKeys, names } = terms;
  const { ownerSet, dataset, datasetTag, ledgerKey, key, effect, keyPolicy, isReEncryption: reEncrypted = false, nameEpoch = names.current, isFirst = false } = write;
  const place = { ownerSet, dataset, datasetTag, ledgerKey, ...(keyPolicy === undefined ? {} : { keyPolicy }), ...(isFirst ? { legacyKeyHash: sha256(Buffer.from(key)) } : {}) };
  if (effect.kind !== 'put') return { entry: { ...place, effect: { case: effect.kind, value: true } } };
  const { bytes, hash } = sealPacket({
    suite: policy.suite,
    dataKey: epochKeys.dataKey,
    header: { keyEpoch, channel: body.channel, contract: policy.name, dataset, datasetTag, ledgerKey, txId, readSetDigest: readDigest, reEncrypted, nameKeyEpoch: nameEpochField(nameEpoch) },
    key,
    value: effect.value,
    recipients: recipientsOf(terms, ownerSet, dataset),
  });
  return { entry: { ...place, effect: { case: 'packetHash', value: hash } }, packet: bytes };
}

/** Owners that keep the dataset in plaintext, by the ledger alone; none of a dataset that is kept in packets. Throws OWNER_KEY_UNKNOWN. */
function recipientsOf({ policy, ownerKey }: ContractTerms, ownerSet: string, name: string): OwnerCopyRecipient[] {
  if (policy.datasets.find((dataset) => dataset.name === name)?.mode !== StorageMode.PLAINTEXT) return [];
  const owners = policy.ownerSets.find((set) => set.name === ownerSet)?.owners ?? [];
  return owners.map((mspId) => {
    const publicKey = ownerKey(mspId);
    if (publicKey === undefined) throw new SelvedgeError('OWNER_KEY_UNKNOWN', `${mspId} keeps a dataset in plaintext and has recorded no key of suite ${policy.suite}`);
    return { mspId, publicKey };
  });
}

function changeOf(policy: ContractPolicy, { dataset, datasetTag, ledgerKey, effect, keyPolicy }: RecordedWrite, packet: Uint8Array | undefined): StateChange {
  // A key that is removed loses its policy.
  const isRemoval = effect.kind === 'delete' || effect.kind === 'purge';
  return { contract: policy.name, dataset, datasetTag, ledgerKey, packet, isPolicyChanged: keyPolicy !== undefined || (isRemoval && keepsKeyPolicies(policy)), isPurge: effect.kind === 'purge' };
}

function sealOwnEvent({ policy, body, txId, epochKeys }: AuthorisedRequest, event: ChaincodeEvent): { bytes: Uint8Array; hash: Uint8Array } {
  const { channel, contract, keyEpoch } = body;
  return sealEvent({ suite: policy.suite, eventKey: epochKeys.eventKey, header: { keyEpoch, channel, contract, txId }, name: event.name, payload: event.payload });
}

interface GuardInit {
  readonly ownerSet: string;
  readonly dataset: string;
  readonly guardKey: Uint8Array;
  readonly kind: GuardKind;
}

/**
 * Guards that the writes change (DESIGN 5): membership for a delete and for a put whose key the read set does not show
 * as present; content, where the dataset keeps it, for each write. Where entries end by themselves guards do so too on
 * Fabric, and each write carries the membership guard: it must live as long as the youngest entry.
 */
function guardsOf(contract: string, writes: readonly RecordedWrite[], reads: readonly RecordedRead[]): MessageInitShape<typeof GuardWriteSchema>[] {
  const present = new Set(reads.filter((read) => read.packetHash.length > 0).map((read) => `${read.dataset} ${toHex(read.ledgerKey)}`));
  const guards = new Map<string, GuardInit>();
  const add = (guard: GuardInit): void => {
    guards.set(`${guard.dataset} ${toHex(guard.guardKey)}`, guard);
  };
  for (const { ownerSet, dataset, datasetTag, ledgerKey, contentGuard, isEnding, effect } of writes) {
    // A policy of a key's own changes neither which keys there are nor what they hold.
    if (effect.kind === 'keep') continue;
    const isUpdate = !isEnding && effect.kind === 'put' && present.has(`${dataset} ${toHex(ledgerKey)}`);
    if (!isUpdate) add({ ownerSet, dataset, guardKey: membershipGuardKey(datasetTag), kind: GuardKind.MEMBERSHIP });
    if (contentGuard) add({ ownerSet, dataset, guardKey: contentGuardKey(contract, dataset), kind: GuardKind.CONTENT });
  }
  return [...guards.values()].sort(compareGuards);
}
