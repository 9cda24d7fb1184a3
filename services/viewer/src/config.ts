import { teeConfig } from '@selvedge/attestation/process';
import { tlsConfig } from '@selvedge/service-kit';
import { z } from 'zod';

const text = z.string().min(1);
const peer = z.strictObject({ mspId: text, address: text });

/** Configuration of the viewer process. Paths are absolute, or relative to the working directory. */
export const viewerConfig = z.strictObject({
  /** host:port; port 0 lets the system choose. */
  listen: z.string().default('127.0.0.1:0'),
  tls: tlsConfig,
  network: text,
  channel: text,
  nodeId: text.max(64),
  /** File of SignedProfile bytes: the trust anchor. */
  signedProfile: text,
  keyBroker: text,
  /** Endorsers and business nodes that show this viewer the ledger. */
  followers: z.array(peer).min(1),
  /** Of the viewer's own organisation: no other serves it. */
  businessNodes: z.array(peer).min(1),
  /** Folder of the audit log. Made when missing. */
  storeDirectory: text,
  /** The TEE that the process runs in. */
  tee: teeConfig,
  /** The organisation's identity, PEM files: whose readers it answers. */
  operator: z.strictObject({ mspId: text, certificateFile: text, privateKeyFile: text }),
  limits: z
    .strictObject({
      /** Views at the same time. */
      maxRunning: z.int().min(1).default(4),
      /** Views that wait; above it, OVERLOADED. */
      maxQueued: z.int().min(0).default(32),
      /** How far a question's timestamp may be off, either way. */
      freshnessMs: z.int().min(1).default(300_000),
      /** How many blocks a business node may be behind the ledger view. */
      maxLagBlocks: z.int().min(0).default(16),
      /** Age at which the ledger view is refused. */
      maxViewAgeMs: z.int().min(1).default(10_000),
      /** How long a stop waits for running views. */
      drainMs: z.int().min(0).default(10_000),
    })
    .prefault({}),
});

export type ViewerConfig = z.infer<typeof viewerConfig>;
