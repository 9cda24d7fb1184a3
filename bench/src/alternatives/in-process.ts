import { createRequire } from 'node:module';
import path from 'node:path';
import type { ChaincodeResult, Invocation, StateCalls } from '@selvedge/compute';

/** What of fabric-shim runs a contract, and its package does not type. */
interface ShimStub {
  creator: unknown;
  transientMap: unknown;
}
type StubClass = new (handler: unknown, channel: string, txId: string, input: { getArgsList_asU8(): readonly Uint8Array[] }) => ShimStub;
type ContractRunnerClass = new (contracts: readonly unknown[], serializers: unknown, metadata: object, title: string, version: string) => { Invoke(stub: ShimStub): Promise<ChaincodeResult> };

/** Runs a contract in this process. */
export type RunHere = (invocation: Invocation, state: StateCalls) => Promise<ChaincodeResult>;

/**
 * Loads a package of JavaScript chaincode into this process, on fabric-shim's own classes: its stub calls the state directly, no message
 * and no proposal is encoded. No sandbox, no limit, no determinism: it is the least that such a way could cost, and not a way to run what is confidential.
 * It answers single gets and puts.
 */
export function loadInProcess(packageDirectory: string): RunHere {
  const requireOfPackage = createRequire(path.join(packageDirectory, 'package.json'));
  silenceLogs(requireOfPackage);
  parseOnce(requireOfPackage);
  const Stub = requireOfPackage('fabric-shim/lib/stub.js') as StubClass;
  const ContractRunner = requireOfPackage('fabric-shim/lib/contract-spi/chaincodefromcontract.js') as ContractRunnerClass;
  const { JSONSerializer } = requireOfPackage('fabric-contract-api') as { readonly JSONSerializer: unknown };
  const { contracts } = requireOfPackage(packageDirectory) as { readonly contracts: readonly unknown[] };
  const runner = new ContractRunner([...contracts], { transaction: 'jsonSerializer', serializers: { jsonSerializer: JSONSerializer } }, {}, 'in process', '1');
  return (invocation, state) => {
    const handler = {
      handleGetState: async (collection: string, key: string) => Buffer.from((await state.getState(collection, key)) ?? []),
      handlePutState: (collection: string, key: string, value: Uint8Array) => state.putState(collection, key, value),
    };
    const stub = new Stub(handler, invocation.channel, invocation.txId, { getArgsList_asU8: () => invocation.args });
    stub.creator = { mspid: invocation.creatorMspId, idBytes: certificateOf(invocation) };
    stub.transientMap = new Map([...invocation.transient].map(([name, value]) => [name, Buffer.from(value)]));
    return runner.Invoke(stub);
  };
}

/** As in a compute node, where lines that nobody reads are not made up. */
function silenceLogs(requireOfPackage: NodeJS.Require): void {
  const winston = requireOfPackage('winston') as { createLogger: (options: object) => object };
  const { createLogger } = winston;
  winston.createLogger = function createSilentLogger(options) {
    return createLogger({ ...options, silent: true });
  };
}

/** As in a compute node, too. */
function parseOnce(requireOfPackage: NodeJS.Require): void {
  const { Certificate } = createRequire(requireOfPackage.resolve('fabric-shim'))('@fidm/x509') as { Certificate: { fromPEM: (pem: string) => unknown } };
  const parse = Certificate.fromPEM.bind(Certificate);
  const parsed = new Map<string, unknown>();
  Certificate.fromPEM = (pem) => {
    const certificate = parsed.get(pem) ?? parse(pem);
    parsed.set(pem, certificate);
    return certificate;
  };
}

/** The creator's certificate within its SerializedIdentity (msp.SerializedIdentity: mspid, id_bytes). */
function certificateOf({ creator }: Invocation): Uint8Array {
  return creator.subarray(Buffer.from(creator).indexOf('-----BEGIN'));
}
