import { runService } from '@selvedge/service-kit';
import { submitterConfig } from './config.js';
import { start } from './start.js';

await runService({ role: 'submitter', config: submitterConfig, start });
