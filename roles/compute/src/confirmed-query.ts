import { setTimeout as sleep } from 'node:timers/promises';
import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import type { Profile } from '@selvedge/policy';
import type { ReadsConfirmer, ServingNode } from '@selvedge/tee-node';
import type { TransactionContracts } from './domain/transaction-contracts.js';

/** Runs of one query, at most: an honest node catches up meanwhile, and another owner may serve. */
const MAX_RUNS = 5;
const FIRST_PAUSE_MS = 50;

/** A run of a query, as far as its reads are concerned. */
interface QueryRun {
  readonly contracts: Pick<TransactionContracts, 'queryReads'>;
  /** Throws what the run was refused with. */
  result(): unknown;
}

/** What organisations sign of a query's reads. */
export interface Confirmation {
  /** The lowest of theirs: all that was read stood there. */
  readonly height: bigint;
  readonly mspIds: readonly string[];
}

export interface ConfirmedQueryOptions<T extends QueryRun> {
  /** Runs the query on state that is read anew. @param avoid addresses of business nodes to ask last */
  readonly run: (avoid: ReadonlySet<string>) => Promise<T>;
  readonly confirmer: ReadsConfirmer;
  /** Organisations that must confirm; never fewer than the network's view quorum. */
  readonly quorum: number;
  readonly profile: Profile;
  readonly minHeight: bigint;
  /** Called for a node that served what it had been told, by a quorum, is replaced. */
  readonly onRolledBack?: ((node: ServingNode) => void) | undefined;
}

/**
 * Runs a query until all that it read stands at one moment, by the signatures of enough organisations under nonces of that moment
 * (DESIGN 7, fresh queries). What does not stand is read again, from another owner where there is one. Packet hashes and
 * values of guards never repeat, so a node that serves again what a quorum said is replaced is behind, whatever it says.
 * Throws STATE_ROLLED_BACK and names it; STALE_READ when what is read keeps changing; STATE_UNCONFIRMED, LIMIT_EXCEEDED, and
 * what the run was refused with.
 */
export async function runConfirmed<T extends QueryRun>({ run, confirmer, quorum, profile, minHeight, onRolledBack }: ConfirmedQueryOptions<T>): Promise<{ readonly run: T; readonly confirmation: Confirmation }> {
  const avoid = new Set<string>();
  let replaced = new Set<string>();
  let leastHeight = minHeight;
  let behind: { readonly node: ServingNode; readonly height: bigint } | undefined;
  for (let runs = 1; ; runs += 1) {
    const attempt = await run(avoid);
    const { keys, guards } = attempt.contracts.queryReads();
    const reads = [...keys, ...guards];
    const owners = [...new Set(reads.flatMap((read) => read.owners))];
    const verdict = await confirmer.confirm({ keys: keys.map(({ read }) => read), guards: guards.map(({ read }) => read) }, { count: quorum, owners, profile }, leastHeight);
    if (verdict.kind === 'standing') {
      if (!isChangedMeanwhile(attempt)) return { run: attempt, confirmation: verdict };
    } else {
      const stale = verdict.places.flatMap((place) => reads[place] ?? []);
      for (const { read, node } of stale) {
        if (node === undefined) continue;
        if (replaced.has(idOf(read, node))) {
          behind = { node, height: verdict.height };
          onRolledBack?.(node);
        }
        avoid.add(node.address);
      }
      replaced = new Set([...replaced, ...stale.flatMap(({ read, node }) => (node === undefined ? [] : [idOf(read, node)]))]);
      leastHeight = verdict.height > leastHeight ? verdict.height : leastHeight;
    }
    if (runs >= MAX_RUNS) throw behind === undefined ? new SelvedgeError('STALE_READ', 'what the query reads keeps changing') : rolledBack(behind);
    await sleep(FIRST_PAUSE_MS * 2 ** (runs - 1));
  }
}

/** Whether the run itself saw two versions of one thing. */
function isChangedMeanwhile(attempt: QueryRun): boolean {
  try {
    attempt.result();
    return false;
  } catch (error) {
    if (isSelvedgeError(error, 'STALE_READ') || isSelvedgeError(error, 'STALE_GUARD')) return true;
    throw error;
  }
}

/** One version of one thing, as one node served it. */
function idOf(read: { readonly contract: string; readonly dataset: string; readonly ledgerKey?: Uint8Array; readonly packetHash?: Uint8Array; readonly guardKey?: Uint8Array; readonly txId?: Uint8Array }, { address }: ServingNode): string {
  const { contract, dataset, ledgerKey, packetHash, guardKey, txId } = read;
  return JSON.stringify([address, contract, dataset, ...[ledgerKey, packetHash, guardKey, txId].map((bytes) => (bytes === undefined ? '' : toHex(bytes)))]);
}

function rolledBack({ node: { mspId, address }, height }: { readonly node: ServingNode; readonly height: bigint }): SelvedgeError {
  return new SelvedgeError('STATE_ROLLED_BACK', `${mspId} at ${address} serves what the ledger has replaced before height ${String(height)}`, { role: 'compute', details: { mspId, address, height: String(height) } });
}
