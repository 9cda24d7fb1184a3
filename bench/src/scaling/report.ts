import { table } from '../tables.js';
import { costOf, travelOf, type Point } from './costs.js';
import { capacityOf, type Counts } from './layout.js';
import { compare, modelsOf, predict, type Model } from './model.js';
import type { PredictOptions } from './options.js';
import { PUBLISHED_FABRIC } from './published.js';
import type { Measured } from './result-file.js';

/** The prediction as text. Throws RangeError when the file has too few points for one. */
export function renderPrediction(measured: Measured, options: PredictOptions): string {
  const models = modelsOf(measured);
  if (models.length === 0) throw new RangeError('a prediction needs closed loops with at least two numbers of calls in flight, such as --experiments load --in-flight 1,8,32,128');
  return [
    `${measured.ledger} ledger, measured on ${String(measured.cores)} cores by: npm run bench -- ${measured.arguments.join(' ')}`,
    '',
    'The model against what was measured, all roles on that one machine',
    ...table(
      ['subject', 'workload', 'in flight', 'CPU it got', 'measured/s', 'predicted/s', 'error', 'used to fit'],
      models.flatMap((model) => compare(model, measured).map(({ point, predicted, error, use }) => [name(model), model.workload, String(point.inFlight), percent(machineShare(point, measured)), point.perSecond.toFixed(0), predicted.toFixed(0), `${error < 0 ? '' : '+'}${percent(error)}`, use])),
    ),
    '',
    'CPU and capacity by role, with the most calls in flight that were measured',
    ...table(['subject', 'workload', 'role', 'ms/call', 'ms/round', ...options.cores.map((cores) => `one carries/s, ${String(cores)} cores`)], models.filter(isOurs).flatMap((model) => capacityRows(model, measured, options))),
    '',
    'Predictions, each process on a machine of its own',
    ...table(['subject', 'workload', 'compute', 'endorsers', 'business', 'cores', 'in flight', 'per s', 'busiest', 'at', 'bottleneck'], models.filter(isOurs).flatMap((model) => predictionRows(model, measured, options))),
    ...(measured.ledger === 'fabric' ? ['', `*: above the ${String(PUBLISHED_FABRIC.perSecond)}/s that is the most found published for one channel`, `   (${PUBLISHED_FABRIC.what};`, `   ${PUBLISHED_FABRIC.source})`] : []),
    ...models.filter(isOurs).map((model) => `${name(model)} ${model.workload}: a round takes ${model.delayMs.toFixed(0)} ms besides CPU`),
  ].join('\n');
}

function capacityRows(model: Model, { counts }: Measured, { cores }: PredictOptions): string[][] {
  const last = model.points.at(-1);
  if (last === undefined) return [];
  const { shared } = travelOf(last);
  return Object.entries(model.costs)
    .filter(([, cost]) => costOf(cost, shared) > 0)
    .map(([part, cost]) => [name(model), model.workload, part, cost.call.toFixed(2), cost.round.toFixed(1), ...cores.map((each) => capacityOf(part, costOf(cost, shared), counts, each).toFixed(0))]);
}

function predictionRows(model: Model, measured: Measured, options: PredictOptions): string[][] {
  return deploymentsOf(options).map(({ counts, cores, inFlight }) => {
    const { perSecond, busiest, utilisation, bottleneck } = predict(model, measured, counts, inFlight, cores);
    const mark = measured.ledger === 'fabric' && model.workload === 'update' && perSecond > PUBLISHED_FABRIC.perSecond ? '*' : '';
    return [name(model), model.workload, ...[counts.compute, counts.endorser, counts.business, cores, inFlight].map((each) => String(each ?? 0)), `${perSecond.toFixed(0)}${mark}`, busiest, percent(utilisation), bottleneck];
  });
}

interface Deployment {
  readonly counts: Counts;
  readonly cores: number;
  readonly inFlight: number;
}

function deploymentsOf({ computeNodes, endorsers, businessNodes, cores, inFlight, clients }: PredictOptions): Deployment[] {
  return inFlight.flatMap((calls) =>
    cores.flatMap((each) =>
      businessNodes.flatMap((business) =>
        endorsers.flatMap((endorser) =>
          computeNodes.map((compute) => ({
            cores: each,
            inFlight: calls,
            counts: { client: clients, compute, chaincode: compute, endorser, business, peer: endorser + business, 'endorsement-chaincode': endorser, 'policy-chaincode': endorser + business },
          })),
        ),
      ),
    ),
  );
}

function isOurs({ subject }: Model): boolean {
  return subject === 'selvedge' || subject === 'batched';
}

function name({ subject, batch }: Model): string {
  return batch === 1 ? subject : `${subject} ${String(batch)}`;
}

/** What the run used of its machine's cores at a point; the rest was idle, or had by others. */
function machineShare({ perSecond, cpu }: Point, { cores }: Measured): number {
  return (Object.values(cpu).reduce((sum, ms) => sum + ms, 0) * perSecond) / (1_000 * cores);
}

function percent(share: number): string {
  return `${share < 0 ? '−' : ''}${Math.abs(100 * share).toFixed(0)} %`;
}
