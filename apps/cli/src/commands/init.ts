import { relative } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { createProject, type CreatedProject } from '../init/create-project.js';

/** `init`. */
export function addInitCommand(program: Command, contextOf: (command: Command) => CommandContext): void {
  program
    .command('init')
    .description('make a contract project in TypeScript: a contract with a private data collection, and a test that runs it in its own process on the real runtime')
    .argument('[directory]', 'an empty folder, or one that does not exist yet', '.')
    .option('--name <contract>', 'name of contract and package (default: the folder’s)')
    .option('--force', 'write beside what the folder holds; files that are there stay as they are')
    .action(async (directory: string, { name, force }: { readonly name?: string; readonly force?: boolean }, command: Command) => {
      const created = await createProject({ directory, name, isForced: force === true });
      const next = nextSteps(created);
      contextOf(command).print({ ...created, next }, describeProject(created, next));
    });
}

function nextSteps({ directory }: CreatedProject): string[] {
  const folder = relative(process.cwd(), directory);
  return [...(folder === '' ? [] : [`cd ${folder}`]), 'npm install', 'npm test', 'npx selvedge up', 'npx selvedge dev'];
}

/** What a step is for. */
const REMARKS: Readonly<Record<string, string>> = {
  'npm test': 'builds, and runs the contract in the test’s process',
  'npx selvedge up': 'a network with simulated TEEs; leave it running',
  'npx selvedge dev': 'in another terminal: builds and deploys, and again at every change',
};

function describeProject({ directory, name, files, kept, packages, checkout }: CreatedProject, next: readonly string[]): string {
  return [
    `contract ${name}: ${String(files.length)} files in ${directory}`,
    ...(kept.length === 0 ? [] : [`left as they were: ${kept.join(', ')}`]),
    packages === 'checkout' ? `packages of Selvedge are links into ${checkout ?? ''}` : 'packages of Selvedge come from the npm registry',
    'next:',
    ...next.map((step) => `  ${step.padEnd(20)}${REMARKS[step] === undefined ? '' : `# ${REMARKS[step]}`}`.trimEnd()),
  ].join('\n');
}
