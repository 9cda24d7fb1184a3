import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SelvedgeError } from '@selvedge/errors';
import { explainFailure } from './failures.js';
import type { FabricEndpoint, LifecycleAdmin, PeerProgram } from './targets.js';

const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 64 * 1_048_576;
/** The program wants a configuration file even where arguments and environment say everything. JSON is YAML. */
const CLIENT_CONFIG = { peer: { BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } }, client: { connTimeout: '10s' } } };

/** Writes a core.yaml that is enough for the `peer` program as a client. */
export async function writePeerClientConfig(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'core.yaml'), `${JSON.stringify(CLIENT_CONFIG)}\n`);
}

/**
 * Runs the `peer` program as an organisation's administrator, without a shell and without our own environment.
 * Resolves with its standard output. Throws FABRIC_COMMAND_FAILED with Fabric's message and what to do.
 */
export function runPeer(program: PeerProgram, admin: LifecycleAdmin, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: environmentOf(program, admin), timeout: program.timeoutMs ?? DEFAULT_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    execFile(program.program, args, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
        return;
      }
      const command = `peer ${args.slice(0, 3).filter((arg) => !arg.startsWith('-')).join(' ')} as ${admin.mspId}`;
      reject(new SelvedgeError('FABRIC_COMMAND_FAILED', explainFailure(command, error.killed === true ? 'took too long' : stderr || error.message), { role: 'cli' }));
    });
  });
}

/** Arguments that name the ordering service. */
export function ordererArgs(orderer: FabricEndpoint, admin: LifecycleAdmin): string[] {
  const { clientTls } = admin;
  return [
    '--orderer', orderer.address, '--tls', '--cafile', orderer.tlsRootCertificateFile,
    ...(orderer.hostnameOverride === undefined ? [] : ['--ordererTLSHostnameOverride', orderer.hostnameOverride]),
    ...(clientTls === undefined ? [] : ['--clientauth', '--certfile', clientTls.certificateFile, '--keyfile', clientTls.privateKeyFile]),
  ];
}

function environmentOf(program: PeerProgram, admin: LifecycleAdmin): Record<string, string> {
  const { clientTls } = admin;
  return {
    FABRIC_CFG_PATH: program.configDirectory,
    FABRIC_LOGGING_SPEC: 'ERROR',
    CORE_PEER_LOCALMSPID: admin.mspId,
    CORE_PEER_MSPCONFIGPATH: admin.mspDirectory,
    CORE_PEER_ADDRESS: admin.peer.address,
    CORE_PEER_TLS_ENABLED: 'true',
    CORE_PEER_TLS_ROOTCERT_FILE: admin.peer.tlsRootCertificateFile,
    ...(admin.peer.hostnameOverride === undefined ? {} : { CORE_PEER_TLS_SERVERHOSTOVERRIDE: admin.peer.hostnameOverride }),
    ...(clientTls === undefined
      ? {}
      : { CORE_PEER_TLS_CLIENTAUTHREQUIRED: 'true', CORE_PEER_TLS_CLIENTCERT_FILE: clientTls.certificateFile, CORE_PEER_TLS_CLIENTKEY_FILE: clientTls.privateKeyFile }),
  };
}
