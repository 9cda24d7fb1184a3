import type { PreloadContext } from './context.js';

/**
 * Ends lines of fabric-shim's own log where they begin, if their level is not printed. Its logger formats each line before it asks for
 * the level: some twenty for a transaction, with the time, colours and what they quote, all of it thrown away. What is printed stays as it was.
 */
export function skipUnprintedLines({ onLoad }: Pick<PreloadContext, 'onLoad'>): void {
  interface Line {
    readonly level?: unknown;
  }
  interface Logger {
    write: (this: unknown, line: Line, ...rest: unknown[]) => unknown;
    isLevelEnabled?: (level: unknown) => boolean;
  }
  const wrapped = new WeakSet();
  const wrap = (logger: Logger): Logger => {
    if (wrapped.has(logger) || typeof logger.isLevelEnabled !== 'function') return logger;
    wrapped.add(logger);
    const write = logger.write;
    logger.write = function writePrinted(line, ...rest) {
      return logger.isLevelEnabled?.(line.level) === false ? true : write.call(this, line, ...rest);
    };
    return logger;
  };
  onLoad(/[\\/]fabric-(shim|contract-api)[\\/]lib[\\/]logger\.js$/, (exported) => {
    const module = exported as { getLogger?: (...name: unknown[]) => Logger };
    const { getLogger } = module;
    if (typeof getLogger === 'function') module.getLogger = (...name) => wrap(getLogger(...name));
  });
}
