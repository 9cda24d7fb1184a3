import type { FactReader, Profile } from '@selvedge/policy';
import type { ContractPolicy } from '@selvedge/protocol';

/** The policy on the ledger as it stands, with the network profile that is in it. */
export interface PresentPolicy extends FactReader {
  readonly profile: Profile;
}

/** How far a ledger is with what a contract's endorsers run. */
export interface EndorsementState {
  /** Whether the definition that the policy needs is on the channel. */
  readonly committed: boolean;
  readonly sequence: number;
}

/** What a contract's lifecycle needs of a network: a development network and a deployment on Fabric each bring their own. */
export interface LifecyclePorts {
  present(): Promise<PresentPolicy>;
  /** Resolves with the number of the block that records PolicyTransaction bytes. Throws the ledger's refusal. */
  submit(policyTransaction: Uint8Array): Promise<bigint>;
  /** SignedKeyCommitments bytes of a contract's first keys, checked. */
  fetchKeyCommitments(ledger: FactReader, contract: string, suite: string): Promise<Uint8Array>;
  /** OwnerKeys bytes of an organisation, as its business node gives them, checked. */
  fetchOwnerKeys(profile: Profile, mspId: string): Promise<Uint8Array>;
  /** Folder of the files that gather approvals. */
  readonly proposals: string;
  /**
   * On Fabric: brings the endorsement chaincode, with the policy's collections, onto the channel as far as the organisations here can.
   * @param options.isHeld gathers approvals of the definition and does not commit it; default false
   */
  readonly endorsement?: ((policy: ContractPolicy, options?: { readonly isHeld: boolean }) => Promise<EndorsementState>) | undefined;
}
