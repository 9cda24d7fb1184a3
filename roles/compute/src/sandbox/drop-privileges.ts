/** What makes a process unable to hold or gain privileges, as options of setpriv; the uid is added for each process. */
export const DROP_PRIVILEGES = [
  '--no-new-privs',
  '--bounding-set=-all',
  '--inh-caps=-all',
  '--securebits=+noroot,+noroot_locked,+no_setuid_fixup,+no_setuid_fixup_locked',
] as const;
