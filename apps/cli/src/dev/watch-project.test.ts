import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isWatched, watchProject } from './watch-project.js';

it('sources and Fabric’s files count; what is built, tested or installed does not', () => {
  for (const file of ['src/a.ts', 'package.json', 'tsconfig.json', 'collections_config.json', 'META-INF/statedb/couchdb/indexes/a.json', 'lib/deep/er.js']) expect([file, isWatched(file)]).toEqual([file, true]);
  for (const file of ['node_modules/a/b.js', 'lib/node_modules/a.js', 'dist/a.js', 'test/a.test.mjs', 'client/client.mjs', '.git/HEAD', '.selvedge/network.json', 'src/.a.ts.swp', 'README.md', 'a.log', 'src/a.ts~']) expect([file, isWatched(file)]).toEqual([file, false]);
});

it('changes that come at once are one', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'selvedge-watch-'));
  await mkdir(path.join(directory, 'src'));
  await mkdir(path.join(directory, 'dist'));
  await writeFile(path.join(directory, 'src/a.ts'), '1');
  const seen: (readonly string[])[] = [];
  const watch = await watchProject(directory, (paths) => seen.push(paths));
  try {
    for (const file of ['src/a.ts', 'src/b.ts', 'dist/a.js']) await writeFile(path.join(directory, file), '2');
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([['src/a.ts', 'src/b.ts']]);
    // The same content again is no change; the next event shows that it was looked at.
    await writeFile(path.join(directory, 'src/a.ts'), '2');
    await new Promise((resolve) => setTimeout(resolve, 400));
    await writeFile(path.join(directory, 'src/b.ts'), '3');
    await expect.poll(() => seen.slice(1), { timeout: 10_000 }).toEqual([['src/b.ts']]);
  } finally {
    await watch.close();
    await rm(directory, { recursive: true });
  }
});
