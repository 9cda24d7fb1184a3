// `npm run docs`: builds the documentation as a site into .cache/site/html; with --serve, serves it on loopback afterwards (--port).
// --directory names another folder within the repository.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { install, root } from './setup.mjs';

const { values } = parseArgs({ options: { directory: { type: 'string', default: path.join(root, '.cache/site') }, serve: { type: 'boolean', default: false }, port: { type: 'string', default: '8000' } } });
install();
const { buildSite } = await import('./site/build-site.mjs');
try {
  const output = await buildSite(path.resolve(values.directory));
  console.log(`built ${path.relative(root, output)}`);
  if (values.serve) {
    const { serveSite } = await import('./site/serve.mjs');
    const server = await serveSite(output, Number(values.port));
    console.log(`http://127.0.0.1:${server.address().port}/ (Ctrl-C stops it)`);
  }
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
