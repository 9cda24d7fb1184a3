import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createChaincodeHost, explainStart } from '@selvedge/compute';
import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError, withRole } from '@selvedge/errors';
import { BUSINESS_MSP_IDS, createTestConsortium, issueTestIdentity, type ContractPolicyInit, type TestConsortium, type TestIdentity } from '@selvedge/fixtures';
import type { Signer } from '@selvedge/identity';
import { isGatedFunction } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';
import { startNetworkInProcess, type Executed, type NetworkInProcess } from './in-process/index.js';
import { planPackage } from './packages.js';
import { recordWrites } from './recorder.js';
import type { Answer, CallOptions, Execution, User, UserOptions, World, WorldOptions } from './world.js';

/** Fabric's first status of a refusal. */
const ERROR_STATUS = 400;
const VALID = 'VALID';
const ENDORSERS = 3;
const MAX_OUTPUT_CHARACTERS = 256 * 1024;

/**
 * Starts a world for a contract: its code runs in the compute node's own sandbox and is answered by the compute node's own state handling,
 * endorsers check what it gives, owners keep it, and a ledger in memory commits it, all as on a network. Nothing listens on a port.
 *
 * @throws SelvedgeError PACKAGE_INVALID, PACKAGE_DEPENDENCY_MISSING, MANIFEST_INVALID, as "selvedge deploy" does
 */
export async function createWorld({ directory = process.cwd(), others = [], now = () => new Date() }: WorldOptions = {}): Promise<World> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'sv-world-'));
  const store = path.join(scratch, 'packages');
  let printed = '';
  const close: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })];
  const closeAll = async (): Promise<void> => {
    const step = close.pop();
    if (step === undefined) return;
    try {
      await step();
    } finally {
      await closeAll();
    }
  };
  try {
    const consortium = await createTestConsortium({ now: now() });
    const policy = await planPackage(directory, store, consortium);
    const called = await Promise.all(others.map((other) => planPackage(other, store, consortium)));
    requireDistinct([policy, ...called]);
    const ownHost = await createChaincodeHost({ packageStore: store, runDirectory: path.join(scratch, 'run'), developmentOutput: (chunk) => { printed = (printed + chunk.toString('utf8')).slice(-MAX_OUTPUT_CHARACTERS); } });
    close.push(() => ownHost.close());
    // What a node does once for a package counts towards nobody's time.
    for (const one of [policy, ...called]) await ownHost.prepare(one.name, one.codeHash);
    const host = recordWrites(ownHost);
    const network = await startNetworkInProcess({ host, policy: {}, others: new Map([policy, ...called].map((one) => [one.name, fieldsOf(one)])), consortium, endorsers: ENDORSERS, clock: now });
    close.push(() => network.close());
    return worldOf({ network, policies: [policy, ...called], takeWrites: (txId) => host.takeWrites(txId), output: () => printed, close: closeAll });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** A message's fields, without what makes it a message. */
function fieldsOf(policy: ContractPolicy): ContractPolicyInit {
  return Object.fromEntries(Object.entries(policy).filter(([name]) => !name.startsWith('$')));
}

/** Two contracts of one name would be one on the channel. Throws MANIFEST_INVALID. */
function requireDistinct(policies: readonly ContractPolicy[]): void {
  const twice = policies.find(({ name }, i) => policies.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) throw new SelvedgeError('MANIFEST_INVALID', `two contracts of the world have the name ${twice.name}; give one another name in its selvedge.json`);
}

interface WorldParts {
  readonly network: NetworkInProcess;
  /** The contract under test comes first. */
  readonly policies: readonly ContractPolicy[];
  readonly takeWrites: (txId: string) => Answer['writes'];
  readonly output: () => string;
  readonly close: () => Promise<void>;
}

function worldOf({ network, policies, takeWrites, output, close }: WorldParts): World {
  const [{ name: contract } = { name: '' }] = policies;
  const signers = new WeakMap<User, Signer>();

  const run = async (kind: 'submit' | 'evaluate', name: string, args: readonly string[], options: CallOptions): Promise<{ readonly executed: Executed; readonly answer: Answer }> => {
    const asked = options.contract ?? contract;
    refuseGated(policies, asked, name);
    const signer = signerOf(network.consortium, signers, options.as);
    const executed = await network
      .execute({ contract: asked, kind, signer, args: [name, ...args].map((arg) => Buffer.from(arg)), transient: transientOf(options.transient ?? {}) })
      .catch((error: unknown) => {
        throw isSelvedgeError(error, 'CHAINCODE_START_FAILED') ? explainStart(error, output()) : error;
      });
    const { status, message, payload, event } = executed.response;
    const transactionId = toHex(executed.txId);
    const writes = takeWrites(transactionId);
    if (status >= ERROR_STATUS) throw new SelvedgeError('CHAINCODE_ERROR', `chaincode response ${String(status)}, ${message}`, { role: 'compute', details: { status } });
    const answer = { transactionId, result: textOf(payload), writes, event: event === undefined ? undefined : { name: event.name, payload: textOf(event.payload) } };
    return { executed, answer };
  };

  const commit = async (executed: Executed): Promise<string> => {
    const transaction = await network.endorse(executed).catch((error: unknown) => {
      throw withRole(error, 'endorser');
    });
    const [verdict = 'unknown'] = await network.order([{ txId: executed.txId, transaction }]);
    return verdict;
  };

  return {
    organisations: BUSINESS_MSP_IDS,
    contract,
    async user(mspId, options = {}) {
      const { signer, certificatePem } = await issueUser(network.consortium, mspId, options);
      const user = { mspId, certificate: certificatePem };
      signers.set(user, signer);
      return user;
    },
    evaluate: async (name, args = [], options = {}) => (await run('evaluate', name, args, options)).answer,
    async execute(name, args = [], options = {}): Promise<Execution> {
      const { executed, answer } = await run('submit', name, args, options);
      return { ...answer, commit: () => commit(executed) };
    },
    async submit(name, args = [], options = {}) {
      const { executed, answer } = await run('submit', name, args, options);
      const verdict = await commit(executed);
      if (verdict !== VALID) throw new SelvedgeError('COMMIT_INVALID', `transaction ${answer.transactionId} is not valid: ${verdict}`, { details: { validationCode: verdict } });
      return answer;
    },
    output,
    close,
  };
}

/** Their results are released by what a quorum of organisations says of the commit, which takes a network. */
function refuseGated(policies: readonly ContractPolicy[], contract: string, name: string): void {
  const policy = policies.find((one) => one.name === contract);
  if (policy !== undefined && isGatedFunction(policy, Buffer.from(name))) throw new SelvedgeError('FEATURE_UNSUPPORTED', `function ${name} gives its result after commit only, which a test's world does not do; call it on a network of "selvedge up"`);
}

function signerOf(consortium: TestConsortium, signers: WeakMap<User, Signer>, as: User | string = BUSINESS_MSP_IDS[0]): Signer {
  if (typeof as === 'string') return consortium.organisation(as).client.signer;
  const signer = signers.get(as);
  if (signer === undefined) throw new RangeError('the user is of another world');
  return signer;
}

let issued = 0;

function issueUser(consortium: TestConsortium, mspId: string, { name = `user${String((issued += 1))}`, attributes }: UserOptions): Promise<TestIdentity> {
  return issueTestIdentity(consortium.organisation(mspId).ca, { commonName: name, role: 'client', ...(attributes === undefined ? {} : { attributes: { ...attributes } }) });
}

function transientOf(fields: NonNullable<CallOptions['transient']>): Map<string, Uint8Array> {
  return new Map(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? Buffer.from(value) : value]));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
