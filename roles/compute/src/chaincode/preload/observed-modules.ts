import type { PreloadContext } from './context.js';

/** Watches CommonJS modules being loaded. */
export function observeModules(require: NodeJS.Require): PreloadContext['onLoad'] {
  const observers: { readonly file: RegExp; readonly use: (exported: unknown) => void }[] = [];
  const extensions = (require('node:module') as { _extensions: Record<string, (module: { exports: unknown }, file: string) => void> })._extensions;
  const load = extensions['.js'];
  if (load !== undefined) {
    extensions['.js'] = (module, file) => {
      load(module, file);
      for (const { file: wanted, use } of observers) if (wanted.test(file)) use(module.exports);
    };
  }
  return (file, use) => {
    observers.push({ file, use });
  };
}
