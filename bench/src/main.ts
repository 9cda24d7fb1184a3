import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isSelvedgeError } from '@selvedge/errors';
import { renderHtml } from './html-report.js';
import { awaitInterruption } from './interruption.js';
import { parseBenchOptions, USAGE, type BenchOptions } from './options.js';
import { measureAlternatives } from './alternatives/measure.js';
import { renderAlternatives } from './alternatives/report.js';
import { verifyWritable } from './output-files.js';
import { renderReport } from './report.js';
import { toJson } from './result.js';
import { runBench } from './run.js';
import { parsePredictOptions, PREDICT_USAGE } from './scaling/options.js';
import { renderPrediction } from './scaling/report.js';
import { readResultFile } from './scaling/result-file.js';
import { measureState, renderState } from './state-memory.js';

/** As shells have it for a program that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg === '--predict' || arg.startsWith('--predict='))) return predict(args);
  let options: BenchOptions | 'help';
  try {
    options = parseBenchOptions(args);
    if (options === 'help') {
      process.stdout.write(`${USAGE}\n`);
      return 0;
    }
    // A run is long: a file that cannot be written should not be found out at its end.
    verifyWritable('--json', options.json);
    verifyWritable('--html', options.html);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  const directory = mkdtempSync(path.join(tmpdir(), 'selvedge-bench-'));
  const control = { say, interrupted: awaitInterruption() };
  try {
    if (options.state) {
      const result = await measureState(options, directory, control);
      return finish(options, renderState(result), result);
    }
    if (options.alternatives) {
      const result = await measureAlternatives(options, directory, control);
      return finish(options, renderAlternatives(result), result);
    }
    const result = await runBench(options, args, directory, control);
    process.stdout.write(`${renderReport(result)}\n`);
    if (options.json !== undefined) writeFileSync(options.json, toJson(result));
    if (options.html !== undefined) writeFileSync(options.html, renderHtml(result));
    return 0;
  } catch (error) {
    say(isSelvedgeError(error) ? `${error.code}: ${error.message}\n${error.action}` : error instanceof Error ? (error.stack ?? error.message) : String(error));
    return isSelvedgeError(error, 'CANCELLED') ? EXIT_INTERRUPTED : 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function finish({ json }: BenchOptions, text: string, result: object): number {
  process.stdout.write(`${text}\n`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 2)}\n`);
  return 0;
}

function predict(args: readonly string[]): number {
  try {
    const options = parsePredictOptions(args);
    process.stdout.write(`${renderPrediction(readResultFile(options.file), options)}\n`);
    return 0;
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${PREDICT_USAGE}`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
// What was being measured would go on against a network that is gone.
if (process.exitCode === EXIT_INTERRUPTED) process.exit();
