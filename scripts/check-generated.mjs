// Fails when a generated file is not what its generator makes: protobuf code, docs/invariants.md, docs/error-codes.md.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './setup.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-generated-'));
const template = JSON.stringify({ version: 'v2', plugins: [{ local: 'protoc-gen-es', out: folder, opt: ['target=ts', 'import_extension=js'] }] });
const binaries = path.join(root, 'node_modules/.bin');
const environment = { ...process.env, PATH: `${binaries}${path.delimiter}${process.env.PATH}` };
const generated = spawnSync(path.join(binaries, 'buf'), ['generate', 'protocol', '--template', template], { cwd: root, stdio: 'inherit', env: environment });
let wrong = generated.status === 0 ? [] : ['buf generate failed'];
if (generated.status === 0) {
  const expected = path.join(folder, 'selvedge/v1');
  const actual = path.join(root, 'protocol/src/gen/selvedge/v1');
  const names = new Set([...readdirSync(expected), ...readdirSync(actual)]);
  const read = (directory, name) => {
    try {
      return readFileSync(path.join(directory, name), 'utf8');
    } catch {
      return undefined;
    }
  };
  wrong = [...names].filter((name) => read(expected, name) !== read(actual, name)).map((name) => `protocol/src/gen/selvedge/v1/${name}: run npm run generate`);
}
rmSync(folder, { recursive: true, force: true });

for (const [script, file] of [
  ['testing/mutants/run.mjs', 'docs/invariants.md'],
  ['scripts/error-codes.mjs', 'docs/error-codes.md'],
]) {
  const printed = spawnSync(process.execPath, [path.join(root, script), '--print-docs'], { cwd: root, encoding: 'utf8' });
  if (printed.status !== 0 || printed.stdout !== readFileSync(path.join(root, file), 'utf8')) wrong.push(`${file}: run node ${script} --write-docs`);
}
for (const line of wrong) console.error(line);
process.exit(wrong.length === 0 ? 0 : 1);
