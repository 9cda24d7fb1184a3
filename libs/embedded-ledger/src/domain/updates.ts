import { SelvedgeError } from '@selvedge/errors';
import { endingBlock, keepsKeyPolicies, type FactReader } from '@selvedge/policy';
import { keyPolicyAfter, type ContractPolicy, type ContractSection, type Core, type WriteEntry } from '@selvedge/protocol';
import { contractRules } from './contract-rules.js';
import type { EndorsedContent } from './endorsed-content.js';
import type { HistoryUpdate, KeyPolicyUpdate, StateUpdates } from './verdict.js';

const WORLD_STATE = '';
const DELETED = new Uint8Array(0);

/**
 * What an endorsed transaction changes, item after item: the last write of a key stays; state.height is the number of its block. Throws CHAINCODE_UNSUPPORTED for an effect that this release does not carry out:
 * it must fail loudly, never be left out.
 */
export function endorsedUpdates({ cores }: EndorsedContent, state: FactReader & { readonly height: bigint }): StateUpdates {
  const sections = cores.flatMap((core) => core.sections);
  return {
    versions: sections.flatMap(({ contract, writes }) =>
      writes.filter((write) => write.effect.case !== 'keep').map((write) => {
        const { ownerSet, dataset, ledgerKey, datasetTag } = write;
        const endsWith = endingBlock(state.height, contractRules(state, contract).ownerSets.get(ownerSet)?.blockToLive ?? 0n);
        return { contract, ownerSet, dataset, ledgerKey, datasetTag, version: newVersion(write), endsWith };
      }),
    ),
    guards: cores.flatMap(({ txId, sections: ofItem }) =>
      ofItem.flatMap(({ contract, guardsWritten }) => guardsWritten.map((guard) => ({ contract, ownerSet: guard.ownerSet, dataset: guard.dataset, guardKey: guard.guardKey, txId }))),
    ),
    keyPolicies: sections.flatMap((section) => keyPolicyUpdates(section, contractRules(state, section.contract).policy)),
    history: cores.flatMap(historyUpdates),
    facts: [],
  };
}

function historyUpdates({ txId, timestampSeconds, timestampNanos, sections }: Core): HistoryUpdate[] {
  return sections.flatMap(({ contract, writes }) =>
    writes
      .filter(({ dataset, effect }) => dataset === WORLD_STATE && effect.case !== 'keep')
      .map(({ ownerSet, dataset, ledgerKey, effect }) => ({ contract, ownerSet, dataset, ledgerKey, txId, timestampSeconds, timestampNanos, packetHash: effect.case === 'packetHash' ? effect.value : DELETED })),
  );
}

function keyPolicyUpdates({ contract, writes }: ContractSection, policy: ContractPolicy): KeyPolicyUpdate[] {
  if (!keepsKeyPolicies(policy)) return [];
  return writes.flatMap((write) => {
    const policy = keyPolicyAfter(write);
    if (policy === 'kept') return [];
    const { ownerSet, dataset, ledgerKey } = write;
    return [{ contract, ownerSet, dataset, ledgerKey, policy: policy.length === 0 ? undefined : policy }];
  });
}

function newVersion(write: WriteEntry): Uint8Array | undefined {
  if (write.legacyKeyHash.length > 0) throw unsupported('a key of an existing collection');
  return write.effect.case === 'packetHash' ? write.effect.value : undefined;
}

function unsupported(what: string): SelvedgeError {
  return new SelvedgeError('CHAINCODE_UNSUPPORTED', `a write with ${what} is not supported yet`);
}
