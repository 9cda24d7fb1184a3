import type { Contract } from '@selvedge/client';
import { text } from '../network.js';
import type { Secrets } from './secrets.js';
import { contractOf, createRecorder, type CanaryNetwork, type Outcomes } from './workload.js';

/** Sent when as many are there as go together: no time enters. */
const DELAY_MS = 60_000;

/** What became of a workload in batches. */
export interface BatchedOutcomes extends Outcomes {
  /** Items of each batch that a compute node executed. */
  readonly batches: readonly number[];
}

type Step = readonly [name: string, run: (contract: Contract) => Promise<unknown>, mayHold?: string];

/** Requests of every kind that go in batches, each with something secret, and what they ended in. Overwrites what runWorkload left. */
export async function runBatchedWorkload(observed: CanaryNetwork, { key, value, ...secrets }: Secrets): Promise<BatchedOutcomes> {
  const { step, outcomes } = createRecorder();
  const batches: number[] = [];
  const together = async (...steps: readonly Step[]): Promise<void> => {
    const gateway = await observed.network.connect('AuroraMSP', {
      batching: { [observed.deployment.name]: { maxBatch: steps.length, maxBatchDelayMs: DELAY_MS } },
      onHop: ({ hop, txId = '' }) => {
        if (hop === 'execute' && txId.includes(',')) batches.push(txId.split(',').length);
      },
    });
    try {
      await Promise.all(steps.map(([name, run, mayHold]) => step(name, () => run(contractOf(observed, gateway)), mayHold === undefined ? {} : { mayHold })));
    } finally {
      gateway.close();
    }
  };
  const submit = (name: string, args: readonly string[], transientData: Readonly<Record<string, string>> = {}) => (contract: Contract): Promise<Uint8Array> => contract.submit(name, { arguments: args, transientData });
  const evaluate = (name: string, args: readonly string[], expected: string) => async (contract: Contract): Promise<void> => {
    const answer = text(await contract.evaluateTransaction(name, ...args));
    if (answer !== expected) throw new Error(`answered ${answer.slice(0, 100)} instead of ${expected.slice(0, 100)}`);
  };
  const transientData = { [secrets.transientName]: secrets.transientValue };
  await together(
    ['put', submit('Put', ['secrets', key, value])],
    // Rests on the first.
    ['replace', submit('Replace', ['secrets', key, `${value}3`])],
    ['put to the world state', submit('Put', ['', secrets.publicKey, secrets.publicValue])],
    ['put transient data', submit('PutTransient', ['shared'], transientData)],
    ['put a composite key', submit('PutComposite', [secrets.objectType, secrets.attribute, value])],
    ['emit an event', submit('Emit', [key, secrets.eventName, secrets.eventPayload])],
    ['print in a submit', submit('Print', [secrets.printed])],
    ['fail in a submit', submit('Fail', [secrets.errorText], transientData), secrets.errorText],
    // Alone, after the others.
    ['query a range of theirs', submit('GetRange', ['', secrets.publicKey, `${secrets.publicKey}z`])],
    ['use an untyped composite key', submit('UntypedKey', [key])],
  );
  await together(
    ['get', evaluate('Get', ['secrets', key], `${value}3`)],
    ['query a range', evaluate('GetRange', ['secrets', secrets.startKey, `${secrets.startKey}z`], '[]')],
    ['print', evaluate('Print', [secrets.printed], secrets.printed)],
    ['call an unknown function', (contract) => contract.evaluateTransaction(secrets.functionName), secrets.functionName],
    ['read an unknown collection', (contract) => contract.evaluateTransaction('Get', secrets.collectionName, key), secrets.collectionName],
  );
  return { ...outcomes, batches };
}

/** How it must end. */
export const EXPECTED_BATCHED: Readonly<Record<string, string>> = {
  put: 'ok',
  replace: 'ok',
  'put to the world state': 'ok',
  'put transient data': 'ok',
  'put a composite key': 'ok',
  'emit an event': 'ok',
  'print in a submit': 'ok',
  'fail in a submit': 'CHAINCODE_ERROR',
  'query a range of theirs': 'ok',
  'use an untyped composite key': 'CHAINCODE_UNSUPPORTED',
  get: 'ok',
  'query a range': 'ok',
  print: 'ok',
  'call an unknown function': 'CHAINCODE_ERROR',
  'read an unknown collection': 'DATASET_UNKNOWN',
};
