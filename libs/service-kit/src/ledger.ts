import { z } from 'zod';
import { readConfigured } from './read-configured.js';

const text = z.string().min(1);

/**
 * The `ledger` section of a service's configuration: the embedded ledger's sequencer, or the organisation's own Fabric
 * peer, with PEM files of its TLS roots and, where it asks for them, a client certificate and key.
 */
export const ledgerConfig = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('embedded'), sequencer: text }),
  z.strictObject({
    kind: z.literal('fabric'),
    peer: z
      .strictObject({
        /** host:port */
        endpoint: text,
        tlsRootCertificate: text,
        /** The name in the peer's TLS certificate, where it is not the endpoint's host. */
        hostnameOverride: text.optional(),
        clientCertificate: text.optional(),
        clientKey: text.optional(),
      })
      .refine((peer) => (peer.clientCertificate === undefined) === (peer.clientKey === undefined), { error: 'clientCertificate and clientKey belong together' }),
    /** Default: the name that the policy chaincode is deployed under unless told otherwise. */
    policyChaincode: text.optional(),
  }),
]);

export type LedgerConfig = z.infer<typeof ledgerConfig>;

/** What the files of a `ledger` section hold. */
export type LedgerFiles =
  | { readonly kind: 'embedded'; readonly sequencer: string }
  | {
      readonly kind: 'fabric';
      readonly peer: {
        readonly endpoint: string;
        readonly tlsRootCertificatePem: string;
        readonly hostnameOverride: string | undefined;
        readonly clientTls: { readonly certificatePem: string; readonly privateKeyPem: string } | undefined;
      };
      readonly policyChaincode: string | undefined;
    };

/** Reads the files that a `ledger` section names. Throws INVALID_CONFIGURATION naming the file that cannot be read. */
export function readLedger(config: LedgerConfig): LedgerFiles {
  if (config.kind === 'embedded') return config;
  const { endpoint, tlsRootCertificate, hostnameOverride, clientCertificate, clientKey } = config.peer;
  const clientTls =
    clientCertificate === undefined || clientKey === undefined ? undefined : { certificatePem: readPem(clientCertificate), privateKeyPem: readPem(clientKey) };
  return { kind: 'fabric', peer: { endpoint, tlsRootCertificatePem: readPem(tlsRootCertificate), hostnameOverride, clientTls }, policyChaincode: config.policyChaincode };
}

const readPem = (file: string): string => readConfigured(file, 'ledger').toString('utf8');
