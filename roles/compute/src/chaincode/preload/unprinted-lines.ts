import type { PreloadContext } from './context.js';

/**
 * Ends lines of fabric-shim's own log where they begin, if nobody hears them. Its logger formats each line before its transports ask for
 * the level: some twenty for a transaction, with the time, colours and what they quote, all of it thrown away. What is heard stays as it was.
 */
export function skipUnprintedLines({ onLoad }: Pick<PreloadContext, 'onLoad'>): void {
  type Levels = Readonly<Record<string, number>>;
  type Line = Readonly<Record<string | symbol, unknown>>;
  interface Transport {
    readonly level?: string;
    readonly levels?: Levels;
    readonly parent?: { readonly level?: string };
    readonly log?: unknown;
  }
  interface Logger {
    readonly levels?: Levels;
    readonly transports?: readonly Transport[];
    listenerCount(event: string): number;
    write: (this: unknown, line: Line, ...rest: unknown[]) => unknown;
  }
  const level = Symbol.for('level');
  const wrapped = new WeakSet();

  /** As winston-transport decides it. Whatever else listens hears everything. */
  const isHeardBy = ({ log, levels, level: own, parent }: Transport, name: string): boolean => {
    if (typeof log !== 'function' || levels === undefined) return true;
    const least = own ?? parent?.level;
    return least === undefined || least === '' || Number(levels[least]) >= Number(levels[name]);
  };
  const isHeard = (logger: Logger, line: Line): boolean => {
    const { levels, transports } = logger;
    const name = line[level];
    if (typeof name !== 'string' || levels?.[name] === undefined || !Array.isArray(transports)) return true;
    // Each transport is piped to, and so listens once.
    return logger.listenerCount('data') !== transports.length || (transports as readonly Transport[]).some((transport) => isHeardBy(transport, name));
  };
  const wrap = (logger: Logger): Logger => {
    if (wrapped.has(logger)) return logger;
    wrapped.add(logger);
    const write = logger.write;
    logger.write = function writeHeard(line, ...rest) {
      return isHeard(logger, line) ? write.call(this, line, ...rest) : true;
    };
    return logger;
  };
  onLoad(/[\\/]fabric-(shim|contract-api)[\\/]lib[\\/]logger\.js$/, (exported) => {
    const module = exported as { getLogger?: (...name: unknown[]) => Logger };
    const { getLogger } = module;
    if (typeof getLogger === 'function') module.getLogger = (...name) => wrap(getLogger(...name));
  });
}
