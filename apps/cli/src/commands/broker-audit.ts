import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { isAuditHeadSigned, parseBrokerRoot, verifyAuditChain } from '@selvedge/attestation';
import { fetchAuditHead, type KeptAuditHead } from '@selvedge/client';
import { fromHex, toHex } from '@selvedge/crypto';
import { SelvedgeError } from '@selvedge/errors';
import { listFacts } from '@selvedge/policy';
import type { CommandContext } from '../context.js';
import { readInput } from '../read-file.js';

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/).max(32 * 1024);
/** What `audit head` writes: a head of the log, its signature, and the root that signed it, all as hexadecimal. */
const headFile = z.strictObject({ count: z.number().int().min(1), hash: hex, signature: hex, rootCertificate: hex });

/** `broker audit …`: an organisation keeps heads of the audit log, and judges by them a log that it is given. */
export function addBrokerAuditCommands(broker: Command, contextOf: (command: Command) => CommandContext): void {
  const audit = broker.command('audit').description('the key broker’s audit log: hash-chained, each entry signed');
  audit
    .command('head')
    .description('verify the key broker’s evidence, and keep where its audit log ends now')
    .requiredOption('--output <file>', 'the file to keep')
    .option('--address <host:port>', 'address of one replica of the key broker; each has a log of its own (default: the first that answers)')
    .action(async ({ output, address }: { readonly output: string; readonly address?: string }, command: Command) => {
      const context = contextOf(command);
      const folder = await context.openFolder();
      const { connectionProfile, profile } = folder;
      const asked = address === undefined ? connectionProfile : { ...connectionProfile, keyBroker: address, keyBrokerReplicas: [] };
      const policy = await folder.openPolicy();
      const head = await fetchAuditHead({ connectionProfile: asked, profile, ledger: listFacts(await policy.facts()), now: new Date() }).finally(() => {
        policy.close();
      });
      await writeFile(output, `${JSON.stringify(written(head))}\n`);
      context.print({ output, ...written(head) }, `${output}: the audit log has ${String(head.count)} entries`);
    });
  audit
    .command('verify')
    .description('verify an audit log offline: nothing edited, moved, taken out, or cut off since the head was kept')
    .argument('<file>', 'the log: audit.jsonl of the key broker’s store')
    .requiredOption('--head <file>', 'a head that your organisation kept')
    .action(async (file: string, { head: kept }: { readonly head: string }, command: Command) => {
      const { count, since } = verifyLog(await readInput(file), await readInput(kept));
      contextOf(command).print({ verified: true, entries: count, since }, `the audit log verifies: ${String(count)} entries, ${String(since)} of them since the head was kept`);
    });
}

function written({ count, hash, signature, rootCertificate }: KeptAuditHead): z.infer<typeof headFile> {
  return { count, hash: toHex(hash), signature: toHex(signature), rootCertificate: toHex(rootCertificate) };
}

/** Throws AUDIT_LOG_*, INVALID_CONFIGURATION for a head that is none. */
export function verifyLog(log: Uint8Array, head: Uint8Array): { readonly count: number; readonly since: number } {
  const kept = readHead(head);
  const root = parseBrokerRoot(kept.rootCertificate).publicKey;
  if (!isAuditHeadSigned(kept, root)) throw new SelvedgeError('INVALID_CONFIGURATION', 'the head that was kept is not signed by its root', { role: 'cli' });
  // What follows the last line feed was being written when the log was copied, or was cut short by a crash.
  const lines = Buffer.from(log).toString('utf8').split('\n').slice(0, -1);
  const { count } = verifyAuditChain(lines, root, kept);
  return { count, since: count - kept.count };
}

function readHead(bytes: Uint8Array): KeptAuditHead {
  const parsed = headFile.safeParse(parseJson(bytes));
  if (!parsed.success) throw new SelvedgeError('INVALID_CONFIGURATION', 'not a head of an audit log; "selvedge broker audit head" writes one', { role: 'cli' });
  const { count, hash, signature, rootCertificate } = parsed.data;
  return { count, hash: fromHex(hash), signature: fromHex(signature), rootCertificate: fromHex(rootCertificate) };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
