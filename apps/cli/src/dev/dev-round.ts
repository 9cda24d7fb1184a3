import { rm } from 'node:fs/promises';
import { equalBytes, toHex } from '@selvedge/crypto';
import type { NetworkFolder } from '@selvedge/dev-network';
import { withRole, type SelvedgeError } from '@selvedge/errors';
import { parseContractPolicy, parseFactKey } from '@selvedge/policy';
import type { DescribedContract } from '../contract/metadata.js';
import { tryPackage, type TriedPackage } from '../contract/try-package.js';
import { nameNetwork } from '../name-network.js';
import { buildProject } from './build-project.js';

/** What one round came to: the contract is on the network as it lies in the project, or why not. */
export type RoundResult =
  | {
      readonly kind: 'deployed';
      readonly name: string;
      readonly version: string;
      /** Hexadecimal. */
      readonly codeHash: string;
      readonly policyVersion: bigint;
      /** Whether this round changed it. */
      readonly changed: boolean;
      readonly contracts: readonly DescribedContract[] | undefined;
    }
  | { readonly kind: 'build failed'; readonly output: string }
  | { readonly kind: 'refused'; readonly refusal: SelvedgeError };

/** How long compute nodes may take to copy and hash a version: a watch has nothing better to do than to wait. */
const READY_TIMEOUT_MS = 120_000;

/** Builds and deploys a project, again and again. */
export interface DevSession {
  /** One round. Never rejects. */
  round(): Promise<RoundResult>;
}

/**
 * A session on a development network. State and what the ledger records of a contract beside its code and manifest stay from round to round.
 * @param input.openFolder opens the network anew in each round: it may have been started again
 */
export function createDevSession(input: { readonly directory: string; readonly name: string | undefined; openFolder(): Promise<NetworkFolder>; note(text: string): void }): DevSession {
  /** The package that an earlier round left in the store; nothing needs it once another is in force. */
  let previous: TriedPackage | undefined;
  const round = async (): Promise<RoundResult> => {
    const folder = await input.openFolder();
    const built = await buildProject(input.directory);
    if (built.kind === 'failed') return { kind: 'build failed', output: built.output };
    const note = (text: string): void => {
      input.note(text);
    };
    const tried = await tryPackage(folder, input.directory, { name: input.name, note });
    const options = { ...(input.name === undefined ? {} : { name: input.name }), keepsRecorded: true, timeoutMs: READY_TIMEOUT_MS, note };
    const { name, version, codeHash, policy, blockNumber } = await folder.deploy(tried.directory, options).catch((error: unknown) => {
      throw nameNetwork(error, { directory: folder.layout.directory, statusCommand: 'selvedge status' });
    });
    if (previous !== undefined && !equalBytes(previous.codeHash, codeHash)) await removePackage(folder, previous).catch(() => undefined);
    previous = tried;
    return { kind: 'deployed', name, version, codeHash: toHex(codeHash), policyVersion: policy.policyVersion, changed: blockNumber !== undefined, contracts: tried.contracts };
  };
  return { round: () => round().catch((error: unknown): RoundResult => ({ kind: 'refused', refusal: withRole(error, 'cli') })) };
}

/** Takes a package out of the network's store, which each version would fill by its dependencies; unless some contract on the ledger has its code. */
async function removePackage(folder: NetworkFolder, { directory, codeHash }: TriedPackage): Promise<void> {
  const session = folder.openPolicySession();
  try {
    const contracts = (await session.facts()).filter(({ key }) => parseFactKey(key).kind === 'contract');
    if (contracts.some(({ value }) => equalBytes(parseContractPolicy(value).codeHash, codeHash))) return;
    await rm(directory, { recursive: true, force: true });
  } finally {
    session.close();
  }
}
