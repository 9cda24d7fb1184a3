import type { Command } from 'commander';
import { verifyViewLog, type AuditAnchor, type ViewLogAuthority } from '@selvedge/attestation';
import { fromHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { readBrokerRoot } from '@selvedge/policy';
import type { CommandContext } from '../context.js';
import { readInput } from '../read-file.js';
import { UsageError } from '../usage-error.js';

const NO_ANCHOR: AuditAnchor = { count: 0, hash: new Uint8Array(0) };

interface VerifyOptions {
  readonly head?: string;
  readonly viewer?: string;
}

/** `view audit verify`: whoever viewed something kept where it stands, and judges by that the log that it is given. */
export function addViewAuditCommands(view: Command, contextOf: (command: Command) => CommandContext): void {
  view
    .command('audit')
    .description('the audit log of views: hash-chained, each entry signed by a viewer that the key broker certified')
    .command('verify')
    .description('verify an audit log of views: nothing edited, moved or taken out, nor cut off since a view that you know of')
    .argument('<file>', 'the log: views.jsonl of the viewer’s store')
    .option('--head <count:hash>', 'where a view stood, as "selvedge view" said')
    .option('--viewer <node>', 'node id of the viewer whose log it must be')
    .action(async (file: string, { head, viewer }: VerifyOptions, command: Command) => {
      const context = contextOf(command);
      const anchor = head === undefined ? NO_ANCHOR : parseHead(head);
      const folder = await context.openFolder();
      const policy = await folder.openPolicy();
      try {
        const all = new Map((await policy.facts()).map(({ key, value }) => [key, value]));
        const { network, channel } = folder.profile.message;
        const { rootCertificate } = readBrokerRoot({ fact: (key) => all.get(key) });
        const count = verifyLog(await readInput(file), { rootCertificate, network, channel, ...(viewer === undefined ? {} : { nodeId: viewer }) }, anchor);
        context.print({ verified: true, entries: count, since: count - anchor.count }, `the audit log of views verifies: ${String(count)} entries${head === undefined ? '; without --head, entries cut off at its end stay unnoticed' : `, ${String(count - anchor.count)} of them since the one that you know of`}`);
      } finally {
        policy.close();
      }
    });
}

/** @returns entries. Throws AUDIT_LOG_*, TEE_CERTIFICATE_INVALID. */
export function verifyLog(log: Uint8Array, authority: ViewLogAuthority, anchor: AuditAnchor): number {
  // What follows the last line feed was being written when the log was copied, or was cut short by a crash.
  const lines = Buffer.from(log).toString('utf8').split('\n').slice(0, -1);
  if (lines.length === 0) throw new SelvedgeError('AUDIT_LOG_BROKEN', 'audit log: no entry', { role: 'cli' });
  return verifyViewLog(lines, authority, anchor).count;
}

export function parseHead(text: string): AuditAnchor {
  const [, count = '', hash = ''] = /^([1-9][0-9]{0,9}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (count === '') throw new UsageError('--head: the number and the hash of an entry, as "selvedge view" printed them: 12:0ab1…');
  return { count: Number(count), hash: fromHex(hash) };
}
