import { load } from 'js-yaml';
import { SelvedgeError } from '@selvedge/errors';
import { z } from 'zod';

/** A peer or orderer in a connection profile. */
export interface ProfileEndpoint {
  /** host:port. */
  readonly address: string;
  /** Roots of its TLS certificate: PEM, or a path as the profile has it. */
  readonly tlsRoots: { readonly pem: string } | { readonly path: string };
  readonly hostnameOverride: string | undefined;
}

/** What Fabric's common connection profiles say, as far as a deployment needs it. */
export interface FabricConnectionProfile {
  readonly organisations: readonly { readonly mspId: string; readonly peers: readonly ProfileEndpoint[] }[];
  readonly orderers: readonly ProfileEndpoint[];
}

const node = z.object({
  url: z.string(),
  tlsCACerts: z.object({ pem: z.union([z.string(), z.array(z.string())]).optional(), path: z.string().optional() }).optional(),
  grpcOptions: z.record(z.string(), z.unknown()).optional(),
});
const schema = z.object({
  organizations: z.record(z.string(), z.object({ mspid: z.string().min(1), peers: z.array(z.string()).default([]) })),
  peers: z.record(z.string(), node).default({}),
  orderers: z.record(z.string(), node).default({}),
});

/** Keys under which SDKs look for the name in a TLS certificate. */
const OVERRIDES = ['ssl-target-name-override', 'hostnameOverride'];
const URL_PATTERN = /^(?:(grpcs?):\/\/)?([^/]+:\d+)\/?$/;

/** Parses a connection profile in Fabric's common format, JSON or YAML. Throws INVALID_CONFIGURATION naming the setting. @param source for messages */
export function parseConnectionProfile(text: string, source: string): FabricConnectionProfile {
  const parsed = schema.safeParse(parseYaml(text, source));
  if (!parsed.success) throw refusal(source, parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`).join('; '));
  const { organizations, peers, orderers } = parsed.data;
  return {
    organisations: Object.entries(organizations).map(([name, { mspid, peers: names }]) => ({
      mspId: mspid,
      peers: names.map((peer) => {
        const found = peers[peer];
        if (found === undefined) throw refusal(source, `organizations.${name}.peers names ${peer}, which peers does not have`);
        return endpointOf(`peers.${peer}`, found, source);
      }),
    })),
    orderers: Object.entries(orderers).map(([name, found]) => endpointOf(`orderers.${name}`, found, source)),
  };
}

function endpointOf(setting: string, { url, tlsCACerts, grpcOptions = {} }: z.infer<typeof node>, source: string): ProfileEndpoint {
  const [, scheme, address] = URL_PATTERN.exec(url) ?? [];
  if (address === undefined) throw refusal(source, `${setting}.url: ${JSON.stringify(url)} is not grpcs://host:port`);
  if (scheme === 'grpc') throw refusal(source, `${setting}.url: ${url} is without TLS; Selvedge deploys to peers and orderers with TLS only`);
  const override = OVERRIDES.map((key) => grpcOptions[key]).find((value) => typeof value === 'string');
  return { address, tlsRoots: tlsRootsOf(setting, tlsCACerts, source), hostnameOverride: isHostOf(address, override) ? undefined : override };
}

function tlsRootsOf(setting: string, tls: z.infer<typeof node>['tlsCACerts'], source: string): ProfileEndpoint['tlsRoots'] {
  if (tls?.pem !== undefined) return { pem: typeof tls.pem === 'string' ? tls.pem : tls.pem.join('\n') };
  if (tls?.path !== undefined) return { path: tls.path };
  throw refusal(source, `${setting}.tlsCACerts: pem or path is missing`);
}

function isHostOf(address: string, name: string | undefined): boolean {
  return name === address.slice(0, address.lastIndexOf(':'));
}

/** JSON is YAML. */
function parseYaml(text: string, source: string): unknown {
  try {
    return load(text, { filename: source });
  } catch (cause) {
    throw new SelvedgeError('INVALID_CONFIGURATION', `${source}: neither JSON nor YAML${cause instanceof Error ? ` (${cause.message.split('\n')[0] ?? ''})` : ''}`, { role: 'cli', cause });
  }
}

function refusal(source: string, what: string): SelvedgeError {
  return new SelvedgeError('INVALID_CONFIGURATION', `${source}: ${what}`, { role: 'cli' });
}
