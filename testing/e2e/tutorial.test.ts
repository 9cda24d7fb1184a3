import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { pageText } from './src/mode-page.js';
import { firstMissing, readSteps, type PageStep } from './src/tutorial/page-steps.js';
import { openTerminals } from './src/tutorial/terminals.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 1_200_000;
const PATIENCE = { timeout: 300_000, interval: 200 };

/** docs/tutorial.md, word for word: its commands, its edits, and what it says that they show. */
describe('the tutorial', () => {
  const steps = readSteps(pageText('tutorial'));
  const scratch = mkdtempSync(path.join(tmpdir(), 'selvedge-tutorial-'));
  const folder = path.join(scratch, 'reader');
  const project = path.join(folder, 'offers');
  mkdirSync(folder);
  symlinkSync(ROOT, path.join(folder, 'selvedge'));
  const terminals = openTerminals(folder, scratch);
  afterAll(async () => {
    await terminals.endAll();
    rmSync(scratch, { recursive: true, force: true });
  });

  const untilShown = async (terminal: string, expected: string): Promise<void> => {
    await expect.poll(() => {
      const missing = firstMissing(terminals.shown(terminal), expected, true);
      if (missing !== undefined && terminals.hasEnded(terminal)) throw new Error(`${terminal} has ended: ${terminals.shown(terminal)}`);
      return missing === undefined ? undefined : { missing, shown: terminals.shown(terminal) };
    }, PATIENCE).toBeUndefined();
    terminals.clear(terminal);
  };

  const follow = async (step: PageStep): Promise<void> => {
    switch (step.kind) {
      case 'built':
        // npm test has done it: its first stage is this script.
        expect(step.commands).toEqual(['cd selvedge', 'npm run build', 'cd ..']);
        expect(existsSync(path.join(ROOT, 'apps/cli/dist/bundle/selvedge.mjs'))).toBe(true);
        return;
      case 'run':
      case 'refused': {
        const { code, shown } = await terminals.run(step.commands);
        expect({ shown, code }).toEqual({ shown, code: step.kind === 'run' ? 0 : 1 });
        const missing = step.expected === undefined ? undefined : firstMissing(shown, step.expected);
        // A diff would leave out what was shown.
        if (missing !== undefined) throw new Error(`not shown: ${missing}\n${shown}`);
        return;
      }
      case 'start':
        terminals.start(step.terminal, step.command);
        await untilShown(step.terminal, step.expected);
        return;
      case 'prints':
        await untilShown(step.terminal, step.expected);
        return;
      case 'file': {
        const file = path.join(project, step.file);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, step.content);
        return;
      }
      case 'insert': {
        const file = path.join(project, step.file);
        const parts = readFileSync(file, 'utf8').split(`${step.below}\n`);
        expect(parts).toHaveLength(2);
        writeFileSync(file, parts.join(`${step.below}\n${step.content}`));
        return;
      }
    }
  };

  it('has steps of every kind', () => {
    expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(['built', 'run', 'refused', 'start', 'prints', 'file', 'insert']));
  });

  it('leads from a build to the reader’s own contract on a network, and a program that calls it', async () => {
    for (const step of steps) await follow(step);
    // What it says at its end: Ctrl-C ends watch and network.
    expect(Object.keys(await terminals.endAll())).toEqual(['dev', 'network']);
    expect((await terminals.run(['npx selvedge status'])).code).toBe(1);
  }, TIMEOUT_MS);
});
