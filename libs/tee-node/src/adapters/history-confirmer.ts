import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { SelvedgeError } from '@selvedge/errors';
import { HistoryHeadRequestSchema } from '@selvedge/protocol';
import { askFollowers, type Heard } from './ask-followers.js';
import { agreedHead, verifyHistoryHead, type StatedHead } from '../domain/history-head.js';
import type { HistoryHeadPort, HistoryQuery, ReadScope } from '../ports.js';

/** Asks followers where a key's history ends. */
export interface HistoryConfirmer {
  /** The end that a quorum of organisations signs. Throws HISTORY_UNCONFIRMED with who said what. */
  confirm(scope: ReadScope, query: HistoryQuery): Promise<StatedHead>;
}

export interface HistoryConfirmerOptions {
  readonly followers: readonly HistoryHeadPort[];
  /** Of one follower's answer; default 2,000. */
  readonly timeoutMs?: number;
  /** Followers that are a block apart disagree for a moment: how often they are asked; default 5. */
  readonly maxAttempts?: number;
}

const NONCE_BYTES = 16;
const PAUSE_MS = 50;

/** Confirms histories by equal statements of a quorum of organisations, under a fresh nonce. */
export function createHistoryConfirmer({ followers, timeoutMs = 2_000, maxAttempts = 5 }: HistoryConfirmerOptions): HistoryConfirmer {
  const askAll = ({ contract, profile, minHeight }: ReadScope, { ownerSet, dataset, ledgerKey }: HistoryQuery): Promise<Heard<StatedHead>> =>
    askFollowers(followers, async (follower) => {
      const asked = create(HistoryHeadRequestSchema, { contract, ownerSet, dataset, ledgerKey, nonce: randomBytes(NONCE_BYTES) });
      return verifyHistoryHead(await follower.getHistoryHead(asked, timeoutMs), asked, { mspId: follower.mspId, profile, minHeight });
    });
  return {
    async confirm(scope, query) {
      for (let attempt = 1; ; attempt += 1) {
        const { statements: heads, failures } = await askAll(scope, query);
        const agreed = agreedHead(heads, query.owners, scope.profile);
        if (agreed !== undefined) return agreed;
        if (attempt >= maxAttempts) {
          const said = heads.map(({ mspId, count }) => `${mspId}: ${String(count)} versions`);
          throw new SelvedgeError('HISTORY_UNCONFIRMED', `no quorum of organisations agrees on the history of a key; ${[...said, ...failures].join('; ')}`);
        }
        await sleep(PAUSE_MS);
      }
    },
  };
}
