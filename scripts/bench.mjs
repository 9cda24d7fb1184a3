// `npm run bench`: installs and builds what is missing, then runs the benchmark.
import path from 'node:path';
import { install, root, run } from './setup.mjs';

install();
const { build } = await import('./build.mjs');
await build();
const options = process.argv.slice(2);
// What it measures is done by services, which collect their garbage so.
const flags = options.includes('--alternatives') ? ['--single-threaded-gc', '--max-semi-space-size=32'] : [];
run(process.execPath, [...flags, path.join(root, 'bench/dist/main.js'), ...options]);
