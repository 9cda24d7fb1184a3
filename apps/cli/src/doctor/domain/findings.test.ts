import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULTS } from './findings.js';

it('every fault stands in the page, and no other', () => {
  const page = readFileSync(new URL('../../../../../docs/operating-doctor.md', import.meta.url), 'utf8');
  expect([...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code)).toEqual(Object.keys(FAULTS));
});
