import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openFabricGateway } from '@selvedge/client';
import { startPlainChaincode, type DevNetwork } from '@selvedge/dev-network';
import type { EndorsedFabricTransaction } from '@selvedge/fabric-network/gateway';

/** A chaincode of a Fabric network that knows nothing of Selvedge, and a client of it. */
export interface OldChaincode {
  /** Has a value endorsed by a peer of each of these organisations; nothing is sent to the orderer. */
  endorsePut(collection: string, key: string, value: string, mspIds: readonly string[]): Promise<EndorsedFabricTransaction>;
  /** Sends it to the orderer; resolves with Fabric's validation code. */
  commit(endorsed: EndorsedFabricTransaction): Promise<number>;
  /** What a function says on one organisation's peer. */
  query(mspId: string, functionName: string, ...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface OldChaincodeOptions {
  readonly network: DevNetwork;
  readonly directory: string;
  readonly name: string;
  readonly version: string;
  /** Whose peers run it. */
  readonly mspIds: readonly string[];
  readonly collections: readonly object[];
  /** Whose client calls it. */
  readonly client: string;
}

const BOUNDS = { timeoutMs: 30_000 };
const buffers = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));

/** Brings a chaincode folder onto a network's channel as it is, new or in place of what has its name: one peer's endorsement is enough. */
export async function startOldChaincode({ network, directory, name, version, mspIds, collections, client }: OldChaincodeOptions): Promise<OldChaincode> {
  if (network.fabric === undefined) throw new Error('Fabric alone runs chaincode without Selvedge');
  const endorsementPolicy = `OR(${mspIds.map((mspId) => `'${mspId}.peer'`).join(', ')})`;
  const chaincode = await startPlainChaincode({ fabric: network.fabric, directory, name, version, mspIds, endorsementPolicy, collections });
  const gateway = await openFabricGateway({ connectionProfile: network.connectionProfile(), signer: await network.identity(client) });
  return {
    endorsePut: (collection, key, value, organisations) =>
      gateway.endorse({ chaincode: name, functionName: 'Put', args: buffers([collection, key]), transientData: { text: Buffer.from(value) }, organisations }, BOUNDS),
    async commit(endorsed) {
      await gateway.submit(endorsed, BOUNDS);
      return (await gateway.commitStatus(endorsed.transactionId, BOUNDS)).code;
    },
    query: async (mspId, functionName, ...args) => Buffer.from(await gateway.evaluate({ chaincode: name, functionName, args: buffers(args), organisations: [mspId] }, BOUNDS)).toString('utf8'),
    async stop() {
      gateway.close();
      await chaincode.stop();
    },
  };
}

/** A chaincode folder's own collections_config.json. */
export function collectionsOf(directory: string): readonly { readonly name: string }[] {
  return JSON.parse(readFileSync(path.join(directory, 'collections_config.json'), 'utf8')) as { readonly name: string }[];
}
