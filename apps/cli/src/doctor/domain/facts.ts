import type { RefusalCode } from '@selvedge/errors';

/** A certificate that something of the deployment uses. */
export interface CertificateFacts {
  /** The node, or the organisation's user, that uses it. */
  readonly subject: string;
  /** What for, such as `TLS, as served` or the path of its file. */
  readonly use: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A network profile, as the deployment's folder, a node's configuration or the ledger has it. */
export interface ProfileFacts {
  readonly version: bigint;
  /** Hexadecimal. */
  readonly digest: string;
  readonly allowSimulated: boolean;
}

/** How far a clock is from the one of this machine, at least: positive where it is ahead, 0 where the difference may be none. */
export interface ClockFacts {
  readonly skewMs: number;
}

/** Room on a file system that a node keeps data on. */
export interface DiskFacts {
  readonly path: string;
  readonly freeBytes: bigint;
  readonly totalBytes: bigint;
}

/** A condition of readiness that a node says does not hold, of its /readyz. */
export interface UnmetCondition {
  readonly check: string;
  readonly reason: string;
}

/** What is known of one process. */
export interface NodeFacts {
  readonly name: string;
  readonly service: string;
  readonly mspId: string;
  readonly address: string;
  /** Why it does not answer; undefined: it does. */
  readonly refusal: RefusalCode | undefined;
  /** Blocks that it has, or has a quorum's word for. */
  readonly height?: bigint | undefined;
  /** Type of its TEE, by its own word or its configuration's. */
  readonly teeType?: string | undefined;
  /** Hexadecimal. */
  readonly measurement?: string | undefined;
  /** Packages of a compute node: code hashes, hexadecimal, and whether the node has hashed its copy. */
  readonly packages?: readonly { readonly codeHash: string; readonly verified: boolean }[] | undefined;
  /** Contracts that a compute node is kept from: it needs no package of them. */
  readonly deniedContracts?: readonly string[] | undefined;
  readonly unmet: readonly UnmetCondition[];
  /** undefined: it serves no monitoring page, or did not answer there. */
  readonly clock?: ClockFacts | undefined;
  /** Of its configuration; undefined: it is not of this machine. */
  readonly profile?: ProfileFacts | undefined;
  readonly disks: readonly DiskFacts[];
}

/** What the ledger's policy says. */
export interface LedgerFacts {
  /** undefined: none is recorded yet. */
  readonly profile: ProfileFacts | undefined;
  readonly revokedNodes: readonly string[];
  /** Hexadecimal. */
  readonly revokedMeasurements: readonly string[];
  readonly contracts: readonly ContractFacts[];
}

export interface ContractFacts {
  readonly name: string;
  /** Hexadecimal. */
  readonly codeHash: string;
  /** Organisations that keep data of it, with the owner set of each. */
  readonly owners: readonly { readonly mspId: string; readonly ownerSet: string }[];
  /** Organisations that its collections' policies name. */
  readonly members: readonly { readonly mspId: string; readonly dataset: string }[];
}

/** All that a diagnosis is made of. */
export interface DeploymentFacts {
  /** This machine's time. */
  readonly at: Date;
  /** Of the deployment's folder: what its clients go by. */
  readonly profile: ProfileFacts;
  /** A refusal: the ledger's policy could not be read. */
  readonly ledger: LedgerFacts | { readonly refusal: RefusalCode };
  readonly nodes: readonly NodeFacts[];
  readonly certificates: readonly CertificateFacts[];
  /** Organisations with a business node in the connection profile. */
  readonly businessOrganisations: readonly string[];
}

/** What counts as a fault. */
export interface DoctorLimits {
  readonly maxSkewMs: number;
  /** Blocks that a node may be behind the highest. */
  readonly maxLagBlocks: bigint;
  readonly minFreeBytes: bigint;
  /** A certificate that ends sooner than this is warned of. */
  readonly warnBeforeMs: number;
}
