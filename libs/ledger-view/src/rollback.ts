import { SelvedgeError } from '@selvedge/errors';
import type { PollResult } from './poll.js';

/**
 * Leaves out followers that went below a height that they stated before, and remembers the heights of the others.
 * @param heights highest statement by follower, updated in place
 */
export function excludeRolledBack(result: PollResult, heights: Map<string, bigint>): PollResult {
  const statements: PollResult['statements'][number][] = [];
  const refusals = [...result.refusals];
  for (const statement of result.statements) {
    const { mspId, address, height } = statement;
    const follower = `${mspId} ${address}`;
    const earlier = heights.get(follower) ?? 0n;
    if (height < earlier) {
      const message = `${mspId} at ${address} states height ${String(height)}, earlier ${String(earlier)}`;
      refusals.push({ mspId, address, error: new SelvedgeError('VIEW_ROLLED_BACK', message, { role: 'ledger', details: { mspId, address } }) });
      continue;
    }
    heights.set(follower, height);
    statements.push(statement);
  }
  return { statements, refusals };
}
