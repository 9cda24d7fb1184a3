import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDevNetwork, type DevNetwork } from '@selvedge/dev-network';
import { isSelvedgeError } from '@selvedge/errors';
import { followRequest } from './follow-request.js';
import { HOUSES, openTraders, type Trader } from './houses.js';
import { parseTourOptions, USAGE, type TourOptions } from './options.js';
import { bold, dim, green, heading, say, yellow } from './print.js';
import { showRefusals } from './refusals.js';
import { readStones, shareOut } from './stones.js';
import { showThroughput } from './throughput.js';
import { loadStones, trade } from './trade.js';

const CONTRACT = fileURLToPath(new URL('../../../contracts/diamonds', import.meta.url));

async function tour(options: TourOptions, directory: string): Promise<void> {
  say(bold('Selvedge: a private request, from client to ledger, seen by each role'));
  say(yellow('The TEEs of this network are simulated: they show the path and protect nothing.'));

  heading('Three diamond houses start a network');
  const network = await createDevNetwork({
    directory,
    ledger: options.ledger,
    businessOrganisations: HOUSES.map((house) => house.mspId),
    computeNodes: 2,
    ...(options.suite === undefined ? {} : { suites: [options.suite] }),
    onProgress: ({ step, text }) => {
      if (step !== 'exit') say(dim(`   ${text}`));
    },
  });
  try {
    await visit(network, options);
  } finally {
    await network.stop();
  }
}

async function visit(network: DevNetwork, options: TourOptions): Promise<void> {
  heading('They deploy an ordinary Fabric chaincode');
  const { name, version, codeHash } = await network.deploy(CONTRACT);
  say(`   ${name} ${version}, code hash ${Buffer.from(codeHash).toString('hex').slice(0, 16)}…, approved by the administrators on the ledger`);

  heading('They load their stones as private data');
  const all = readStones();
  const shares = shareOut(all.slice(0, options.stones), HOUSES.length);
  say(`   ${String(all.length)} real stones; ${String(options.stones)} of them go through the whole path now, shared out among ${HOUSES.map((house) => house.name).join(', ')}`);
  const traders = await openTraders(network, shares);
  try {
    const loaded = await loadStones(traders);
    say(`   ${String(loaded.stones)} stones in ${String(loaded.transactions)} transactions, ${loaded.seconds.toFixed(1)} s`);

    heading('They ask and trade');
    let queries = await trade(traders);

    heading('One request, hop by hop, and what each role could see');
    const [aurora, borealis] = traders as [Trader, Trader];
    const stone = aurora.stones[3];
    if (stone === undefined) throw new Error('too few stones');
    await followRequest(network, aurora.contract, aurora.hops, { name: 'SetPrice', arguments: [stone.id], transientData: { price: '4711' } });

    heading('What is refused');
    const setPrice = (price: number): { name: string; options: { arguments: string[]; transientData: Record<string, string> } } => ({
      name: 'SetPrice',
      options: { arguments: [stone.id], transientData: { price: String(price) } },
    });
    const refusals = await showRefusals({ ledger: options.ledger, network, contract: aurora.contract, setPrice, ownerMspId: aurora.mspId, otherMspId: borealis.mspId });

    heading('Throughput, all roles on this machine');
    queries += await showThroughput(traders, options.seconds);
    showMemory(network);

    say(`\n${green('done')}: ${String(loaded.stones)} stones loaded, ${String(queries)} queries answered, ${String(refusals)} refusals shown`);
  } finally {
    for (const trader of traders) trader.gateway.close();
  }
}

/** Resident memory by process, where the system tells it (Linux). */
function showMemory(network: DevNetwork): void {
  const sizes = network.nodes().flatMap(({ name, pid }) => {
    const match = /VmRSS:\s+(\d+) kB/.exec(readStatus(pid));
    return match?.[1] === undefined ? [] : [`${name} ${(Number(match[1]) / 1_024).toFixed(0)}`];
  });
  if (sizes.length > 0) say(dim(`   memory, MiB: ${sizes.join(', ')}`));
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  } catch {
    return '';
  }
}

async function main(): Promise<number> {
  let options: TourOptions | 'help';
  try {
    options = parseTourOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    return 2;
  }
  if (options === 'help') {
    say(USAGE);
    return 0;
  }
  const directory = options.directory === undefined ? mkdtempSync(path.join(tmpdir(), 'selvedge-tour-')) : path.resolve(options.directory);
  try {
    await tour(options, directory);
    return 0;
  } catch (error) {
    if (isSelvedgeError(error)) process.stderr.write(`\n${error.code} (${error.role ?? 'client'}): ${error.message}\n${error.action}\n`);
    else process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  } finally {
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main();
