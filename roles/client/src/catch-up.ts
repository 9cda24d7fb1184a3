import { randomBytes } from 'node:crypto';
import { isSelvedgeError } from '@selvedge/errors';
import { LedgerViewStatementSchema, LIMITS, parseMessage } from '@selvedge/protocol';
import { businessNode } from './staging.js';
import { pause } from './repeat.js';
import type { Session } from './session.js';

const CALL_TIMEOUT_MS = 2_000;
const POLL_MS = 10;
const NONCE_BYTES = 16;

/**
 * The height that an owner of the written data has by now: state that was read before is no newer. undefined when no
 * owner tells. A hint, not verified: it only decides how long to wait before asking again.
 */
export async function ownerHeight(session: Session, txId: Uint8Array, owners: readonly string[]): Promise<bigint | undefined> {
  const asked = owners.length > 0 ? owners : session.ports.businessNodes().map(({ mspId }) => mspId);
  const answers = await Promise.allSettled(asked.map(async (mspId) => businessNode(session, mspId).commitStatus(txId, 0, { timeoutMs: CALL_TIMEOUT_MS })));
  const heights = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.height] : []));
  return heights.length === 0 ? undefined : heights.reduce((a, b) => (a > b ? a : b));
}

/** Waits until the followers of these organisations are as far as the owners of the written data are now, or the time is over. */
export async function awaitOrganisationsHeight(
  session: Session,
  txId: Uint8Array,
  wait: { readonly owners: readonly string[]; readonly organisations: readonly string[]; readonly timeoutMs: number },
): Promise<void> {
  const height = await ownerHeight(session, txId, wait.owners);
  if (height === undefined) return;
  const behind = session.ports.followers().filter(({ mspId }) => wait.organisations.includes(mspId));
  await Promise.all(behind.map(({ address }) => awaitHeight(session, address, height, wait.timeoutMs)));
}

/** Waits until the follower at an address has a height, or the time is over. Returns whether it has. */
export async function awaitHeight(session: Session, address: string, height: bigint, timeoutMs: number): Promise<boolean> {
  const follower = session.ports.followers().find((port) => port.address === address);
  if (follower === undefined) return false;
  const deadline = performance.now() + timeoutMs;
  const { view } = await session.trust.current();
  while (performance.now() < deadline) {
    try {
      const request = { nonce: new Uint8Array(randomBytes(NONCE_BYTES)), knownPolicyRoot: view.policyRoot };
      const { statement } = await follower.getLedgerView(request, AbortSignal.timeout(CALL_TIMEOUT_MS));
      if (parseMessage(LedgerViewStatementSchema, statement, LIMITS.maxFactBytes).height >= height) return true;
    } catch (error) {
      if (!isSelvedgeError(error)) throw error;
    }
    await pause(POLL_MS, session.closing);
  }
  return false;
}
