import { create } from '@bufbuild/protobuf';
import { sha256, toHex } from '@selvedge/crypto';
import { setGuardKey } from './digests.js';
import { SetDigestSchema } from './gen/selvedge/v1/state_pb.js';
import { AttachmentsSchema, TargetDataSchema, type Core, type TargetData } from './gen/selvedge/v1/target_data_pb.js';
import { createItemMask, keptItems } from './item-mask.js';
import { LIMITS } from './limits.js';
import { parseMessage } from './parse.js';

/**
 * Drops items of a batch: the mask names them, and what belongs to them alone goes with them. The cores stay, since the TEE
 * has signed all of them.
 * @param cores of all items
 */
export function maskItems(targetData: TargetData, cores: readonly Core[], dropped: ReadonlySet<number>): TargetData {
  const itemMask = createItemMask(dropped);
  const sections = keptItems(cores, itemMask).flatMap((core) => core.sections);
  const hashes = new Set(sections.flatMap(({ writes, sealedEventHash }) => [toHex(sealedEventHash), ...writes.map(({ effect }) => (effect.case === 'packetHash' ? toHex(effect.value) : ''))]));
  const guards = new Set(sections.flatMap(({ contract, guardsRead }) => guardsRead.map(({ ownerSet, dataset, guardKey }) => guardText(contract, ownerSet, dataset, guardKey))));
  const isKept = (bytes: Uint8Array): boolean => hashes.has(toHex(sha256(bytes)));
  const { packets, sealedEvents, statements, ...others } = targetData.attachments ?? create(AttachmentsSchema);
  return create(TargetDataSchema, {
    cores: targetData.cores,
    itemMask,
    attachments: {
      ...others,
      packets: packets.filter(isKept),
      sealedEvents: sealedEvents.filter(isKept),
      statements: statements.filter(({ statement }) => {
        const digest = parseMessage(SetDigestSchema, statement, LIMITS.maxFactBytes);
        return guards.has(guardText(digest.contract, digest.ownerSet, digest.dataset, setGuardKey(digest)));
      }),
    },
  });
}

function guardText(contract: string, ownerSet: string, dataset: string, guardKey: Uint8Array): string {
  return JSON.stringify([contract, ownerSet, dataset, toHex(guardKey)]);
}
