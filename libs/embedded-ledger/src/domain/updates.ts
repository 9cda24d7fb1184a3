import { SelvedgeError } from '@selvedge/errors';
import type { WriteEntry } from '@selvedge/protocol';
import type { EndorsedContent } from './endorsed-content.js';
import type { StateUpdates } from './verdict.js';

/**
 * What an endorsed transaction changes. Throws CHAINCODE_UNSUPPORTED for an effect that this release does not carry out:
 * it must fail loudly, never be left out.
 */
export function endorsedUpdates({ cores, txId }: EndorsedContent): StateUpdates {
  const sections = cores.flatMap((core) => core.sections);
  return {
    versions: sections.flatMap(({ contract, writes }) =>
      writes.map((write) => ({ contract, ownerSet: write.ownerSet, dataset: write.dataset, ledgerKey: write.ledgerKey, version: newVersion(write) })),
    ),
    guards: sections.flatMap(({ contract, guardsWritten }) =>
      guardsWritten.map((guard) => ({ contract, ownerSet: guard.ownerSet, dataset: guard.dataset, guardKey: guard.guardKey, txId })),
    ),
    facts: [],
  };
}

function newVersion(write: WriteEntry): Uint8Array | undefined {
  if (write.effect.case === 'keyPolicy') throw unsupported('a key-level endorsement policy');
  if (write.expiresAtHeight !== 0n) throw unsupported('an expiry height');
  if (write.ownerCopyHash.length > 0) throw unsupported('a copy for the owner');
  if (write.legacyKeyHash.length > 0) throw unsupported('a key of an existing collection');
  return write.effect.case === 'packetHash' ? write.effect.value : undefined;
}

function unsupported(what: string): SelvedgeError {
  return new SelvedgeError('CHAINCODE_UNSUPPORTED', `a write with ${what} is not supported yet`);
}
