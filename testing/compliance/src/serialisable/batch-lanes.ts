import { isSelvedgeError } from '@selvedge/errors';
import { maskItems, parseCore, type Core, type EndorsedTransaction, type TargetData } from '@selvedge/protocol';
import { startNetworkInProcess, type Asked, type Executed, type NetworkInProcess } from '@selvedge/contract-test/in-process';
import { createWorkloadHost, parseItem, type Item, type Workload } from './batch-workloads.js';

/** What came of an item: its payload, `error: ` and what the chaincode threw, or the code with which it was refused. */
export type Result = string;

/** A batch that was executed. */
export interface ExecutedItems {
  /** By item; core: its place among the cores, for an item that may be committed. */
  readonly items: readonly { readonly item: Item; readonly result: Result; readonly core: number | undefined }[];
  readonly targetData: TargetData;
  readonly cores: readonly Core[];
}

/** One world of keys, which no other lane's items touch. */
export interface Lane {
  fill(before: Workload['before']): Promise<void>;
  /** Executes, endorses and commits an item alone; throws where it is executed and not committed. */
  commitAlone(item: Item): Promise<Result>;
  executeBatch(items: readonly Item[]): Promise<ExecutedItems>;
  /** All that the lane's worlds hold, with the histories of the world state. */
  snapshot(): Promise<Result>;
}

/** The network, and lanes on it. */
export interface LaneNetwork extends Pick<NetworkInProcess, 'findStaleItems' | 'close'> {
  /** A new one, empty. */
  lane(): Lane;
  /** What endorsers make of a batch of which these cores are dropped: an endorsed transaction, or the code with which they refuse. */
  endorse(batch: ExecutedItems, dropped: ReadonlySet<number>): Promise<EndorsedTransaction | string>;
  /** The ledger's verdict. */
  order(batch: ExecutedItems, dropped: ReadonlySet<number>, transaction: EndorsedTransaction): Promise<string | undefined>;
}

/** Starts it, with the programs of {@link createWorkloadHost}. */
export async function startLaneNetwork(): Promise<LaneNetwork> {
  const network = await startNetworkInProcess({
    host: createWorkloadHost(),
    policy: { datasets: [{ name: '', ownerSet: 'houses', contentGuard: true }, { name: 'auroraStones', ownerSet: 'aurora', contentGuard: true, members: ['AuroraMSP'], memberOnlyRead: true }] },
  });
  let lanes = 0;
  return {
    findStaleItems: (targetData) => network.findStaleItems(targetData),
    close: () => network.close(),
    lane: () => createLane(network, `lane${String((lanes += 1))}`),
    endorse: ({ targetData, cores }, dropped) => codeOf(() => network.endorse({ targetData: maskItems(targetData, cores, dropped) })),
    async order({ cores }, dropped, transaction) {
      const first = cores.find((_, core) => !dropped.has(core));
      if (first === undefined) throw new RangeError('a batch without a kept item');
      return (await network.order([{ txId: first.txId, transaction }]))[0];
    },
  };
}

function createLane(network: NetworkInProcess, name: string): Lane {
  const ask = (item: Item, kind: Asked['kind'] = 'submit'): Asked => {
    const { creator } = parseItem(item);
    const { signer } = network.consortium.organisation(creator === 'Borealis' ? 'BorealisMSP' : 'AuroraMSP').client;
    return { args: [name, item].map((text) => Buffer.from(text)), signer, kind };
  };
  const commitAlone = async (item: Item): Promise<Result> => {
    const executed = await codeOf(() => network.execute(ask(item)));
    if (typeof executed === 'string') return executed;
    const { txId, targetData, response } = executed;
    if (targetData.cores.length > 0) {
      const [verdict] = await network.order([{ txId, transaction: await network.endorse({ targetData }) }]);
      if (verdict !== 'VALID') throw new Error(`${item}, by itself: ${String(verdict)}`);
    }
    return resultOf(response);
  };
  return {
    commitAlone,
    async fill(before) {
      await commitAlone(`fill ${JSON.stringify(before)}`);
    },
    async executeBatch(items) {
      const executed = await network.executeBatch(items.map((item) => ask(item)));
      let cores = 0;
      return {
        targetData: executed.targetData,
        cores: executed.targetData.cores.map(parseCore),
        items: items.map((item, i) => {
          const answer = executed.items[i];
          if (answer === undefined) throw new Error('an item without an answer');
          if ('refusal' in answer) return { item, result: answer.refusal, core: undefined };
          cores += answer.hasCore ? 1 : 0;
          return { item, result: resultOf(answer.response), core: answer.hasCore ? cores - 1 : undefined };
        }),
      };
    },
    snapshot: async () => resultOf((await network.execute(ask('snapshot', 'evaluate'))).response),
  };
}

function resultOf({ status, message, payload }: Executed['response']): Result {
  return status >= 400 ? `error: ${message}` : Buffer.from(payload).toString();
}

async function codeOf<T>(act: () => Promise<T>): Promise<T | string> {
  try {
    return await act();
  } catch (error) {
    if (!isSelvedgeError(error)) throw error;
    return error.code;
  }
}
