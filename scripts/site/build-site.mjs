// Pages in, site out.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vitepress';
import { writeApi } from './api.mjs';
import { problemsOf } from './check.mjs';
import { stagePages } from './pages.mjs';

/**
 * Builds the site into `html` below a folder within the repository. Rejects when a page has a dead link, when a docstring
 * that the API reference is made of is missing or links nowhere, and when the site would load anything from elsewhere.
 */
export async function buildSite(directory) {
  const [source, output] = [path.join(directory, 'pages'), path.join(directory, 'html')];
  rmSync(output, { recursive: true, force: true });
  stagePages(source);
  await writeApi(path.join(source, 'api'));
  const config = pathToFileURL(path.join(import.meta.dirname, 'vitepress-config.mjs')).href;
  // The module itself, not a copy of it in the bundle that VitePress makes of a configuration: it finds other files by where it lies.
  writeFileSync(path.join(source, '.vitepress/config.mjs'), `const { siteConfig } = await import(${JSON.stringify(config)});\nexport default siteConfig(${JSON.stringify({ source, output })});\n`);
  await build(source);
  const problems = problemsOf(output);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return output;
}
