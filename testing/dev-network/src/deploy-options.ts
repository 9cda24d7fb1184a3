import type { ContractOptions } from '@selvedge/contract-package';

/** What the manifest leaves open. */
export interface DeployOptions extends ContractOptions {
  /** On Fabric: whether endorser organisations keep copies of packets. Default: the network's. */
  readonly keepers?: 'endorsers' | 'none';
  /** How long compute nodes may take to verify the package and fetch the contract's keys. Default 30,000. */
  readonly timeoutMs?: number;
  /** Whether what neither manifest nor options say stays as the ledger has it; otherwise it is the network's default. */
  readonly keepsRecorded?: boolean;
  /** Told what is waited for. */
  readonly note?: (text: string) => void;
}
