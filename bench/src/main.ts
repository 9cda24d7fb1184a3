import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract } from '@selvedge/client';
import { createDevNetwork, type DevNetwork } from '@selvedge/dev-network';
import { isSelvedgeError } from '@selvedge/errors';
import { cpuPerCall, readCpu, readMemory } from './accounting.js';
import { measureCryptoFloor, type CryptoFloor } from './crypto-floor.js';
import { parseBenchOptions, USAGE, type BenchOptions } from './options.js';
import { renderReport, type BenchResult, type Measurement } from './report.js';
import { closedLoop } from './workload.js';

const CONTRACT = fileURLToPath(new URL('../contract', import.meta.url));
const LOAD_IN_FLIGHT = 16;
const WARM_UP_SECONDS = 2;
/** Pads the stored JSON value to about 1 KiB. */
const MEMO = 'm'.repeat(960);

async function measure(options: BenchOptions, directory: string): Promise<BenchResult> {
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`);
  };
  say('measuring the crypto floor …');
  const floor = measureCryptoFloor();
  say('starting the network …');
  const { profile } = options;
  const network = await createDevNetwork({
    directory,
    computeNodes: options.computeNodes,
    ...(profile === undefined ? {} : { nodeFlags: ({ name }) => ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile, name)}`] }),
  });
  try {
    await network.deploy(CONTRACT);
    const gateway = await network.connect('AuroraMSP');
    try {
      const contract = gateway.getNetwork(network.connectionProfile().channel).getContract('bench-contract');
      const update = (key: number): Promise<unknown> =>
        contract.submit('Update', { arguments: [`key-${String(key)}`], transientData: { value: JSON.stringify({ amount: 1, memo: MEMO }) } });
      say(`writing ${String(options.keys)} keys …`);
      await fill(options.keys, update);
      const measurements: Measurement[] = [];
      for (const workload of ['update', 'query'] as const) {
        const call = workload === 'update' ? (index: number) => update((index * 7_919) % options.keys) : queryOf(contract, options.keys);
        await closedLoop(LOAD_IN_FLIGHT, WARM_UP_SECONDS, call);
        for (const inFlight of options.inFlight) {
          say(`${workload}, ${String(inFlight)} in flight …`);
          measurements.push(await measurePoint(network, workload, inFlight, options.seconds, call));
        }
      }
      const [cpu] = cpus();
      return {
        machine: { cores: cpus().length, model: cpu?.model ?? 'unknown', node: process.versions.node },
        computeNodes: options.computeNodes,
        floor,
        measurements,
        memoryMiB: readMemory(network),
        ratios: ratiosOf(measurements, floor),
      };
    } finally {
      gateway.close();
    }
  } finally {
    await network.stop();
  }
}

async function fill(keys: number, update: (key: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < keys) {
      const key = next;
      next += 1;
      await update(key);
    }
  };
  await Promise.all(Array.from({ length: LOAD_IN_FLIGHT }, lane));
}

function queryOf(contract: Contract, keys: number): (index: number) => Promise<unknown> {
  return (index) => contract.evaluateTransaction('Read', `key-${String((index * 7_919) % keys)}`);
}

async function measurePoint(network: DevNetwork, workload: Measurement['workload'], inFlight: number, seconds: number, call: (index: number) => Promise<unknown>): Promise<Measurement> {
  const before = readCpu(network);
  const point = await closedLoop(inFlight, seconds, call);
  return { workload, ...point, cpu: cpuPerCall(before, readCpu(network), point.calls) };
}

/** At the highest number in flight: a compute node's CPU over its crypto floor, for each workload. */
function ratiosOf(measurements: readonly Measurement[], floor: CryptoFloor): Record<string, number> {
  const last = (workload: Measurement['workload']): Measurement | undefined => measurements.filter((point) => point.workload === workload).at(-1);
  return {
    updateComputeCpuOverFloor: (last('update')?.cpu.compute ?? Number.NaN) / floor.computeUpdate,
    queryComputeCpuOverFloor: (last('query')?.cpu.compute ?? Number.NaN) / floor.computeQuery,
    endorserCpuOverFloor: (last('update')?.cpu.endorser ?? Number.NaN) / (2 * floor.endorserUpdate + 3 * floor.followerUpdate),
  };
}

async function main(): Promise<number> {
  let options: BenchOptions | 'help';
  try {
    options = parseBenchOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-bench-'));
  try {
    const result = await measure(options, directory);
    process.stdout.write(`${renderReport(result)}\n`);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, undefined, 2)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(isSelvedgeError(error) ? `${error.code}: ${error.message}\n${error.action}\n` : `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main();
