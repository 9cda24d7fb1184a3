import { equalBytes, toHex } from '@selvedge/crypto';
import { encodeMessage, ContractSectionSchema, type ContractSection, type Core } from '@selvedge/protocol';

/** Where two executions of the same requests differ. */
export interface CoreDifference {
  /** For people; names of datasets and contracts at most. */
  readonly differs: string;
  /** Whether it lies in what the ledger and business nodes told the nodes, and not in what they made of it. */
  readonly isOfState: boolean;
}

/** The first difference between the cores of two nodes that ran the same requests, which are not the same. */
export function differenceOf(a: readonly Core[], b: readonly Core[]): CoreDifference {
  if (a.length !== b.length) return { differs: `cores of ${String(a.length)} and ${String(b.length)} items`, isOfState: false };
  for (const [i, core] of a.entries()) {
    const other = b[i];
    const found = other === undefined ? undefined : differenceOfCore(core, other);
    if (found !== undefined) return found;
  }
  return own('the core');
}

function differenceOfCore(a: Core, b: Core): CoreDifference | undefined {
  for (const section of a.sections) {
    const other = b.sections.find(({ contract }) => contract === section.contract);
    if (other !== undefined && isOtherState(section, other)) return { differs: `the state that ${section.contract} read`, isOfState: true };
  }
  if (contractsOf(a) !== contractsOf(b)) return own(`the contracts called: ${contractsOf(a)} or ${contractsOf(b)}`);
  for (const [i, section] of a.sections.entries()) {
    const other = b.sections[i];
    const found = other === undefined ? undefined : differenceOfSection(section, other);
    if (found !== undefined) return found;
  }
  if (!equalBytes(a.eventDigest, b.eventDigest)) return own('the event');
  if (!equalBytes(a.responseDigest, b.responseDigest)) return own('the result');
  return undefined;
}

const own = (differs: string): CoreDifference => ({ differs, isOfState: false });

const contractsOf = (core: Core): string => core.sections.map(({ contract }) => contract).join(', ');

/** Whether the two saw another version of the contract, its names, a key, a set or a policy. */
function isOtherState(a: ContractSection, b: ContractSection): boolean {
  const terms = ({ codeHash, policyVersion, keyEpoch, names }: ContractSection): Uint8Array => encodeMessage(ContractSectionSchema, { codeHash, policyVersion, keyEpoch, ...(names === undefined ? {} : { names }) });
  if (!equalBytes(terms(a), terms(b))) return true;
  const seen = seenBy(a);
  return [...seenBy(b)].some(([what, version]) => (seen.get(what) ?? version) !== version);
}

/** Versions of all that a section rests on, by what they are of. */
function seenBy({ reads, writes, guardsRead, keyPolicyReads }: ContractSection): ReadonlyMap<string, string> {
  // A write that removes a legacy entry met no packet, though it reads none; a purge removes it whatever it met.
  const first = writes.filter(({ legacyKeyHash, effect }) => legacyKeyHash.length > 0 && effect.case !== 'purge');
  return new Map([
    ...first.map(({ ownerSet, dataset, ledgerKey }): [string, string] => [JSON.stringify(['key', ownerSet, dataset, toHex(ledgerKey)]), '']),
    ...reads.map(({ ownerSet, dataset, ledgerKey, packetHash }): [string, string] => [JSON.stringify(['key', ownerSet, dataset, toHex(ledgerKey)]), toHex(packetHash)]),
    ...reads.map(({ ownerSet, dataset, ledgerKey, legacyKeyHash, legacyValueHash }): [string, string] => [JSON.stringify(['legacy', ownerSet, dataset, toHex(ledgerKey)]), [legacyKeyHash, legacyValueHash].map(toHex).join()]),
    ...guardsRead.map(({ ownerSet, dataset, guardKey, txId }): [string, string] => [JSON.stringify(['set', ownerSet, dataset, toHex(guardKey)]), toHex(txId)]),
    ...keyPolicyReads.map(({ ownerSet, dataset, ledgerKey, policy }): [string, string] => [JSON.stringify(['policy', ownerSet, dataset, toHex(ledgerKey)]), toHex(policy)]),
  ]);
}

function differenceOfSection(a: ContractSection, b: ContractSection): CoreDifference | undefined {
  const read = ({ reads, guardsRead, keyPolicyReads }: ContractSection): Uint8Array => encodeMessage(ContractSectionSchema, { reads, guardsRead, keyPolicyReads });
  if (!equalBytes(read(a), read(b))) return own(`what ${a.contract} reads`);
  const written = ({ writes, guardsWritten }: ContractSection): Uint8Array => encodeMessage(ContractSectionSchema, { writes, guardsWritten });
  if (!equalBytes(written(a), written(b))) return own(`what ${a.contract} writes`);
  if (!equalBytes(a.sealedEventHash, b.sealedEventHash)) return own('the event');
  return undefined;
}
