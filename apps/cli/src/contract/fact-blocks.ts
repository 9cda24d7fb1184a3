import { randomBytes } from 'node:crypto';
import { createGrpcNetwork, type ConnectionProfile } from '@selvedge/client';

const NONCE_BYTES = 16;
const TIMEOUT_MS = 3_000;

/**
 * Numbers of the blocks that set the facts' present values, by key, as most of the network's followers tell them. For
 * people to see: no quorum signs them. Empty when nobody answers.
 */
export async function readFactBlocks(connectionProfile: ConnectionProfile): Promise<ReadonlyMap<string, bigint>> {
  const ports = createGrpcNetwork(connectionProfile);
  try {
    const answers = await Promise.all(
      ports.followers().map(async (follower) => {
        const request = { nonce: new Uint8Array(randomBytes(NONCE_BYTES)), knownPolicyRoot: new Uint8Array(0) };
        const answer = await follower.getLedgerView(request, AbortSignal.timeout(TIMEOUT_MS)).catch(() => undefined);
        return answer?.facts.flatMap(({ key, recordedIn }) => (recordedIn === 0n ? [] : [{ key, recordedIn }])) ?? [];
      }),
    );
    return mostTold(answers.flat());
  } finally {
    ports.close();
  }
}

/** The block that most tell, by key; the lower one of two that as many tell. */
export function mostTold(told: readonly { readonly key: string; readonly recordedIn: bigint }[]): ReadonlyMap<string, bigint> {
  const counts = new Map<string, Map<bigint, number>>();
  for (const { key, recordedIn } of told) {
    const ofKey = counts.get(key) ?? new Map<bigint, number>();
    counts.set(key, ofKey.set(recordedIn, (ofKey.get(recordedIn) ?? 0) + 1));
  }
  const best = (ofKey: ReadonlyMap<bigint, number>): bigint => [...ofKey].sort(([blockA, a], [blockB, b]) => b - a || Number(blockA - blockB))[0]?.[0] ?? 0n;
  return new Map([...counts].map(([key, ofKey]) => [key, best(ofKey)]));
}
