import type { Appraise } from '@selvedge/attestation';
import { equalBytes, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { encodeMessage, LIMITS, NamesInUseSchema, parseMessage, SetDigestSchema, SetDigestStatementSchema, setGuardKey, type ContractSection, type Core, type PartitionedFunction, type RequestBody, type SetDigestStatement, type UnguardedSet } from '@selvedge/protocol';
import { FIRST_NAME_EPOCH } from '@selvedge/policy';
import { openPart } from '@selvedge/sealed-objects';
import { agreeCalledTerms, type CallContext } from './called-contracts.js';
import { namesInUse, type ContractTerms } from './contract-terms.js';
import { inheritReads, type InheritedContract, type PartSection } from './inherited-reads.js';
import { parsePart, parseSignedPart } from './parse-part.js';
import { verifyPartSignatures, verifyPartSigners } from './verify-part-signers.js';

/** What one map was called with, and what it gave. */
export interface MappedPart {
  readonly arguments: readonly string[];
  readonly result: string;
}

/** All parts of a request. */
export interface MappedParts {
  /** By index. */
  readonly parts: readonly MappedPart[];
  /** What their maps read, as if the request itself had: the invoked contract first. */
  readonly inherited: readonly InheritedContract[];
}

export interface OpenPartsContext extends CallContext {
  /** This node's clock, which may only make it refuse. */
  readonly now: Date;
  /** Of nodes' evidence. */
  readonly appraise: Appraise;
}

interface OpenedPart extends MappedPart {
  readonly sections: readonly PartSection[];
  readonly statements: readonly SetDigestStatement[];
  readonly unguarded: readonly UnguardedSet[];
}

/**
 * Opens what the client brings for a reduce, and believes nothing of it that compute nodes did not sign: each part is of this request
 * and made by enough compute nodes that count now, with the map and under the terms that the ledger names now; each is there once.
 * Throws PART_FOREIGN, PARTS_INCOMPLETE, PART_OUTDATED, PART_WRITES, STALE_READ, STALE_GUARD, FEATURE_UNSUPPORTED, CHAINCODE_LIMIT, and what
 * parseSignedPart, parsePart, verifyPartSignatures, verifyPartSigners, openPart and agreeCalledTerms throw.
 */
export function openParts(body: RequestBody, txId: Uint8Array, rule: PartitionedFunction, terms: ContractTerms, context: OpenPartsContext): MappedParts {
  const opened = body.parts.map((bytes, index) => openOne(bytes, index, { body, txId, rule, terms, context }));
  const unguarded = opened.flatMap((part) => part.unguarded);
  // Parts of one set, and replicas of one part, bring the same; endorsers verify each that is sent.
  const statements = [...new Map(opened.flatMap((part) => part.statements).map((signed) => [toHex(encodeMessage(SetDigestStatementSchema, signed)), signed])).values()];
  const inherited = inheritReads(opened.flatMap((part) => part.sections), statements, unguarded);
  verifyConfirmable(body, inherited);
  return { parts: opened, inherited };
}

interface Expected {
  readonly body: RequestBody;
  readonly txId: Uint8Array;
  readonly rule: PartitionedFunction;
  readonly terms: ContractTerms;
  readonly context: OpenPartsContext;
}

function openOne(bytes: Uint8Array, index: number, { body, txId, rule, terms, context }: Expected): OpenedPart {
  const { view, now, appraise } = context;
  const { channel, contract } = body;
  const signedPart = parseSignedPart(bytes);
  const certificates = verifyPartSignatures(signedPart, { facts: view, profile: view.profile, at: now });
  const { header, part: partBytes } = openPart(signedPart.sealedPart, { dataKey: (epoch) => terms.keys.epoch(epoch)?.dataKey, expected: { channel, contract, txId } });
  if (header.suite !== terms.policy.suite) throw foreign('suite');
  if (header.index !== index || header.count !== body.parts.length) throw new SelvedgeError('PARTS_INCOMPLETE', `part ${String(index + 1)} of ${String(body.parts.length)} is not the one that it stands for`);
  const { part, core } = parsePart(partBytes);
  if (!equalBytes(part.profileDigest, view.profile.digest)) throw outdated('the network profile');
  if (part.map !== rule.map) throw foreign('map');
  verifyCoreOfRequest(core, body, txId);
  const sections = core.sections.map((section, i) => {
    const own = i === 0 ? terms : agreeCalledTerms(body, terms.policy.suite, { channel, contract: section.contract, args: [] }, context);
    verifySameTerms(section, own);
    verifyPartSigners(certificates, signedPart.nodeEvidence, { profile: view.profile, policy: own.policy, at: now, appraise });
    return { terms: own, section };
  });
  return { arguments: part.arguments, result: part.result, sections, statements: statementsOfReads(signedPart.statements, core), unguarded: part.unguarded };
}

/** Those of sets that the part read: endorsers refuse whatever comes with a statement of another, which anybody can add. */
function statementsOfReads(statements: readonly SetDigestStatement[], { sections }: Core): SetDigestStatement[] {
  const guards = new Set(sections.flatMap(({ contract, guardsRead }) => guardsRead.map(({ guardKey }) => `${contract} ${toHex(guardKey)}`)));
  return statements.filter(({ statement }) => {
    try {
      const digest = parseMessage(SetDigestSchema, statement, LIMITS.maxHeaderBytes);
      return guards.has(`${digest.contract} ${toHex(setGuardKey(digest))}`);
    } catch {
      return false;
    }
  });
}

function verifyCoreOfRequest(core: Core, body: RequestBody, txId: Uint8Array): void {
  if (core.network !== body.network) throw foreign('network');
  if (core.channel !== body.channel) throw foreign('channel');
  if (!equalBytes(core.txId, txId)) throw foreign('request');
  // A contract sees one time in one transaction.
  const isSameTime = core.timestampSeconds === body.timestampSeconds && core.timestampNanos === body.timestampNanos;
  if (!isSameTime) throw foreign('time');
  if (core.sections[0]?.contract !== body.contract) throw foreign('contract');
}

/** What was read is checked under the terms of the core that inherits it. */
function verifySameTerms(section: ContractSection, { policy, keyEpoch, names }: ContractTerms): void {
  if (!equalBytes(section.codeHash, policy.codeHash)) throw outdated(`the code of contract ${policy.name}`);
  if (section.policyVersion !== policy.policyVersion) throw outdated(`the policy of contract ${policy.name}`);
  if (section.keyEpoch !== keyEpoch) throw outdated(`the key epoch of contract ${policy.name}`);
  const expected = names.newest === FIRST_NAME_EPOCH ? undefined : encodeMessage(NamesInUseSchema, namesInUse(names));
  const actual = section.names === undefined ? undefined : encodeMessage(NamesInUseSchema, section.names);
  const isSameNames = expected === undefined || actual === undefined ? expected === actual : equalBytes(expected, actual);
  if (!isSameNames) throw outdated(`the names of contract ${policy.name}`);
}

/** As of the reads of a confirmed query itself. */
function verifyConfirmable({ confirmQuorum }: RequestBody, inherited: readonly InheritedContract[]): void {
  if (confirmQuorum === 0) return;
  for (const { terms, reads } of inherited) {
    if (reads.keyPolicyReads.length > 0) throw new SelvedgeError('FEATURE_UNSUPPORTED', 'key-level endorsement policies in a confirmed query');
    if (reads.unguarded !== undefined) throw new SelvedgeError('FEATURE_UNSUPPORTED', `a confirmed query of dataset '${reads.unguarded}' of contract ${terms.policy.name}, which keeps no content guard`);
  }
}

function foreign(what: string): SelvedgeError {
  return new SelvedgeError('PART_FOREIGN', `a part is of another ${what}`);
}

function outdated(what: string): SelvedgeError {
  return new SelvedgeError('PART_OUTDATED', `${what} has changed since a part was made`);
}
