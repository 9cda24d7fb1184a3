import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDevNetwork } from '@selvedge/dev-network';
import { isSelvedgeError } from '@selvedge/errors';
import { cpuPerCall, processesOf, readCpu, readMemory, type CountedProcess } from './accounting.js';
import { measureCryptoFloor } from './crypto-floor.js';
import { describeMethod } from './method.js';
import { parseBenchOptions, USAGE, type BenchOptions } from './options.js';
import { startPlainSubject, type PlainSubject } from './plain-subject.js';
import { ratiosOf } from './ratios.js';
import { renderReport, type BenchResult, type Measurement, type Workload } from './report.js';
import { measureScaleOut, renderScaleOut } from './scale-out.js';
import { measureState, renderState } from './state-memory.js';
import { selvedgeSubject, type Subject } from './subjects.js';
import { closedLoop, openLoop, type Call } from './workload.js';

const CONTRACT = fileURLToPath(new URL('../contract', import.meta.url));
const CONTRACT_NAME = 'bench-contract';
const LOAD_IN_FLIGHT = 16;
const WARM_UP_SECONDS = 3;
/** What an open loop offers, of what the closed loop reached. */
const OFFERED_SHARE = 0.8;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function measure(options: BenchOptions, directory: string): Promise<BenchResult> {
  say('measuring the crypto floor …');
  const floor = measureCryptoFloor();
  say('starting the network …');
  const { profile, ledger } = options;
  const network = await createDevNetwork({
    directory,
    ledger,
    computeNodes: options.computeNodes,
    ...(profile === undefined ? {} : { nodeFlags: ({ name }) => ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile, name)}`] }),
  });
  let plain: PlainSubject | undefined;
  try {
    await network.deploy(CONTRACT);
    const gateway = await network.connect('AuroraMSP');
    const batching = options.batch === 0 ? undefined : await network.connect('AuroraMSP', { batching: { [CONTRACT_NAME]: { maxBatch: options.batch, maxBatchDelayMs: options.batchDelayMs } } });
    try {
      const { channel } = network.connectionProfile();
      const contract = gateway.getNetwork(channel).getContract(CONTRACT_NAME);
      if (ledger === 'fabric') plain = await startPlainSubject({ network, contract: CONTRACT, keys: options.keys });
      const subjects = [...(plain === undefined ? [] : [plain.subject]), selvedgeSubject(contract, options.keys), ...(batching === undefined ? [] : [selvedgeSubject(batching.getNetwork(channel).getContract(CONTRACT_NAME), options.keys, 'batched')])];
      // The batching gateway writes the same entries.
      for (const { name, update } of subjects.filter((subject) => subject.name !== 'batched')) {
        say(`${name}: writing ${String(options.keys)} keys …`);
        await fill(options.keys, update);
      }
      // Only now: a chaincode process starts with its first call.
      const processes = [...processesOf(network), ...(plain?.processes ?? [])];
      const measurements = await measureAll(subjects, processes, options);
      const [cpu] = cpus();
      return {
        ledger,
        machine: { cores: cpus().length, model: cpu?.model ?? 'unknown', node: process.versions.node },
        computeNodes: options.computeNodes,
        floor,
        processes,
        measurements,
        memoryMiB: readMemory(network),
        ratios: ratiosOf(measurements, processes, floor),
        method: describeMethod(options),
      };
    } finally {
      gateway.close();
      batching?.close();
    }
  } finally {
    await plain?.stop();
    await network.stop();
  }
}

/** Every point, the subjects in turn at each, so that they meet the machine in the same state. */
async function measureAll(subjects: readonly Subject[], processes: readonly CountedProcess[], options: BenchOptions): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const workload of options.workloads) {
    for (const subject of subjects) await closedLoop(LOAD_IN_FLIGHT, WARM_UP_SECONDS, subject[workload]);
    for (const inFlight of options.inFlight) {
      for (const subject of subjects) measurements.push(...(await measurePoints(subject, workload, inFlight, processes, options)));
    }
  }
  return measurements;
}

async function measurePoints(subject: Subject, workload: Workload, inFlight: number, processes: readonly CountedProcess[], { loops, seconds }: BenchOptions): Promise<Measurement[]> {
  const call = subject[workload];
  say(`${subject.name}: ${workload}, ${String(inFlight)} in flight …`);
  const before = readCpu(processes);
  const closed = await closedLoop(inFlight, seconds, call);
  const between = readCpu(processes);
  const points: Measurement[] = loops.includes('closed') ? [{ subject: subject.name, workload, ...closed, cpu: cpuPerCall(before, between, closed.calls) }] : [];
  if (!loops.includes('open') || closed.calls === 0) return points;
  const open = await openLoop(inFlight, seconds, closed.perSecond * OFFERED_SHARE, call);
  return [...points, { subject: subject.name, workload, ...open, cpu: cpuPerCall(between, readCpu(processes), open.calls) }];
}

/** Writes every key once. Throws the first refusal. */
async function fill(keys: number, update: Call): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < keys) {
      const index = next;
      next += 1;
      await update(index);
    }
  };
  await Promise.all(Array.from({ length: LOAD_IN_FLIGHT }, lane));
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
    if (options.state) {
      process.stdout.write(`${renderState(await measureState(options, directory, say))}\n`);
      return 0;
    }
    if (options.scale) {
      const scaled = await measureScaleOut(options, directory, say);
      process.stdout.write(`${renderScaleOut(scaled)}\n`);
      if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ ...scaled, ratios: { scaleOut8: scaled.scaleOut8 } }, undefined, 2)}\n`);
      return 0;
    }
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
