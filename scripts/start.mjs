// `npm start`: installs and builds what is missing, then runs the tour.
import path from 'node:path';
import { install, root, run } from './setup.mjs';

install();
console.log('Building …');
const { build } = await import('./build.mjs');
await build();
run(process.execPath, [path.join(root, 'examples/clients/tour/dist/main.js'), ...process.argv.slice(2)]);
