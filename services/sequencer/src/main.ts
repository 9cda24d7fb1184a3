import { runService } from '@selvedge/service-kit';
import { sequencerConfig } from './config.js';
import { startSequencer } from './start.js';

await runService({ role: 'sequencer', config: sequencerConfig, start: startSequencer });
