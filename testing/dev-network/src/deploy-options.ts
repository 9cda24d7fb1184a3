/** What the manifest leaves open. */
export interface DeployOptions {
  /** Contract name; default: the manifest's. */
  readonly name?: string;
  readonly suite?: string;
  readonly endorsementPolicy?: string;
  /** MSP ids of the world state's owners; default: the manifest's, else the first business organisation. */
  readonly worldStateOwners?: readonly string[];
  readonly computeQuorum?: number;
  /** Node ids that may run it; default: all. */
  readonly assignedNodes?: readonly string[];
  /** How long compute nodes may take to fetch the contract's keys. Default 30,000. */
  readonly timeoutMs?: number;
}
