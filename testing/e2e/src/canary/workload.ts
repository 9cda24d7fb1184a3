import type { Contract, Gateway, ProposalOptions } from '@selvedge/client';
import { isSelvedgeError } from '@selvedge/errors';
import { endorseUntilRefused } from '../endorse-until-refused.js';
import { text } from '../network.js';
import type { ObservedNetwork } from './observed-network.js';
import type { Secrets } from './secrets.js';

/** What became of the steps of a workload. */
export interface Outcomes {
  /** 'ok' or the refusal's code, by step. */
  readonly byStep: Readonly<Record<string, string>>;
  /** Errors whose text the client did not decrypt with its own response key, by step. */
  readonly errors: ReadonlyMap<string, unknown>;
}

/** Notes how steps end. */
export interface Recorder {
  /** mayHold: the error is the contract's own answer, opened under the response key, and must hold this text. */
  readonly step: (name: string, run: () => Promise<unknown>, options?: { readonly mayHold?: string }) => Promise<void>;
  readonly outcomes: Outcomes;
}

/** Runs steps one after another and notes how each ended. */
export function createRecorder(): Recorder {
  const byStep: Record<string, string> = {};
  const errors = new Map<string, unknown>();
  return {
    step: async (name, run, { mayHold } = {}) => {
      try {
        await run();
        byStep[name] = 'ok';
      } catch (error) {
        byStep[name] = isSelvedgeError(error) ? error.code : String(error);
        if (mayHold === undefined) errors.set(name, error);
        else if (!(error as Error).message.includes(mayHold)) byStep[name] += ' without its text';
      }
    },
    outcomes: { byStep, errors },
  };
}

/** A network with the canary contract on it. */
export type CanaryNetwork = Pick<ObservedNetwork, 'network' | 'deployment'>;

/** A gateway's canary contract. */
export function contractOf({ network, deployment }: CanaryNetwork, gateway: Gateway): Contract {
  return gateway.getNetwork(network.connectionProfile().channel).getContract(deployment.name);
}

/** More than one HTTP/2 frame and LMDB page. */
const REPETITIONS = 4_000;

/** Requests of every kind, each with something secret, and what they ended in. */
export async function runWorkload(observed: CanaryNetwork, secrets: Secrets): Promise<Outcomes> {
  const { network } = observed;
  const { step, outcomes } = createRecorder();
  const aurora = await network.connect('AuroraMSP');
  const borealis = await network.connect('BorealisMSP');
  // A client tries again after a crash, and each try is another crash.
  const impatient = await network.connect('BorealisMSP', { limits: { executeTimeoutMs: 500 } });
  const contract = contractOf(observed, aurora);
  const evaluate = async (expected: string, name: string, ...args: string[]): Promise<void> => {
    verifyResult(text(await contract.evaluateTransaction(name, ...args)), expected);
  };
  const submit = async (expected: string, name: string, args: readonly string[], options: ProposalOptions = {}): Promise<void> => {
    verifyResult(text(await contract.submit(name, { ...options, arguments: args })), expected);
  };
  const { key, value, publicKey, publicValue, objectType, attribute, startKey, transientName, transientValue } = secrets;
  const transientData = { [transientName]: transientValue };
  try {
    await step('read an absent key', () => evaluate('', 'Get', '', secrets.argument));
    await step('put', () => submit(value, 'Put', ['secrets', key, value]));
    await step('get', () => evaluate(value, 'Get', 'secrets', key));
    await step('replace', () => submit(value, 'Replace', ['secrets', key, value.repeat(REPETITIONS)]));
    await step('put to the world state', () => submit(publicValue, 'Put', ['', publicKey, publicValue]));
    await step('put transient data', () => submit(transientName, 'PutTransient', ['shared'], { transientData }));
    await step('put a composite key', () => submit('', 'PutComposite', [objectType, attribute, value]));
    await step('query composite keys', () => evaluate(JSON.stringify([{ key: `\0${objectType}\0${attribute}\0last\0`, value }]), 'GetComposites', objectType, attribute));
    await step('query a range', () => evaluate('[]', 'GetRange', 'secrets', startKey, `${startKey}z`));
    await step('query a range in a submit', () => submit(JSON.stringify([{ key: publicKey, value: publicValue }]), 'GetRange', ['', publicKey, `${publicKey}z`]));
    await step('emit an event', async () => {
      const executed = await contract.newProposal('Emit', { arguments: [key, secrets.eventName, secrets.eventPayload] }).execute();
      verifyResult(executed.getEvent()?.name ?? '', secrets.eventName);
      await (await (await executed.endorse()).submit()).verifyCommitted();
    });
    await step('print', () => evaluate(secrets.printed, 'Print', secrets.printed));
    await step('print in a submit', () => submit(secrets.printed, 'Print', [secrets.printed]));
    await step('fail', () => contract.evaluate('Fail', { arguments: [secrets.errorText], transientData }), { mayHold: secrets.errorText });
    await step('fail in a submit', () => contract.submit('Fail', { arguments: [secrets.errorText], transientData }), { mayHold: `${transientName}=${transientValue}` });
    await step('call an unknown function', () => contract.evaluateTransaction(secrets.functionName), { mayHold: secrets.functionName });
    await step('read an unknown collection', () => contract.evaluateTransaction('Get', secrets.collectionName, key), { mayHold: secrets.collectionName });
    await step('use an untyped composite key', () => contract.submitTransaction('UntypedKey', key));
    await step('read what only members may', () => contractOf(observed, borealis).evaluateTransaction('Get', 'secrets', key));
    await step('crash', () => contractOf(observed, impatient).evaluateTransaction('Crash', secrets.crash));
    await step('endorse a stale read', async () => {
      const executed = await contract.newProposal('Replace', { arguments: ['secrets', key, value] }).execute();
      await submit(value.repeat(REPETITIONS), 'Replace', ['secrets', key, `${value}2`]);
      await endorseUntilRefused(executed);
    });
    await step('delete', () => submit('', 'Delete', ['', publicKey]));
  } finally {
    aurora.close();
    borealis.close();
    impatient.close();
  }
  return outcomes;
}

/** How the workload must end. A crash is one of three refusals, by what the last try met. */
export const EXPECTED_OUTCOMES: Readonly<Record<string, string | RegExp>> = {
  'read an absent key': 'ok',
  put: 'ok',
  get: 'ok',
  replace: 'ok',
  'put to the world state': 'ok',
  'put transient data': 'ok',
  'put a composite key': 'ok',
  'query composite keys': 'ok',
  'query a range': 'ok',
  'query a range in a submit': 'ok',
  'emit an event': 'ok',
  print: 'ok',
  'print in a submit': 'ok',
  fail: 'CHAINCODE_ERROR',
  'fail in a submit': 'CHAINCODE_ERROR',
  'call an unknown function': 'CHAINCODE_ERROR',
  'read an unknown collection': 'DATASET_UNKNOWN',
  'use an untyped composite key': 'CHAINCODE_UNSUPPORTED',
  'read what only members may': 'DATASET_ACCESS_DENIED',
  crash: /^(CHAINCODE_CRASHED|CHAINCODE_START_FAILED|TIMEOUT)$/,
  'endorse a stale read': 'STALE_READ',
  delete: 'ok',
};

function verifyResult(actual: string, expected: string): void {
  if (actual !== expected) throw new Error(`answered ${actual.slice(0, 100)} instead of ${expected.slice(0, 100)}`);
}
