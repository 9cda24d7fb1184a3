import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { skipUnprintedLines } from './unprinted-lines.js';

interface Logger {
  level: string;
  format: { transform: (info: { readonly message: string }) => unknown };
  readonly transports: readonly object[];
  readonly write: unknown;
  add(transport: object): void;
  on(event: string, listen: () => void): void;
  log(level: string, message: string): void;
  debug(message: string, ...values: unknown[]): void;
  info(message: string): void;
  error(message: string): void;
}
interface LoggerModule {
  getLogger(name: string): Logger;
  setLevel(level: string): void;
}
const require = createRequire(import.meta.url);
const file = require.resolve('fabric-shim/lib/logger.js');
const { transports } = createRequire(file)('winston') as { readonly transports: { readonly Stream: new (options: object) => object } };

let module: LoggerModule;
let formatted: string[];
let names = 0;
const openLogger = (level: string): Logger => {
  vi.stubEnv('CORE_CHAINCODE_LOGGING_LEVEL', level);
  names += 1;
  const logger = module.getLogger(`test ${String(names)}`);
  // Nothing is printed here: what comes to be formatted is what would be.
  logger.format = { transform: ({ message }) => (formatted.push(message), false) };
  return logger;
};
/** A transport that a contract adds. */
const transport = (level?: string): object => new transports.Stream({ stream: process.stdout, ...(level === undefined ? {} : { level }) });

beforeEach(() => {
  formatted = [];
  Reflect.deleteProperty(require.cache, file);
  module = require(file) as LoggerModule;
  skipUnprintedLines({ onLoad: (pattern, use) => { if (pattern.test(file)) use(module); } });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('a line below the level is not formatted', () => {
  const logger = openLogger('ERROR');
  logger.debug('quotes %j', { a: 1 });
  logger.info('says');
  logger.error('fails');
  expect(formatted).toEqual(['fails']);
});

test('at the level of a compute node nothing is', () => {
  const logger = openLogger('CRITICAL');
  logger.debug('quotes');
  logger.error('fails');
  expect(formatted).toEqual([]);
});

test('a level that the contract sets while it runs holds at once', () => {
  const logger = openLogger('CRITICAL');
  module.setLevel('DEBUG');
  logger.debug('quotes');
  expect(formatted).toEqual(['quotes']);
});

test('loggers share a transport, which goes by the level of the first: so it is here', () => {
  const [first, second] = [openLogger('DEBUG'), openLogger('ERROR')];
  expect(second.transports[0]).toBe(first.transports[0]);
  second.debug('quotes');
  expect(formatted).toEqual(['quotes']);
});

test('a transport of the contract’s own hears what its own level lets it hear', () => {
  const logger = openLogger('CRITICAL');
  logger.add(transport('info'));
  logger.debug('quotes');
  logger.info('says');
  expect(formatted).toEqual(['says']);
});

test('whoever listens to the logger itself hears everything', () => {
  const logger = openLogger('CRITICAL');
  logger.on('data', () => undefined);
  logger.debug('quotes');
  expect(formatted).toEqual(['quotes']);
});

test('a level that there is not is told of, as winston does', () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  openLogger('CRITICAL').log('loud', 'says');
  expect(told).toHaveBeenCalledWith(expect.stringContaining('Unknown logger level'), 'loud');
});

test('a logger that is asked for twice is the same', () => {
  const logger = openLogger('INFO');
  const { write } = logger;
  expect(module.getLogger(`test ${String(names)}`)).toBe(logger);
  expect(logger.write).toBe(write);
});
