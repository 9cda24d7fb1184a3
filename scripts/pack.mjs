// `npm run pack`: makes the published packages as tarballs, with an SBOM beside each, and prints name, size and digest.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { install, root, run } from './setup.mjs';

export const PACKED = path.join(root, '.cache/packages');

/** Packs everything that is published into `target`. Resolves with name, version, file, size in bytes and SHA-256 of each. */
export async function pack(target = PACKED) {
  const [{ buildPage }, { PACKAGES }, { stagePackage }] = await Promise.all([import('./build.mjs'), import('./pack/packages.mjs'), import('./pack/stage.mjs')]);
  await buildPage();
  const stages = mkdtempSync(path.join(tmpdir(), 'selvedge-pack-'));
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  try {
    const packed = [];
    for (const published of PACKAGES) {
      const stage = path.join(stages, published.folder);
      mkdirSync(stage);
      const { manifest, sbom } = await stagePackage(published, stage);
      const file = path.join(target, tarball(stage, target));
      writeFileSync(file.replace(/\.tgz$/, '.cdx.json'), sbom);
      packed.push({ name: manifest.name, version: manifest.version, file, bytes: statSync(file).size, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') });
    }
    return packed;
  } finally {
    rmSync(stages, { recursive: true });
  }
}

/** npm sets times and owners of what it packs to fixed values. */
function tarball(stage, target) {
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', target], { cwd: stage, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack in ${stage}: ${stderr}`);
  return JSON.parse(stdout)[0].filename;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '--build']);
  const packed = await pack();
  if (process.argv.includes('--json')) console.log(JSON.stringify(packed, undefined, 2));
  else {
    for (const { name, version, bytes, sha256 } of packed) console.log(`${`${name}@${version}`.padEnd(28)} ${String(Math.ceil(bytes / 1024)).padStart(6)} KiB  sha256 ${sha256}`);
    console.log(`\n${path.relative(root, PACKED)} has the tarballs, and beside each its SBOM (CycloneDX, .cdx.json)`);
  }
}
