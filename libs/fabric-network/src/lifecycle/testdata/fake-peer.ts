import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommittedCollection } from '../outputs.js';
import type { LifecycleAdmin, PeerProgram } from '../targets.js';

/** One call of the program. */
export interface FakePeerCall {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A program that answers as `peer lifecycle chaincode` does on one channel; its state lies in files beside it. */
export interface FakePeer extends PeerProgram {
  calls(): Promise<FakePeerCall[]>;
  /** The commands that changed something, in order. */
  changes(): Promise<string[]>;
  /** Has a definition committed that others have made. */
  commitForeign(definition: { readonly version: string; readonly sequence: number; readonly collections?: readonly CommittedCollection[] }): Promise<void>;
  remove(): Promise<void>;
}

// Every organisation has files of its own, since calls run side by side.
const SCRIPT = `
const { readFileSync, writeFileSync, appendFileSync, existsSync, statSync } = require('node:fs');
const { createHash } = require('node:crypto');
const folder = process.env.FABRIC_CFG_PATH;
const mspId = process.env.CORE_PEER_LOCALMSPID;
const args = process.argv.slice(2);
appendFileSync(folder + '/calls', JSON.stringify({ args, environment: process.env }) + '\\n');
const command = args[2];
const value = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const read = (name, otherwise) => (existsSync(folder + '/' + name) ? JSON.parse(readFileSync(folder + '/' + name, 'utf8')) : otherwise);
const write = (name, content) => writeFileSync(folder + '/' + name, JSON.stringify(content));
const fail = (text) => { process.stderr.write('Error: ' + text + '\\nUsage:\\n  peer\\n'); process.exit(1); };
const organisations = read('organisations');
const collections = value('--collections-config');
const definition = JSON.stringify([value('--version'), value('--sequence'), value('--channel-config-policy'), value('--signature-policy'), collections && readFileSync(collections, 'utf8')]);
const approvals = () => Object.fromEntries(organisations.map((name) => [name, read('approved-' + name, {}).definition === definition]));
const memberPolicy = (mspIds) => ({ Payload: { SignaturePolicy: { identities: mspIds.map((mspId) => ({ principal: Buffer.concat([Buffer.from([10, mspId.length]), Buffer.from(mspId)]).toString('base64') })) } } });
const membersOf = (policy = '') => [...policy.matchAll(/'([^'.]+)\\.member'/g)].map(([, mspId]) => mspId);
const shown = ({ name, blockToLive, members }) => ({ Payload: { StaticCollectionConfig: { name, ...(blockToLive ? { block_to_live: blockToLive } : {}), member_orgs_policy: memberPolicy(members) } } });
const commands = {
  queryinstalled: () => ({ installed_chaincodes: read('installed-' + mspId, []).map((package_id) => ({ package_id })) }),
  install: () => {
    if ((statSync(args[3]).mode & 0o077) !== 0) fail('the package, which may hold a key, can be read by others');
    const id = 'label:' + createHash('sha256').update(readFileSync(args[3])).digest('hex');
    if (read('installed-' + mspId, []).includes(id)) fail("chaincode already successfully installed (package ID '" + id + "')");
    write('installed-' + mspId, [...read('installed-' + mspId, []), id]);
  },
  querycommitted: () => {
    const found = read('committed') ?? fail('query failed with status: 404 - namespace x is not defined');
    return { ...found, collections: { config: found.collections.map(shown) } };
  },
  queryapproved: () => {
    const own = read('approved-' + mspId);
    if (own === undefined || own.sequence !== Number(value('--sequence'))) fail('could not fetch approved chaincode definition');
    return { ...own, source: { Type: own.packageId === undefined ? { Unavailable: {} } : { LocalPackage: { package_id: own.packageId } } } };
  },
  approveformyorg: () => write('approved-' + mspId, { definition, version: value('--version'), sequence: Number(value('--sequence')), packageId: value('--package-id') }),
  checkcommitreadiness: () => ({ approvals: approvals() }),
  commit: () => {
    if (Object.values(approvals()).filter(Boolean).length * 2 <= organisations.length) fail('chaincode definition not agreed to by this org');
    const config = JSON.parse(collections === undefined ? '[]' : readFileSync(collections, 'utf8')).flatMap(({ name, policy }) => (name === undefined ? [] : [{ name, members: membersOf(policy) }]));
    write('committed', { version: value('--version'), sequence: Number(value('--sequence')), collections: config, approvals: approvals() });
  },
};
process.stdout.write(JSON.stringify(commands[command]() ?? {}));
`;

const CHANGES = ['install', 'approveformyorg', 'commit'];

/** @param organisations of the channel */
export async function createFakePeer(organisations: readonly string[]): Promise<FakePeer> {
  const configDirectory = await mkdtemp(join(tmpdir(), 'selvedge-fake-peer-'));
  const program = join(configDirectory, 'peer');
  await writeFile(program, `#!${process.execPath}\n${SCRIPT}`);
  await chmod(program, 0o755);
  await writeFile(join(configDirectory, 'organisations'), JSON.stringify(organisations));
  const calls = async (): Promise<FakePeerCall[]> => {
    const lines = (await readFile(join(configDirectory, 'calls'), 'utf8')).trim().split('\n');
    return lines.map((line) => JSON.parse(line) as FakePeerCall);
  };
  return {
    program,
    configDirectory,
    calls,
    changes: async () => (await calls()).flatMap(({ args, environment }) => (CHANGES.includes(args[2] ?? '') ? [`${args[2] ?? ''} ${environment.CORE_PEER_LOCALMSPID ?? ''}`] : [])),
    commitForeign: async ({ collections = [], ...definition }) => {
      await writeFile(join(configDirectory, 'committed'), JSON.stringify({ ...definition, collections, approvals: {} }));
    },
    remove: () => rm(configDirectory, { recursive: true }),
  };
}

/** An administrator whose files exist in name only. */
export function adminOf(mspId: string): LifecycleAdmin {
  return {
    mspId,
    mspDirectory: `/msp/${mspId}`,
    peer: { address: `${mspId.toLowerCase()}:7051`, tlsRootCertificateFile: `/tls/${mspId}.pem` },
    clientTls: { certificateFile: `/tls/${mspId}-client.pem`, privateKeyFile: `/tls/${mspId}-client.key` },
  };
}
