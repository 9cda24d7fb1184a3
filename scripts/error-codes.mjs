// Writes docs/error-codes.md from the one table of refusal codes.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

const { CODES } = await import(path.join(root, 'libs/errors/dist/index.js'));
const rows = Object.entries(CODES).map(([code, entry]) => `| \`${code}\` | ${entry.status} | ${entry.retryable ? 'yes' : 'no'} | ${entry.action} |`);
const text = `# Refusal codes

Generated from \`libs/errors/src/codes.ts\` by \`node scripts/error-codes.mjs --write-docs\`. Codes are never renamed or reused.
*Retry*: the same call may succeed later or on another node, unchanged.

| code | gRPC status | retry | what to do |
|---|---|---|---|
${rows.join('\n')}
`;
if (process.argv.includes('--print-docs')) process.stdout.write(text);
else writeFileSync(path.join(root, 'docs/error-codes.md'), text);
