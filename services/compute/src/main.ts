import { runService } from '@selvedge/service-kit';
import { computeConfig } from './config.js';
import { startComputeNode } from './start.js';

await runService({ role: 'compute', config: computeConfig, start: startComputeNode });
