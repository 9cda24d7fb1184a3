// `npm run generate`: makes protocol/src/gen from the .proto files with buf and protoc-gen-es, fetched by npx because
// only this command needs them, and notes the digests of both sides, which `npm test` compares.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './setup.mjs';

const FOLDERS = ['protocol/proto/selvedge/v1', 'protocol/src/gen/selvedge/v1'];
export const DIGESTS_FILE = path.join(root, 'protocol/src/gen/digests.txt');

/** One line per source and generated file: SHA-256 and path. */
export function digests() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .sort()
      .map((name) => `${createHash('sha256').update(readFileSync(path.join(root, folder, name))).digest('hex')}  ${folder}/${name}\n`),
  ).join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const packages = ['--package=@bufbuild/buf@1.75.0', '--package=@bufbuild/protoc-gen-es@2.17.0'];
  const result = spawnSync('npx', ['--yes', ...packages, 'buf', 'generate', 'protocol'], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
  writeFileSync(DIGESTS_FILE, digests());
}
