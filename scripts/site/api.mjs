// The API reference, made of the docstrings of what a user imports.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Application, OptionDefaults } from 'typedoc';

const TSCONFIG = path.join(import.meta.dirname, 'tsconfig.json');

/** What needs a docstring when it is exported. Members say theirs where the name does not. */
const DOCUMENTED = ['Class', 'Interface', 'TypeAlias', 'Function', 'Variable', 'Enum'];

/**
 * Writes the reference as Markdown, one page for each package. Rejects, with a line for each, when an exported symbol has
 * no docstring or a docstring links to what is not there.
 */
export async function writeApi(directory) {
  const { files } = JSON.parse(readFileSync(TSCONFIG, 'utf8'));
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    tsconfig: TSCONFIG,
    entryPoints: files.map((file) => path.join(import.meta.dirname, file)),
    name: 'API reference',
    readme: 'none',
    // What the generator of protobuf code writes.
    blockTags: [...OptionDefaults.blockTags, '@generated'],
    excludeTags: ['@generated'],
    // The build has checked types.
    skipErrorChecking: true,
    disableGit: true,
    disableSources: true,
    excludeExternals: true,
    excludeInternal: true,
    validation: { notDocumented: true, invalidLink: true, invalidPath: true, notExported: false },
    requiredToBeDocumented: DOCUMENTED,
    logLevel: 'Warn',
    outputs: [{ name: 'markdown', path: directory }],
    entryFileName: 'index',
    outputFileStrategy: 'modules',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    sanitizeComments: true,
    tableColumnSettings: { hideModifiers: true },
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    classPropertiesFormat: 'table',
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('the API reference cannot be made');
  app.validate(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('the API reference is not whole: see the warnings above');
  await app.generateOutputs(project);
}
