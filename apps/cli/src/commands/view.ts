import type { Command } from 'commander';
import type { KeyAddress, ViewedSection, ViewedVersions, ViewRecord, Views } from '@selvedge/client';
import { fromHex, toHex } from '@selvedge/crypto';
import { fabricCodeName } from '@selvedge/fabric';
import { ViewedWriteState, type ViewedVersion } from '@selvedge/protocol';
import type { CommandContext } from '../context.js';
import { showBytes } from '../show-bytes.js';
import { UsageError } from '../usage-error.js';
import { addViewAuditCommands } from './view-audit.js';

interface ViewOptions {
  readonly channelID?: string;
  readonly viewer?: string;
}

interface KeyOptions extends ViewOptions {
  readonly name: string;
  readonly collection?: string;
}

type ContextOf = (command: Command) => CommandContext;

/** `view …`: what an organisation's people see of their own data, through the viewer beside their business node. */
export function addViewCommands(program: Command, contextOf: ContextOf): void {
  const view = program.command('view').description('see data of your own organisation, opened inside its viewer’s TEE; every view is recorded');
  const add = (name: string, description: string): Command =>
    view
      .command(name)
      .description(description)
      .option('-C, --channelID <channel>', 'the channel (default: the network’s)')
      .option('--viewer <node>', 'node id of the viewer (default: your organisation’s first)');
  const addKey = (name: 'key' | 'history', description: string): void => {
    add(name, description)
      .argument('<key>', 'the key’s name, as the chaincode writes it')
      .requiredOption('-n, --name <contract>', 'the contract')
      .option('--collection <collection>', 'a private data collection (default: world state)')
      .action(async (key: string, options: KeyOptions, command: Command) => {
        const context = contextOf(command);
        const address: KeyAddress = { contract: options.name, key, ...(options.collection === undefined ? {} : { collection: options.collection }) };
        printVersions(context, name, await withViews(context, options, (views) => views[name](address)));
      });
  };
  addKey('key', 'show a key’s present value, as a quorum of organisations confirms it');
  addKey('history', 'show every version of a key of world state, newest first');
  add('tx', 'show what a transaction wrote and set as events, as far as your organisation may open it, and the ledger’s verdict')
    .argument('<txid>', 'transaction id, hexadecimal')
    .action(async (txId: string, options: ViewOptions, command: Command) => {
      if (!/^[0-9a-fA-F]{64}$/.test(txId)) throw new UsageError('a transaction id has 64 hexadecimal digits');
      const context = contextOf(command);
      const { status, sections } = await withViews(context, options, (views) => views.transaction(fromHex(txId.toLowerCase())));
      const { transactionId, blockNumber, code, successful } = status;
      const validationCode = fabricCodeName(code);
      context.print(
        { transactionId, blockNumber, validationCode, valid: successful, contracts: sections.map(sectionJson) },
        [`transaction ${transactionId}: ${validationCode} in block ${String(blockNumber)}`, ...sections.flatMap(sectionText)].join('\n'),
      );
    });
  addViewAuditCommands(view, contextOf);
}

async function withViews<T>(context: CommandContext, { channelID, viewer }: ViewOptions, use: (views: Views) => Promise<T>): Promise<T> {
  const folder = await context.openFolder();
  const gateway = folder.connect(await context.identity(folder, 'admin'), {});
  try {
    return await use(gateway.getNetwork(channelID ?? folder.connectionProfile.channel).getViews(viewer));
  } finally {
    gateway.close();
  }
}

function versionJson({ txId, deleted, value, timestampSeconds, timestampNanos }: ViewedVersion) {
  const at = timestampSeconds === 0n ? {} : { timestamp: new Date(Number(timestampSeconds) * 1000 + timestampNanos / 1e6).toISOString() };
  return { transactionId: toHex(txId), ...at, ...(deleted ? { deleted } : showBytes(value)) };
}

function printVersions(context: CommandContext, what: 'key' | 'history', { versions, height, record }: ViewedVersions): void {
  const shown = versions.map(versionJson);
  const json = what === 'key' ? { found: shown.length > 0, ...shown[0] } : { versions: shown };
  if (!context.isJson) context.note(recordText(record));
  const lines = shown.map((version) => ('result' in version ? version.result : 'deleted'));
  const text = what === 'key' ? lines[0] ?? 'absent' : shown.map((version, i) => `${version.transactionId} ${version.timestamp ?? ''} ${lines[i] ?? ''}`).join('\n') || 'no versions';
  context.print({ ...json, height, audit: record }, text);
}

function recordText({ viewer, count, hash }: ViewRecord): string {
  return `recorded by ${viewer} as entry ${String(count)} of its audit log, ${hash}`;
}

const STATES: Readonly<Record<ViewedWriteState, string>> = {
  [ViewedWriteState.UNSPECIFIED]: 'unknown',
  [ViewedWriteState.OPENED]: 'written',
  [ViewedWriteState.DELETED]: 'deleted',
  [ViewedWriteState.NOT_OWNED]: 'not of your organisation',
  [ViewedWriteState.REPLACED]: 'replaced since',
  [ViewedWriteState.NOT_COMMITTED]: 'not committed',
};

function sectionJson({ contract, refusal, writes, event, record }: ViewedSection) {
  if (refusal !== undefined) return { contract, refusal: refusal.toJSON(), audit: record };
  return {
    contract,
    writes: writes.map(({ state, dataset, key, value }) => ({ state: STATES[state], collection: dataset, ...(state === ViewedWriteState.OPENED ? { key, ...showBytes(value) } : {}) })),
    ...(event === undefined ? {} : { event: event.denied ? { denied: true } : { name: event.name, ...showBytes(event.payload) } }),
    audit: record,
  };
}

function sectionText({ contract, refusal, writes, event }: ViewedSection): string[] {
  if (refusal !== undefined) return [`${contract}: ${refusal.code}: ${refusal.message}`];
  const lines = writes.map(({ state, dataset, key, value }) => {
    const place = dataset === '' ? contract : `${contract}, ${dataset}`;
    return state === ViewedWriteState.OPENED ? `${place}: ${key} = ${showBytes(value).result}` : `${place}: a key: ${STATES[state]}`;
  });
  if (event === undefined) return lines;
  return [...lines, event.denied ? `${contract}: an event that your organisation may not open` : `${contract}: event ${event.name}: ${showBytes(event.payload).result}`];
}
