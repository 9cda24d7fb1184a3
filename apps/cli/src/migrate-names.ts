import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOfStep, isPhaseDone, proposeNameStep, type BrokerToAsk, type ContractNameKeys, type MigrationOptions, type StoredNames, type WorkProgress } from '@selvedge/client';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { approvePolicyChange, createPolicyTransaction, facts, listFacts, parseContractPolicy, readContractNames, type ContractNames, type FactReader, type NameStep } from '@selvedge/policy';
import { consentText, unfinishedText } from './names-text.js';
import type { PolicyCommands } from './open-folder.js';

/** How often, and how long, compute nodes are asked whether they have seen a step. */
const SEEN_POLL_MS = 300;
const SEEN_TRIES = 200;

export interface NameMigrationInput {
  readonly contract: string;
  readonly broker: BrokerToAsk;
  readonly policy: Pick<PolicyCommands, 'facts' | 'propose' | 'submit'>;
  readonly names: ContractNameKeys;
  /** Administrators who approve each step; none: steps go to the file. */
  readonly approvers: readonly Signer[];
  /** Who submits approved steps. */
  readonly submitter: Signer;
  readonly output: string | undefined;
  /** Gives a migration up that copies still. */
  readonly isAborting: boolean;
  /** Entries under revoked key epochs that the operator goes on without: their number, as the command has named it. Default none. */
  readonly givenUp?: bigint | undefined;
  readonly options: Omit<MigrationOptions, 'recorded'>;
  readonly onStep: (step: NameStep['step']) => void;
}

/** How far the command has come. */
export interface NameMigrationResult extends WorkProgress {
  readonly stored: StoredNames;
  /** A step that waits for approvals, in the file; undefined: the migration is at its end. */
  readonly proposed: NameStep['step'] | undefined;
}

/**
 * Takes a migration from wherever it is as far as it can: to its end, or to a step that others must approve. Throws
 * NAME_MIGRATION_INCOMPLETE where the phase's work is not done, NAME_MIGRATION_NOT_OPEN where there is nothing to give up, or no more,
 * INVALID_CONFIGURATION for a contract that cannot be migrated as it is, FEATURE_UNSUPPORTED for one that takes a collection over, VIEW_BEHIND, and what the work and the steps throw.
 */
export async function migrateNames(input: NameMigrationInput): Promise<NameMigrationResult> {
  const { contract, names, isAborting, givenUp, options } = input;
  let [written, transactions, conflicts] = [0, 0, 0];
  let hasFinished = false;

  const work = async (recorded: ContractNames): Promise<StoredNames> => {
    const { after, ...done } = await names.migrate({ ...options, recorded });
    written += done.written;
    transactions += done.transactions;
    conflicts += done.conflicts;
    if (!isOfStep(after, recorded)) throw new SelvedgeError('VIEW_BEHIND', 'the count after the work is of another step of the migration', { role: 'cli' });
    if (!isPhaseDone(after, givenUp)) throw new SelvedgeError('NAME_MIGRATION_INCOMPLETE', unfinishedText(after), { role: 'cli' });
    return after;
  };

  for (;;) {
    const ledger = listFacts(await input.policy.facts());
    const recorded = readContractNames(ledger, contract);
    if (recorded.phase !== 'clearing' && !isAborting) verifyTakesNothingOver(ledger, contract, recorded);
    let stored = await seenByNodes(names, recorded);
    let step: NameStep['step'];
    if (recorded.phase === 'settled') {
      if (hasFinished) return { written, transactions, conflicts, stored, proposed: undefined };
      if (isAborting) throw new SelvedgeError('NAME_MIGRATION_NOT_OPEN', `no migration of the names of contract ${contract} is open`, { role: 'cli' });
      verifyMigratable(stored, input);
      step = 'open';
    } else if (recorded.phase === 'copying') {
      if (!isAborting) stored = await work(recorded);
      step = isAborting ? 'abort' : 'switch';
    } else {
      if (isAborting && recorded.other !== undefined && recorded.former.includes(recorded.other)) throw new SelvedgeError('NAME_MIGRATION_NOT_OPEN', `the migration of the names of contract ${contract} has been switched: run the command without --abort to end it`, { role: 'cli' });
      stored = await work(recorded);
      step = 'finish';
    }
    const change = await input.policy.propose(await proposeNameStep({ ...input.broker, ledger }, ledger, contract, step));
    if (input.approvers.length === 0) {
      await writeFile(input.output ?? '', createPolicyTransaction(change, []));
      return { written, transactions, conflicts, stored, proposed: step };
    }
    await input.policy.submit(createPolicyTransaction(change, input.approvers.map((signer) => approvePolicyChange(change, signer))), input.submitter);
    input.onStep(step);
    hasFinished = step === 'finish';
  }
}

/** Before updates are held up: what would stop the migration half way is refused. */
function verifyMigratable({ datasets, unreadable }: StoredNames, { givenUp, options: { prolong = false } }: NameMigrationInput): void {
  const ending = datasets.find(({ isEnding, current }) => isEnding && current > 0n);
  if (ending !== undefined && !prolong) throw new SelvedgeError('INVALID_CONFIGURATION', `entries of collection ${ending.dataset} end by themselves (blockToLive), and a copy begins its life anew; --prolong has them live so much longer`, { role: 'cli' });
  if (unreadable > 0n && unreadable !== givenUp) throw new SelvedgeError('INVALID_CONFIGURATION', `${String(unreadable)} entries lie under revoked key epochs: nothing can copy them, and after the switch they are absent; ${consentText(unreadable)}`, { role: 'cli' });
}

/** Keys that have moved would be out of reach under other names, so that the ledger refuses the switch. */
function verifyTakesNothingOver(ledger: FactReader, contract: string, { phase }: ContractNames): void {
  const policy = ledger.fact(facts.contract(contract));
  const taken = policy && parseContractPolicy(policy).datasets.find(({ takesOver }) => takesOver);
  if (taken === undefined) return;
  throw new SelvedgeError('FEATURE_UNSUPPORTED', `contract ${contract} takes over collection ${taken.name}, and its names cannot be migrated${phase === 'copying' ? '; --abort gives the migration up that is under way' : ''}`, { role: 'cli' });
}

/** A count by nodes that have seen what the ledger records. */
async function seenByNodes(names: ContractNameKeys, recorded: ContractNames): Promise<StoredNames> {
  for (let tries = 1; ; tries += 1) {
    const stored = await names.count();
    if (isOfStep(stored, recorded)) return stored;
    if (tries >= SEEN_TRIES) throw new SelvedgeError('VIEW_BEHIND', 'the compute nodes have not seen the last step of the migration yet', { role: 'cli' });
    await sleep(SEEN_POLL_MS);
  }
}
