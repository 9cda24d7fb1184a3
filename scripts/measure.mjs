// `npm run measure`: bundles the programs that run in TEEs from the sources of this folder, and prints what they measure as. It
// needs the installed dependencies and no build. What it prints for one commit is the same in every folder and on every machine.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle, bundleService, DEVELOPMENT, PRODUCTION, TEE_SERVICES } from './build.mjs';
import { install, root } from './setup.mjs';

/** What is measured: programs that run in TEEs, and the chaincodes, whose bundles others run and compare too. */
const MEASURED = [
  ...TEE_SERVICES.flatMap((service) => [{ service, kind: 'main', conditions: DEVELOPMENT }, { service, kind: 'production', conditions: PRODUCTION }]),
  ...['endorsement-chaincode', 'policy-chaincode'].map((service) => ({ service, kind: 'main', conditions: DEVELOPMENT })),
];

/** Builds and measures. Resolves with service, kind, SHA-256 of the file and, of what runs in a TEE, the measurement that a simulated TEE states under this Node. */
export async function measureAll() {
  const folder = mkdtempSync(path.join(tmpdir(), 'selvedge-measure-'));
  try {
    // The nodes' own function, from its source.
    const measurement = path.join(folder, 'measurement.mjs');
    await bundle(path.join(root, 'libs/attestation/src/measurement.ts'), measurement, DEVELOPMENT);
    const { measureFile } = await import(pathToFileURL(measurement).href);
    const measured = [];
    for (const { service, kind, conditions } of MEASURED) {
      const file = path.join(folder, `${service}.${kind}.mjs`);
      await bundleService(service, file, [], conditions);
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      measured.push({ service, kind, sha256, ...(TEE_SERVICES.includes(service) ? { measurement: Buffer.from(measureFile(file, process.version)).toString('hex') } : {}) });
    }
    return measured;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  const measured = await measureAll();
  if (process.argv.includes('--json')) console.log(JSON.stringify({ node: process.version, measured }, undefined, 2));
  else {
    for (const { service, kind, sha256, measurement } of measured) {
      console.log(`${service}${kind === 'production' ? ' (production)' : ''}\n  SHA-256 of the file             ${sha256}`);
      if (measurement !== undefined) console.log(`  measurement in a simulated TEE  ${measurement}`);
    }
    console.log(`\nNode ${process.version}. A simulated TEE measures the file together with the version of Node; hardware measures all that it loads.`);
  }
}
