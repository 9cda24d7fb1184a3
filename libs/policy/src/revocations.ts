import { SelvedgeError } from '@selvedge/errors';
import { parseFactKey } from './fact-keys.js';
import { CHANNEL_EPOCH, facts, isEpochUsable, type FactList, type FactReader } from './facts.js';
import type { FactUpdate } from './policy-change.js';

/** A key epoch: of a contract's keys, or of the channel's (CHANNEL_EPOCH). */
export interface KeyEpoch {
  readonly contract: string;
  readonly epoch: bigint;
}

const PARTIES: ReadonlySet<string> = new Set(['revoked-node', 'revoked-platform', 'revoked-measurement']);

/** The newest epoch that is recorded; 0: none. Epochs follow each other without a gap. */
export function newestEpoch(reader: FactReader, contract: string): bigint {
  let epoch = 0n;
  while (reader.fact(facts.epoch(contract, epoch + 1n)) !== undefined) epoch += 1n;
  return epoch;
}

/** The newest epochs of all keys that a party of the channel may hold: the ledger does not tell what it was assigned before. */
export function newestEpochs(ledger: FactList): KeyEpoch[] {
  const prefix = facts.contract('');
  const contracts = ledger.keys(prefix).map((key) => key.slice(prefix.length));
  return [CHANNEL_EPOCH, ...contracts].map((contract) => ({ contract, epoch: newestEpoch(ledger, contract) })).filter(({ epoch }) => epoch > 0n);
}

/** Whether a change sets a revocation of a node, platform or measurement: judging it needs the list of all contracts. */
export function isPartyRevoked(changes: readonly FactUpdate[]): boolean {
  return changes.some(({ key, value }) => value !== undefined && PARTIES.has(parseFactKey(key).kind));
}

/** Facts that judging the revocation of a key epoch reads. */
export function factsOfRevokedEpoch({ contract, epoch }: KeyEpoch): string[] {
  const around = [epoch - 1n, epoch, epoch + 1n, epoch + 2n].filter((n) => n > 0n);
  return around.flatMap((n) => [facts.epoch(contract, n), facts.revokedEpoch(contract, n)]);
}

/**
 * Checks that what a revoked party holds, and a revoked epoch, is not what new data is encrypted under (DESIGN 8): in the
 * same change each of these keys gets a new epoch, or loses every epoch in use, which stops those keys until one is opened.
 * Throws POLICY_MALFORMED.
 * @param after the facts as they will be
 */
export function checkRevocations(changes: readonly FactUpdate[], before: FactList, after: FactReader): void {
  const fresh = changes.filter(({ key, value }) => value !== undefined && before.fact(key) === undefined);
  const exposed = isPartyRevoked(fresh) ? newestEpochs(before) : [];
  for (const { key } of fresh) {
    const parsed = parseFactKey(key);
    if (parsed.kind !== 'revoked-epoch') continue;
    if (after.fact(facts.epoch(parsed.contract, parsed.epoch)) === undefined) throw malformed(`${key}: this epoch is not recorded`);
    exposed.push({ contract: parsed.contract, epoch: parsed.epoch });
  }
  const open = exposed.find((keys) => !isEnded(after, keys));
  if (open !== undefined) throw malformed(`a revocation leaves epoch ${String(open.epoch)} of ${open.contract} the newest in use: open the next epoch in the same change`);
}

/** Whether a newer epoch is recorded, or neither this one nor the one before is in use. */
function isEnded(after: FactReader, { contract, epoch }: KeyEpoch): boolean {
  if (after.fact(facts.epoch(contract, epoch + 1n)) !== undefined) return true;
  return [epoch, epoch - 1n].every((n) => n === 0n || isEpochUsable(after, contract, n) !== 'usable');
}

function malformed(what: string): SelvedgeError {
  return new SelvedgeError('POLICY_MALFORMED', `policy change: ${what}`);
}
