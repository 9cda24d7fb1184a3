import type { ServiceName } from '@selvedge/dev-network';

/** Named moments at which a process is made to die: before and after each sync, send and acknowledgement. */
export const CRASH_POINTS: Readonly<Record<ServiceName, readonly string[]>> = {
  sequencer: ['sequencer.before-sync', 'sequencer.after-sync', 'sequencer.before-ack', 'sequencer.before-send', 'sequencer.after-send'],
  business: [
    'business.stage.before-sync',
    'business.stage.after-sync',
    'business.stage.before-ack',
    'business.apply.before-sync',
    'business.apply.after-sync',
    'business.commit.before-ack',
  ],
  endorser: ['endorser.before-sign', 'endorser.before-ack', 'endorser.apply.before-sync', 'endorser.apply.after-sync'],
  compute: ['compute.after-open', 'compute.before-answer'],
  viewer: [],
  submitter: [],
  'key-broker': ['key-broker.audit.before-sync', 'key-broker.audit.after-sync', 'key-broker.release.before-ack', 'key-broker.state.before-rename'],
};
