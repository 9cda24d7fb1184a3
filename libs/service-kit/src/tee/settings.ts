import { teeConfig } from '@selvedge/attestation/process';
import { z } from 'zod';
import { monitoringConfig } from '../monitoring/config.js';
import { tlsConfig } from '../tls.js';

const text = z.string().min(1);
const peers = z.array(z.strictObject({ mspId: text, address: text })).min(1);

/** Settings of every service in a TEE. Paths are absolute, or relative to the working directory. */
export const teeServiceSettings = {
  /** host:port; port 0 lets the system choose. */
  listen: z.string().default('127.0.0.1:0'),
  tls: tlsConfig,
  monitoring: monitoringConfig,
  network: text,
  channel: text,
  /** File of SignedProfile bytes: the trust anchor. */
  signedProfile: text,
  /** Endorsers and business nodes that show it the ledger. */
  followers: peers,
  /** The TEE that the process runs in. */
  tee: teeConfig,
};

/** An identity of an organisation, PEM files. */
export const identityFiles = z.strictObject({ mspId: text, certificateFile: text, privateKeyFile: text });

/** Settings of a service that gets keys from the key broker and reads state. */
export const teeNodeSettings = {
  ...teeServiceSettings,
  nodeId: text.max(64),
  keyBroker: text,
  /** Other replicas of it: when one refuses or is down, the next is asked. */
  keyBrokerReplicas: z.array(text).max(16).default([]),
  businessNodes: peers,
  /** The operating organisation's identity. */
  operator: identityFiles,
};

/** Limits of such a service. */
export const teeNodeLimits = {
  /** How far a request's timestamp may be off, either way. */
  freshnessMs: z.int().min(1).default(300_000),
  /** How many blocks a business node may be behind the ledger view. */
  maxLagBlocks: z.int().min(0).default(16),
  /** Age at which the ledger view is refused. */
  maxViewAgeMs: z.int().min(1).default(10_000),
  /** How long a stop waits for what runs. */
  drainMs: z.int().min(0).default(10_000),
};
