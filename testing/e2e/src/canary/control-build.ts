import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Place } from './places.js';
import type { Secrets } from './secrets.js';

/** A source text that is replaced while a service is bundled. */
interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A leak that somebody could build by mistake, and where it must be caught. */
export interface Leak {
  readonly what: string;
  readonly service: 'compute' | 'key-broker';
  readonly patches: readonly Patch[];
  /** Name of a secret or of a key. */
  readonly marker: keyof Secrets | 'dataKey' | 'nameKey' | 'envelope private key of P256-AES256GCM-SHA256';
  readonly place: Place;
  /** Part of the place's name: the node, or the file. */
  readonly at: string;
}

const ANSWERED = 'const response = responseOf(result, view.height);';
const EXECUTION = 'roles/compute/src/execution.ts';
/** Keeps the transient field for later leaks. */
const KEEP_TRANSIENT = `for (const { name, value } of request.body.transient) {
  (globalThis as any).leakedField = name;
  (globalThis as any).leakedValue = Buffer.from(value).toString('hex');
}`;
/** Writes an event into a temporary file with its name, and arguments into the working folder and a file without a name. */
const WRITE_FILES = `if (result.event !== undefined) {
  const fs = require('node:fs');
  const folder = require('node:os').tmpdir();
  fs.writeFileSync(folder + '/' + result.event.name, Buffer.from(result.event.payload).toString('base64url'));
  fs.writeFileSync('last-request', Buffer.from(Buffer.from(request.body.args[1]).toString('utf8'), 'utf16le'));
  (globalThis as any).spool = fs.openSync(folder + '/spool', 'w+');
  fs.writeSync((globalThis as any).spool, Buffer.from(request.body.args[1]));
  fs.unlinkSync(folder + '/spool');
}`;

