import { equalBytes, toHex } from '@selvedge/crypto';

/** A package that lies in the node's store. */
export interface HeldPackage {
  /** 32 bytes. */
  readonly codeHash: Uint8Array;
  /** A contract on the ledger runs it, and this node has hashed its copy. */
  readonly verified: boolean;
}

/** Prepares the packages of the contracts on the ledger as they come into the store, and knows which ones the node holds. */
export interface PackageKeeper {
  /** The policy or the node's keys have changed: looks at once. */
  check(): void;
  held(): readonly HeldPackage[];
  close(): void;
}

export interface PackageKeeperOptions {
  /** Contracts that this node runs, with the code hashes that the ledger has approved. */
  readonly approved: () => readonly { readonly contract: string; readonly codeHash: Uint8Array }[];
  /** Code hashes by which packages lie in the store, which is not trusted. */
  readonly stored: () => Promise<readonly Uint8Array[]>;
  /** Copies and hashes a package. Throws CONTRACT_CODE_MISMATCH and the like. */
  readonly prepare: (contract: string, codeHash: Uint8Array) => Promise<void>;
  /** Called for an approved package that is missing, or wrong, once for each failure. */
  readonly onFailure?: (contract: string, error: unknown) => void;
  /** Milliseconds between looks. Default 1,000. */
  readonly intervalMs?: number;
  /** After a wrong package, this many looks pass before it is hashed again. Default 30. */
  readonly pauseLooks?: number;
}

/** Looks from the first check() on; see PackageKeeper. */
export function createPackageKeeper({ approved, stored, prepare, onFailure, intervalMs = 1_000, pauseLooks = 30 }: PackageKeeperOptions): PackageKeeper {
  const verified = new Set<string>();
  /** Looks to let pass, by code hash. */
  const pauses = new Map<string, number>();
  const missing = new Set<string>();
  let packages: readonly HeldPackage[] = [];
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let isWanted = false;
  let isClosed = false;

  const prepareOne = async (contract: string, codeHash: Uint8Array): Promise<void> => {
    const id = toHex(codeHash);
    const pause = pauses.get(id) ?? 0;
    if (pause > 0) {
      pauses.set(id, pause - 1);
      return;
    }
    try {
      await prepare(contract, codeHash);
      verified.add(id);
      pauses.delete(id);
    } catch (error) {
      pauses.set(id, pauseLooks);
      onFailure?.(contract, error);
    }
  };

  const look = async (): Promise<void> => {
    const [wanted, found] = [approved(), await stored()];
    const ids = new Set(wanted.map(({ codeHash }) => toHex(codeHash)));
    for (const id of verified) if (!ids.has(id)) verified.delete(id);
    for (const { contract, codeHash } of wanted) {
      const id = toHex(codeHash);
      if (isClosed || verified.has(id)) continue;
      const isStored = found.some((hash) => equalBytes(hash, codeHash));
      if (isStored) await prepareOne(contract, codeHash);
      // To prepare what is missing says so, once.
      else if (!missing.has(id)) await prepareOne(contract, codeHash).finally(() => pauses.delete(id));
      if (isStored) missing.delete(id);
      else missing.add(id);
    }
    const all = [...found, ...wanted.map(({ codeHash }) => codeHash).filter((codeHash) => verified.has(toHex(codeHash)))];
    packages = [...new Map(all.map((codeHash) => [toHex(codeHash), codeHash]))].map(([id, codeHash]) => ({ codeHash, verified: verified.has(id) }));
  };

  const run = (): void => {
    clearTimeout(timer);
    if (isClosed) return;
    if (looking !== undefined) {
      isWanted = true;
      return;
    }
    isWanted = false;
    looking = look()
      // Without a ledger view nothing is approved yet.
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
        if (isClosed) return;
        if (isWanted) run();
        else timer = setTimeout(run, intervalMs).unref();
      });
  };

  return {
    check() {
      pauses.clear();
      run();
    },
    held: () => packages,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
