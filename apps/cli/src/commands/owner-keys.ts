import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { fetchOwnerKeys } from '@selvedge/client';
import { createPolicyTransaction, facts, listFacts, verifySignedProfile } from '@selvedge/policy';
import type { CommandContext } from '../context.js';

/** `keys owner`: what copies of plaintext datasets are sealed to. */
export function addOwnerKeysCommand(keys: Command, contextOf: (command: Command) => CommandContext): void {
  keys
    .command('owner')
    .description('propose to record the keys that copies of plaintext datasets are sealed to for an organisation, as its business node gives them; the approval of an administrator of the same organisation is enough')
    .requiredOption('--msp <id>', 'the organisation')
    .requiredOption('--output <file>', 'the proposal’s file')
    .action(async ({ msp, output }: { readonly msp: string; readonly output: string }, command: Command) => {
      const context = contextOf(command);
      const folder = await context.openFolder();
      const policy = await folder.openPolicy();
      try {
        const recorded = listFacts(await policy.facts()).fact(facts.profile);
        const profile = recorded === undefined ? folder.profile : verifySignedProfile(recorded);
        const value = await fetchOwnerKeys({ connectionProfile: folder.connectionProfile, profile, mspId: msp });
        await writeFile(output, createPolicyTransaction(await policy.propose([{ key: facts.ownerKeys(msp), value }]), []));
        context.print({ output, changes: [facts.ownerKeys(msp)] }, `${output}: records the keys of ${msp}; have an administrator of ${msp} approve it ("selvedge policy approve"), then submit it`);
      } finally {
        policy.close();
      }
    });
}
