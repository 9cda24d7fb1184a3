import { createHash } from 'node:crypto';
import { SelvedgeError } from '@selvedge/errors';
import type { ChaincodePackage } from './chaincode-package.js';
import { approveForMyOrg, checkCommitReadiness, commitDefinition, installPackage, queryApproved, queryCommitted, queryInstalled, type ChaincodeDefinition } from './commands.js';
import { isOwnDefinition, verifyReplaces } from './verify-replaces.js';
import type { FabricEndpoint, LifecycleAdmin, PeerProgram } from './targets.js';

/** The wanted definition of a chaincode; its sequence is found on the channel. */
export type WantedDefinition = Omit<ChaincodeDefinition, 'sequence'>;

/** An organisation that takes part in a deployment. */
export interface DeployingOrganisation {
  readonly admin: LifecycleAdmin;
  /** What its peer runs; none when its peers do not run the chaincode. */
  readonly chaincodePackage?: ChaincodePackage;
}

/** How far a deployment came. */
export interface ChaincodeDeployment {
  readonly name: string;
  /** The definition's version: the given one and a digest of what is agreed on. */
  readonly version: string;
  readonly sequence: number;
  /** By MSP id. */
  readonly approvals: Readonly<Record<string, boolean>>;
  /** false while more organisations have to approve, or the commit is held. */
  readonly committed: boolean;
  /** Version of chaincode that Selvedge has not deployed, in whose place this comes; undefined where there was none, or is none any more. */
  readonly replaces: string | undefined;
  /** What this run changed; empty when everything was there. */
  readonly done: readonly string[];
}

const DIGEST_CHARACTERS = 12;

/**
 * The version under which a definition is deployed: Fabric does not say cheaply whether a committed definition is the
 * wanted one, so a digest of policy and collections is part of its version.
 */
export function definitionVersion(wanted: WantedDefinition): string {
  const digest = createHash('sha256').update(JSON.stringify([wanted.version, wanted.policy, wanted.collections ?? ''])).digest('hex');
  return `${wanted.version}-${digest.slice(0, DIGEST_CHARACTERS)}`;
}

/**
 * Brings a chaincode definition onto a channel and does only what is missing: installs, approves for the given
 * organisations, commits once enough organisations have approved. It may be run again at any time, by one organisation
 * or several. Throws FABRIC_COMMAND_FAILED, what verifyReplaces throws, or INVALID_CONFIGURATION without
 * an organisation.
 */
export async function deployChaincode(input: {
  readonly program: PeerProgram;
  readonly orderer: FabricEndpoint;
  readonly definition: WantedDefinition;
  readonly organisations: readonly DeployingOrganisation[];
  /** Peers of further organisations, whose endorsement the commit needs. */
  readonly otherPeers?: readonly FabricEndpoint[];
  /** Collections of chaincode that Selvedge has not deployed, which is replaced under this name; default: none, and no such chaincode is replaced. */
  readonly takesOver?: readonly string[];
  /** Approves, and leaves the commit to a later run; default false. */
  readonly isHeld?: boolean;
}): Promise<ChaincodeDeployment> {
  const { program, orderer, organisations } = input;
  const [first] = organisations;
  if (first === undefined) throw new SelvedgeError('INVALID_CONFIGURATION', 'deploying a chaincode takes at least one organisation', { role: 'cli' });
  const { channel, name } = input.definition;
  const version = definitionVersion(input.definition);
  const done: string[] = [];

  const committed = await queryCommitted(program, first.admin, channel, name);
  verifyReplaces(committed, input.definition, input.takesOver ?? []);
  const isOwn = committed === undefined || isOwnDefinition(committed, input.definition);
  const replaces = isOwn ? undefined : committed.version;
  const isCommitted = isOwn && committed?.version === version;
  const sequence = isCommitted ? committed.sequence : (committed?.sequence ?? 0) + 1;
  const definition = { ...input.definition, version, sequence };
  await Promise.all(
    organisations.map(async ({ admin, chaincodePackage }) => {
      if (chaincodePackage !== undefined && !(await queryInstalled(program, admin)).includes(chaincodePackage.packageId)) {
        await installPackage(program, admin, chaincodePackage);
        done.push(`installed on the peer of ${admin.mspId}`);
      }
      const approved = await queryApproved(program, admin, { channel, name, sequence });
      if (approved?.version === version && approved.packageId === chaincodePackage?.packageId) return;
      await approveForMyOrg(program, admin, orderer, definition, chaincodePackage?.packageId);
      done.push(`approved for ${admin.mspId}`);
    }),
  );
  if (isCommitted) return { name, version, sequence, approvals: committed.approvals, committed: true, replaces, done };

  const approvals = await checkCommitReadiness(program, first.admin, definition);
  if (!isMajority(approvals) || input.isHeld === true) return { name, version, sequence, approvals, committed: false, replaces, done };
  await commitDefinition(program, first.admin, orderer, definition, [...organisations.map(({ admin }) => admin.peer), ...(input.otherPeers ?? [])]);
  done.push(`committed as sequence ${String(sequence)}`);
  return { name, version, sequence, approvals, committed: true, replaces, done };
}

/** Whether more than half have approved: Fabric's default LifecycleEndorsement. A channel with a stricter rule refuses the commit itself. */
export function isMajority(approvals: Readonly<Record<string, boolean>>): boolean {
  const all = Object.values(approvals);
  return all.filter(Boolean).length * 2 > all.length;
}
