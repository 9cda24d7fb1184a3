import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { parsePem, toPem } from '@selvedge/identity';
import { createPolicyTransaction, facts, listFacts, parseRevocationLists, recordRevocationLists, verifySignedProfile } from '@selvedge/policy';
import type { CommandContext } from '../context.js';
import { readInput } from '../read-file.js';

interface CrlOptions {
  readonly msp: string;
  readonly certificate: string[];
  readonly output: string;
}

/** `msp crl` and `msp revoke`: an organisation's revocation lists, on a development network and on the ledger. */
export function addMspCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const msp = program.command('msp').description('organisations’ revocation lists: certificates that every node refuses from then on');
  msp
    .command('crl')
    .description('on a development network: have an organisation’s CA sign a revocation list, of these certificates and those that its recorded list names')
    .requiredOption('--msp <id>', 'the organisation')
    .requiredOption('--certificate <file...>', 'certificates to revoke, PEM')
    .requiredOption('--output <file>', 'the list’s file, PEM')
    .action(async (options: CrlOptions, command: Command) => {
      await createList(contextOf(command), options);
    });
  msp
    .command('revoke')
    .description('propose to record revocation lists; the approval of an administrator of the same organisation is enough')
    .argument('<list...>', 'revocation lists (CRLs), PEM or DER, such as "fabric-ca-client gencrl" or "openssl ca -gencrl" writes')
    .requiredOption('--output <file>', 'the proposal’s file')
    .action(async (lists: string[], options: { readonly output: string }, command: Command) => {
      await propose(contextOf(command), lists, options.output);
    });
}

async function createList(context: CommandContext, { msp, certificate, output }: CrlOptions): Promise<void> {
  const folder = await context.openDevelopmentFolder();
  const ca = await folder.authority(msp);
  const certificates = await Promise.all(certificate.map(async (file) => ({ certificatePem: Buffer.from(await readInput(file)).toString('latin1') })));
  const policy = folder.openPolicySession();
  try {
    const recorded = listFacts(await policy.facts()).fact(facts.revocationLists(msp));
    // A development CA has one root, and so one list.
    const [previous] = recorded === undefined ? [] : parseRevocationLists(recorded);
    await writeFile(output, toPem(await ca.revocationList(certificates, new Date(), previous), 'X509 CRL'));
    context.print({ output, mspId: msp, revoked: certificates.length }, `${output}: a revocation list of ${msp}; "selvedge msp revoke ${output}" proposes to record it`);
  } finally {
    policy.close();
  }
}

async function propose(context: CommandContext, files: readonly string[], output: string): Promise<void> {
  const folder = await context.openFolder();
  const lists = await Promise.all(files.map(async (file) => readList(await readInput(file))));
  const policy = await folder.openPolicy();
  try {
    const ledger = listFacts(await policy.facts());
    const recorded = ledger.fact(facts.profile);
    const changes = recordRevocationLists(recorded === undefined ? folder.profile : verifySignedProfile(recorded), ledger, lists);
    await writeFile(output, createPolicyTransaction(await policy.propose(changes), []));
    const keys = changes.map(({ key }) => key);
    context.print({ output, changes: keys }, `${output}: records ${keys.join(', ')}; have an administrator of that organisation approve it ("selvedge policy approve"), then submit it`);
  } finally {
    policy.close();
  }
}

function readList(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0x30 ? bytes : parsePem(bytes, 'X509 CRL', 'INVALID_CONFIGURATION');
}
