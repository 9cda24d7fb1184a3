// Writes docs/cli.md from the commands themselves.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

const { createProgram, systemTerminal } = await import(path.join(root, 'apps/cli/dist/index.js'));

/** Commands that do something, each with the words that lead to it. */
function leavesOf(command, words = [command.name()]) {
  const children = command.commands.filter((child) => child.name() !== 'help');
  return children.length === 0 ? [{ command, words }] : children.flatMap((child) => leavesOf(child, [...words, child.name()]));
}

const cell = (text) => text.replaceAll('\n', ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
const code = (text) => `\`${text.replaceAll('|', '\\|')}\``;

function table(head, rows) {
  return rows.length === 0 ? [] : ['', `| ${head} | |`, '|---|---|', ...rows.map(([name, text]) => `| ${code(name)} | ${cell(text)} |`)];
}

function describe(option) {
  const fallback = option.defaultValue === undefined || option.defaultValue === false || (Array.isArray(option.defaultValue) && option.defaultValue.length === 0) ? '' : ` (default: ${String(option.defaultValueDescription ?? option.defaultValue)})`;
  return `${option.description}${fallback}${option.mandatory ? ' (required)' : ''}`;
}

function section({ command, words }) {
  return [
    `### ${words.join(' ')}`,
    '',
    `    ${words.join(' ')} ${command.usage()}`,
    '',
    `${cell(command.description())}.`,
    ...table('argument', command.registeredArguments.map((argument) => [argument.name(), describe(argument)])),
    ...table('option', command.options.filter((option) => !option.hidden).map((option) => [option.flags, describe(option)])),
    '',
  ];
}

const program = createProgram(systemTerminal);
const groups = new Map();
for (const leaf of leavesOf(program)) {
  const group = leaf.words.slice(0, leaf.words.length > 2 ? 2 : 1).join(' ');
  groups.set(group, [...(groups.get(group) ?? []), leaf]);
}
const text = [
  '# Command reference',
  '',
  'Generated from the commands by `node scripts/cli-reference.mjs --write-docs`; `selvedge COMMAND --help` says the same.',
  '',
  'Exit codes: 0 done; 1 refused, with a [code](error-codes.md) and what to do; 2 the command line is wrong. With `--json` the answer is one JSON value on standard output, and a refusal one on standard error.',
  ...table('option of every command', program.options.map((option) => [option.flags, describe(option)])),
  '',
  ...[...groups].flatMap(([group, leaves]) => [`## ${group}`, '', ...leaves.flatMap(section)]),
].join('\n').trimEnd();
if (process.argv.includes('--print-docs')) process.stdout.write(`${text}\n`);
else writeFileSync(path.join(root, 'docs/cli.md'), `${text}\n`);
