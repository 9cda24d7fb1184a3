import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../../chaincode/launcher.js';
import { confine, fstabOf, prepareRoot, probeSandbox, type Bind } from '../index.js';

/** A program of its own, so that a test can run it as another user. Arguments: the intruder, then the intruder's own. */
const [, , intruder = '', ...args] = process.argv;
const platform = await probeSandbox();
const directory = await mkdtemp(join(tmpdir(), 'sv-driver-'));
const tree = join(directory, 'tree');
const root = join(directory, 'root');
await mkdir(tree, { mode: 0o755 });
copyFileSync(intruder, join(tree, 'intruder.cjs'));
const binds: Bind[] = [
  { source: process.execPath, target: '/bin/node', kind: 'file' },
  { source: platform.programs.setpriv ?? '', target: '/bin/setpriv', kind: 'file' },
  ...platform.libraries.map((path): Bind => ({ source: path, target: path, kind: 'file' })),
  ...['/dev/null', '/dev/urandom'].map((path): Bind => ({ source: path, target: path, kind: 'device' })),
  { source: tree, target: '/chaincode', kind: 'directory' },
];
await prepareRoot(root, binds);
const fstab = join(directory, 'fstab');
await writeFile(fstab, fstabOf(root, binds, 0));
let output = '';
const program = launch({
  command: confine(platform, {
    command: ['/bin/node', '/chaincode/intruder.cjs', ...args],
    directory: '/chaincode',
    root,
    fstab,
    uid: platform.firstUid,
    hasLoopback: false,
    tmpMiB: 0,
    limits: { maxMemoryMiB: 1024, maxThreads: 64, maxOpenFiles: 200 },
  }),
  directory,
  environment: { LANG: 'C.UTF-8' },
  onOutput: (chunk) => {
    output += chunk.toString();
  },
});
const exit = await program.exited;
await rm(directory, { recursive: true, force: true });
process.stdout.write(JSON.stringify({ missing: platform.missing, exit, output }));
