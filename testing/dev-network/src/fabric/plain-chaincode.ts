import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createChaincodePackage, deployChaincode } from '@selvedge/fabric-network';
import type { FabricAccess } from './fabric-access.js';
import { HOST } from './fabric-plan.js';
import { findFreePorts } from './free-ports.js';

/** Chaincode as a Fabric user has it without Selvedge. */
export interface PlainChaincodeOptions {
  readonly fabric: FabricAccess;
  /** A Node chaincode's folder, from which fabric-shim resolves. */
  readonly directory: string;
  readonly name: string;
  readonly version: string;
  /** Organisations whose peers run it. */
  readonly mspIds: readonly string[];
  readonly endorsementPolicy: string;
  /** Content of collections_config.json. */
  readonly collections: readonly object[];
}

/** Its servers, which run until they are stopped. */
export interface PlainChaincode {
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 120_000;
const READY_TRIES = 400;
const READY_PAUSE_MS = 25;

/** Starts a chaincode's server for each of these organisations, and brings its definition onto the channel: new, or as an upgrade. */
export async function startPlainChaincode({ fabric, directory, name, version, mspIds, endorsementPolicy, collections }: PlainChaincodeOptions): Promise<PlainChaincode> {
  const plan = fabric.plan();
  const ports = await findFreePorts(mspIds.length);
  const servers = mspIds.map((mspId, i) => {
    const address = `${HOST}:${String(ports[i])}`;
    return { mspId, address, chaincodePackage: createChaincodePackage(`${name}-plain-${String(i)}`, { address }) };
  });
  const children = servers.map(({ mspId, address, chaincodePackage }) => serve(directory, address, chaincodePackage.packageId, mspId));
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(end));
  };
  try {
    await Promise.all(servers.map(({ address }) => untilListening(address)));
    await deployChaincode({
      program: fabric.program,
      orderer: fabric.orderer,
      definition: { channel: plan.channel, name, version, policy: { signaturePolicy: endorsementPolicy }, collections: JSON.stringify(collections) },
      organisations: plan.peers.map(({ mspId }) => {
        const chaincodePackage = servers.find((server) => server.mspId === mspId)?.chaincodePackage;
        return { admin: fabric.admin(mspId), ...(chaincodePackage === undefined ? {} : { chaincodePackage }) };
      }),
    });
    await fabric.untilRunning(name, mspIds, READY_TIMEOUT_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pids: children.map(({ pid }) => pid ?? -1), stop };
}

/** The chaincode as a service, started as Fabric's documentation has it, without threads of its collector's own: a compute node starts chaincode so. */
function serve(directory: string, address: string, packageId: string, mspId: string): ChildProcess {
  const cli = createRequire(`${directory}/package.json`).resolve('fabric-shim/cli');
  const env = { ...process.env, CORE_PEER_LOCALMSPID: mspId, CORE_CHAINCODE_LOGGING_LEVEL: 'error', CORE_CHAINCODE_LOGGING_SHIM: 'error' };
  return spawn(process.execPath, ['--single-threaded-gc', cli, 'server', `--chaincode-address=${address}`, `--chaincode-id=${packageId}`], { cwd: directory, env, stdio: 'ignore' });
}

async function untilListening(address: string): Promise<void> {
  for (let tries = 0; tries < READY_TRIES; tries += 1) {
    if (await isListening(address)) return;
    await sleep(READY_PAUSE_MS);
  }
  throw new Error(`the chaincode does not listen at ${address}`);
}

function isListening(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: Number(port) });
    const done = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', done(true));
    socket.once('error', done(false));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