export const LEAKS: readonly Leak[] = [
  {
    what: 'a key name in the clear, in a state query',
    service: 'compute',
    patches: [
      {
        file: 'libs/sealed-objects/src/name-keys.ts',
        find: "labelledHmac(nameKey, 'ledger key', nameBytes(dataset), nameBytes(key))",
        replace: "key.length > 32 ? labelledHmac(nameKey, 'ledger key', nameBytes(dataset), nameBytes(key)) : Buffer.concat([nameBytes(key), Buffer.alloc(32)]).subarray(0, 32)",
      },
    ],
    marker: 'key',
    place: 'capture',
    at: 'business-aurora.bodies',
  },
  {
    what: 'a value in the clear, in a packet',
    service: 'compute',
    patches: [
      {
        file: 'libs/sealed-objects/src/synthetic.ts',
        find: 'ciphertext: suite.aeadSeal(keys.contentKey, nonce, header, plaintext)',
        replace: 'ciphertext: Buffer.concat([suite.aeadSeal(keys.contentKey, nonce, header, plaintext), plaintext])',
      },
    ],
    marker: 'value',
    place: 'store',
    at: 'business-aurora/data',
  },
  {
    what: 'arguments in the log, as base64',
    service: 'compute',
    patches: [
      {
        file: EXECUTION,
        find: ANSWERED,
        replace: `process.stderr.write(JSON.stringify({ args: request.body.args.map((arg) => Buffer.from(arg).toString('base64')) }) + '\\n'); ${KEEP_TRANSIENT} ${WRITE_FILES} ${ANSWERED}`,
      },
    ],
    marker: 'argument',
    place: 'log',
    at: 'compute-1/log',
  },
  { what: 'an event’s name as the name of a temporary file', service: 'compute', patches: [], marker: 'eventName', place: 'name of', at: 'temporary/compute-1' },
  { what: 'its payload within, as base64url', service: 'compute', patches: [], marker: 'eventPayload', place: 'temporary folder', at: 'temporary/compute-1' },
  { what: 'an argument in a file of the working folder', service: 'compute', patches: [], marker: 'publicKey', place: 'file', at: 'nodes/compute-1/last-request' },
  { what: 'an argument in a file without a name', service: 'compute', patches: [], marker: 'publicKey', place: 'open file', at: 'compute-1' },
  {
    what: 'the name of a transient field in a trace',
    service: 'compute',
    patches: [{ file: 'roles/compute/src/compute-node.ts', find: "checkpoint('compute.before-answer');", replace: "checkpoint('compute.before-answer', (globalThis as any).leakedField);" }],
    marker: 'transientName',
    place: 'trace',
    at: 'traces/compute-1',
  },
  {
    what: 'what the chaincode prints, in the log',
    service: 'compute',
    patches: [
      {
        file: 'services/compute/src/start.ts',
        find: 'runDirectory: config.runDirectory, now: clock',
        replace: "runDirectory: config.runDirectory, now: clock, developmentOutput: (chunk) => { logger.info({ chunk: chunk.toString('utf8') }, 'chaincode'); }",
      },
    ],
    marker: 'printed',
    place: 'log',
    at: 'compute-1/log',
  },
  {
    what: 'a refusal after authentication that travels in the clear',
    service: 'compute',
    patches: [{ file: 'roles/compute/src/compute-node.ts', find: 'return sealAnswer(nodeId, unsealed, refusalResponse(error));', replace: 'throw error;' }],
    marker: 'collectionName',
    place: 'error',
    at: 'unknown collection, as it travels',
  },
  { what: 'the same, in a gRPC status', service: 'compute', patches: [], marker: 'collectionName', place: 'metadata', at: 'compute-1.headers' },
  {
    what: 'the name of a transient field in a trailer',
    service: 'compute',
    patches: [
      { file: 'libs/rpc/src/server.ts', find: 'import { Server, type handleServerStreamingCall,', replace: 'import { Metadata, Server, type handleServerStreamingCall,' },
      {
        file: 'libs/rpc/src/server.ts',
        find: 'callback(null, response);',
        replace: "const trailer = new Metadata(); trailer.set('debug-bin', Buffer.from((globalThis as any).leakedField ?? '')); callback(null, response, trailer);",
      },
    ],
    marker: 'transientName',
    place: 'metadata',
    at: 'compute-1.headers',
  },
  {
    what: 'the value of a transient field in a metric, as hex',
    service: 'compute',
    patches: [{ file: 'roles/compute/src/compute-node.ts', find: 'contracts: [...(held?.contracts ?? [])],', replace: "contracts: [...(held?.contracts ?? []), (globalThis as any).leakedValue ?? '']," }],
    marker: 'transientValue',
    place: 'metric',
    at: 'compute-1',
  },
  {
    what: 'the same, as a label of one that is scraped',
    service: 'compute',
    patches: [{ file: 'services/compute/src/monitor-health.ts', find: "labels: { kind: 'held' }", replace: "labels: { kind: (globalThis as any).leakedValue ?? 'held' }" }],
    marker: 'transientValue',
    place: 'metric',
    at: 'compute-1 at /metrics',
  },
  {
    what: 'the name of a transient field in a span',
    service: 'compute',
    patches: [{ file: 'libs/rpc/src/tracing.ts', find: "span.setAttribute('selvedge.code', code);", replace: "span.setAttribute('selvedge.code', (globalThis as any).leakedField ?? code);" }],
    marker: 'transientName',
    place: 'span',
    at: 'spans/compute-1',
  },
  {
    what: 'an argument on the command line of the chaincode process',
    service: 'compute',
    patches: [
      {
        file: 'roles/compute/src/chaincode/host.ts',
        find: 'chaincodeId: `${invocation.contract}:${toHex(invocation.codeHash)}`,',
        replace: "chaincodeId: `${invocation.contract}:${toHex(invocation.codeHash)}:${Buffer.from(invocation.args[2] ?? []).toString('hex')}`,",
      },
    ],
    marker: 'argument',
    place: 'command line',
    at: 'compute-1',
  },
  { what: 'the same, in its environment', service: 'compute', patches: [], marker: 'argument', place: 'environment', at: 'compute-1' },
  {
    what: 'released keys in the key broker’s log',
    service: 'key-broker',
    patches: [
      {
        file: 'roles/key-broker/src/domain/key-release.ts',
        find: 'const info = keyReleaseInfo(',
        replace: "process.stderr.write(`released ${Buffer.from(bundle).toString('hex')}\\n`); const info = keyReleaseInfo(",
      },
    ],
    marker: 'dataKey',
    place: 'log',
    at: 'key-broker/log',
  },
  { what: 'name keys, likewise', service: 'key-broker', patches: [], marker: 'nameKey', place: 'log', at: 'key-broker/log' },
  { what: 'private envelope keys, likewise', service: 'key-broker', patches: [], marker: 'envelope private key of P256-AES256GCM-SHA256', place: 'log', at: 'key-broker/log' },
];

type BundleService = (name: string, outfile: string, patches: readonly Patch[]) => Promise<void>;

/** Bundles the services with all leaks. Throws when a patch does not fit the source any more. */
export async function buildLeakingBundles(folder: string): Promise<Record<'compute' | 'key-broker', string>> {
  const script = pathToFileURL(fileURLToPath(new URL('../../../../scripts/build.mjs', import.meta.url))).href;
  const { bundleService } = (await import(/* @vite-ignore */ script)) as { bundleService: BundleService };
  const build = async (service: Leak['service']): Promise<string> => {
    const outfile = path.join(folder, `${service}.bundle.mjs`);
    await bundleService(service, outfile, LEAKS.filter((leak) => leak.service === service).flatMap(({ patches }) => patches));
    return outfile;
  };
  const [compute, keyBroker] = await Promise.all([build('compute'), build('key-broker')]);
  return { compute, 'key-broker': keyBroker };
}
