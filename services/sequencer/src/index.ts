export { sequencerConfig, type SequencerConfig } from './config.js';
export { startSequencer } from './start.js';
