import { SelvedgeError } from '@selvedge/errors';

/** A network that does not run is the usual reason when nobody answers. */
export function nameNetwork(error: unknown, { directory, statusCommand }: { readonly directory: string; readonly statusCommand: string }): unknown {
  if (!(error instanceof SelvedgeError) || (error.code !== 'VIEW_QUORUM_UNREACHABLE' && error.code !== 'UNAVAILABLE')) return error;
  return new SelvedgeError(error.code, `${error.message} (does the network in ${directory} run? "${statusCommand}" tells)`, { role: error.role, cause: error });
}
