import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '@selvedge/crypto';
import { isSelvedgeError, SelvedgeError, type RefusalCode } from '@selvedge/errors';
import { computeTxId } from '@selvedge/protocol';
import type { ChaincodeResult } from '../ports.js';
import { createChaincodeHost } from './host.js';
import type { ChaincodeLimits } from './limits.js';
import { printedLines } from './printed-lines.js';
import { createRefusingState } from './refusing-state.js';

/** What a package is tried with. */
export interface TrialOptions {
  /** Directory of packages by code hash. */
  readonly packageStore: string;
  readonly codeHash: Uint8Array;
  readonly contract: string;
  readonly channel: string;
  /** Whom the chaincode is shown as creator: SerializedIdentity bytes of a certificate, and its MSP id. */
  readonly creator: { readonly mspId: string; readonly serialized: Uint8Array };
  readonly limits?: Partial<ChaincodeLimits>;
  /** Told why a chaincode that started gave no answer. */
  readonly note?: (text: string) => void;
}

/** Fabric's contract API answers it in every language; to other chaincode it is a function like any, which finds no state. */
const METADATA_FUNCTION = 'org.hyperledger.fabric:GetMetadata';
const DEADLINE_MS = 60_000;
const NONCE_BYTES = 24;
const SEED_BYTES = 32;
/** What says that a chaincode did not start, or was ended for what it takes. */
const NOT_STARTED: ReadonlySet<RefusalCode> = new Set(['CONTRACT_CODE_MISSING', 'CONTRACT_CODE_MISMATCH', 'INVALID_CONFIGURATION', 'CHAINCODE_MEMORY_LIMIT', 'CHAINCODE_OUTPUT_LIMIT', 'INTERNAL']);

/**
 * Starts a package's chaincode in the sandbox, before anybody approves it, and asks it for its metadata. It gets no request and no
 * state, so what it prints is its own: where it does not start, the refusal says what it printed.
 *
 * @returns what the chaincode answered; undefined where it started and gave no answer of its own to a function that it need not know
 * @throws SelvedgeError CHAINCODE_START_FAILED with the last lines that it printed, CONTRACT_CODE_MISSING, CONTRACT_CODE_MISMATCH,
 * CHAINCODE_MEMORY_LIMIT or CHAINCODE_OUTPUT_LIMIT
 */
export async function tryChaincode({ packageStore, codeHash, contract, channel, creator, limits = {}, note }: TrialOptions): Promise<ChaincodeResult | undefined> {
  const runDirectory = await mkdtemp(join(tmpdir(), 'sv-try-'));
  const printed: Buffer[] = [];
  const host = await createChaincodeHost({ packageStore, runDirectory, limits, developmentOutput: (chunk) => printed.push(chunk) });
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  const invocation = {
    channel,
    contract,
    codeHash,
    txId: toHex(computeTxId(nonce, creator.serialized)),
    creator: creator.serialized,
    creatorMspId: creator.mspId,
    nonce,
    args: [Buffer.from(METADATA_FUNCTION)],
    transient: new Map<string, Uint8Array>(),
    timestamp: { seconds: BigInt(Math.floor(Date.now() / 1000)), nanos: 0 },
    seed: new Uint8Array(randomBytes(SEED_BYTES)),
    idleSeed: new Uint8Array(randomBytes(SEED_BYTES)),
    deadlineMs: DEADLINE_MS,
  };
  try {
    return await host.invoke(invocation, () => NO_STATE, new AbortController().signal);
  } catch (error) {
    if (isSelvedgeError(error, 'CHAINCODE_START_FAILED')) throw explainStart(error, Buffer.concat(printed).toString('utf8'));
    if (!isSelvedgeError(error) || NOT_STARTED.has(error.code)) throw error;
    if (error.code !== 'FEATURE_UNSUPPORTED') note?.(`the contract started, and did not say what functions it has: ${error.code}: ${error.message}`);
    return undefined;
  } finally {
    await host.close();
    await rm(runDirectory, { recursive: true, force: true });
  }
}

/** The refusal with what the chaincode printed: for the development of chaincodes only, whose author reads it. */
export function explainStart(error: SelvedgeError, printed: string): SelvedgeError {
  const lines = printedLines(printed);
  if (lines.length === 0) return error;
  return new SelvedgeError(error.code, `${error.message}; it printed:\n${lines.map((line) => `  | ${line}`).join('\n')}`, { role: error.role, details: error.details, cause: error });
}

const NO_STATE = createRefusingState(() => new SelvedgeError('FEATURE_UNSUPPORTED', 'a chaincode that is tried has no state'));
