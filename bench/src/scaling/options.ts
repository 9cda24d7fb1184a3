import { parseArgs } from 'node:util';
import { list, whole } from '../options.js';

/** Machines that a prediction is for; each list is combined with each other one. */
export interface PredictOptions {
  readonly file: string;
  readonly computeNodes: readonly number[];
  readonly endorsers: readonly number[];
  readonly businessNodes: readonly number[];
  readonly cores: readonly number[];
  readonly inFlight: readonly number[];
  readonly clients: number;
}

export const PREDICT_USAGE = `Usage: npm run bench -- --predict FILE [options]

  Predicts, from a file of --json with at least two numbers of calls in flight, what other machines would carry, and sets
  the model against the points of that file. Measures nothing. docs/scaling.md says what the model leaves out.

  --compute-nodes LIST   default 1,2,4,8
  --endorsers LIST       endorsing organisations, each with its peer on Fabric (default 3)
  --business-nodes LIST  business organisations, each with its peer on Fabric (default 3)
  --cores LIST           cores of each machine (default 4)
  --in-flight LIST       calls in flight, of all clients together (default 128,1024)
  --clients N            client processes (default 8)`;

const MAX_ROWS = 256;

/** Parses the command line. Throws RangeError or TypeError with a readable text. */
export function parsePredictOptions(args: readonly string[]): PredictOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      predict: { type: 'string' },
      'compute-nodes': { type: 'string', default: '1,2,4,8' },
      endorsers: { type: 'string', default: '3' },
      'business-nodes': { type: 'string', default: '3' },
      cores: { type: 'string', default: '4' },
      'in-flight': { type: 'string', default: '128,1024' },
      clients: { type: 'string', default: '8' },
    },
  });
  if (values.predict === undefined || values.predict === '') throw new RangeError('--predict: a file is expected');
  const wholes = (name: keyof typeof values, minimum: number, maximum: number): number[] => list(`--${name}`, values[name] ?? '', (each) => whole(`--${name}`, each, minimum, maximum));
  const options: PredictOptions = {
    file: values.predict,
    computeNodes: wholes('compute-nodes', 1, 256),
    endorsers: wholes('endorsers', 2, 64),
    businessNodes: wholes('business-nodes', 1, 64),
    cores: wholes('cores', 1, 256),
    inFlight: wholes('in-flight', 1, 4_096),
    clients: whole('--clients', values.clients, 1, 256),
  };
  const rows = [options.computeNodes, options.endorsers, options.businessNodes, options.cores, options.inFlight].reduce((product, { length }) => product * length, 1);
  if (rows > MAX_ROWS) throw new RangeError(`these lists combine to ${String(rows)} predictions; at most ${String(MAX_ROWS)} are made`);
  return options;
}
