import type { ConnectionProfile } from '@selvedge/client';
import type { ContractPlan, LifecyclePorts } from '@selvedge/contract-lifecycle';
import type { ContractOptions } from '@selvedge/contract-package';
import type { Signer } from '@selvedge/identity';
import type { FactReader } from '@selvedge/policy';

/** A package in a folder's store. */
export interface InstalledPackage {
  readonly directory: string;
  /** 32 bytes. */
  readonly codeHash: Uint8Array;
}

/** A network, as the commands of `selvedge contract` work on it, whatever its ledger. */
export interface ContractNetwork {
  readonly ports: LifecyclePorts;
  readonly connectionProfile: ConnectionProfile;
  /** Every fact on the ledger, sorted by key. */
  facts(): Promise<FactReader & { readonly all: readonly { readonly key: string; readonly value: Uint8Array }[] }>;
  /** What a package shall become on the ledger. @param options what the command line says */
  plan(installed: InstalledPackage, options: ContractOptions): Promise<ContractPlan>;
  /** Administrators operated here: the one of --identity, else all. */
  administrators(): Promise<Signer[]>;
  /** The organisation that `approve` approves for: that of --identity, else the default. */
  approvers(): Promise<Signer[]>;
}
