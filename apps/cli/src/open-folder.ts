import { join, resolve } from 'node:path';
import { connect, loadConnectionProfile, loadSignedProfile, openPins, type ConnectionProfile, type ConnectOptions, type Gateway, type HeldUnlockKey } from '@selvedge/client';
import { openNetworkFolder, readUnlockKeys } from '@selvedge/dev-network';
import { SelvedgeError } from '@selvedge/errors';
import type { Signer } from '@selvedge/identity';
import { verifySignedProfile, type FactUpdate, type Profile } from '@selvedge/policy';
import { isFabricFolder, openFabricFolder, ownOrganisations } from './fabric/folder.js';
import { openPolicyAccess } from './fabric/policy-access.js';
import { isBusiness } from './fabric/services.js';
import { loadIdentity } from './fabric/signers.js';
import { ownUnlockKeys } from './fabric/unlock-keys.js';

/** Who acts when --identity does not say. */
export type DefaultUser = 'client' | 'admin';

/** The policy on a network's ledger, as the commands use it. */
export interface PolicyCommands {
  /** Every fact, sorted by key. */
  facts(): Promise<readonly { readonly key: string; readonly value: Uint8Array }[]>;
  /** PolicyChange bytes against the present facts. */
  propose(changes: readonly FactUpdate[]): Promise<Uint8Array>;
  /** Resolves with the number of the block that records PolicyTransaction bytes. @param submitter creates the transaction where the ledger is Fabric */
  submit(policyTransaction: Uint8Array, submitter: Signer): Promise<bigint>;
  close(): void;
}

/** A network's folder, whether it is a development network's or a deployment's on Fabric. */
export interface OpenFolder {
  readonly directory: string;
  /** The command that shows whether the network runs. */
  readonly statusCommand: string;
  readonly connectionProfile: ConnectionProfile;
  /** SignedProfile bytes. */
  readonly signedProfile: Uint8Array;
  readonly profile: Profile;
  /** Throws INVALID_CONFIGURATION when the folder has no such identity. */
  identity(mspId: string, user: string): Promise<Signer>;
  defaultIdentity(user: DefaultUser): Promise<Signer>;
  /** What the folder calls that identity. */
  defaultName(user: DefaultUser): string;
  connect(identity: Signer, options: Partial<ConnectOptions>): Gateway;
  openPolicy(): Promise<PolicyCommands>;
  /** Unlock keys of the organisations operated here. Throws INVALID_CONFIGURATION. */
  unlockKeys(): Promise<HeldUnlockKey[]>;
  /** Directory of the key broker's store, where the broker runs on this machine. */
  readonly brokerStore: string;
}

/** Opens the folder of a network. Throws INVALID_CONFIGURATION. */
export function openFolder(directory: string): Promise<OpenFolder> {
  return isFabricFolder(directory) ? openDeployed(directory) : openDevelopment(directory);
}

const KEY_BROKER = 'key-broker';
/** Where a service keeps what is its own. */
const DATA_FOLDER = 'data';
const DEVELOPMENT_USERS = { client: 'User1', admin: 'Admin' } as const;

async function openDevelopment(directory: string): Promise<OpenFolder> {
  const folder = await openNetworkFolder(directory);
  const { connectionProfile, signedProfile, profile, settings } = folder;
  return {
    directory: folder.layout.directory,
    statusCommand: 'selvedge status',
    connectionProfile,
    signedProfile,
    profile,
    identity: (mspId, user) => folder.identity(mspId, user),
    defaultIdentity: (user) => folder.identity(settings.businessOrganisations[0] ?? '', DEVELOPMENT_USERS[user]),
    defaultName: (user) => DEVELOPMENT_USERS[user],
    connect: (identity, options) => folder.connect(identity, options),
    openPolicy: () => Promise.resolve(folder.openPolicySession()),
    unlockKeys: () => readUnlockKeys(folder.layout, settings),
    brokerStore: join(folder.layout.nodeDirectory(KEY_BROKER), DATA_FOLDER),
  };
}

async function openDeployed(directory: string): Promise<OpenFolder> {
  const folder = await openFabricFolder(resolve(directory));
  const { layout, deployment } = folder;
  const connectionProfile = await loadConnectionProfile(layout.networkFile).catch((cause: unknown) => {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${layout.directory} is not deployed yet; "selvedge fabric deploy" does that`, { role: 'cli', cause });
  });
  const signedProfile = await loadSignedProfile(connectionProfile);
  const pins = connectionProfile.pins === undefined ? undefined : await openPins(connectionProfile.pins);
  const own = ownOrganisations(deployment);
  const first = own.find(isBusiness) ?? own[0];
  return {
    directory: layout.directory,
    statusCommand: 'selvedge fabric status',
    connectionProfile,
    signedProfile,
    profile: verifySignedProfile(signedProfile),
    identity: (mspId, user) => loadIdentity(deployment, mspId, user),
    defaultIdentity: (user) => loadIdentity(deployment, first?.mspId ?? '', user),
    defaultName: (user) => user,
    connect: (identity, options) => connect({ connectionProfile, signedProfile, pins, identity, reload: () => loadConnectionProfile(layout.networkFile), ...options }),
    unlockKeys: () => ownUnlockKeys(layout, deployment),
    brokerStore: join(layout.serviceDirectory(KEY_BROKER), DATA_FOLDER),
    async openPolicy() {
      const access = await openPolicyAccess(folder);
      return { ...access, facts: async () => (await access.facts()).all, submit: (transaction) => access.submit(transaction) };
    },
  };
}
