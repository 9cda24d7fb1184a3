import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createChaincodeHost } from '@selvedge/compute';
import { installPackage } from '@selvedge/contract-package';
import { isSelvedgeError, SelvedgeError } from '@selvedge/errors';
import { issueTestIdentity, TEST_ORGANISATION_MAP, TEST_OWNER_SETS, TWO_OF_THREE, type ContractPolicyInit } from '@selvedge/fixtures';
import type { Signer } from '@selvedge/identity';
import { startNetworkInProcess, type Asked, type NetworkInProcess } from '@selvedge/contract-test/in-process';
import type { Creator } from './case.js';
import type { Step } from './typescript/step.js';

const OWNER = 'AuroraMSP';
/** A contract that the chaincode may call: the same code, with a state of its own. */
const OTHER = 'other';
const member = { members: [OWNER], contentGuard: true };
/** The blocks of the whole suite, and more. */
const BLOCKS_TO_LIVE = 1_000_000n;

/** Every dataset has one owner. */
const OWNER_SETS = Object.keys(TEST_OWNER_SETS).map((name) => ({ name, owners: [OWNER], endorsementPolicy: TWO_OF_THREE }));

const DATASETS: NonNullable<ContractPolicyInit['datasets']> = [
  { name: '', ownerSet: 'houses', contentGuard: true },
  { ...member, name: 'members', ownerSet: 'aurora', memberOnlyRead: true, memberOnlyWrite: true },
  { ...member, name: 'unguarded', ownerSet: 'aurora', contentGuard: false },
  { ...member, name: 'open', ownerSet: 'borealis' },
  { ...member, name: '_implicit_org_AuroraMSP', ownerSet: 'celesta' },
  { ...member, name: 'ending', ownerSet: 'trade', blockToLive: BLOCKS_TO_LIVE },
];

/** What came of a transaction. */
export type Outcome =
  /** It was committed, or evaluated. */
  | { readonly kind: 'payload'; readonly payload: string; readonly event: readonly [string, string] | null }
  /** The chaincode answered with an error. */
  | { readonly kind: 'error'; readonly text: string }
  /** The request was refused, or not valid. */
  | { readonly kind: 'refused'; readonly code: string; readonly text: string };

/** A network whose contract is the compliance chaincode. */
export interface World {
  /** Asks, and commits what a submit wrote. */
  ask(asked: Omit<Asked, 'signer'> & { readonly as?: Creator }): Promise<Outcome>;
  close(): Promise<void>;
}

/** Installs the chaincode of a directory and starts a network for it. */
export async function startWorld(chaincodeDirectory: string): Promise<World> {
  const directory = mkdtempSync(path.join(tmpdir(), 'sv-compliance-'));
  const store = path.join(directory, 'packages');
  const { codeHash } = await installPackage(chaincodeDirectory, store);
  const host = await createChaincodeHost({ packageStore: store, runDirectory: path.join(directory, 'run') });
  const policy = { codeHash, datasets: DATASETS, organisationMap: TEST_ORGANISATION_MAP, ownerSets: OWNER_SETS };
  const network = await startNetworkInProcess({ host, policy, others: new Map([[OTHER, policy]]) });
  const signers = await createSigners(network);
  return {
    async ask({ as = 'owner', ...asked }) {
      try {
        return await commit(network, { ...asked, signer: signers[as] });
      } catch (error) {
        if (!isSelvedgeError(error)) throw error;
        return error.code === 'CHAINCODE_ERROR' ? { kind: 'error', text: error.message } : { kind: 'refused', code: error.code, text: error.message };
      }
    },
    async close() {
      await network.close();
      await host.close();
      rmSync(directory, { recursive: true });
    },
  };
}

async function createSigners({ consortium }: NetworkInProcess): Promise<Record<Creator, Signer>> {
  const coloured = await issueTestIdentity(consortium.organisation(OWNER).ca, { commonName: 'coloured', role: 'client', attributes: { colour: 'blue' } });
  return { owner: consortium.organisation(OWNER).client.signer, outsider: consortium.organisation('BorealisMSP').client.signer, coloured: coloured.signer };
}

async function commit(network: NetworkInProcess, asked: Asked): Promise<Outcome> {
  const executed = await network.execute(asked);
  const { payload, event, status, message } = executed.response;
  if (status >= 400) return { kind: 'error', text: message };
  if (asked.kind !== 'evaluate') {
    const transaction = await network.endorse(executed);
    const [verdict = 'unknown'] = await network.order([{ txId: executed.txId, transaction }]);
    if (verdict !== 'VALID') throw new SelvedgeError('INTERNAL', verdict);
  }
  return { kind: 'payload', payload: Buffer.from(payload).toString(), event: event === undefined ? null : [event.name, Buffer.from(event.payload).toString()] };
}

/** Arguments that have the chaincode make these calls. */
export const runArgs = (steps: readonly Step[], ...more: readonly string[]): Uint8Array[] => [more.length === 0 ? 'run' : 'runWith', JSON.stringify(steps), ...more].map((arg) => Buffer.from(arg));
