import { existsSync } from 'node:fs';
import path from 'node:path';
import { DockerfileParser, type Copy, type From } from 'dockerfile-ast';
import { beforeAll, describe, expect, it } from 'vitest';
import { installedPrograms, ROOT, textOf } from './deploy-files.js';

const dockerfile = DockerfileParser.parse(textOf('docker/Dockerfile'));
const stages = dockerfile.getFROMs().map((from: From, index, all) => {
  const end = all[index + 1]?.getRange().start.line ?? Number.POSITIVE_INFINITY;
  const own = dockerfile.getInstructions().filter((instruction) => instruction.getRange().start.line > from.getRange().start.line && instruction.getRange().start.line < end);
  return { name: from.getBuildStage() ?? '', image: from.getImage() ?? '', own };
});
const stage = (name: string): (typeof stages)[number] => stages.find((each) => each.name === name) ?? expect.fail(`no stage ${name}`);
/** The last instruction of a kind in a stage or those that it builds on. */
const lastOf = (name: string, keyword: string): string | undefined => {
  const { own, image } = stage(name);
  const found = own.filter((instruction) => instruction.getKeyword() === keyword).at(-1)?.getArgumentsContent() ?? undefined;
  return found ?? (stages.some((each) => each.name === image) ? lastOf(image, keyword) : undefined);
};

let programs: ReadonlySet<string>;
beforeAll(async () => {
  programs = await installedPrograms();
});

describe('the Dockerfile', () => {
  it('has stages that build on one exact version of Node, or on each other', () => {
    expect(stages.map(({ name }) => name)).toEqual(['pack', 'programs', 'base', 'compute', 'service']);
    for (const { image } of stages) expect(image === '${NODE_IMAGE}' || stages.some(({ name }) => name === image), image).toBe(true);
    expect(textOf('docker/Dockerfile')).toMatch(/^ARG NODE_IMAGE=docker\.io\/library\/node:\d+\.\d+\.\d+-bookworm-slim$/m);
  });

  it('copies what is there', () => {
    const copies = dockerfile.getCOPYs();
    expect(copies.length).toBe(3);
    for (const copy of copies as (Copy & { getFromFlag(): { getValue(): string | null } | null })[]) {
      const [source = ''] = copy.getArguments().map((argument) => argument.getValue());
      const from = copy.getFlags().find((flag) => flag.getName() === 'from')?.getValue();
      if (from === undefined || from === null) expect(existsSync(path.join(ROOT, source)), source).toBe(true);
      else expect(stages.map(({ name }) => name), source).toContain(from);
    }
  });

  it.each(['compute', 'service'])('ends in %s as a user without rights, with Node as the first process', (name) => {
    expect(lastOf(name, 'USER')).toBe('65532:65532');
    expect(stage(name).own.at(-1)?.getKeyword()).toMatch(/^(?:USER|CMD)$/);
    expect(lastOf(name, 'ENTRYPOINT')).toBe('["/usr/local/bin/node"]');
  });

  it('names programs that the packages hold', () => {
    const named = [...textOf('docker/Dockerfile').matchAll(/node_modules\/@selvedge\/\S+?\.mjs/g)].map(([program]) => program);
    expect(named.length).toBeGreaterThan(0);
    for (const program of named) expect(programs).toContain(program);
  });
});
