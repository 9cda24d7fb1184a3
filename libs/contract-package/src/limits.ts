/** Bounds of one chaincode package, its dependencies included. */
export interface PackageLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
  /** Longest path inside the package, in UTF-8 bytes. */
  readonly maxPathBytes: number;
  /** Directories inside directories. */
  readonly maxDepth: number;
}

export const PACKAGE_LIMITS: PackageLimits = {
  maxFiles: 50_000,
  maxBytes: 256 * 1024 * 1024,
  maxPathBytes: 1024,
  maxDepth: 64,
};
