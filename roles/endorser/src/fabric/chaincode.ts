import type { Context, Contract } from 'fabric-contract-api';
import { SelvedgeError, withRole, type RoleName } from '@selvedge/errors';
import { refusalText } from '@selvedge/fabric';
import type { RpcObserver } from '@selvedge/rpc';
import type { ChaincodeStub } from './adapters/chaincode-stub.js';
import type { ChaincodeLog } from './ports.js';
import { reportRefusal } from './refusal.js';

/** A chaincode's answer to its peer. */
export interface ChaincodeResponse {
  readonly status: number;
  /** Of a refusal: `CODE: text`. */
  readonly message: string;
  readonly payload: Buffer;
}

/** What fabric-shim's server calls. */
export interface Chaincode {
  Init(stub: ChaincodeStub): Promise<ChaincodeResponse>;
  Invoke(stub: ChaincodeStub): Promise<ChaincodeResponse>;
}

export interface ChaincodeOptions {
  readonly contract: Contract;
  /** The contract's functions, by the number of arguments that they take. Nothing else can be called. */
  readonly functions: Readonly<Record<string, number>>;
  /** Of refusals, in our log. */
  readonly role: RoleName;
  readonly log: ChaincodeLog;
  /** Told of every call, for metrics, by the name of a function that there is, or 'other'. */
  readonly onCall?: RpcObserver | undefined;
}

const OK = 200;
const REFUSED = 500;

/**
 * Puts a contract behind the shim's interface. fabric-shim's own dispatcher parses the creator's certificate and writes
 * every response out as JSON for its debug log, in each call; it also offers functions of its own. A call never throws.
 */
export function createChaincode({ contract, functions, role, log, onCall }: ChaincodeOptions): Chaincode {
  const answer = async (stub: ChaincodeStub, method: string, act: () => Promise<Buffer>): Promise<ChaincodeResponse> => {
    const ended = onCall?.({ service: role, method, isStream: false });
    try {
      const payload = await act();
      ended?.('OK');
      return { status: OK, message: '', payload };
    } catch (error) {
      ended?.(withRole(error, role).code);
      return { status: REFUSED, message: refusalText(reportRefusal(error, role, log, stub.getTxID())), payload: Buffer.alloc(0) };
    }
  };
  const invoke = async (stub: ChaincodeStub): Promise<Buffer> => {
    const { fcn, params } = stub.getFunctionAndParameters();
    // What was called is the caller's text: it is not repeated.
    if (!Object.hasOwn(functions, fcn)) throw new SelvedgeError('FEATURE_UNSUPPORTED', `no such function; there are ${Object.keys(functions).join(', ')}`);
    if (params.length !== functions[fcn]) throw new SelvedgeError('MALFORMED_MESSAGE', `${fcn} takes ${String(functions[fcn])} arguments`);
    return call(contract, stub, fcn, params);
  };
  const knownFunction = (stub: ChaincodeStub): string => {
    const { fcn } = stub.getFunctionAndParameters();
    return Object.hasOwn(functions, fcn) ? fcn : 'other';
  };
  return {
    Init: (stub) => answer(stub, 'Init', () => Promise.reject(new SelvedgeError('FEATURE_UNSUPPORTED', 'there is nothing to initialise: commit the chaincode without --init-required'))),
    Invoke: (stub) => answer(stub, knownFunction(stub), () => invoke(stub)),
  };
}

/** As fabric-contract-api calls a contract's functions. */
async function call(contract: Contract, stub: ChaincodeStub, name: string, params: readonly string[]): Promise<Buffer> {
  const context = contract.createContext();
  context.stub = stub;
  const run = (contract as unknown as Record<string, (context: Context, ...params: readonly string[]) => Promise<Buffer>>)[name];
  if (run === undefined) throw new SelvedgeError('INTERNAL', 'the contract lacks a function that it should have');
  return run.call(contract, context, ...params);
}
