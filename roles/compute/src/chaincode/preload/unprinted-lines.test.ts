import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { skipUnprintedLines } from './unprinted-lines.js';

interface Logger {
  format: { transform: (info: { readonly message: string }) => unknown };
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

let module: LoggerModule;
let formatted: string[];
const openLogger = (level: string): Logger => {
  vi.stubEnv('CORE_CHAINCODE_LOGGING_LEVEL', level);
  const logger = module.getLogger('test');
  // Nothing is printed here: what comes to be formatted is what would be.
  logger.format = { transform: ({ message }) => (formatted.push(message), false) };
  return logger;
};

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

test('a logger that is asked for twice is the same, and says each line once', () => {
  const logger = openLogger('INFO');
  expect(module.getLogger('test')).toBe(logger);
  logger.info('says');
  expect(formatted).toEqual(['says']);
});
