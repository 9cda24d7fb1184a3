// Fails when a generated file is not what its generator makes: protobuf code, docs/invariants.md, docs/error-codes.md, docs/cli.md, docs/chaincode-support.md, docs/operating-metrics.md.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { digests, DIGESTS_FILE } from './generate.mjs';
import { root } from './setup.mjs';

const wrong = [];
if (digests() !== readFileSync(DIGESTS_FILE, 'utf8')) wrong.push('protocol/src/gen: a .proto or a generated file has changed since: run npm run generate');
for (const [script, file] of [
  ['testing/mutants/run.mjs', 'docs/invariants.md'],
  ['scripts/error-codes.mjs', 'docs/error-codes.md'],
  ['scripts/cli-reference.mjs', 'docs/cli.md'],
  ['scripts/chaincode-support.mjs', 'docs/chaincode-support.md'],
  ['scripts/metrics.mjs', 'docs/operating-metrics.md'],
]) {
  const printed = spawnSync(process.execPath, [path.join(root, script), '--print-docs'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (printed.stderr !== '') wrong.push(printed.stderr.trimEnd());
  if (printed.status !== 0 || printed.stdout !== readFileSync(path.join(root, file), 'utf8')) wrong.push(`${file}: run node ${script} --write-docs`);
}
for (const line of wrong) console.error(line);
process.exit(wrong.length === 0 ? 0 : 1);
