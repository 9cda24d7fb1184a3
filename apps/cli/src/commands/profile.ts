import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { equalBytes, toHex } from '@selvedge/crypto';
import { createSignedProfile, parseProfile, parseSignedProfile, profileToJson, signProfile, type Profile } from '@selvedge/policy';
import { signing } from '@selvedge/protocol';
import type { SignedBy } from '@selvedge/identity';
import type { CommandContext } from '../context.js';
import { readableStem, readProfileFile } from '../profile-file.js';

/** `profile sign` and `profile show`. */
export function addProfileCommands(program: Command, contextOf: (command: Command) => CommandContext): void {
  const profile = program.command('profile').description('the network profile: what its organisations agree on');
  profile
    .command('sign')
    .description('add an administrator’s signature to a profile: JSON as "profile show" prints it, the same in YAML, or a signed profile')
    .argument('<file>', 'profile in JSON or YAML, or SignedProfile bytes')
    .option('--output <file>', 'where the signed profile goes (default: the input, or its name with .bin)')
    .action(async (file: string, options: { readonly output?: string }, command: Command) => {
      const context = contextOf(command);
      const folder = await context.openFolder();
      const signer = await context.identity(folder, 'admin');
      const { profile: bytes, signatures } = await readProfileFile(file);
      const parsed = parseProfile(bytes);
      const added = signProfile(bytes, signer);
      const all = [...signatures.filter(({ identity }) => !equalBytes(identity, signer.serialized)), added];
      const signers = verifiedSigners(parsed, all);
      const stem = readableStem(file);
      const output = options.output ?? (stem === undefined ? file : `${stem}.bin`);
      await writeFile(output, createSignedProfile(bytes, all));
      const value = { output, digest: toHex(parsed.digest), version: parsed.message.version, signers, adminQuorum: parsed.message.adminQuorum };
      context.print(value, `${output}: signed by ${signers.join(', ')}; ${String(signers.length)} of ${String(value.adminQuorum)} needed\ndigest ${value.digest}`);
    });
  profile
    .command('show')
    .description('print a profile in readable form; without a file, the network’s')
    .argument('[file]', 'profile in JSON or YAML, or SignedProfile bytes')
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const { profile: profileBytes, signatures } = file === undefined ? parseSignedProfile((await context.openFolder()).signedProfile) : await readProfileFile(file);
      const json = profileToJson(profileBytes);
      const parsed = parseProfile(profileBytes);
      const signers = verifiedSigners(parsed, signatures);
      const simulated = parsed.message.allowSimulated ? '\nSIMULATED TEEs are allowed: for development only' : '';
      context.print(json, `${JSON.stringify(json, undefined, 2)}\ndigest ${toHex(parsed.digest)}\nsigned by ${signers.join(', ') || 'nobody'}${simulated}`);
    });
}

/** Organisations whose administrators signed, sorted. Throws what a signature check throws. */
function verifiedSigners(profile: Profile, signatures: readonly SignedBy[]): string[] {
  const identities = signatures.map(({ identity, signature }) => profile.msps.verifySignature({ identity, signature }, signing.profile(profile.bytes), { role: 'admin' }));
  return [...new Set(identities.map(({ mspId }) => mspId))].sort();
}
