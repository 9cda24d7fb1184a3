import { SelvedgeError } from '@selvedge/errors';
import { facts, namesAfter, parseContractPolicy, readContractNames, encodeContractNames, type ContractNames, type FactReader, type FactUpdate, type NameStep } from '@selvedge/policy';
import { encodeMessage, LIMITS, MigrateNamesSchema, NamesAskedSchema, RequestKind, type StoredNames as StoredNamesMessage } from '@selvedge/protocol';
import { fetchNameKeyCommitment, type BrokerToAsk } from './administration.js';
import { describeStoredNames, isOfStep, parseStoredNames, type StoredNames } from './domain/stored-names.js';
import { createListedWork, type WorkOptions, type WorkProgress } from './listed-work.js';
import { pause } from './repeat.js';
import type { TransactionSession } from './session.js';

export { isOfStep, isPhaseDone, type NamedDataset, type StoredNames } from './domain/stored-names.js';

export interface MigrationOptions extends WorkOptions {
  /** Entries that end by themselves (blockToLive) begin their life anew: without this, a migration stops at them. */
  readonly prolong?: boolean;
  /** What the ledger records, as the caller knows it: nodes that have not seen it yet are asked again. */
  readonly recorded: Pick<ContractNames, 'phase' | 'current' | 'other'>;
  /** Rest before entries are deleted, so that no node answers from a ledger view of before the switch. Default 5,000. */
  readonly settleMs?: number;
}

/** The names of a contract's entries on the ledger, all derived under its name key. */
export interface ContractNameKeys {
  /** Counts the ledger's current state, as a quorum of organisations confirms it. Throws RE_ENCRYPTION_DENIED, SET_DIGEST_UNCONFIRMED, STALE_GUARD while it changes too fast. */
  count(options?: Pick<WorkOptions, 'signal'>): Promise<StoredNames>;
  /**
   * Does what the migration's phase asks for: copies entries to the other names, or clears them there. It goes on from wherever
   * an earlier one ended. Resolves with its work and the count after it; nothing is done while no migration is under way.
   * Throws as count and as a submit does, VIEW_BEHIND while nodes have not seen the step, and INVALID_CONFIGURATION.
   */
  migrate(options: MigrationOptions): Promise<WorkProgress & { readonly after: StoredNames }>;
}

const SETTLE_MS = 5_000;
/** Compute nodes see a step with one of their next looks at the ledger. */
const SEEN_TRIES = 100;
const SEEN_PAUSE_MS = 200;

/** The names of a contract of this session's channel. */
export function createContractNameKeys(session: TransactionSession, contract: string): ContractNameKeys {
  const work = createListedWork(session, contract);

  const list = async (asked: { readonly confirm: boolean; readonly maxKeys: number }, signal: AbortSignal): Promise<StoredNamesMessage> =>
    parseStoredNames(await work.ask(RequestKind.LIST_NAMES, encodeMessage(NamesAskedSchema, asked), signal));

  const count = (signal: AbortSignal): Promise<StoredNames> => work.retrying(async () => describeStoredNames(await list({ confirm: true, maxKeys: 0 }, signal)), signal);

  return {
    count: ({ signal } = {}) => count(work.signalOf(signal)),
    async migrate({ prolong = false, settleMs = SETTLE_MS, recorded, ...options }) {
      const signal = work.signalOf(options.signal);
      if (recorded.phase === 'clearing') await pause(settleMs, signal);
      /** An answer of a node that has seen the step: another one's would say what is no longer so. */
      const listSeen = async (asked: Parameters<typeof list>[0], during: AbortSignal): Promise<StoredNamesMessage> => {
        for (let tries = 1; ; tries += 1) {
          const listed = await list(asked, during);
          if (isOfStep(describeStoredNames(listed), recorded)) return listed;
          if (tries >= SEEN_TRIES) throw new SelvedgeError('VIEW_BEHIND', `a compute node has not seen that the names are ${recorded.phase}`, { role: 'client' });
          await pause(SEEN_PAUSE_MS, during);
        }
      };
      const done = await work.run(
        {
          kind: RequestKind.MIGRATE_NAMES,
          list: async (during) => (await listSeen({ confirm: false, maxKeys: LIMITS.maxListedKeys }, during)).datasets.map(({ dataset, keys }) => ({ dataset, keys })),
          argument: (dataset, ledgerKeys) => encodeMessage(MigrateNamesSchema, { dataset, ledgerKeys, prolong }),
        },
        options,
      );
      return { ...done, after: await work.retrying(async () => describeStoredNames(await listSeen({ confirm: true, maxKeys: 0 }, signal)), signal) };
    },
  };
}

/**
 * Facts that take a contract's name migration one step further. Rejects with CONTRACT_UNKNOWN; NAME_MIGRATION_NOT_OPEN where the
 * phase does not allow the step; and, to open one, with what fetchNameKeyCommitment rejects with.
 */
export async function proposeNameStep({ connectionProfile }: BrokerToAsk, ledger: FactReader, contract: string, step: NameStep['step']): Promise<FactUpdate[]> {
  const policy = ledger.fact(facts.contract(contract));
  if (policy === undefined) throw new SelvedgeError('CONTRACT_UNKNOWN', `contract ${contract} is not on the ledger`, { role: 'client' });
  const names = readContractNames(ledger, contract);
  const next = async (): Promise<NameStep> =>
    step === 'open' ? { step, commitment: await fetchNameKeyCommitment({ connectionProfile, ledger, contract, suite: parseContractPolicy(policy).suite, epoch: names.newest + 1n }) } : { step };
  const after = step === 'open' && names.phase !== 'settled' ? undefined : namesAfter(names, await next());
  if (after === undefined) throw new SelvedgeError('NAME_MIGRATION_NOT_OPEN', `${step}: the names of contract ${contract} are ${names.phase}`, { role: 'client' });
  return [{ key: facts.nameKeys(contract), value: encodeContractNames(after) }];
}
