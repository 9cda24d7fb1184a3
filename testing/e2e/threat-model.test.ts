import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = readFileSync(path.join(root, 'docs/threat-model.md'), 'utf8');

/** What the page calls out as shown by a test: file and title. */
const SHOWN = [...PAGE.matchAll(/^- `([^`]+\.test\.ts)`: "(.+)"$/gm)].map(([, file, title]) => ({ file: file ?? '', title: title ?? '' }));

describe('docs/threat-model.md', () => {
  it('names a test for every threat', () => {
    const threats = PAGE.split(/^## (?=\d+\. )/m).slice(1);
    expect(threats.length).toBeGreaterThan(10);
    expect(threats.filter((threat) => !/^- `[^`]+\.test\.ts`: ".+"$/m.test(threat)).map((threat) => threat.split('\n')[0])).toEqual([]);
    expect(threats.filter((threat) => !threat.includes('*What we do.*') || !threat.includes('*What remains.*')).map((threat) => threat.split('\n')[0])).toEqual([]);
  });

  it('names tests that exist, by their titles', () => {
    expect(SHOWN.length).toBe([...PAGE.matchAll(/\.test\.ts`/g)].length);
    const missing = SHOWN.filter(({ file, title }) => {
      const whole = path.join(root, file);
      return !existsSync(whole) || !["'", '`', '"'].some((quote) => readFileSync(whole, 'utf8').includes(`(${quote}${title}${quote}`));
    });
    expect(missing).toEqual([]);
  });

  it('links to files that exist', () => {
    const links = [...PAGE.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '').filter((link) => !link.startsWith('http'));
    expect(links.length).toBeGreaterThan(1);
    expect(links.filter((link) => !existsSync(path.join(root, 'docs', link)))).toEqual([]);
  });
});
