import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contract, Gateway } from '@selvedge/client';
import { createDevNetwork, type DevNetwork } from '@selvedge/dev-network';
import { processesOf, type CountedProcess } from './accounting.js';
import { LOADED_FLAGS } from './node-flags.js';
import type { BenchOptions } from './options.js';
import { startPlainSubject, type PlainSubject } from './plain-subject.js';
import { WAIT_MS, type Side } from './points.js';
import { changeOf, createKeySequence, fillSteps, memoLength, prefixOf, verifyAnswer, type FillStep } from './values.js';
import type { Call } from './workload.js';

const CONTRACT = fileURLToPath(new URL('../contract', import.meta.url));
const CONTRACT_NAME = 'bench-contract';
const CLIENT = 'AuroraMSP';
const FILLING_AT_ONCE = 4;
/** Longer than any transaction that fills a state. */
const FILL_MS = 120_000;
/** Of one process, on a machine with other things to do. */
const READY_MS = 120_000;
const PATIENCE = { executeTimeoutMs: FILL_MS, attemptTimeoutMs: FILL_MS };
const PROGRESS_MS = 15_000;

/** A running network that carries the workload in every way that is compared. */
export interface BenchNetwork {
  readonly network: DevNetwork;
  /** A fresh row of calls. Adds compute nodes when the side wants more than there are. */
  callOf(side: Side): Promise<Call>;
  /** A fresh row of calls over so many gateways in turn, each with the limits that a gateway has unless told otherwise. */
  callOverGateways(side: Side, gateways: number): Promise<Call>;
  /** Writes the values that a side reads, once. Throws the first refusal. */
  fill(side: Side): Promise<void>;
  /** As they are now: chaincode processes start with their first call. */
  processes(): CountedProcess[];
  close(): Promise<void>;
}

/** @param isPlainWanted on Fabric: whether the contract also runs as plain chaincode */
export async function openBenchNetwork(options: BenchOptions, directory: string, { isPlainWanted, say }: { readonly isPlainWanted: boolean; readonly say: (text: string) => void }): Promise<BenchNetwork> {
  const { profile, ledger, keepers, batchDelayMs } = options;
  const network = await createDevNetwork({
    directory,
    ledger,
    fabric: { keepers },
    computeNodes: options.computeNodes,
    readyTimeoutMs: READY_MS,
    configure: ({ service }) => (service === 'compute' ? { limits: { chaincodeMs: FILL_MS } } : {}),
    nodeFlags: ({ name }) => [
      ...LOADED_FLAGS,
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile, path.basename(directory), name)}`]),
    ],
  });
  const gateways = new Map<string, Gateway>();
  const filled = new Map<string, number>();
  let plain: PlainSubject | undefined;
  const close = async (): Promise<void> => {
    for (const gateway of gateways.values()) gateway.close();
    await plain?.stop();
    await network.stop();
  };
  /** @param usual names a gateway of usual limits, beside which there may be others; undefined: one that is patient */
  const contractOf = async ({ batch, computeNodes }: Pick<Side, 'batch' | 'computeNodes'>, usual?: number): Promise<Contract> => {
    const id = `${String(batch)} ${String(computeNodes)} ${String(usual)}`;
    while (network.connectionProfile().computeNodes.length < computeNodes) {
      say(`adding compute node ${String(network.connectionProfile().computeNodes.length + 1)} …`);
      await network.addComputeNode();
    }
    const whole = network.connectionProfile();
    const connectionProfile = { ...whole, computeNodes: whole.computeNodes.slice(0, computeNodes) };
    const gateway = gateways.get(id) ?? (await network.connect(CLIENT, {
      connectionProfile,
      reload: () => Promise.resolve(connectionProfile),
      ...(usual === undefined ? { limits: PATIENCE } : {}),
      ...(batch === 1 ? {} : { batching: { [CONTRACT_NAME]: { maxBatch: batch, maxBatchDelayMs: batchDelayMs } } }),
    }));
    gateways.set(id, gateway);
    return gateway.getNetwork(whole.channel).getContract(CONTRACT_NAME);
  };
  const running = (): PlainSubject => {
    if (plain === undefined) throw new Error('plain Fabric chaincode is not deployed here');
    return plain;
  };
  try {
    await network.deploy(CONTRACT);
    if (ledger === 'fabric' && isPlainWanted) plain = await startPlainSubject({ network, contract: CONTRACT });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    network,
    close,
    processes: () => [...processesOf(network), ...(plain?.processes ?? [])],
    callOf: async (side) => (isPlain(side) ? running().calls.callOf(side) : selvedgeCall(await contractOf(side), side)),
    async callOverGateways(side, count) {
      const nextKey = createKeySequence(side);
      const contracts: Contract[] = [];
      for (let i = 0; i < count; i += 1) contracts.push(await contractOf(side, i));
      const calls = contracts.map((contract) => selvedgeCall(contract, side, nextKey));
      let next = 0;
      return async () => {
        next = (next + 1) % calls.length;
        await calls[next]?.();
      };
    },
    async fill(side) {
      if (side.workload === 'wait') return;
      const { valueBytes, keys } = side;
      const store = isPlain(side) ? side.subject : 'selvedge';
      const id = `${store} ${String(valueBytes)}`;
      const before = filled.get(id) ?? 0;
      if (before >= keys) return;
      say(`${store}: writing ${String(keys - before)} keys of ${String(valueBytes)} bytes …`);
      const contract = isPlain(side) ? undefined : await contractOf({ batch: 1, computeNodes: options.computeNodes });
      await inLanes(fillSteps(keys - before, valueBytes), say, async ({ from, count }) => {
        const args = [store === 'public' ? 'public' : 'private', prefixOf(valueBytes), String(before + from), String(count), String(memoLength(valueBytes))];
        await (contract === undefined ? running().calls.submit('Fill', args) : contract.submitTransaction('Fill', ...args));
      });
      filled.set(id, keys);
    },
  };
}

function isPlain(side: Side): side is Side & { readonly subject: 'plain' | 'public' } {
  return side.subject === 'plain' || side.subject === 'public';
}

function selvedgeCall(contract: Contract, side: Side, nextKey = createKeySequence(side)): Call {
  if (side.workload === 'wait') return () => contract.evaluateTransaction('Wait', String(WAIT_MS));
  if (side.workload === 'query') {
    return async () => {
      verifyAnswer(await contract.evaluateTransaction('Read', nextKey()), side.valueBytes);
    };
  }
  const transientData = { value: changeOf(side.valueBytes) };
  return () => contract.submit('Update', { arguments: [nextKey()], transientData });
}

/** A few at once; the first refusal ends it. */
async function inLanes(steps: readonly FillStep[], say: (text: string) => void, run: (step: FillStep) => Promise<void>): Promise<void> {
  let next = 0;
  let told = performance.now();
  const lane = async (): Promise<void> => {
    for (let step = steps[next]; step !== undefined; step = steps[next]) {
      next += 1;
      await run(step);
      if (performance.now() - told < PROGRESS_MS) continue;
      told = performance.now();
      say(`  ${String(Math.round((100 * next) / steps.length))} %`);
    }
  };
  await Promise.all(Array.from({ length: FILLING_AT_ONCE }, lane));
}
