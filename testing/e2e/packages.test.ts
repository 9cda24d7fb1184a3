import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packInto, ROOT, runIn, startIn, unpack, type PackedPackage } from './src/packed.js';

const TIMEOUT_MS = 480_000;
const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-packages-'));
const home = path.join(folder, 'home');
let packed: readonly PackedPackage[];
/** What users import, and share the packages of others with. */
const LIBRARIES = ['@selvedge/client', '@selvedge/contract-test'];

interface Manifest {
  readonly name: string;
  readonly dependencies: Record<string, string>;
  readonly [setting: string]: unknown;
}
/** Where a package lies unpacked. */
const places = new Map<string, string>();
const textIn = ({ name }: PackedPackage, file: string): string => readFileSync(path.join(places.get(name) ?? '', file), 'utf8');
const filesOf = ({ name }: PackedPackage): string[] => {
  const place = places.get(name) ?? '';
  return readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.relative(place, path.join(entry.parentPath, entry.name)));
};
const manifestOf = (each: PackedPackage): Manifest => JSON.parse(textIn(each, 'package.json')) as Manifest;

beforeAll(async () => {
  packed = await packInto(path.join(folder, 'packed'));
  mkdirSync(home);
  for (const { name, file } of packed) {
    const place = path.join(folder, 'unpacked', name);
    mkdirSync(place, { recursive: true });
    places.set(name, unpack(file, place));
  }
}, TIMEOUT_MS);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('published packages', () => {
  it('are few, and hold programs, declarations and papers alone', () => {
    expect(packed.map(({ name }) => name)).toEqual(['@selvedge/client', '@selvedge/services', '@selvedge/chaincodes', '@selvedge/contract-test', '@selvedge/cli']);
    for (const each of packed) {
      const [{ name }, files] = [each, filesOf(each)];
      for (const paper of ['package.json', 'README.md', 'LICENSE', 'sbom.cdx.json', ...(LIBRARIES.includes(name) ? [] : ['THIRD-PARTY.txt'])]) expect(files, name).toContain(paper);
      // A new project's files are sources.
      expect(files.filter((entry) => !entry.startsWith('templates/') && /\.test\.|testdata|\.map$|(?<!\.d)\.ts$|tsbuildinfo/.test(entry)), name).toEqual([]);
    }
  });

  it('have manifests of which nothing leads back to this repository', () => {
    for (const each of packed) {
      const { dependencies, ...manifest } = manifestOf(each);
      expect(manifest).toMatchObject({ license: 'Apache-2.0', type: 'module', engines: { node: '>=20.19' }, exports: { './package.json': './package.json' } });
      for (const setting of ['private', 'devDependencies', 'scripts', 'workspaces', 'imports']) expect(manifest, each.name).not.toHaveProperty(setting);
      expect(JSON.stringify(manifest)).not.toContain('selvedge-source');
      for (const [name, version] of Object.entries(dependencies)) {
        expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
        if (name.startsWith('@selvedge/')) expect(packed.map((other) => other.name)).toContain(name);
      }
    }
  });

  it('name every package that their programs and declarations import', () => {
    for (const each of packed) {
      const texts = filesOf(each).filter((file) => file.startsWith('types/') || (LIBRARIES.includes(each.name) && file.startsWith('dist/'))).map((file) => textIn(each, file));
      const specifiers = texts.flatMap((text) => ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName));
      const names = new Set(specifiers.filter((specifier) => !/^[./]/.test(specifier) && !isBuiltin(specifier)).map((specifier) => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')));
      expect(names.size > 0).toBe(LIBRARIES.includes(each.name));
      for (const name of names) expect(Object.keys(manifestOf(each).dependencies), each.name).toContain(name);
    }
  });

  it('have SBOMs that are CycloneDX and name what is in the bundles', async () => {
    const named = new Map<string, Set<string>>();
    for (const each of packed) {
      const { name, file } = each;
      const sbom = textIn(each, 'sbom.cdx.json');
      expect(readFileSync(file.replace(/\.tgz$/, '.cdx.json'), 'utf8')).toBe(sbom);
      expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(sbom)).toBeNull();
      const { components } = JSON.parse(sbom) as { components: { purl: string }[] };
      named.set(name, new Set(components.map(({ purl }) => purl.replace(/@[^@]*$/, ''))));
    }
    expect(named.get('@selvedge/services')).toContain('pkg:npm/%40grpc/grpc-js');
    expect(named.get('@selvedge/services')).toContain('pkg:npm/lmdb');
    expect(named.get('@selvedge/services')).toContain('pkg:npm/%40selvedge/attestation');
    expect(named.get('@selvedge/chaincodes')).toContain('pkg:npm/fabric-shim');
    // Of the bundles' own notes of where code came from, none is of a package that the list lacks.
    for (const each of packed) {
      const texts = filesOf(each).filter((file) => file.endsWith('.mjs')).map((file) => textIn(each, file));
      const noted = new Set(texts.flatMap((text) => [...text.matchAll(/^\s*\/\/ (?:\S*\/)?node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//gm)].map(([, name = '']) => name)));
      if (!LIBRARIES.includes(each.name)) expect(noted.size).toBeGreaterThan(10);
      for (const name of noted) expect(named.get(each.name), name).toContain(`pkg:npm/${name.replace('@', '%40')}`);
    }
  });
});

/** A user's program, which uses the published library alone. */
const PROGRAM = `
import { readFileSync } from 'node:fs';
import { connect, createSigner, isSelvedgeError, loadConnectionProfile, loadSignedProfile, type Contract, type Gateway } from '@selvedge/client';

const [networkFile = '', userFolder = ''] = process.argv.slice(2);
const connectionProfile = await loadConnectionProfile(networkFile);
const pem = (name: string): string => readFileSync(\`\${userFolder}/\${name}\`, 'utf8');
const gateway: Gateway = connect({
  connectionProfile,
  signedProfile: await loadSignedProfile(connectionProfile),
  identity: createSigner({ mspId: 'AuroraMSP', certificatePem: pem('cert.pem'), privateKeyPem: pem('key.pem') }),
});
const contract: Contract = gateway.getNetwork('main').getContract('desks');
await contract.submitTransaction('Put', 'near', 'second', 'by the library');
const answer: Uint8Array = await contract.evaluateTransaction('Get', 'near', 'second');
const refusal: unknown = await contract.evaluateTransaction('Nothing').catch((error: unknown) => error);
console.log(JSON.stringify({ answer: Buffer.from(answer).toString('utf8'), code: isSelvedgeError(refusal) ? refusal.code : undefined }));
gateway.close();
`;

describe('an installation from the tarballs', () => {
  let network: ChildProcess | undefined;
  const selvedge = (...args: string[]): ReturnType<typeof runIn> => runIn(home, path.join(home, 'node_modules/.bin/selvedge'), ...args);
  afterAll(async () => {
    if (network?.exitCode !== null) return;
    const ended = new Promise((resolve) => network?.once('close', resolve));
    network.kill('SIGINT');
    await ended;
  });

  it('goes into an empty folder', () => {
    const { typescript, '@types/node': nodeTypes } = (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> }).devDependencies;
    writeFileSync(path.join(home, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module', overrides: { 'class-transformer': '0.4.0' } }));
    const { code, err } = runIn(home, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...packed.map(({ file }) => file), `typescript@${typescript ?? ''}`, `@types/node@${nodeTypes ?? ''}`, 'fabric-shim@2.5.8', 'fabric-contract-api@2.5.8');
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(selvedge('--version')).toMatchObject({ code: 0, out: `${packed[0]?.version ?? ''}\n` });
    expect(selvedge('--help')).toMatchObject({ code: 0, out: expect.stringContaining('attest') as string });
  }, TIMEOUT_MS);

  it('has declarations with which a program type-checks, those of the library itself included', () => {
    writeFileSync(path.join(home, 'program.ts'), PROGRAM);
    // Declarations that say nothing would take anything.
    writeFileSync(path.join(home, 'wrong.ts'), `import { connect } from '@selvedge/client';\nconnect({ nothing: true });\n`);
    const options = { strict: true, module: 'nodenext', target: 'es2023', lib: ['es2023'], types: ['node'], skipLibCheck: false, outDir: 'built', exactOptionalPropertyTypes: true };
    writeFileSync(path.join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['program.ts', 'wrong.ts'] }));
    const { out } = runIn(home, path.join(home, 'node_modules/.bin/tsc'), '--pretty', 'false');
    // Declarations of others are theirs to mend.
    const faults = out.split('\n').filter((line) => /^\S+\(\d/.test(line) && (!line.startsWith('node_modules/') || line.startsWith('node_modules/@selvedge/')));
    expect(faults).toEqual([expect.stringMatching(/^wrong\.ts\(2,/)]);
  }, TIMEOUT_MS);

  it('makes projects whose tests run by the installed packages', () => {
    expect(selvedge('init', 'offers')).toMatchObject({ code: 0, out: expect.stringContaining('9 files') as string });
    const project = path.join(home, 'offers');
    const { devDependencies } = JSON.parse(readFileSync(path.join(project, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
    const own = Object.entries(devDependencies).filter(([name]) => name.startsWith('@selvedge/'));
    expect(own).toEqual(['@selvedge/cli', '@selvedge/client', '@selvedge/contract-test'].map((name) => [name, packed[0]?.version]));
    // Nothing of this version is in the registry before it is published.
    symlinkSync(path.join(home, 'node_modules'), path.join(project, 'node_modules'));
    const { code, out, err } = runIn(project, 'npm', 'test');
    expect({ code, out, err }).toMatchObject({ code: 0, out: expect.stringMatching(/^ℹ pass 2$/m) as string });
  }, TIMEOUT_MS);

  it('measures as this repository does', () => {
    const { measured } = JSON.parse(selvedge('--json', 'attest', 'measure').out) as { measured: { code: string; sha256: string; file: string }[] };
    expect(measured.map(({ code }) => code)).toEqual(['compute', 'compute (production)', 'key-broker', 'key-broker (production)', 'viewer', 'viewer (production)']);
    for (const { file } of measured) expect(file.startsWith(path.join(home, 'node_modules/@selvedge/services/dist'))).toBe(true);
    for (const { code, sha256 } of measured) {
      const [service = '', production] = code.split(' ');
      const built = readFileSync(path.join(ROOT, 'services', service, `dist/${production === undefined ? 'main' : 'production'}.bundle.mjs`));
      expect(sha256, code).toBe(createHash('sha256').update(built).digest('hex'));
    }
  }, TIMEOUT_MS);

  it('runs a whole network with a contract, for the command and for a program', async () => {
    const contract = path.join(home, 'desks');
    cpSync(path.join(ROOT, 'testing/e2e/contracts/desks'), contract, { recursive: true });
    network = startIn(home, path.join(home, 'node_modules/.bin/selvedge'), '--json', 'up');
    const nodes = await new Promise<{ name: string; pid: number }[]>((resolve, reject) => {
      network?.stdout?.once('data', (line: Buffer) => { resolve((JSON.parse(line.toString('utf8')) as { nodes: { name: string; pid: number }[] }).nodes); });
      network?.once('close', () => { reject(new Error('the network ended')); });
    });
    for (const { name, pid } of nodes) {
      expect(readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')).toContain(path.join(home, 'node_modules/@selvedge/services/dist/'));
      expect(readFileSync(`/proc/${String(pid)}/maps`, 'utf8'), name).not.toContain(ROOT);
    }
    expect(selvedge('deploy', contract)).toMatchObject({ code: 0 });
    expect(selvedge('invoke', '-C', 'main', '-n', 'desks', '-c', '{"Args":["Put","near","first","private"]}')).toMatchObject({ code: 0 });
    expect(selvedge('query', '-C', 'main', '-n', 'desks', '-c', '{"Args":["Get","near","first"]}')).toMatchObject({ code: 0, out: 'private\n' });
    const users = path.join(home, '.selvedge/organisations/AuroraMSP/users/User1');
    expect(runIn(home, process.execPath, 'built/program.js', path.join(home, '.selvedge/network.json'), users)).toMatchObject({ code: 0, out: '{"answer":"by the library","code":"CHAINCODE_ERROR"}\n' });
    expect(selvedge('status')).toMatchObject({ code: 0 });
    expect(selvedge('down')).toMatchObject({ code: 0 });
    for (const { name, pid } of nodes) expect(() => process.kill(pid, 0), `${name} has ended`).toThrow('ESRCH');
  }, TIMEOUT_MS);
});
