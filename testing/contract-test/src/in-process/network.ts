import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import type { ChaincodeHost } from '@selvedge/compute';
import { openLedgerStore, openSequencer, validationCodeName } from '@selvedge/embedded-ledger';
import { createEndorser } from '@selvedge/endorser';
import { createTestBootstrap, createTestConsortium, createTestGenesis, encodeTransaction, ENDORSER_MSP_IDS, ORDERER_MSP_ID, type ContractPolicyInit, type TestConsortium } from '@selvedge/fixtures';
import { EndorsedTransactionSchema, EndorsementPayloadSchema, keptItems, parseCore, parseMessage, StageRequestSchema, StaleItemsRequestSchema, type EndorsedTransaction, type TargetData } from '@selvedge/protocol';
import { startCompute } from './compute.js';
import { openOwner, type Owner } from './owner.js';
import { contractPolicyOf, execute, executeBatch, MAX_BYTES, type Asked, type AskedWith, type Executed, type ExecutedBatch } from './requests.js';

const WAIT_MS = 20_000;
const OWNER = 'AuroraMSP';
/** A clock that is given may go this far. */
const CERTIFICATE_VALIDITY_MS = 5 * 365 * 24 * 3_600_000;

/** A whole request path in one process: the real client's seal, compute node, endorsers, owner, sequencer and follower, without sockets. */
export interface NetworkInProcess {
  readonly consortium: TestConsortium;
  /** Throws SelvedgeError with the code with which the compute node refused. */
  execute(asked: Asked): Promise<Executed>;
  /** Executes requests as one batch: what each client got, or the code with which its request was refused, and the batch's target data. */
  executeBatch(asked: readonly Asked[]): Promise<ExecutedBatch>;
  /** The items that are stale, as an endorser finds them. */
  findStaleItems(targetData: TargetData): Promise<Uint8Array>;
  /** Checked by two endorsers, and staged at the owner. Throws what they refuse. */
  endorse(executed: Pick<Executed, 'targetData'>): Promise<EndorsedTransaction>;
  /** Orders transactions; resolves with their verdicts when they are applied. */
  order(transactions: readonly { readonly txId: Uint8Array; readonly transaction: EndorsedTransaction }[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface NetworkInProcessOptions {
  /** Its contract runs here. */
  readonly host: ChaincodeHost;
  /** Fields of the policy of the network's own contract. Where it has no owner sets, the consortium's have one owner each. */
  readonly policy: ContractPolicyInit;
  /** Policies of further contracts, which call each other as they like, by name; each has keys of its own. */
  readonly others?: ReadonlyMap<string, ContractPolicyInit>;
  /** Default: a new one. */
  readonly consortium?: TestConsortium;
  /** How many organisations endorse; default 2. */
  readonly endorsers?: number;
  /** Time of requests and of whoever judges them; default: that of the consortium, which stands still. */
  readonly clock?: () => Date;
  /** Bytes of a page of a set. */
  readonly pageBytes?: number;
}

/** Starts the network. */
export async function startNetworkInProcess(options: NetworkInProcessOptions): Promise<NetworkInProcess> {
  const consortium = options.consortium ?? (await createTestConsortium());
  const clock = options.clock ?? (() => consortium.now);
  const { ownerSets } = consortium.contractPolicy;
  const policy = { ownerSets: ownerSets.map(({ name, endorsementPolicy }) => ({ name, endorsementPolicy, owners: [OWNER] })), ...options.policy };
  consortium.setContractPolicy(policy);
  const contracts = new Map([[consortium.contract, consortium.contractKeys], ...[...(options.others ?? [])].map(([name, other]) => [name, consortium.addContract(name, other).keys] as const)]);
  // Thousands of blocks are synced: memory will do, this is no test of disks.
  const directory = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'selvedge-in-process-'));
  const { network, channel } = consortium;
  const sequencer = await openSequencer({ store: openLedgerStore({ directory: path.join(directory, 'sequencer') }), signer: consortium.organisation(ORDERER_MSP_ID).orderer.signer, genesis: createTestGenesis(consortium), network, channel });
  const policies = [consortium.contractPolicy, ...[...(options.others ?? [])].map(([name]) => contractPolicyOf(consortium, name))];
  const owningMspIds = [...new Set(policies.flatMap(({ ownerSets }) => ownerSets.flatMap(({ owners }) => owners)))].sort();
  const ownersOf = (contract: string, ownerSet: string): readonly string[] => policies.find(({ name }) => name === contract)?.ownerSets.find(({ name }) => name === ownerSet)?.owners ?? [];
  const owners = owningMspIds.map((mspId) => openOwner({ mspId, consortium, sequencer, directory, clock, isOwn: (...place) => ownersOf(...place).includes(mspId) }));
  const [{ follower }] = owners as [Owner];
  await sequencer.submit(createTestBootstrap(consortium));
  await Promise.all(owners.map((owner) => owner.follower.waitForHeight(2n, WAIT_MS)));

  const compute = startCompute({ ...options, consortium, contracts, node: await consortium.issueComputeNode({ validityMs: CERTIFICATE_VALIDITY_MS }), follower, owners: owners.map(({ port }) => port), clock });
  const endorsers = ENDORSER_MSP_IDS.slice(0, options.endorsers ?? 2).map((mspId) => createEndorser({ ledger: follower, signer: consortium.organisation(mspId).peer.signer, now: clock }));
  const asking = (asked: Asked): AskedWith => {
    const contract = asked.contract ?? consortium.contract;
    return { signer: consortium.organisation(OWNER).client.signer, ...asked, contract, called: [...(options.others ?? new Map<string, unknown>()).keys()].filter((name) => name !== contract), at: clock() };
  };

  return {
    consortium,
    execute: (asked) => execute(consortium, compute, asking(asked)),
    executeBatch: (asked) => executeBatch(consortium, compute, asked.map(asking)),
    async findStaleItems({ cores, itemMask, attachments }) {
      const stale = await endorsers[0]?.findStaleItems(create(StaleItemsRequestSchema, { cores, itemMask, teeSignatures: attachments?.teeSignatures ?? [] }));
      return stale?.itemMask ?? itemMask;
    },
    async endorse({ targetData }) {
      const endorsements = await Promise.all(endorsers.map((endorser) => endorser.endorse(targetData)));
      const { cores, itemMask, attachments } = targetData;
      const transaction = create(EndorsedTransactionSchema, {
        cores,
        itemMask,
        teeSignatures: attachments?.teeSignatures ?? [],
        sealedEvents: attachments?.sealedEvents ?? [],
        endorsementPayload: endorsements[0]?.payload ?? new Uint8Array(0),
        endorsements: endorsements.map(({ endorser, signature }) => ({ identity: endorser, signature })),
      });
      // Without a write there is nothing to store.
      if (!hasWrites(keptItems(cores, itemMask))) return transaction;
      const request = create(StageRequestSchema, { transaction, packets: attachments?.packets ?? [] });
      const { targets } = parseMessage(EndorsementPayloadSchema, transaction.endorsementPayload, MAX_BYTES);
      const declared = owners.filter(({ mspId }) => targets.some((target) => target.owners.includes(mspId)));
      transaction.receipts = await Promise.all(declared.map((owner) => owner.stage(request)));
      return transaction;
    },
    async order(transactions) {
      await Promise.all(transactions.map(({ transaction }) => sequencer.submit(encodeTransaction(transaction))));
      const seen = await Promise.all(owners.map((owner) => Promise.all(transactions.map(({ txId }) => owner.follower.waitForResult(txId, WAIT_MS)))));
      const [results = []] = seen;
      return results.map((result) => (result === undefined ? 'unknown' : validationCodeName(result.code)));
    },
    async close() {
      for (const owner of owners) await owner.follower.close();
      await sequencer.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function hasWrites(cores: readonly Uint8Array[]): boolean {
  return cores.some((core) => parseCore(core).sections.some(({ writes }) => writes.length > 0));
}
