/**
 * Every refusal that Selvedge can give, by stable code. The table is the single source: wire status, role, and what
 * the caller should do. Codes are never renamed or reused.
 */

/** Name of the part that refuses. */
export type RoleName = 'client' | 'compute' | 'endorser' | 'business' | 'key-broker' | 'viewer' | 'submitter' | 'sequencer' | 'policy-chaincode' | 'endorsement-chaincode' | 'ledger' | 'cli' | 'console';

/** gRPC status names that refusals map to (https://grpc.io/docs/guides/status-codes/). */
export type WireStatus =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'UNAUTHENTICATED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'CANCELLED'
  | 'UNIMPLEMENTED'
  | 'DATA_LOSS'
  | 'INTERNAL';

interface CodeEntry {
  readonly status: WireStatus;
  /** May the same call succeed later or elsewhere, unchanged? */
  readonly retryable: boolean;
  /** What the caller should do, in the imperative. */
  readonly action: string;
}

const entry = (status: WireStatus, retryable: boolean, action: string): CodeEntry => ({ status, retryable, action });

export const CODES = {
  // Parsing of outside bytes
  MESSAGE_TOO_LARGE: entry('RESOURCE_EXHAUSTED', false, 'Send a smaller message; the limit is named in the text.'),
  MALFORMED_MESSAGE: entry('INVALID_ARGUMENT', false, 'Check that both sides run the same release.'),
  LIMIT_EXCEEDED: entry('INVALID_ARGUMENT', false, 'Stay below the limit that is named in the text.'),
  UNSUPPORTED_VERSION: entry('INVALID_ARGUMENT', false, 'Update the older side to a release that speaks this version.'),
  WRONG_NETWORK: entry('INVALID_ARGUMENT', false, 'Check the network name in the client configuration.'),
  WRONG_CHANNEL: entry('INVALID_ARGUMENT', false, 'Check the channel name in the client configuration.'),
  UNKNOWN_SUITE: entry('INVALID_ARGUMENT', false, 'Use one of the suites that the network profile allows.'),
  BATCH_ITEM_DEFERRED: entry('ABORTED', true, 'Send the request alone, after its batch.'),
  FEATURE_UNSUPPORTED: entry('UNIMPLEMENTED', false, 'Do without the feature that is named in the text; this release does not have it yet.'),
  INVALID_CONFIGURATION: entry('INVALID_ARGUMENT', false, 'Mend the setting that is named in the text.'),

  // Secrets: one code for every failing decryption, MAC or signature check (DESIGN 4, invariant 9)
  DECRYPT_FAILED: entry('INVALID_ARGUMENT', false, 'Fetch fresh envelope evidence and seal the request again.'),
  SIGNATURE_INVALID: entry('UNAUTHENTICATED', false, 'Check that the message was signed by the identity it names and was not changed on its way.'),
  PUBLIC_KEY_INVALID: entry('INVALID_ARGUMENT', false, 'Send a public key of the suite that is named: a point on its curve, of full order.'),

  // Envelope
  ENVELOPE_EPOCH_UNKNOWN: entry('FAILED_PRECONDITION', true, 'Fetch fresh envelope evidence and seal the request again.'),
  ENVELOPE_EPOCH_REVOKED: entry('FAILED_PRECONDITION', true, 'Fetch fresh envelope evidence and seal the request again.'),
  KEY_EPOCH_UNKNOWN: entry('FAILED_PRECONDITION', true, 'Fetch fresh envelope evidence and build the request again.'),
  KEY_EPOCH_RETIRED: entry('FAILED_PRECONDITION', true, 'Fetch fresh envelope evidence and build the request again.'),
  KEY_EPOCH_REVOKED: entry('FAILED_PRECONDITION', true, 'Fetch fresh envelope evidence and build the request again.'),

  // Identity
  IDENTITY_MALFORMED: entry('UNAUTHENTICATED', false, 'Send a serialized identity: MSP id and PEM certificate.'),
  IDENTITY_UNKNOWN_MSP: entry('UNAUTHENTICATED', false, 'Use an identity of an organisation in the network profile.'),
  IDENTITY_UNTRUSTED: entry('UNAUTHENTICATED', false, 'Use a certificate issued by a root of that organisation in the network profile.'),
  IDENTITY_EXPIRED: entry('UNAUTHENTICATED', false, 'Renew the certificate.'),
  IDENTITY_REVOKED: entry('UNAUTHENTICATED', false, 'The certificate is on a revocation list of its organisation, or such a list cannot be read; the text names it. Use another certificate.'),
  IDENTITY_WRONG_ROLE: entry('PERMISSION_DENIED', false, 'Use an identity whose organisational unit grants the role that is named in the text.'),

  // Console
  SIGN_IN_REQUIRED: entry('UNAUTHENTICATED', false, 'Run "selvedge console sign-in" and open the address that it prints.'),
  SIGN_IN_LINK_SPENT: entry('UNAUTHENTICATED', false, 'A sign-in link opens once and soon ends; run "selvedge console sign-in" again.'),
  ORIGIN_REFUSED: entry('PERMISSION_DENIED', false, 'Open the console itself, at the address that it printed when it started.'),
  SIGNING_KEY_ABSENT: entry('FAILED_PRECONDITION', false, 'Start the console in a folder that holds the identity’s private key; it sends nothing in the name of others.'),

  // Request
  TX_ID_MISMATCH: entry('INVALID_ARGUMENT', false, 'Compute the transaction id as SHA-256(nonce || creator).'),
  REQUEST_EXPIRED: entry('FAILED_PRECONDITION', false, 'Check the clock of the client, then build the request again.'),
  REQUEST_REPLAYED: entry('ALREADY_EXISTS', false, 'This transaction id is used up; build a new request.'),
  PROFILE_MISMATCH: entry('FAILED_PRECONDITION', false, 'Update the network profile on the side that is behind.'),
  CONTRACT_UNKNOWN: entry('NOT_FOUND', false, 'Deploy and approve the contract, or check its name.'),
  CONTRACT_NOT_ASSIGNED: entry('FAILED_PRECONDITION', true, 'Send the request to a compute node that may have the contract’s keys; the text names the rule that keeps this one from it.'),
  CALLED_CONTRACT_UNKNOWN: entry('NOT_FOUND', false, 'Deploy the contract that the chaincode calls, or correct the name in the chaincode.'),
  CALLED_ENDORSERS_DIFFER: entry('FAILED_PRECONDITION', false, 'Name organisations in the endorsement policies of both contracts that can endorse both, and have the contracts approved again.'),
  CHANNEL_NOT_SERVED: entry('FAILED_PRECONDITION', false, 'Let the chaincode call contracts of its own channel; compute nodes serve one channel each.'),
  CONTRACT_CODE_MISSING: entry('FAILED_PRECONDITION', true, 'Put the approved package into the compute node’s package store.'),
  CONTRACT_CODE_MISMATCH: entry('FAILED_PRECONDITION', false, 'The package differs from its approved hash; install the approved one.'),
  DATASET_UNKNOWN: entry('INVALID_ARGUMENT', false, 'Declare the collection in the chaincode’s collections file and approve the contract again.'),
  EVENT_ACCESS_DENIED: entry('PERMISSION_DENIED', false, 'The contract’s manifest names the organisations that may open its events (eventReaders); ask one of them, or have it changed.'),
  READER_FOREIGN: entry('PERMISSION_DENIED', false, 'Ask the viewer of your own organisation: a viewer answers nobody else.'),
  READER_NOT_ENTITLED: entry('PERMISSION_DENIED', false, 'Use an identity of an administrator, or one whose certificate has the attribute selvedge.view=true.'),
  RE_ENCRYPTION_DENIED: entry('PERMISSION_DENIED', false, 'Use an identity of an administrator of an organisation that owns data of the contract.'),
  RE_ENCRYPTION_INCOMPLETE: entry('FAILED_PRECONDITION', true, 'Run the command again; the text says what is left and why.'),
  CONTRACT_MIGRATING: entry('FAILED_PRECONDITION', true, 'The contract’s name key is being replaced; queries go on, updates are possible again when its operators have finished ("selvedge keys names" tells how far they are).'),
  NAME_KEYS_CHANGED: entry('FAILED_PRECONDITION', true, 'The contract’s name key has changed since the execution; execute the request again.'),
  NAME_MIGRATION_NOT_OPEN: entry('FAILED_PRECONDITION', false, 'Propose the step that the text names with "selvedge keys migrate-names", and have it approved, first.'),
  NAME_MIGRATION_INCOMPLETE: entry('FAILED_PRECONDITION', true, 'Run the command again; the text says what is left and why.'),
  DATASET_ACCESS_DENIED: entry('PERMISSION_DENIED', false, 'The collection’s membership rules do not admit the creator’s organisation.'),

  // Chaincode packages
  PACKAGE_INVALID: entry('INVALID_ARGUMENT', false, 'Mend the chaincode package as the text says.'),
  PACKAGE_DEPENDENCY_MISSING: entry('FAILED_PRECONDITION', false, 'Run "npm install" in the package’s directory first.'),
  MANIFEST_INVALID: entry('INVALID_ARGUMENT', false, 'Mend the file and field that are named in the text.'),

  // Chaincode execution
  CHAINCODE_ERROR: entry('ABORTED', false, 'The chaincode refused; its own message says why.'),
  CHAINCODE_UNSUPPORTED: entry('UNIMPLEMENTED', false, 'The chaincode used a feature that is named in the text and is not supported yet.'),
  CHAINCODE_TIMEOUT: entry('DEADLINE_EXCEEDED', false, 'The chaincode took longer than its limit; make the function shorter or raise the limit.'),
  CHAINCODE_CRASHED: entry('ABORTED', true, 'The chaincode process ended; see the compute node’s log for its exit code.'),
  CHAINCODE_START_FAILED: entry('UNAVAILABLE', true, 'The chaincode process did not start; run the package by hand to see why.'),
  CHAINCODE_PROTOCOL: entry('ABORTED', false, 'The chaincode process broke the protocol; check its shim’s version.'),
  CHAINCODE_LIMIT: entry('RESOURCE_EXHAUSTED', false, 'The transaction passed the limit that is named in the text; split it.'),
  CHAINCODE_CPU_LIMIT: entry('RESOURCE_EXHAUSTED', false, 'The chaincode computed for longer than its limit without finishing; make the function shorter or raise the limit.'),
  CHAINCODE_MEMORY_LIMIT: entry('RESOURCE_EXHAUSTED', false, 'The chaincode needed more memory than its limit; let the function hold less at once or raise the limit.'),
  CHAINCODE_OUTPUT_LIMIT: entry('RESOURCE_EXHAUSTED', false, 'The chaincode printed more than its limit; let it log less.'),
  CHAINCODE_NETWORK_REFUSED: entry('PERMISSION_DENIED', false, 'A chaincode has no network; pass what it needs as arguments or transient fields.'),
  CHAINCODE_FILE_REFUSED: entry('PERMISSION_DENIED', false, 'A chaincode cannot write files; keep what must last in its state.'),
  CHAINCODE_PROCESS_REFUSED: entry('PERMISSION_DENIED', false, 'A chaincode cannot start processes or worker threads; let it compute by itself.'),
  SANDBOX_UNAVAILABLE: entry('FAILED_PRECONDITION', false, 'Run the compute node where the mechanisms that are named in the text are there, or in a network whose profile allows simulated TEEs.'),

  // Capacity
  OVERLOADED: entry('RESOURCE_EXHAUSTED', true, 'Wait and send again, or send to another node.'),
  RATE_LIMITED: entry('RESOURCE_EXHAUSTED', true, 'Wait as long as the text says, and send again.'),
  DRAINING: entry('UNAVAILABLE', true, 'The node is about to stop; send to another node.'),
  NOT_READY: entry('UNAVAILABLE', true, 'The node has not finished starting; try again or send to another node.'),
  UNAVAILABLE: entry('UNAVAILABLE', true, 'The peer could not be reached; check that it runs.'),
  TLS_REFUSED: entry('UNAVAILABLE', true, 'One side does not accept the other’s TLS certificate: compare issuer, trusted roots, host and period with what the text names.'),
  TIMEOUT: entry('DEADLINE_EXCEEDED', true, 'The peer did not answer in time; try again.'),
  CANCELLED: entry('CANCELLED', false, 'The caller gave up.'),

  // Ledger view and state
  VIEW_QUORUM_UNREACHABLE: entry('UNAVAILABLE', true, 'Too few organisations answered with equal policy at this height; check the followers.'),
  VIEW_BEHIND: entry('UNAVAILABLE', true, 'The ledger view lags; wait for the followers or ask another node.'),
  VIEW_ROLLED_BACK: entry('DATA_LOSS', false, 'A follower claims a height below one seen before; its store may have been restored from a backup.'),
  VIEW_NONCE_MISMATCH: entry('UNAUTHENTICATED', true, 'The follower that is named answered with an old statement; inspect it.'),
  VIEW_FACTS_MISMATCH: entry('DATA_LOSS', false, 'The follower that is named sent policy facts that differ from its signed statement; inspect it.'),
  STATE_UNAVAILABLE: entry('UNAVAILABLE', true, 'No owner of the dataset answered; check the business nodes.'),
  HISTORY_NOT_KEPT: entry('FAILED_PRECONDITION', false, 'Ask the operator of an owner to keep the history of keys, or do without it.'),
  HISTORY_UNCONFIRMED: entry('UNAVAILABLE', true, 'Check that followers of enough organisations are reachable and agree.'),
  STATE_BEHIND: entry('UNAVAILABLE', true, 'The business node that is named lags behind the ledger; wait or ask another.'),
  STATE_FORGED: entry('DATA_LOSS', false, 'The business node that is named sent state that does not verify; inspect it.'),
  READER_UNATTESTED: entry('FAILED_PRECONDITION', true, 'Prove yourself to the business node before you ask it for plaintext; a compute node of this release does so by itself.'),
  PLAINTEXT_COPY_INVALID: entry('DATA_LOSS', false, 'A committed value’s copy does not open at the owner that is named: look at its key file, and at the compute nodes that wrote the value; written anew, it is read again.'),
  PLAINTEXT_STORE_BEHIND: entry('FAILED_PRECONDITION', false, 'The store of plaintext is older than what the business node can replay; empty it, and the node fills it anew.'),
  OWNER_KEY_UNKNOWN: entry('FAILED_PRECONDITION', false, 'Have an administrator of the owner that is named record its business node’s key ("selvedge keys owner").'),
  DATASET_NOT_HELD: entry('NOT_FOUND', false, 'Ask a business node of an organisation that owns the dataset.'),
  WRONG_RECIPIENT: entry('INVALID_ARGUMENT', false, 'Send the query to the business node that it names.'),
  STATE_MISSING_PACKET: entry('DATA_LOSS', true, 'The business node lacks a packet that the ledger lists; let it recover.'),

  // Endorsement (DESIGN 4, invariant 3: each check has its own code)
  TEE_SIGNATURE_INVALID: entry('PERMISSION_DENIED', false, 'The TEE signature does not verify; execute the request again on an attested node.'),
  TEE_CERTIFICATE_INVALID: entry('PERMISSION_DENIED', false, 'The TEE certificate is not from the key broker on the ledger; the node must attest again.'),
  TEE_CERTIFICATE_EXPIRED: entry('PERMISSION_DENIED', true, 'The TEE certificate’s epoch has ended; the node must attest again.'),
  TEE_REVOKED: entry('PERMISSION_DENIED', true, 'The node, platform or measurement is revoked; execute on another node.'),
  TEE_WRONG_ROLE: entry('PERMISSION_DENIED', false, 'The certificate is not a compute node’s.'),
  COMPUTE_QUORUM_NOT_MET: entry('PERMISSION_DENIED', true, 'Too few distinct compute nodes signed; execute on more nodes.'),
  CODE_HASH_MISMATCH: entry('PERMISSION_DENIED', true, 'The code that ran is not the approved version; execute again.'),
  POLICY_VERSION_MISMATCH: entry('PERMISSION_DENIED', true, 'The contract’s policy has changed since the execution; execute again.'),
  OWNER_SET_MISMATCH: entry('PERMISSION_DENIED', false, 'The target data names an owner set or dataset that the contract’s policy does not.'),
  CHAINCODE_NAME_TAKEN: entry('FAILED_PRECONDITION', false, 'Give the contract another name, or list the collections that it shall take over under takesOver in selvedge.json.'),
  TAKE_OVER_IMPOSSIBLE: entry('FAILED_PRECONDITION', false, 'List under takesOver in selvedge.json only collections that the chaincode of this name has on the channel, without blockToLive and with no member more than there.'),
  COLLECTION_LEFT_OUT: entry('FAILED_PRECONDITION', false, 'Fabric keeps collections for good: declare the one that is named in collections_config.json and, where it is older than the contract, list it under takesOver. One that begins with selvedge is of an earlier policy of the contract: keep its datasets.'),
  PACKET_MISMATCH: entry('PERMISSION_DENIED', false, 'A packet does not match the write set; send the target data as the compute node made it.'),
  GUARD_MISSING: entry('PERMISSION_DENIED', false, 'A write lacks the guard that its dataset needs; execute again on an approved compute node.'),
  KEY_POLICY_MALFORMED: entry('INVALID_ARGUMENT', false, 'Set the key-level endorsement policy as the chaincode shim’s KeyEndorsementPolicy makes it.'),
  KEY_POLICY_UNMAPPED: entry('FAILED_PRECONDITION', false, 'Name an endorser organisation for it in organisationMap of selvedge.json, and have the contract approved again.'),
  STATE_ROLLED_BACK: entry('DATA_LOSS', true, 'The business node that is named keeps serving state that the ledger has replaced; let it catch up, or inspect it.'),
  STATE_UNCONFIRMED: entry('UNAVAILABLE', true, 'Too few organisations confirm what the query read; check the followers that are named, or ask for fewer.'),
  OWNER_COPY_MISMATCH: entry('PERMISSION_DENIED', true, 'The copies in a packet are not those of the dataset’s owners under their recorded keys; execute the request again.'),
  LEGACY_ENTRY_MISMATCH: entry('PERMISSION_DENIED', true, 'The target data does not name the entries of a collection that is taken over as it must; execute the request again.'),
  STALE_READ: entry('ABORTED', true, 'A value that was read has changed; execute the request again.'),
  STALE_GUARD: entry('ABORTED', true, 'The result of a range query has changed; execute the request again.'),
  SET_DIGEST_INVALID: entry('PERMISSION_DENIED', true, 'A completeness statement does not verify; execute again.'),
  SET_DIGEST_HEIGHT_UNKNOWN: entry('FAILED_PRECONDITION', true, 'This follower has not reached that height, or keeps it no longer; name a newer one, or ask another follower.'),
  SET_DIGEST_UNCONFIRMED: entry('UNAVAILABLE', true, 'Too few organisations gave equal statements of the set that was read; check the followers that the text names, and execute again.'),
  TARGET_DATA_INCONSISTENT: entry('PERMISSION_DENIED', false, 'The target data contradicts itself; send it as the compute node made it.'),

  // Grouping by the client
  REPLICAS_DISAGREE: entry('ABORTED', false, 'Compute nodes gave different results and too few agree: a node that is named lies, or the chaincode is not deterministic. A third node tells which.'),
  CHAINCODE_NONDETERMINISTIC: entry('ABORTED', false, 'Each compute node gave another result of the same state: take clocks, randomness and map order out of the chaincode, where the error says that results differ.'),
  RESPONSE_DIGEST_MISMATCH: entry('DATA_LOSS', false, 'The answer does not match what the TEE signed; do not use it.'),
  ENDORSEMENTS_DISAGREE: entry('ABORTED', true, 'Endorsers gave different payloads; they may be at different heights: try again.'),
  ENDORSEMENT_FAILED: entry('ABORTED', true, 'Too few endorsers agreed; their refusals are listed.'),

  // Storing and committing
  ENDORSEMENT_POLICY_FAILURE: entry('PERMISSION_DENIED', false, 'Collect the endorsements that the owner set’s policy asks for.'),
  NOT_DECLARED_HERE: entry('PERMISSION_DENIED', false, 'This endorsement names other business nodes; send it to those.'),
  RECEIPT_MISSING: entry('FAILED_PRECONDITION', true, 'Every declared owner must store the packets before the transaction is ordered.'),
  COMMIT_INVALID: entry('ABORTED', false, 'The transaction was ordered and found invalid; its validation code says why.'),
  COMMIT_UNKNOWN: entry('UNAVAILABLE', true, 'The commit status is not known yet; ask again with the same transaction id.'),

  // Results that are gated on commit
  RESULT_GATED: entry('FAILED_PRECONDITION', false, 'Submit the function: its result is released when the transaction is committed.'),
  RESULT_GATE_UNSET: entry('FAILED_PRECONDITION', false, 'Name the organisations of the gate in the manifest, and have the contract approved again.'),
  RESULT_NOT_COMMITTED: entry('FAILED_PRECONDITION', true, 'Ask again when the transaction is committed; if it was found invalid, its result is never released.'),
  RESULT_OF_ANOTHER_EXECUTION: entry('FAILED_PRECONDITION', false, 'Ask with the core that was committed: each execution has a result of its own.'),
  RESULT_NOT_THE_CREATORS: entry('PERMISSION_DENIED', false, 'Ask with the identity that made the request, and with its nonce.'),
  RESULT_KEY_REVOKED: entry('FAILED_PRECONDITION', false, 'The key epoch of the result was revoked after it was made: it counts as exposed, and is not released.'),
  GATE_QUORUM_NOT_MET: entry('UNAVAILABLE', true, 'Ask again in a moment; check that followers of the organisations that the text names are reachable.'),
  RESULT_UNRELEASED: entry('UNAVAILABLE', true, 'The transaction is committed: fetch its result with the handle that was given before, and do not submit it again.'),

  // Functions in parts
  PARTITION_UNKNOWN: entry('FAILED_PRECONDITION', false, 'Call the function whole, or name its map and reduce under partitionedFunctions of selvedge.json and have the contract approved again.'),
  PARTS_REQUIRED: entry('PERMISSION_DENIED', false, 'The function takes only what compute nodes have mapped: call the partitioned function that it belongs to, with partitions.'),
  PART_WRITES: entry('FAILED_PRECONDITION', false, 'A map writes nothing and sets no event: have the reduce do it.'),
  PART_FOREIGN: entry('PERMISSION_DENIED', false, 'Have compute nodes run the map under this very request, and send what they give.'),
  PARTS_INCOMPLETE: entry('FAILED_PRECONDITION', false, 'Send each part of the request once, in order, and none of another division.'),
  PART_OUTDATED: entry('ABORTED', true, 'The contract, the network profile or the standing of a compute node changed after a part was made; make the whole request again.'),
  LEDGER_CORRUPT: entry('DATA_LOSS', false, 'The log or store does not verify; restore this node from the others.'),
  MVCC_READ_CONFLICT: entry('ABORTED', true, 'Another transaction changed what was read; execute the request again.'),
  PHANTOM_READ_CONFLICT: entry('ABORTED', true, 'Another transaction changed the result of a query; execute the request again.'),
  DUPLICATE_TXID: entry('ALREADY_EXISTS', false, 'This transaction id is used up; build a new request.'),

  // Datasets that a business node keeps in plaintext
  PLAINTEXT_STORE_UNAVAILABLE: entry('UNAVAILABLE', true, 'Check that the database of plaintext datasets runs and can be reached; the node goes on by itself when it answers again.'),
  PLAINTEXT_STORE_IN_USE: entry('FAILED_PRECONDITION', true, 'Give every business node and channel a schema or folder of its own; the text names who has this one.'),
  PLAINTEXT_STORE_GAP: entry('FAILED_PRECONDITION', false, 'Apply the blocks in order, from the one after the checkpoint.'),
  PLAINTEXT_STORE_FOREIGN: entry('FAILED_PRECONDITION', false, 'The store of plaintext is of another ledger with the same channel and organisation: give the business node an empty one, or the ledger that it belongs to.'),
  PLAINTEXT_STORE_REFUSED: entry('FAILED_PRECONDITION', false, 'PostgreSQL refused what the text says, with its SQLSTATE: mend rights, names or tables, and start the node again.'),

  // Fabric’s own peers and orderers
  WRITE_SET_MISMATCH: entry('DATA_LOSS', false, 'Peers endorsed something else than they answered: compare the endorsement chaincode that they run with the approved one.'),
  FABRIC_REFUSED: entry('FAILED_PRECONDITION', false, 'Fabric refused for a reason of its own, which the text repeats.'),
  FABRIC_TRANSACTION_MISMATCH: entry('DATA_LOSS', false, 'The gateway peer that is named answered with another transaction than the one proposed; inspect it.'),
  PACKETS_NOT_DISTRIBUTED: entry('UNAVAILABLE', true, 'Too few peers of the owners took the packets; check that they run, or let endorsers be keepers.'),

  // Deployment
  DEPLOYMENT_FAULTY: entry('FAILED_PRECONDITION', false, 'Mend what "selvedge doctor" names, each by what stands beside it, and run it again.'),

  // Policy
  POLICY_APPROVALS_MISSING: entry('PERMISSION_DENIED', false, 'Collect approvals by administrators of more organisations.'),
  POLICY_CONFLICT: entry('ABORTED', true, 'The fact has changed since the proposal; propose again.'),
  CONTRACT_DOWNGRADE: entry('FAILED_PRECONDITION', false, 'Package the code under a version number above the one on the ledger; going back to old code is a new version as well.'),
  CONTRACT_DATASET_DROPPED: entry('FAILED_PRECONDITION', false, 'Keep the collection that the text names in the package, with its owner set; to end its data, delete the entries and leave the collection empty.'),
  POLICY_MALFORMED: entry('INVALID_ARGUMENT', false, 'Mend the policy that is named in the text.'),
  PROFILE_INVALID: entry('INVALID_ARGUMENT', false, 'Mend the network profile that is named in the text.'),
  PROFILE_SIGNATURES_MISSING: entry('PERMISSION_DENIED', false, 'Collect signatures by administrators of more organisations.'),

  // Attestation and keys
  EVIDENCE_MALFORMED: entry('UNAUTHENTICATED', false, 'Produce the evidence again; it does not parse.'),
  EVIDENCE_INVALID: entry('UNAUTHENTICATED', false, 'The evidence’s signature or chain does not verify.'),
  EVIDENCE_UNBOUND: entry('UNAUTHENTICATED', false, 'The evidence’s report data is not bound to this exchange; attest again.'),
  EVIDENCE_REVOKED: entry('PERMISSION_DENIED', false, 'The vendor revoked a certificate of this platform; run the role on another machine.'),
  COLLATERAL_MALFORMED: entry('INVALID_ARGUMENT', false, 'Fetch the collateral again; the field that is wrong is in the text.'),
  COLLATERAL_SIGNATURE_INVALID: entry('UNAUTHENTICATED', false, 'Fetch the collateral again from its vendor or a cache that you trust.'),
  COLLATERAL_EXPIRED: entry('FAILED_PRECONDITION', true, 'Fetch fresh collateral, or check the clock.'),
  COLLATERAL_MISSING: entry('FAILED_PRECONDITION', true, 'Fetch the piece that is named in the text from its vendor, and put it into the folder of collateral.'),
  ATTESTATION_UNAVAILABLE: entry('FAILED_PRECONDITION', false, 'Run the process inside the TEE that it is configured for, with the kernel’s or Gramine’s attestation files in place.'),
  PROCESS_EXPOSED: entry('FAILED_PRECONDITION', false, 'Turn off what the text names, or run in a network whose profile allows simulated TEEs.'),
  ATTESTATION_CONFLICT: entry('ABORTED', true, 'Another process used the attestation interface at the same time; try again.'),
  COLLATERAL_MISMATCH: entry('INVALID_ARGUMENT', false, 'Fetch the collateral of the platform and the kind of TEE that made the quote.'),
  COLLATERAL_CRL_MISSING: entry('FAILED_PRECONDITION', true, 'Add the revocation list that is named in the text to the collateral.'),
  COLLATERAL_CRL_EXPIRED: entry('FAILED_PRECONDITION', true, 'Fetch the revocation list again, or check the clock.'),
  COLLATERAL_CRL_WRONG_ISSUER: entry('INVALID_ARGUMENT', false, 'Fetch the revocation list of the authority that issued the certificate.'),
  COLLATERAL_CRL_INVALID: entry('UNAUTHENTICATED', false, 'Fetch the revocation list again from its vendor or a cache that you trust.'),
  QE_IDENTITY_MISMATCH: entry('PERMISSION_DENIED', false, 'The quoting enclave is not the vendor’s, or its identity is of another kind of TEE; update the platform software.'),
  TDX_MODULE_MISMATCH: entry('PERMISSION_DENIED', false, 'The TDX module is not the vendor’s; update the platform’s firmware.'),
  TCB_LEVEL_UNKNOWN: entry('PERMISSION_DENIED', false, 'The platform is older than every level of the collateral; update its microcode and firmware.'),
  TCB_REVOKED: entry('PERMISSION_DENIED', false, 'The vendor revoked this level; update microcode and firmware before the platform is used again.'),
  TEE_DEBUGGABLE: entry('PERMISSION_DENIED', false, 'Run the TEE without debugging; a debuggable one keeps no secret.'),
  TEE_MIGRATABLE: entry('PERMISSION_DENIED', false, 'Launch the guest with a policy that forbids migration agents.'),
  APPRAISAL_REFUSED: entry('PERMISSION_DENIED', false, 'The claims do not meet the appraisal policy; the rule, and what was seen and expected, are in the text.'),
  APPRAISAL_POLICY_EXPIRED: entry('FAILED_PRECONDITION', false, 'The appraisal policy has ended: have the organisations sign a profile with a newer one.'),
  TEE_PLATFORM_REFUSED: entry('PERMISSION_DENIED', false, 'The machine is not among those that the appraisal policy lists: run the role on one of them, or have the machine listed.'),
  TCB_STATUS_REFUSED: entry('PERMISSION_DENIED', false, 'Update or configure the platform as its vendor asks, or have the status admitted by the appraisal policy.'),
  TCB_ADVISORY_REFUSED: entry('PERMISSION_DENIED', false, 'Read the vendor’s advisory that the text names; update the platform, or have the advisory admitted by the appraisal policy.'),
  TCB_BELOW_MINIMUM: entry('PERMISSION_DENIED', false, 'Update the platform or the guest to the level that the text names; for the collateral’s number, fetch newer collateral.'),
  TEE_VMPL_REFUSED: entry('PERMISSION_DENIED', false, 'Ask for the report from a privilege level that the appraisal policy admits.'),
  SIMULATED_TEE_REFUSED: entry('PERMISSION_DENIED', false, 'The network profile does not allow simulated TEEs.'),
  CHALLENGE_UNKNOWN: entry('FAILED_PRECONDITION', true, 'The challenge is unknown, used or too old; ask for a new one.'),
  BROKER_NOT_RECOGNISED: entry('FAILED_PRECONDITION', false, 'The key broker’s root is not the one on the ledger; check which broker answers.'),
  KEY_ACCESS_DENIED: entry('PERMISSION_DENIED', false, 'The key access rules do not admit this party; the text names them, and what was seen and expected. Run the node as they say, or have the organisations change them.'),
  BROKER_REVOKED: entry('PERMISSION_DENIED', false, 'The key broker’s platform or code is revoked: ask another replica, or run one on an admitted platform with admitted code, from a backup or by joining a replica.'),
  BROKER_STATE_MISMATCH: entry('FAILED_PRECONDITION', false, 'The broker’s keys do not match their commitments on the ledger; restore its newest state.'),
  BROKER_ROOT_UNPROVEN: entry('UNAUTHENTICATED', false, 'While nothing is recorded, remove the key broker’s store and start it anew under the profile in force, so that attested code makes its root.'),
  UNLOCK_FAILED: entry('UNAUTHENTICATED', false, 'The store did not open: restore it, and have the organisations send the shares that belong to it.'),
  UNLOCK_SHARE_INVALID: entry('INVALID_ARGUMENT', false, 'Send the share that belongs to this store, opened with the organisation’s own unlock key.'),
  BROKER_LOCKED: entry('UNAVAILABLE', true, 'The key broker waits for another replica that is up, or for shares of its unlock secret, which organisations send with "selvedge broker unlock".'),
  BACKUP_DAMAGED: entry('DATA_LOSS', false, 'The backup was cut short or changed, or is none: restore from another copy.'),
  AUDIT_LOG_BROKEN: entry('DATA_LOSS', false, 'An entry of the audit log does not parse; keep the log and investigate.'),
  AUDIT_LOG_TRUNCATED: entry('DATA_LOSS', false, 'Entries are missing at the end of the audit log; keep it and investigate.'),
  AUDIT_LOG_EDITED: entry('DATA_LOSS', false, 'An entry of the audit log is not what the key broker signed; keep the log and investigate.'),
  AUDIT_LOG_REORDERED: entry('DATA_LOSS', false, 'An entry of the audit log was moved, doubled or taken out; keep the log and investigate.'),

  // Hyperledger Fabric
  FABRIC_COMMAND_FAILED: entry('FAILED_PRECONDITION', false, 'Mend what Fabric’s own message in the text names, and run the command again.'),

  INTERNAL: entry('INTERNAL', false, 'Report this with the log of the role that is named.'),
} as const satisfies Record<string, CodeEntry>;

/** A stable refusal code. */
export type RefusalCode = keyof typeof CODES;

/** Whether a string, such as one off the wire, is a known code. */
export function isRefusalCode(value: string): value is RefusalCode {
  return Object.hasOwn(CODES, value);
}
