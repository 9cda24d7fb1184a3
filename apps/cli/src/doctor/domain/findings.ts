/** Every fault that the doctor names, with what mends it. Codes are never renamed or reused. */
export const FAULTS = {
  CERTIFICATE_EXPIRED: 'Issue a new certificate, put it where the old one is, and restart what uses it.',
  CERTIFICATE_NOT_YET_VALID: 'Set the clock of the machine that issued it, or of this one, and issue the certificate again if it was the former.',
  CERTIFICATE_ENDS_SOON: 'Issue a new certificate before then.',
  CLOCK_SKEW: 'Set the machine’s clock, and keep it by NTP: requests are refused when their time is off.',
  NODE_UNREACHABLE: 'Start it, or mend the way to it: look at its log, at the firewall, and at its TLS certificate.',
  BROKER_UNREACHABLE: 'Start a replica of the key broker and unlock it ("selvedge broker unlock"): nodes that hold keys go on, others get none.',
  NODE_NOT_READY: 'Look at its log: a node that is not ready should not be sent work.',
  NODE_REVOKED: 'Take it out of the network. If it is sound, give it another node id, or approve another measurement.',
  SIMULATED_TEE: 'Run it in a TEE: a profile that does not allow simulated TEEs refuses its evidence.',
  PROFILE_MISMATCH: 'Give it the network profile that is on the ledger ("selvedge profile"), and restart it.',
  LEDGER_UNREADABLE: 'See that a quorum of followers runs and is up to date; then ask again: nothing of the policy was checked.',
  FOLLOWER_LAGS: 'See that it reaches the sequencer, or its peer, and that its disk keeps up; a follower that stays behind is not believed.',
  MEMBER_MISSING: 'Start a business node of that organisation and put it into the connection profile, or change who keeps the data.',
  MEMBER_WITHOUT_NODE: 'Nothing, if its people only read through others; otherwise start a business node of it and upgrade the contract.',
  CODE_HASH_MISMATCH: 'Install the package that the organisations approved ("selvedge contract install"), or have the one that is there approved.',
  DISK_FULL: 'Make room or enlarge the file system; a node that cannot write stops.',
} as const;

export type FaultCode = keyof typeof FAULTS;

/** Something that the doctor found. */
export interface Finding {
  readonly code: FaultCode;
  /** Only an error makes the command fail. */
  readonly severity: 'error' | 'warning';
  /** The node, contract, organisation or user that it is about. */
  readonly subject: string;
  /** A sentence. */
  readonly text: string;
  /** What to do. */
  readonly action: string;
}

export function errorOf(code: FaultCode, subject: string, text: string): Finding {
  return { code, severity: 'error', subject, text, action: FAULTS[code] };
}

export function warningOf(code: FaultCode, subject: string, text: string): Finding {
  return { code, severity: 'warning', subject, text, action: FAULTS[code] };
}
