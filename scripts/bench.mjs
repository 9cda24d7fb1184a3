// `npm run bench`: installs and builds what is missing, then runs the benchmark.
import path from 'node:path';
import { install, root, run } from './setup.mjs';

install();
const { build } = await import('./build.mjs');
await build();
run(process.execPath, [path.join(root, 'bench/dist/main.js'), ...process.argv.slice(2)]);
