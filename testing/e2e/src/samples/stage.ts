import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const CHECKOUT = process.env.SELVEDGE_FABRIC_SAMPLES ?? '';

/** Whether samples in Go can be built here. */
export function hasGo(): boolean {
  if (spawnSync('go', ['version']).status === 0) return true;
  console.log('fabric-samples in Go: skipped, because there is no Go on PATH');
  return false;
}

/** Whether a checkout of hyperledger/fabric-samples is named; says in one line when it is not. */
export function hasFabricSamples(): boolean {
  if (existsSync(path.join(CHECKOUT, 'asset-transfer-basic'))) return true;
  console.log('fabric-samples: skipped, because SELVEDGE_FABRIC_SAMPLES does not name a checkout of hyperledger/fabric-samples');
  return false;
}

function run(folder: string, program: string, args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

/**
 * Copies a chaincode of the checkout into a folder of its own and makes it ready as its authors say: dependencies,
 * and a compiler's run where it has one. What Selvedge wants to know beside lies in a file that Fabric does not read.
 */
export function stageSample(directory: string, selvedgeJson?: object): string {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'selvedge-sample-')), 'chaincode');
  if (existsSync(path.join(CHECKOUT, directory, 'go.mod'))) buildGo(directory, folder);
  else buildNode(directory, folder);
  if (selvedgeJson !== undefined) writeFileSync(path.join(folder, 'selvedge.json'), JSON.stringify(selvedgeJson));
  return folder;
}

/** The executable, and of the rest what a Fabric peer looks at. */
function buildGo(directory: string, folder: string): void {
  const source = path.join(path.dirname(folder), 'source');
  cpSync(path.join(CHECKOUT, directory), source, { recursive: true });
  mkdirSync(folder);
  const built = run(source, 'go', ['build', '-o', path.join(folder, 'chaincode'), '.']);
  if (built.status !== 0) throw new Error(`go build in ${directory}: ${built.output}`);
  for (const kept of ['META-INF', 'collections_config.json']) if (existsSync(path.join(source, kept))) cpSync(path.join(source, kept), path.join(folder, kept), { recursive: true });
}

function buildNode(directory: string, folder: string): void {
  cpSync(path.join(CHECKOUT, directory), folder, { recursive: true });
  const installed = run(folder, 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (installed.status !== 0) throw new Error(`npm ci in ${directory}: ${installed.output}`);
  if (existsSync(path.join(folder, 'tsconfig.json'))) {
    // One sample has a complaint of its compiler's about itself, and an output all the same.
    const compiled = run(folder, 'npx', ['tsc']);
    if (!existsSync(path.join(folder, 'dist'))) throw new Error(`tsc in ${directory}: ${compiled.output}`);
  }
}
