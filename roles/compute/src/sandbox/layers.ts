import { SelvedgeError } from '@selvedge/errors';

/** What stands between a chaincode process and everything else; each is a mechanism of Linux or of Node. */
export const LAYERS = {
  user: 'own uid (setpriv as root) or user namespace (unshare --user)',
  files: 'read-only root of its own (unshare --mount, mount)',
  network: 'network namespace (unshare --net)',
  processes: 'process namespace (unshare --pid)',
  ipc: 'IPC and UTS namespaces (unshare --ipc --uts)',
  privileges: 'no privileges and none to gain (setpriv --no-new-privs --bounding-set)',
  limits: 'resource limits (prlimit)',
  permissions: 'Node’s permission model (node --permission)',
} as const;

/** Name of a layer. */
export type Layer = keyof typeof LAYERS;

/** A layer that this platform lacks, and what the attempt to use it said. */
export interface MissingLayer {
  readonly layer: Layer;
  readonly mechanism: string;
  readonly reason: string;
}

/** What a probe found; see probeSandbox. */
export interface SandboxPlatform {
  readonly missing: readonly MissingLayer[];
  has(layer: Layer): boolean;
  /** Namespace options of `unshare` that work together here. */
  readonly namespaces: readonly string[];
  /** First of the uids that chaincode processes may get; undefined: they keep this process's, in a user namespace. */
  readonly firstUid: number | undefined;
  /** Absolute paths of util-linux's programs that were found. */
  readonly programs: Readonly<Record<string, string>>;
  /** Files that the node program and setpriv load, by absolute path. */
  readonly libraries: readonly string[];
  /** Node's option that turns its permission model on, or undefined. */
  readonly permissionFlag: string | undefined;
}

/**
 * Whether this platform may run chaincode beside real secrets.
 *
 * @throws SelvedgeError SANDBOX_UNAVAILABLE naming each missing mechanism
 */
export function requireCompleteSandbox(platform: Pick<SandboxPlatform, 'missing'>): void {
  if (platform.missing.length === 0) return;
  throw new SelvedgeError('SANDBOX_UNAVAILABLE', `this platform cannot confine chaincode: it lacks ${describeMissing(platform.missing)}`, {
    role: 'compute',
    details: { missing: platform.missing.map(({ layer }) => layer).join(' ') },
  });
}

/** One sentence part for each missing layer. */
export const describeMissing = (missing: readonly MissingLayer[]): string => missing.map(({ mechanism, reason }) => `${mechanism}: ${reason}`).join('; ');
